//! Choosing one of several labels for a text: those that the prompt lists. Not here: how good or bad
//! a text sounds (`sentiment`).

use std::collections::HashMap;

use serde::Deserialize;

use super::{Order, WORDS, first_of, marks, sentiment};
use crate::embedding;

#[derive(Deserialize)]
pub(super) struct Words {
    /// Stems of words that ask for a label.
    asks: Vec<String>,
    /// Words that may ask for one: where a label is known that they can mean.
    weak: Vec<String>,
    /// What stands before a list of labels.
    before: Vec<String>,
    /// What may stand between that and the list.
    filler: Vec<String>,
    /// The labels of a question for the mood of a text that lists none.
    moods: Vec<String>,
    mood: Vec<String>,
    /// Words of texts that have a label of that name.
    hints: HashMap<String, Vec<String>>,
}

/// The label, written as the prompt writes it.
pub(super) fn of(order: &Order<'_>) -> Option<String> {
    let words = &WORDS.label;
    let task = order.text.unwrap_or(order.asked);
    let lower = marks::lowered(task);
    let strong = first_of(&lower, &words.asks);
    let asks = strong.or_else(|| first_of(&lower, &words.weak))?;
    if lower.contains("json") {
        return None;
    }
    let listed = listed(task, &lower);
    let listed = listed.filter(|(labels, _)| strong.is_some() || labels.iter().any(is_known));
    let is_mood = first_of(&lower, &words.mood).is_some();
    let (labels, at) = match listed {
        Some((labels, at)) => (labels, at),
        None if is_mood => (words.moods.iter().map(String::as_str).collect(), asks),
        None => return None,
    };
    if order.text.is_some() {
        return Some(choose(&labels, order.asked)?.to_owned());
    }
    let matter = format!("{}\n{}", &task[..at.0], &task[at.1..]);
    choose(&labels, &matter).map(str::to_owned)
}

/// The labels that a task lists, and the stretch that the list takes.
fn listed<'t>(task: &'t str, lower: &str) -> Option<(Vec<&'t str>, (usize, usize))> {
    let words = &WORDS.label;
    let mut openings: Vec<_> = words
        .before
        .iter()
        .flat_map(|word| lower.match_indices(&**word).map(|(at, _)| (at, word.len())))
        .filter(|(at, _)| !lower[..*at].ends_with(char::is_alphanumeric))
        .collect();
    openings.sort_by_key(|(at, length)| (*at, usize::MAX - length));
    for (at, length) in openings {
        let mut end = at + length;
        while let Some(taken) = filler(&lower[end..]) {
            end += taken;
        }
        if let Some((labels, length)) = marks::list(&task[end..]) {
            return Some((labels, (at, end + length)));
        }
    }
    // `Is this review positive or negative?`
    let or = lower.find(" or ")?;
    let first = lower[..or]
        .rfind([' ', '\n', '\'', '"'])
        .map_or(0, |at| at + 1);
    let (labels, length) = marks::list(&task[first..])?;
    labels
        .iter()
        .any(is_known)
        .then_some((labels, (first, first + length)))
}

fn filler(lower: &str) -> Option<usize> {
    let bare = lower.trim_start_matches([' ', ':']);
    let taken = lower.len() - bare.len();
    let word = WORDS.label.filler.iter().find(|word| {
        bare.strip_prefix(word.as_str())
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })?;
    Some(taken + word.len())
}

/// Whether it is known what a label stands for.
pub(super) fn is_known(label: &&str) -> bool {
    sentiment::mood(label).is_some() || hints(label).is_some()
}

fn hints(label: &str) -> Option<&'static [String]> {
    let known = WORDS.label.hints.get(&label.to_lowercase());
    known.map(Vec::as_slice)
}

/// The label that fits a text best; none where nothing speaks for any.
pub(crate) fn choose<'l>(labels: &[&'l str], matter: &str) -> Option<&'l str> {
    if let Some(label) = sentiment::choose(labels, matter) {
        return Some(label);
    }
    let lower = matter.to_lowercase();
    let meanings: Vec<String> = labels
        .iter()
        .map(|label| match hints(label) {
            Some(hints) => format!("{label} {}", hints.join(" ")),
            None => (*label).replace('_', " "),
        })
        .collect();
    let texts: Vec<&str> = std::iter::once(matter)
        .chain(meanings.iter().map(String::as_str))
        .collect();
    let vectors = embedding::passages(&texts);
    let scores = labels.iter().zip(&vectors[1..]).map(|(label, vector)| {
        let near: f32 = vector
            .iter()
            .zip(&vectors[0])
            .map(|(one, other)| one * other)
            .sum();
        let told = hints(label).map_or(0, |hints| {
            hints.iter().filter(|hint| has(&lower, hint)).count()
        });
        let named = usize::from(has(&lower, &label.to_lowercase()));
        near + 0.5 * told as f32 + 0.7 * named as f32
    });
    let scored = labels.iter().copied().zip(scores);
    // Of equals the first; what stands for nothing else comes last.
    let best = scored.fold(
        None,
        |best: Option<(&str, f32)>, (label, score)| match best {
            Some((_, most)) if score <= most + 0.02 => best,
            Some(_) | None => Some((label, score)),
        },
    );
    best.map(|(label, _)| label)
}

/// The number of the label that words of a text speak for, if any do: for choices that nobody asked
/// for in words.
pub(crate) fn fitting(labels: &[&str], text: &str) -> Option<usize> {
    let at = |label: &str| labels.iter().position(|own| *own == label);
    if let Some(label) = sentiment::choose(labels, text) {
        return at(label).filter(|_| sentiment::has_mood(text));
    }
    let lower = text.to_lowercase();
    let speaks = |label: &&str| {
        let hints = hints(label).unwrap_or_default();
        hints.iter().any(|hint| has(&lower, hint))
    };
    if !labels.iter().any(speaks) {
        return None;
    }
    choose(labels, text).and_then(at)
}

fn has(lower: &str, word: &str) -> bool {
    marks::word_at(lower, word).is_some()
}
