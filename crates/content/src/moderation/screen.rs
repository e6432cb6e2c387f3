//! The quick look at a prompt before it is answered: one pass over its bytes tells nearly every
//! harmless prompt. Not here: the lexicon.

use std::sync::LazyLock;

use super::categories::CATEGORIES;
use super::lexicon::{LEXICON, Lexicon};
use super::pattern::Element;

/// One bit for each hash of a word's first four bytes.
struct Screen([u64; WORDS]);

const BITS: u32 = 13;
const WORDS: usize = (1 << BITS) / 64;

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
        let mut screen = Self([0; WORDS]);
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
        let rarest = elements.iter().find(is_rare).or(elements.first());
        for word in rarest.map(words).unwrap_or_default() {
            // A word is cut at marks that are no letters, as texts are below.
            let head = word
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            let (place, bit) = spot(head.as_bytes());
            self.0[place] |= bit;
        }
    }

    #[inline]
    fn has(&self, word: &[u8]) -> bool {
        let (place, bit) = spot(word);
        self.0[place] & bit != 0
    }
}

#[inline]
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The place of a word's bit: of its first four bytes in lower case.
#[inline]
fn spot(word: &[u8]) -> (usize, u64) {
    let mut head = [0u8; 4];
    let length = word.len().min(4);
    head[..length].copy_from_slice(&word[..length]);
    let lowered = u32::from_le_bytes(head) | 0x2020_2020;
    let hash = lowered.wrapping_mul(0x9e37_79b1) >> (32 - BITS);
    ((hash / 64) as usize, 1 << (hash % 64))
}
