//! What is said of the results of calls. Not here: whether more calls are made.

use serde_json::Value;

use super::rules::{Phrases, RULES};
use crate::prose::Language;
use crate::reading::Outcome;
use crate::shorten::shorten;

/// The most fields of a result that are told.
const FIELDS: usize = 8;
/// The most of a text that is quoted, in bytes.
const LONGEST: usize = 400;

/// A sentence for each result, with its values, in the language of the answer where there is one,
/// else in English.
pub(crate) fn report(results: &[Outcome<'_>], language: Language) -> String {
    let phrases = RULES
        .report
        .get(language.code())
        .unwrap_or(&RULES.report["en"]);
    let sentences = results.iter().map(|outcome| sentence(outcome, phrases));
    capital(&sentences.collect::<Vec<_>>().join(" "))
}

fn sentence(outcome: &Outcome<'_>, phrases: &Phrases) -> String {
    let value =
        serde_json::from_str(&outcome.text).unwrap_or(Value::String(outcome.text.to_string()));
    let told = match &value {
        Value::Object(fields) if !fields.is_empty() => {
            let has_error = fields.keys().any(|name| name.eq_ignore_ascii_case("error"));
            let phrase = if has_error {
                &phrases.failed
            } else {
                &phrases.fields
            };
            (phrase, leaves(&value))
        }
        Value::Array(items) if !items.is_empty() => (&phrases.fields, leaves(&value)),
        Value::Null | Value::Object(_) | Value::Array(_) => (&phrases.nothing, String::new()),
        Value::Bool(_) | Value::Number(_) => (&phrases.one, value.to_string()),
        Value::String(text) => of_text(text.trim(), phrases),
    };
    let tool = outcome
        .tool
        .map_or_else(|| phrases.tool.clone(), |name| format!("`{name}`"));
    told.0.replace("{tool}", &tool).replace("{value}", &told.1)
}

fn of_text<'p>(text: &str, phrases: &'p Phrases) -> (&'p String, String) {
    if text.is_empty() {
        return (&phrases.nothing, String::new());
    }
    let cut = shorten(text, LONGEST).trim_end_matches(['.', ' ', '\n']);
    let failed = text
        .get(..5)
        .is_some_and(|head| head.eq_ignore_ascii_case("error"));
    let phrase = if failed {
        &phrases.failed
    } else if cut.contains([' ', '\n']) {
        &phrases.fields
    } else {
        &phrases.one
    };
    (phrase, cut.to_owned())
}

/// The first values of a result with their names.
fn leaves(value: &Value) -> String {
    let mut told = Vec::new();
    collect("", value, &mut told);
    told.truncate(FIELDS);
    told.join(", ")
}

fn collect(name: &str, value: &Value, told: &mut Vec<String>) {
    if told.len() >= FIELDS {
        return;
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| collect(name, value, told)),
        Value::Array(items) => items.iter().for_each(|item| collect(name, item, told)),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => told.push(labelled(name, &value.to_string())),
        Value::String(text) => {
            told.push(labelled(name, shorten(text, LONGEST / 2)));
        }
    }
}

fn labelled(name: &str, text: &str) -> String {
    if name.is_empty() {
        text.to_owned()
    } else {
        format!("{}: {text}", name.replace('_', " "))
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
