//! The capital of a country: the question that everybody tries first. Not here: any other knowledge.

use std::sync::LazyLock;

use serde::Deserialize;

use super::marks;
use crate::data;
use crate::prose::Language;
use crate::word_hash::WordMap;

#[derive(Deserialize)]
struct Facts {
    /// What stands before the country.
    before: Vec<String>,
    /// Articles of countries.
    articles: Vec<String>,
    /// What asks for nothing but the name.
    alone: Vec<String>,
    answers: WordMap<String>,
    capitals: WordMap<String>,
    /// Names of countries in other languages.
    other: WordMap<String>,
}

static FACTS: LazyLock<Facts> =
    LazyLock::new(|| data::facts(include_str!("../../../../data/content/capitals.toml")));

/// The answer.
pub(super) fn of(asked: &str, language: Language) -> Option<String> {
    const LONGEST: usize = 160;
    if asked.len() > LONGEST {
        return None;
    }
    let facts = &*FACTS;
    let lower = asked.to_lowercase();
    let before = facts.before.iter();
    let end = before.filter_map(|words| Some(marks::word_at(&lower, words)? + words.len()));
    let rest = lower[end.max()?..].trim_start();
    let articles = facts.articles.iter();
    let bare = articles.filter_map(|article| rest.strip_prefix(article.as_str()));
    let rest = bare.min_by_key(|rest| rest.len()).unwrap_or(rest);
    let (name, capital) = country(rest)?;
    if facts
        .alone
        .iter()
        .any(|words| lower.contains(words.as_str()))
    {
        return Some(capital.to_owned());
    }
    // As the question writes it.
    let written = asked
        .get(asked.to_lowercase().find(name)?..)
        .and_then(|text| text.get(..name.len()))
        .filter(|text| text.to_lowercase() == name)?;
    let at = lower.find(rest)?;
    let article = articles_before(&lower[..at]);
    let pattern = facts
        .answers
        .get(language.code())
        .or_else(|| facts.answers.get("en"))?;
    let country = match article {
        Some(article) if language == Language::English => format!("{article} {}", titled(written)),
        Some(_) | None => titled(written),
    };
    Some(
        pattern
            .replace("{country}", &country)
            .replace("{capital}", capital),
    )
}

/// The article that a text ends with, of those that English countries have.
fn articles_before(text: &str) -> Option<&'static str> {
    text.trim_end().ends_with(" the").then_some("the")
}

/// The country that a text opens with, and its capital.
fn country(rest: &str) -> Option<(&str, &'static str)> {
    const WORDS: usize = 4;
    let ends = rest.match_indices(|c: char| !(c.is_alphanumeric() || "-'’".contains(c)));
    let mut ends: Vec<usize> = ends.map(|(at, _)| at).take(WORDS).collect();
    if ends.len() < WORDS {
        ends.push(rest.len());
    }
    ends.into_iter().rev().find_map(|end| {
        let name = &rest[..end];
        let known = FACTS.other.get(name).map_or(name, String::as_str);
        Some((name, FACTS.capitals.get(known)?.as_str()))
    })
}

/// A name whose words begin with capitals.
fn titled(name: &str) -> String {
    if name.chars().any(char::is_uppercase) {
        return name.to_owned();
    }
    let words = name.split(' ').map(crate::prose::capitalised);
    words.collect::<Vec<_>>().join(" ")
}
