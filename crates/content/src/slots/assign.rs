//! Which slot gets which value: the best pair first, each value once. Not here: the points of a
//! pair.

use super::score::{ENOUGH, SURE, score};
use super::slot::Slot;
use crate::facts::{Fact, lists, scan};

/// A value that a slot may take, with the words around it.
#[derive(Clone)]
pub(crate) struct Candidate<'a> {
    pub(crate) fact: Fact<'a>,
    /// The words before it, nearest first, in lower case.
    pub(super) before: Vec<String>,
    /// The words behind it, nearest first.
    pub(super) after: Vec<String>,
    /// Points that it loses because it is named far from the matter.
    pub(crate) distance: f64,
    /// The list of its text that it stands in.
    pub(crate) list: Option<usize>,
}

/// How many words before and behind a value count.
const BEFORE: usize = 4;
const AFTER: usize = 2;

/// The values of a text; `distance` is what they lose for standing far from the matter.
pub(crate) fn candidates(text: &str, distance: f64) -> Vec<Candidate<'_>> {
    let facts = scan(text);
    let lists = lists(text, &facts);
    let list_of = |index: usize| lists.iter().position(|list| list.contains(&index));
    let candidate = |(index, fact): (usize, Fact<'_>)| Candidate {
        before: words_before(&text[..fact.at.start]),
        after: words_after(&text[fact.at.end..]),
        list: list_of(index),
        distance,
        fact: Fact {
            text: fact.text.into_owned().into(),
            ..fact
        },
    };
    facts.into_iter().enumerate().map(candidate).collect()
}

fn words_before(text: &str) -> Vec<String> {
    let marks = text.rfind(['?', '!', '\n']).map_or(0, |at| at + 1);
    // A stop behind a short word belongs to an abbreviation.
    const WORD: usize = 3;
    let ends = |at: &usize| {
        let words = text[..*at].rsplit(|c: char| !c.is_alphanumeric());
        words
            .map(str::len)
            .next()
            .is_some_and(|length| length >= WORD)
    };
    let stop = text.rfind(". ").filter(ends).map_or(0, |at| at + 2);
    let sentence = marks.max(stop);
    let words = text[sentence..].rsplit(|c: char| !(c.is_alphanumeric() || c == '\''));
    let words = words.filter(|word| !word.is_empty()).take(BEFORE);
    words.map(str::to_lowercase).collect()
}

fn words_after(text: &str) -> Vec<String> {
    let end = text.find(['?', '!', '\n', ',', ';']).unwrap_or(text.len());
    let words = text[..end].split(|c: char| !(c.is_alphanumeric() || c == '\''));
    words
        .filter(|word| !word.is_empty())
        .take(AFTER)
        .map(str::to_lowercase)
        .collect()
}

/// For each slot the indices of its values.
pub(crate) fn assign(slots: &[Slot], candidates: &[Candidate<'_>]) -> Vec<Vec<usize>> {
    let mut pairs = Vec::new();
    for (slot_index, slot) in slots.iter().enumerate() {
        let least = if slot.is_required { ENOUGH } else { SURE };
        for (index, candidate) in candidates.iter().enumerate() {
            let points = score(slot, candidate).filter(|points| *points >= least);
            pairs.extend(points.map(|points| (points, slot_index, index)));
        }
    }
    pairs.sort_by(|one, other| {
        other
            .0
            .total_cmp(&one.0)
            .then((one.1, one.2).cmp(&(other.1, other.2)))
    });
    let mut assigned = vec![Vec::new(); slots.len()];
    let mut taken = vec![false; candidates.len()];
    for (_, slot, index) in pairs {
        let is_open = slots[slot].is_list || assigned[slot].is_empty();
        if taken[index] || !is_open || !belongs(&slots[slot], &assigned[slot], index, candidates) {
            continue;
        }
        assigned[slot].push(index);
        take(&mut taken, index, candidates);
        if slots[slot].is_list && slots[slot].within.is_none() {
            for mate in mates(index, candidates)
                .filter(|mate| !taken[*mate])
                .collect::<Vec<_>>()
            {
                assigned[slot].push(mate);
                take(&mut taken, mate, candidates);
            }
        }
    }
    assigned
        .iter_mut()
        .for_each(|indices| indices.sort_unstable());
    assigned
}

/// The values that stand in one list with a value.
fn mates(index: usize, candidates: &[Candidate<'_>]) -> impl Iterator<Item = usize> {
    let own = &candidates[index];
    let is_mate = move |mate: &usize| {
        let other = &candidates[*mate];
        own.list.is_some() && own.list == other.list && own.distance == other.distance
    };
    (0..candidates.len()).filter(is_mate)
}

/// Whether a list may take one value more: it stands beside the first, or the list is one of
/// objects.
fn belongs(slot: &Slot, known: &[usize], index: usize, candidates: &[Candidate<'_>]) -> bool {
    let Some(first) = known.first() else {
        return true;
    };
    let (one, other) = (&candidates[*first], &candidates[index]);
    let same_list = one.list.is_some() && one.list == other.list && one.distance == other.distance;
    one.fact.kind == other.fact.kind && (slot.within.is_some() || same_list)
}

/// Takes a value, and those that overlap it.
fn take(taken: &mut [bool], index: usize, candidates: &[Candidate<'_>]) {
    let own = &candidates[index];
    for (other, candidate) in candidates.iter().enumerate() {
        let overlaps = candidate.fact.at.start < own.fact.at.end
            && own.fact.at.start < candidate.fact.at.end
            && candidate.distance == own.distance;
        taken[other] |= other == index || overlaps;
    }
}
