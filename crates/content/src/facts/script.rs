//! Chinese, Japanese and Korean: what may be a name between the words that never are. Not here:
//! other scripts, whose words stand apart.

use std::ops::Range;

use super::words;

/// Whether a word has letters of these scripts.
pub(super) fn is_unspaced(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
    })
}

/// The parts of a word between particles and common words.
pub(super) fn pieces(word: &str) -> impl Iterator<Item = Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while let Some(c) = word[at..].chars().next() {
        let is_hiragana = matches!(c, '\u{3040}'..='\u{309f}');
        let common = words::between_names(&word[at..]);
        let length = common.unwrap_or(if is_hiragana { c.len_utf8() } else { 0 });
        if length > 0 {
            at += length;
            continue;
        }
        let end = at + c.len_utf8();
        match pieces.last_mut() {
            Some(last) if last.end == at => last.end = end,
            Some(_) | None => pieces.push(at..end),
        }
        at = end;
    }
    pieces.into_iter()
}
