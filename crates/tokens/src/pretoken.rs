//! Cuts text into pre-tokens, the stretches that are encoded on their own: each vocabulary's
//! published regular expression, written out by hand. Not here: merging inside a stretch.
//!
//! Source of the patterns: <https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py>.

mod class;

use class::{Character, LETTER, LINE_END, LOWER, NUMBER, SPACE, UPPER, character};

/// The pattern by which a vocabulary's text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// That of `o200k_base`.
    O200k,
    /// That of `cl100k_base`.
    Cl100k,
}

impl Grammar {
    /// Where the pre-token that begins at `begin` (inside the text) ends.
    pub(crate) fn end(self, text: &[u8], begin: usize) -> usize {
        match self {
            Grammar::O200k => o200k_end(text, begin),
            Grammar::Cl100k => cl100k_end(text, begin),
        }
    }
}

/// What a word may take before its letters: anything but a line end, a letter or a number.
const NO_PREFIX: u8 = LETTER | NUMBER | LINE_END;

/// What no run of punctuation has.
const NO_PUNCTUATION: u8 = LETTER | NUMBER | SPACE;

/// In the pattern's order: words (with one character before them and a contraction after them),
/// up to three digits, punctuation, white space.
#[inline(always)]
pub(crate) fn o200k_end(text: &[u8], begin: usize) -> usize {
    if let Some(end) = common_word(text, begin) {
        return end;
    }
    let first = character(text, begin);
    if let Some(end) = o200k_word(text, begin, first) {
        return end + contraction(text, end);
    }
    if first.is(NUMBER) {
        return digits(text, begin);
    }
    if let Some(end) = punctuation(text, begin) {
        return run_of(text, end, |byte| matches!(byte, b'\r' | b'\n' | b'/'));
    }
    white_space(text, begin)
}

/// The end of a blank and small letters, as most words of a text are, where ASCII other than a
/// small letter or an apostrophe follows.
#[inline(always)]
fn common_word(text: &[u8], begin: usize) -> Option<usize> {
    let [b' ', b'a'..=b'z'] = text[begin..].first_chunk()? else {
        return None;
    };
    let end = after_letters(text, begin + 1, 0);
    let next = text.get(end)?;
    (next.is_ascii() && !next.is_ascii_lowercase() && *next != b'\'').then_some(end)
}

/// The first two alternatives at once: upper-case letters then lower-case ones, where one of the
/// two may be missing and letters without case (and marks) are both.
///
/// A run of upper-case that no lower-case letter follows gives back what comes after its last
/// caseless letter, since the first alternative must end with a lower-case one.
#[inline(always)]
fn o200k_word(text: &[u8], begin: usize, first: Character) -> Option<usize> {
    let prefixed = !first.is(NO_PREFIX);
    let letters = if prefixed {
        begin + first.length
    } else {
        begin
    };
    let (mut upper, mut last_lower) = (letters, None);
    while upper < text.len() {
        let next = character(text, upper);
        if !next.is(UPPER) {
            break;
        }
        upper += next.length;
        if next.is(LOWER) {
            last_lower = Some(upper);
        }
    }
    let small = after_letters(text, upper, 0);
    let end = run(text, small, |next| next.is(LOWER));
    if end > upper {
        return Some(end);
    }
    // A mark may be the character before a word or itself be the word.
    let alone = (prefixed && first.is(LOWER)).then_some(letters);
    last_lower.or(alone).or((upper > letters).then_some(upper))
}

/// In the pattern's order: contractions, words with one character before them, up to three digits,
/// punctuation, white space.
#[inline(always)]
pub(crate) fn cl100k_end(text: &[u8], begin: usize) -> usize {
    let length = contraction(text, begin);
    if length > 0 {
        return begin + length;
    }
    let first = character(text, begin);
    let letters = if first.is(NO_PREFIX) {
        begin
    } else {
        begin + first.length
    };
    let ascii = after_letters(text, letters, b' ');
    let end = run(text, ascii, |next| next.is(LETTER));
    if end > letters {
        return end;
    }
    if first.is(NUMBER) {
        return digits(text, begin);
    }
    if let Some(end) = punctuation(text, begin) {
        return run_of(text, end, |byte| matches!(byte, b'\r' | b'\n'));
    }
    white_space(text, begin)
}

/// How many bytes `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` takes here, in any case; 0 if
/// there is none. The long s (ſ) is an s in another case.
#[inline(always)]
fn contraction(text: &[u8], begin: usize) -> usize {
    match text.get(begin) {
        Some(b'\'') => contraction_after_quote(&text[begin + 1..]),
        _ => 0,
    }
}

fn contraction_after_quote(rest: &[u8]) -> usize {
    let lower = |at: usize| rest.get(at).map(u8::to_ascii_lowercase);
    match (lower(0), lower(1)) {
        (Some(b's' | b't' | b'm' | b'd'), _) => 2,
        (Some(b'r' | b'v'), Some(b'e')) | (Some(b'l'), Some(b'l')) => 3,
        _ if rest.starts_with("ſ".as_bytes()) => 3,
        _ => 0,
    }
}

fn digits(text: &[u8], begin: usize) -> usize {
    let mut end = begin;
    for _ in 0..3 {
        if end < text.len() && character(text, end).is(NUMBER) {
            end += character(text, end).length;
        }
    }
    end
}

/// The end of a run of neither letters, numbers nor white space, with one blank before it.
#[inline(always)]
fn punctuation(text: &[u8], begin: usize) -> Option<usize> {
    let from = begin + usize::from(text[begin] == b' ');
    let end = run(text, from, |next| !next.is(NO_PUNCTUATION));
    (end > from).then_some(end)
}

/// White space: up to its last line end if it has any, else all of it where the text ends, else
/// all but its last character, which goes with what follows.
fn white_space(text: &[u8], begin: usize) -> usize {
    let (mut end, mut last, mut line_end) = (begin, begin, None);
    while end < text.len() {
        let next = character(text, end);
        if !next.is(SPACE) {
            break;
        }
        last = end;
        end += next.length;
        if next.is(LINE_END) {
            line_end = Some(end);
        }
    }
    match line_end {
        Some(line_end) => line_end,
        None if end < text.len() && last > begin => last,
        None => end,
    }
}

/// The end of the run of ASCII letters that begins at `begin`.
#[inline]
pub fn letters_end(text: &[u8], begin: usize) -> usize {
    let mut end = after_letters(text, begin, b' ');
    while text.get(end).is_some_and(u8::is_ascii_alphabetic) {
        end += 1;
    }
    end
}

/// The end of the first of a run's small ASCII letters, or letters of any case where `case` is the
/// bit by which cases differ; eight bytes at a time, so that up to seven may be left where the
/// text ends.
#[inline(always)]
fn after_letters(text: &[u8], begin: usize, case: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let mut end = begin;
    while let Some(eight) = text[end..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let folded = (eight | (ONES * u64::from(case))) & !HIGH;
        // The highest bit of each byte from `a` on, and of each beyond `z`.
        let from_a = folded + ONES * u64::from(0x80 - b'a');
        let beyond_z = folded + ONES * u64::from(0x7f - b'z');
        let other = !(from_a & !beyond_z & !eight) & HIGH;
        if other != 0 {
            return end + other.trailing_zeros() as usize / 8;
        }
        end += 8;
    }
    end
}

#[inline(always)]
fn run(text: &[u8], begin: usize, belongs: impl Fn(Character) -> bool) -> usize {
    let mut end = begin;
    while end < text.len() {
        let next = character(text, end);
        if !belongs(next) {
            break;
        }
        end += next.length;
    }
    end
}

fn run_of(text: &[u8], begin: usize, belongs: impl Fn(u8) -> bool) -> usize {
    begin
        + text[begin..]
            .iter()
            .take_while(|byte| belongs(**byte))
            .count()
}
