//! The quick look at a prompt before it is answered: one pass over its bytes tells nearly every
//! harmless prompt. Not here: the lexicon.

use std::sync::LazyLock;

use super::categories::CATEGORIES;
use super::lexicon::{LEXICON, Lexicon};
use super::pattern::Element;

/// One bit for each hash of a word: of all of it, and of its first four bytes.
struct Screen {
    wholes: [u64; WORDS],
    beginnings: [u64; WORDS],
}

const BITS: u32 = 13;
const WORDS: usize = (1 << BITS) / 64;
/// The beginnings of words that are looked for, in bytes.
const HEAD: usize = 4;

static SCREEN: LazyLock<Screen> = LazyLock::new(|| Screen::of(&LEXICON));

/// Whether any word of the text makes a closer look worth while.
pub(crate) fn may_alarm(text: &str) -> bool {
    let screen = &*SCREEN;
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if !is_letter(*byte) {
            if at > from && screen.has(&bytes[from..at]) {
                return true;
            }
            from = at + 1;
        }
    }
    from < bytes.len() && screen.has(&bytes[from..])
}

/// Whether the text passes a score from which it is refused.
pub(crate) fn alarms(text: &str) -> bool {
    let scores = LEXICON.scores(text);
    let refused = CATEGORIES.iter().zip(scores);
    refused
        .into_iter()
        .any(|(category, score)| category.refuse.is_some_and(|from| score >= from))
}

impl Screen {
    fn of(lexicon: &Lexicon) -> Self {
        let mut screen = Self {
            wholes: [0; WORDS],
            beginnings: [0; WORDS],
        };
        let is_refused = |rule: usize| {
            let scores = &lexicon.rules[rule].scores;
            !lexicon.rules[rule].is_calm
                && scores
                    .iter()
                    .any(|(category, _)| CATEGORIES[*category].refuse.is_some())
        };
        for (elements, _) in lexicon
            .patterns
            .iter()
            .filter(|(_, rule)| is_refused(*rule))
        {
            screen.add_rarest(lexicon, elements);
        }
        screen
    }

    /// Every match of a pattern holds each of its elements, so that one of them is enough to
    /// look for: the first with no frequent word.
    fn add_rarest(&mut self, lexicon: &Lexicon, elements: &[Element]) {
        let words = |element: &Element| -> Vec<String> {
            match element {
                Element::Word(word) | Element::Beginning(word) => vec![word.clone()],
                Element::Class(bit) => lexicon.classes.words(*bit).map(str::to_owned).collect(),
            }
        };
        let is_rare = |element: &&Element| {
            words(element)
                .iter()
                .all(|word| !lexicon.common.contains(word))
        };
        let Some(rarest) = elements.iter().find(is_rare).or(elements.first()) else {
            return;
        };
        for word in words(rarest) {
            // A word is cut at marks that are no letters, as texts are below.
            let head = word
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            let is_whole = head.len() == word.len() && !matches!(rarest, Element::Beginning(_));
            if is_whole || head.len() < HEAD {
                set(&mut self.wholes, whole(head.as_bytes()));
            } else {
                set(&mut self.beginnings, beginning(head.as_bytes()));
            }
        }
    }

    #[inline]
    fn has(&self, word: &[u8]) -> bool {
        is_set(&self.wholes, whole(word))
            || (word.len() >= HEAD && is_set(&self.beginnings, beginning(word)))
    }
}

fn set(bits: &mut [u64; WORDS], at: u32) {
    bits[(at / 64) as usize] |= 1 << (at % 64);
}

#[inline]
fn is_set(bits: &[u64; WORDS], at: u32) -> bool {
    bits[(at / 64) as usize] >> (at % 64) & 1 == 1
}

#[inline]
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The place of a word's bit: of its first eight bytes in lower case, and its length.
#[inline]
fn whole(word: &[u8]) -> u32 {
    let mut head = [0u8; 8];
    let length = word.len().min(8);
    head[..length].copy_from_slice(&word[..length]);
    let lowered = u64::from_le_bytes(head) | 0x2020_2020_2020_2020;
    place(lowered ^ (word.len() as u64) << 56)
}

/// The place of the bit of a word's first four bytes in lower case.
#[inline]
fn beginning(word: &[u8]) -> u32 {
    let mut head = [0u8; 4];
    head.copy_from_slice(&word[..HEAD]);
    place(u64::from(u32::from_le_bytes(head) | 0x2020_2020))
}

#[inline]
fn place(word: u64) -> u32 {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as u32
}
