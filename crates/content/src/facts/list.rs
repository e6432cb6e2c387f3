//! Values that are named side by side: `Paris, Rome and Oslo`. Not here: what becomes of them.

use std::ops::Range;

use super::words;
use super::{Fact, FactKind};

/// Runs of two or more values of one kind with nothing but commas and joining words between
/// them, as ranges of indices into `facts`.
pub(crate) fn lists(text: &str, facts: &[Fact<'_>]) -> Vec<Range<usize>> {
    let mut lists = Vec::new();
    let mut from = 0;
    while from < facts.len() {
        let mut end = from + 1;
        while end < facts.len() && are_side_by_side(text, &facts[end - 1], &facts[end]) {
            end += 1;
        }
        if end > from + 1 {
            lists.push(from..end);
        }
        from = end;
    }
    lists
}

fn are_side_by_side(text: &str, one: &Fact<'_>, other: &Fact<'_>) -> bool {
    let is_list_kind = one.kind == other.kind && one.kind != FactKind::Expression;
    let Some(gap) = text
        .get(one.at.end..other.at.start)
        .filter(|_| is_list_kind)
    else {
        return false;
    };
    let mut joins = gap.contains([',', '&', '/', ';', '、', '，']);
    let letters = gap
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    for word in letters {
        let lower = word.to_lowercase();
        if !words::is_between(&lower) {
            return false;
        }
        joins |= words::makes_list(&lower);
    }
    joins && !gap.contains(['.', '?', '!', '\n'])
}
