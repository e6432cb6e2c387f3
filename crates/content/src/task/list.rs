//! Some things of a kind that everybody knows: colours, fruits, planets. Not here: lists about a topic.

use serde::Deserialize;

use super::{Shape, WORDS, marks};
use crate::word_hash::WordSet;

#[derive(Deserialize)]
pub(super) struct Words {
    asks: Vec<String>,
    polite: Vec<String>,
    numbers: Vec<String>,
    /// What may stand before the kind.
    before: WordSet,
    /// What may follow it: words about how the list is written.
    after: WordSet,
    kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    names: Vec<String>,
    things: Vec<String>,
}

/// The list.
pub(super) fn of(asked: &str) -> Option<String> {
    const LONGEST: usize = 160;
    if asked.len() > LONGEST {
        return None;
    }
    let words = &WORDS.list;
    let lower = marks::lowered(asked);
    let mut rest = lower.trim();
    for opening in &words.polite {
        rest = rest
            .strip_prefix(opening.as_str())
            .unwrap_or(rest)
            .trim_start();
    }
    let opening = words
        .asks
        .iter()
        .filter_map(|asks| rest.strip_prefix(asks.as_str()));
    let rest = opening.min_by_key(|rest| rest.len())?;
    let mut parts = rest
        .split(|c: char| !(c.is_alphanumeric() || c == '-'))
        .filter(|part| !part.is_empty());
    let mut count: Option<usize> = None;
    let mut kind = None;
    for part in parts.by_ref() {
        let named = words.numbers.iter().position(|name| name == part);
        if let Some(number) = part.parse().ok().or(named.map(|at| at + 1)) {
            count = Some(number);
        } else if !words.before.contains(part) {
            let mut kinds = words.kinds.iter();
            kind = kinds.find(|kind| kind.names.iter().any(|name| name == part));
            break;
        }
    }
    let kind = kind?;
    if !parts.all(|part| words.after.contains(part)) {
        return None;
    }
    let usual = 5.min(kind.things.len());
    let count = count.unwrap_or(usual);
    let things = kind
        .things
        .get(..count)
        .filter(|things| !things.is_empty())?;
    Some(match Shape::of(asked) {
        Shape::Lines => {
            let lines = things.iter().enumerate();
            let lines = lines.map(|(number, thing)| format!("{}. {thing}", number + 1));
            lines.collect::<Vec<_>>().join("\n")
        }
        shape => shape.written(things),
    })
}
