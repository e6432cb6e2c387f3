//! Mending the spelling of a sentence as far as rules without a model reach: frequent slips, capitals,
//! the mark at its end. Not here: style.

use serde::Deserialize;

use super::{WORDS, first_of, marks};
use crate::facts::quoted_at;
use crate::prose::capitalised;
use crate::word_hash::WordMap;

#[derive(Deserialize)]
pub(super) struct Words {
    asks: Vec<String>,
    slips: WordMap<String>,
    /// Pronouns of the third person, behind which a verb has its `s`.
    singular: Vec<String>,
    verbs: WordMap<String>,
    past: WordMap<String>,
    ago: Vec<String>,
}

/// The mended text.
pub(super) fn of(asked: &str) -> Option<String> {
    let words = &WORDS.mend;
    /// The task is named where the prompt starts.
    const OPENING: usize = 80;
    let opening = asked.char_indices().nth(OPENING);
    let opening = &asked[..opening.map_or(asked.len(), |(at, _)| at)];
    let (_, end) = first_of(&marks::lowered(opening), &words.asks)?;
    let rest = &asked[end..];
    let text = rest[rest.find([':', '\n'])? + 1..].trim();
    let text = quoted_at(text).map_or(text, |(quoted, _)| quoted);
    (!text.is_empty()).then(|| mended(text))
}

fn mended(text: &str) -> String {
    let lower = text.to_lowercase();
    let is_past = WORDS
        .mend
        .ago
        .iter()
        .any(|word| lower.contains(word.as_str()));
    let mut mended = String::with_capacity(text.len() + 8);
    let mut before = String::new();
    for part in text.split_inclusive(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')))
    {
        let word =
            part.trim_end_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')));
        let gap = &part[word.len()..];
        let starts = mended.trim_end().is_empty() || mended.trim_end().ends_with(['.', '!', '?']);
        let right = right(word, &before, is_past);
        mended.push_str(&if starts { capitalised(&right) } else { right });
        mended.push_str(gap);
        if !word.is_empty() {
            before = word.to_lowercase();
        }
    }
    if mended.ends_with(char::is_alphanumeric) {
        mended.push('.');
    }
    mended
}

/// A word as it is spelt right behind another.
fn right(word: &str, before: &str, is_past: bool) -> String {
    let words = &WORDS.mend;
    let lower = word.to_lowercase();
    let is_singular = words.singular.iter().any(|pronoun| pronoun == before);
    let person = ["i", "you", "we", "they"].contains(&before) || is_singular;
    let own = match () {
        () if is_past && person => words.past.get(&lower),
        () if is_singular => words.verbs.get(&lower),
        () => None,
    };
    match own.or_else(|| words.slips.get(&lower)) {
        Some(right) if word.starts_with(char::is_uppercase) => capitalised(right),
        Some(right) => right.clone(),
        None => word.to_owned(),
    }
}
