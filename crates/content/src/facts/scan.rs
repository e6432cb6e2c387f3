//! The search for values: a text is cut into words, and each run of them classified. Not here:
//! the classes of single words (`classify`) and names of several (`name`).

use std::ops::Range;

use super::classify::{classify, expression_at};
use super::name::name_at;
use super::quote::quoted_at;
use super::{Fact, FactKind, script, words};
use crate::shorten::shorten;

/// A word of a text, or a quotation.
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) at: Range<usize>,
    pub(super) quoted: Option<&'a str>,
    /// Whether a sentence, or a part of one, begins here.
    pub(super) opens: bool,
}

/// More values than this are not looked for.
const MOST: usize = 96;
/// Longer texts are read up to here, in bytes.
const LONGEST: usize = 16_384;

/// The values that a text names, in order. An [`FactKind::Expression`] overlaps its numbers.
pub(crate) fn scan(text: &str) -> Vec<Fact<'_>> {
    let text = shorten(text, LONGEST);
    let words = cut(text);
    let mut facts = Vec::new();
    let mut index = 0;
    let mut calculated = 0;
    while index < words.len() && facts.len() < MOST {
        let word = &words[index];
        let is_open = word.at.start >= calculated && word.quoted.is_none();
        if let Some(end) = expression_at(&text[word.at.start..]).filter(|_| is_open) {
            calculated = word.at.start + end;
            let at = word.at.start..calculated;
            facts.push(Fact::new(
                FactKind::Expression,
                &text[at.clone()],
                at.clone(),
            ));
            facts.extend(numbers_in(text, at));
        }
        if word.at.start < calculated && word.quoted.is_none() {
            index += 1;
            continue;
        }
        let (fact, taken) = one(text, &words[index..]);
        facts.extend(fact);
        index += taken;
    }
    facts
}

/// The numbers of a calculation.
fn numbers_in(text: &str, at: Range<usize>) -> Vec<Fact<'_>> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut numbers = Vec::new();
    let mut from = at.start;
    while let Some(start) = text[from..at.end].find(|c: char| c.is_ascii_digit()) {
        let digits = from + start;
        let length = text[digits..at.end].find(|c| !is_part(c));
        let end = digits + length.unwrap_or(at.end - digits);
        let before = text[at.start..digits].trim_end_matches('-');
        let is_negative = text[at.start..digits].ends_with('-')
            && before
                .trim_end()
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_ascii_digit() && c != ')');
        let start = digits - usize::from(is_negative);
        if let Ok(value) = text[start..end].parse() {
            let fact = Fact::new(FactKind::Number, &text[start..end], start..end);
            numbers.push(Fact {
                number: Some(value),
                ..fact
            });
        }
        from = end;
    }
    numbers
}

/// The value that the words open with, and how many words it takes.
fn one<'a>(text: &'a str, words: &[Word<'a>]) -> (Option<Fact<'a>>, usize) {
    let word = &words[0];
    if let Some(quoted) = word.quoted {
        return (
            Some(Fact::new(FactKind::Quoted, quoted, word.at.clone())),
            1,
        );
    }
    if let Some((fact, taken)) = date_in_words(words) {
        return (Some(fact), taken);
    }
    if let Some(fact) = classify(word) {
        return (Some(fact), 1);
    }
    match name_at(text, words) {
        Some((fact, taken)) => (Some(fact), taken),
        None => (None, 1),
    }
}

/// Dates such as `March 5, 2024` and `5. März 2024`.
fn date_in_words<'a>(words: &[Word<'a>]) -> Option<(Fact<'a>, usize)> {
    let is_numbered = |word: &Word<'_>| word.text.starts_with(|c: char| c.is_ascii_digit());
    if !words.iter().take(2).any(is_numbered) {
        return None;
    }
    let lower = |index: usize| {
        words
            .get(index)
            .map(|word: &Word<'_>| word.text.to_lowercase())
    };
    let number = |index: usize| -> Option<u32> {
        let text = words.get(index)?.text;
        text.trim_end_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .ok()
    };
    let skipped = usize::from(lower(1).is_some_and(|word| word == "of" || word == "de"));
    let (day, month, last) = if let Some(month) = words::month(&lower(0)?) {
        (number(1)?, month, 1)
    } else {
        (number(0)?, words::month(&lower(1 + skipped)?)?, 1 + skipped)
    };
    let joint = usize::from(lower(last + 1).is_some_and(|word| word == "de"));
    let year = number(last + 1 + joint).filter(|year| (1000..=9999).contains(year));
    if !(1..=31).contains(&day) {
        return None;
    }
    let taken = if year.is_some() {
        last + 2 + joint
    } else {
        last + 1
    };
    let at = words[0].at.start..words[taken - 1].at.end;
    let text = match year {
        Some(year) => format!("{year:04}-{month:02}-{day:02}"),
        // A day without its year is kept as it is written.
        None => words[..taken]
            .iter()
            .map(|word| word.text)
            .collect::<Vec<_>>()
            .join(" "),
    };
    let kind = if year.is_some() {
        FactKind::Date
    } else {
        FactKind::Day
    };
    Some((Fact::new(kind, text, at), taken))
}

/// Cuts a text into words and quotations.
fn cut(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    let mut opens = true;
    while let Some(c) = text[at..].chars().next() {
        let begins = !text[..at].ends_with(char::is_alphanumeric);
        if let Some((inner, after)) = quoted_at(&text[at..]).filter(|_| begins) {
            let end = text.len() - after.len();
            words.push(Word {
                text: inner,
                at: at..end,
                quoted: Some(inner),
                opens,
            });
            (at, opens) = (end, false);
        } else if is_gap(c) {
            opens |= matches!(c, '.' | '!' | '?' | '\n' | ':' | ';');
            at += c.len_utf8();
        } else {
            let rest = &text[at..];
            let length = rest.find(is_gap).unwrap_or(rest.len());
            let word = rest[..length].trim_end_matches(['.', ':', '\'', '’', '-']);
            let ends = word.len() < length && rest[word.len()..length].contains(['.', ':']);
            let end = at + word.len();
            if word.is_ascii() || !script::is_unspaced(word) {
                words.extend((!word.is_empty()).then_some(Word {
                    text: word,
                    at: at..end,
                    quoted: None,
                    opens,
                }));
            } else {
                words.extend(script::pieces(word).map(|piece| Word {
                    text: &word[piece.clone()],
                    at: at + piece.start..at + piece.end,
                    quoted: None,
                    opens: false,
                }));
            }
            opens = ends;
            at += length;
        }
    }
    words
}

fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            ',' | ';'
                | '!'
                | '?'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '"'
                | '“'
                | '”'
                | '«'
                | '»'
                | '<'
                | '>'
                | '|'
                | '='
                | '`'
                | '„'
                | '、'
                | '。'
                | '，'
                | '？'
                | '！'
                | '「'
                | '」'
        )
}
