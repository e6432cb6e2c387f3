//! Taking values out of a text: addresses, links, dates, numbers, names. Not here: how they are found
//! (`facts`).

use serde::Deserialize;

use super::{Order, Shape, WORDS, first_of, marks};
use crate::facts::{FactKind, scan};

#[derive(Deserialize)]
pub(super) struct Words {
    asks: Vec<String>,
    kinds: Vec<Kind>,
}

/// Values of a kind, and the words that name it.
#[derive(Deserialize)]
struct Kind {
    words: Vec<String>,
    finds: Finds,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Finds {
    Email,
    Url,
    Date,
    Time,
    Number,
    Name,
    Code,
    Phone,
    Price,
    Hashtag,
    Mention,
}

/// The values, in the order of the text.
pub(super) fn of(order: &Order<'_>) -> Option<String> {
    let words = &WORDS.extract;
    let task = order.text.unwrap_or(order.asked);
    let lower = marks::lowered(task);
    let (_, begin) = first_of(&lower, &words.asks)?;
    // The kind is named right behind the verb: `extract all the email addresses from`.
    const NEAR: usize = 80;
    let near = lower[begin..].char_indices().nth(NEAR);
    let near = &lower[begin..near.map_or(lower.len(), |(at, _)| begin + at)];
    let kinds = words.kinds.iter();
    let named = kinds.filter_map(|kind| Some((first_of(near, &kind.words)?, kind.finds)));
    let ((_, end), finds) = named.min_by_key(|(at, _)| *at)?;
    let matter = match order.text {
        Some(_) => order.asked,
        None => matter(task, begin + end)?,
    };
    let mut values: Vec<String> = Vec::new();
    for value in found(finds, matter) {
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    if values.is_empty() || asks_for_keys(&lower) {
        return None;
    }
    let around = match order.text {
        Some(text) => text,
        None => &task[..task.len() - matter.len()],
    };
    let tail = order.asked.lines().next_back().unwrap_or_default();
    Some(Shape::of(&format!("{around}\n{tail}")).written(&values))
}

/// Whether the values are to have names, in an object.
fn asks_for_keys(lower: &str) -> bool {
    lower.contains("json")
        && (lower.contains("key") || lower.contains("object") || lower.contains("field"))
}

/// What the values are taken from: what stands behind a colon, a line end or a `from`.
fn matter(task: &str, end: usize) -> Option<&str> {
    let rest = &task[end..];
    let mark = rest.find([':', '\n']).map(|at| at + 1);
    let from = || rest.find(" from ").map(|at| at + " from ".len());
    Some(&rest[mark.or_else(from)?..])
}

fn found(finds: Finds, text: &str) -> Vec<&str> {
    let of_kind = |wanted: &[FactKind]| -> Vec<&str> {
        let facts = scan(text);
        let facts = facts.iter().filter(|fact| wanted.contains(&fact.kind));
        facts
            .filter(|fact| !fact.is_doubtful)
            .filter_map(|fact| text.get(fact.at.clone()))
            .collect()
    };
    match finds {
        Finds::Email => of_kind(&[FactKind::Email]),
        Finds::Url => of_kind(&[FactKind::Url]),
        Finds::Date => of_kind(&[FactKind::Date, FactKind::Day]),
        Finds::Time => of_kind(&[FactKind::Time]),
        Finds::Number => of_kind(&[FactKind::Number]),
        Finds::Name => of_kind(&[FactKind::Name]),
        Finds::Code => of_kind(&[FactKind::Code]),
        Finds::Phone => phones(text),
        Finds::Price => prices(text),
        Finds::Hashtag => marked(text, '#'),
        Finds::Mention => marked(text, '@'),
    }
}

/// Runs of digits with what may stand between them, of seven digits at least.
fn phones(text: &str) -> Vec<&str> {
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '.' | '/');
    let digits = |run: &str| run.chars().filter(char::is_ascii_digit).count();
    let runs = text.split(|c: char| !is_part(c));
    runs.map(|run| run.trim_matches(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '('))))
        .filter(|run| (7..=15).contains(&digits(run)))
        .collect()
}

/// Numbers with the sign of a currency before or its name behind them.
fn prices(text: &str) -> Vec<&str> {
    let is_sign = |c: char| matches!(c, '$' | '€' | '£' | '¥' | '₹');
    let pieces = text.split_whitespace();
    let bare =
        pieces.map(|piece| piece.trim_matches(|c: char| !(c.is_alphanumeric() || is_sign(c))));
    bare.filter(|piece| piece.contains(is_sign) && piece.contains(|c: char| c.is_ascii_digit()))
        .collect()
}

/// Words behind a mark, with it.
fn marked(text: &str, mark: char) -> Vec<&str> {
    let pieces = text.split_whitespace();
    let words = pieces.filter(|piece| piece.starts_with(mark) && piece.len() > mark.len_utf8());
    words
        .map(|word| word.trim_end_matches(|c: char| !(c.is_alphanumeric() || c == '_')))
        .collect()
}
