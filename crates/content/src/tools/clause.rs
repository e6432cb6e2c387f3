//! The parts of a prompt that may each want a call: sentences, and what `and` joins. Not here:
//! which tool a part wants.

use std::ops::Range;

/// Words that begin a new part.
const JOINTS: [&str; 9] = [
    " and ", " then ", " und ", " dann ", " et ", " puis ", " y ", " also ", ", ",
];

/// The parts of a text, in order, as ranges of bytes.
pub(super) fn clauses(text: &str) -> Vec<Range<usize>> {
    let mut cuts: Vec<usize> = Vec::new();
    for joint in JOINTS {
        cuts.extend(text.match_indices(joint).map(|(at, _)| at));
    }
    let ends = text.char_indices().filter(|(at, c)| {
        let after = text[at + c.len_utf8()..].chars().next();
        matches!(c, '.' | '?' | '!' | ';' | '\n') && after.is_none_or(char::is_whitespace)
    });
    cuts.extend(ends.map(|(at, c)| at + c.len_utf8()));
    cuts.sort_unstable();
    cuts.dedup();
    let mut from = 0;
    let mut clauses = Vec::new();
    for cut in cuts.into_iter().chain([text.len()]) {
        if !text[from..cut].trim().is_empty() {
            clauses.push(from..cut);
            from = cut;
        }
    }
    clauses
}
