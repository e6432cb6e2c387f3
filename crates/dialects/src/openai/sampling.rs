//! How tokens are drawn and where the answer ends: the fields that chat completions and
//! completions have in common.

use std::sync::Arc;

use fakeai_canon::{Effort, Format, Grammar, Limits, Sampling, Schema, TokenId, Verbosity};
use serde_json::Value;

use super::fields::{Fields, into_integer, into_string};

/// Reads the sampling fields. Keys of `logit_bias` that are no token ids are left out.
pub(crate) fn sampling(body: &mut Fields) -> Sampling {
    Sampling {
        temperature: body.number("temperature"),
        top_p: body.number("top_p"),
        frequency_penalty: body.number("frequency_penalty").unwrap_or(0.0),
        presence_penalty: body.number("presence_penalty").unwrap_or(0.0),
        logit_bias: body
            .take("logit_bias")
            .map(|value| logit_bias(&value))
            .unwrap_or_default(),
        seed: body.integer("seed"),
        // −1 and 0 are all tokens, as vLLM's documentation has it.
        top_k: body.count("top_k").filter(|most| *most > 0),
        min_p: body.number("min_p").unwrap_or(0.0),
        repetition_penalty: body.number("repetition_penalty"),
    }
}

/// Reads where the answer ends.
pub(crate) fn limits(body: &mut Fields, max_tokens: Option<u32>) -> Limits {
    Limits {
        max_tokens,
        max_prompt_tokens: None,
        stop: stop(body),
        stop_ids: match body.take("stop_token_ids") {
            Some(Value::Array(ids)) => token_ids(&ids),
            _ => Vec::new(),
        },
        keeps_stop: body.boolean("include_stop_str_in_output").unwrap_or(false),
        min_tokens: body.count("min_tokens").unwrap_or(0),
        hosted_calls: None,
        ignore_eos: body.boolean("ignore_eos").unwrap_or(false),
    }
}

/// Reads what the answer is bound to by vLLM's own fields.
pub(super) fn guided(body: &mut Fields) -> Option<Format> {
    let mut bounds = body.object("structured_outputs").unwrap_or_default();
    let mut take = |name: &str, old: &str| body.take(old).or_else(|| bounds.take(name));
    let schema = take("json", "guided_json").map(|schema| match schema {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        schema => schema,
    });
    if let Some(schema) = schema {
        return Some(Format::JsonSchema {
            name: "guided_json".to_owned(),
            schema: Schema(Arc::new(schema)),
            strict: false,
        });
    }
    let regex = |definition| {
        Format::Grammar(Grammar {
            syntax: "regex".to_owned(),
            definition,
        })
    };
    if let Some(definition) = take("regex", "guided_regex").and_then(into_string) {
        return Some(regex(definition));
    }
    if let Some(definition) = take("grammar", "guided_grammar").and_then(into_string) {
        return Some(Format::Grammar(Grammar {
            syntax: match definition.contains("::=") {
                true => "ebnf",
                false => "lark",
            }
            .to_owned(),
            definition,
        }));
    }
    let choices = take("choice", "guided_choice")?;
    let choices = choices.as_array()?.iter().filter_map(Value::as_str);
    Some(regex(choices.map(escaped).collect::<Vec<_>>().join("|")))
}

/// A text as the regular expression that it alone matches.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Whether vLLM's template is asked to leave thinking out.
pub(super) fn without_thinking(body: &mut Fields) -> bool {
    let Some(arguments) = body.take("chat_template_kwargs") else {
        return false;
    };
    let off = |name: &str| arguments[name] == Value::Bool(false);
    off("enable_thinking") || off("thinking")
}

fn logit_bias(value: &Value) -> Vec<(TokenId, f64)> {
    let Some(map) = value.as_object() else {
        return Vec::new();
    };
    let mut biases: Vec<(TokenId, f64)> = map
        .iter()
        .filter_map(|(key, bias)| Some((key.parse().ok()?, bias.as_f64()?)))
        .collect();
    biases.sort_by_key(|(id, _)| *id);
    biases
}

/// Reads `stop`: a text or up to four of them. Empty texts stop nothing.
pub(super) fn stop(body: &mut Fields) -> Vec<String> {
    let mut texts = match body.take("stop") {
        Some(Value::Array(items)) => items.into_iter().filter_map(into_string).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    };
    texts.retain(|text| !text.is_empty());
    texts
}

/// Reads an effort of reasoning by its wire name.
pub(super) fn effort(name: &str) -> Option<Effort> {
    EFFORTS
        .into_iter()
        .find(|effort| effort_name(*effort) == name)
}

/// The wire name of an effort.
pub(super) fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::XHigh => "xhigh",
        Effort::Max => "max",
    }
}

const EFFORTS: [Effort; 7] = [
    Effort::None,
    Effort::Minimal,
    Effort::Low,
    Effort::Medium,
    Effort::High,
    Effort::XHigh,
    Effort::Max,
];

/// Reads a verbosity by its wire name.
pub(super) fn verbosity(name: Option<&str>) -> Verbosity {
    match name {
        Some("low") => Verbosity::Low,
        Some("high") => Verbosity::High,
        _ => Verbosity::Medium,
    }
}

/// Token ids given as numbers; those that no vocabulary has become the highest id.
pub(crate) fn token_ids(values: &[Value]) -> Vec<TokenId> {
    values
        .iter()
        .filter_map(into_integer)
        .map(|id| id.clamp(0, i64::from(TokenId::MAX)) as TokenId)
        .collect()
}
