//! Patterns: sequences of words, classes of words and beginnings of words, with small gaps. Not
//! here: what a match is worth.

use crate::word_hash::WordMap;

/// Other words that may stand between two elements of a pattern.
const GAP: usize = 2;

/// One place of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// This word.
    Word(String),
    /// A word that begins so.
    Beginning(String),
    /// A word of the class with this bit.
    Class(u32),
}

/// The classes of words by bit, and the bits of each word.
#[derive(Default)]
pub(super) struct Classes {
    names: Vec<String>,
    bits: WordMap<u32>,
}

impl Classes {
    pub(super) fn add(&mut self, name: &str, words: &[String]) {
        let bit = 1 << self.names.len();
        self.names.push(name.to_owned());
        for word in words {
            *self.bits.entry(word.clone()).or_default() |= bit;
        }
    }

    /// All words of classes, with the bits of their classes.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, u32)> {
        self.bits.iter().map(|(word, bits)| (word.as_str(), *bits))
    }

    /// The words of a class.
    pub(super) fn words(&self, bit: u32) -> impl Iterator<Item = &str> {
        self.bits
            .iter()
            .filter(move |(_, bits)| *bits & bit != 0)
            .map(|(word, _)| word.as_str())
    }

    fn bit(&self, name: &str) -> u32 {
        let index = self.names.iter().position(|known| known == name);
        1 << index.expect("a pattern names a class of its own file")
    }
}

/// Reads a pattern such as `kill {person}` or `porn*`.
pub(super) fn parse(pattern: &str, classes: &Classes) -> Vec<Element> {
    let element = |word: &str| {
        if let Some(name) = word
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Element::Class(classes.bit(name))
        } else if let Some(beginning) = word.strip_suffix('*') {
            Element::Beginning(beginning.to_owned())
        } else {
            Element::Word(word.to_owned())
        }
    };
    pattern.split_whitespace().map(element).collect()
}

/// A text, ready to be matched: its words, each with the bits of its classes.
pub(super) struct Text<'t> {
    pub(super) words: Vec<(&'t str, u32)>,
}

impl Text<'_> {
    /// Whether the pattern's first element stands at `at` and the others follow.
    pub(super) fn matches(&self, elements: &[Element], at: usize) -> bool {
        let Some((first, rest)) = elements.split_first() else {
            return true;
        };
        let (own, classes) = self.words[at];
        let fits = match first {
            Element::Word(word) => own == word,
            Element::Beginning(beginning) => own.starts_with(beginning.as_str()),
            Element::Class(bit) => classes & bit != 0,
        };
        let last = self.words.len().saturating_sub(1).min(at + 1 + GAP);
        fits && (rest.is_empty() || (at + 1..=last).any(|next| self.matches(rest, next)))
    }
}
