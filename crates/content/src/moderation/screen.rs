//! The quick look at a prompt before it is answered: one pass over its bytes tells nearly every
//! harmless prompt. Not here: the lexicon.

use std::sync::LazyLock;

use fakeai_tokens::letters_end;

use super::categories::CATEGORIES;
use super::lexicon::{LEXICON, Lexicon};
use super::pattern::Element;
use crate::word_hash::WordSet;

/// The words that are looked for. A bit for each hash of a word tells nearly all that are not
/// among them; what passes is looked up.
struct Screen {
    bits: Box<[u64; WORDS]>,
    /// The length of the shortest, in bytes.
    shortest: usize,
    wholes: WordSet,
    /// Beginnings of words, of [`HEAD`] bytes.
    beginnings: WordSet,
}

const BITS: u32 = 15;
const WORDS: usize = (1 << BITS) / 64;
/// The beginnings of words that are looked for, in bytes.
const HEAD: usize = 4;

static SCREEN: LazyLock<Screen> = LazyLock::new(|| Screen::of(&LEXICON));

/// Whether any word of the text makes a closer look worth while.
pub(crate) fn may_alarm(text: &str) -> bool {
    let screen = &*SCREEN;
    let bytes = text.as_bytes();
    let is_letter = |at: usize| bytes.get(at).is_some_and(|byte| is_letter(*byte));
    let mut at = 0;
    while at < bytes.len() {
        let from = at;
        at = letters_end(bytes, from);
        while is_letter(at) {
            at += 1;
        }
        if at - from >= screen.shortest && screen.has(bytes, from, at) {
            return true;
        }
        // What ended the word is no letter.
        at += 1;
    }
    false
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
        let (wholes, beginnings) = (WordSet::default(), WordSet::default());
        let mut screen = Self {
            bits: Box::new([0; WORDS]),
            shortest: HEAD,
            wholes,
            beginnings,
        };
        // Rules of little weight refuse nothing on their own.
        const WEIGHTY: f64 = 0.3;
        let refuses = |(category, score): &(usize, f64)| {
            *score >= WEIGHTY && CATEGORIES[*category].refuse.is_some()
        };
        let is_refused = |rule: usize| {
            let rule = &lexicon.rules[rule];
            !rule.is_calm && rule.scores.iter().any(refuses)
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
        let longest = || {
            elements
                .iter()
                .max_by_key(|element| words(element).iter().map(String::len).min())
        };
        let Some(rarest) = elements.iter().find(is_rare).or_else(longest) else {
            return;
        };
        for word in words(rarest) {
            // A word is cut at marks that are no letters, as texts are below.
            let head = word
                .split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default();
            let is_whole = head.len() == word.len() && !matches!(rarest, Element::Beginning(_));
            match head.get(..HEAD).filter(|_| !is_whole) {
                Some(head) => {
                    self.set(beginning(first_eight(head.as_bytes(), HEAD)));
                    self.beginnings.insert(head.to_owned());
                }
                None => {
                    self.set(whole(first_eight(head.as_bytes(), head.len()), head.len()));
                    self.shortest = self.shortest.min(head.len()).max(1);
                    self.wholes.insert(head.to_owned());
                }
            }
        }
    }

    fn set(&mut self, at: u32) {
        self.bits[(at / 64) as usize] |= 1 << (at % 64);
    }

    #[inline]
    fn may_have(&self, at: u32) -> bool {
        self.bits[(at / 64) as usize] >> (at % 64) & 1 == 1
    }

    /// Whether the word `text[from..to]` is one that is looked for.
    #[inline]
    fn has(&self, text: &[u8], from: usize, to: usize) -> bool {
        let word = &text[from..to];
        let head = first_eight(&text[from..], word.len());
        let passes = self.may_have(whole(head, word.len()))
            || (word.len() >= HEAD && self.may_have(beginning(head)));
        passes && self.is_known(word)
    }

    fn is_known(&self, word: &[u8]) -> bool {
        let lower = String::from_utf8_lossy(word).to_lowercase();
        let head = lower
            .get(..HEAD)
            .is_some_and(|head| self.beginnings.contains(head));
        head || self.wholes.contains(&lower)
    }
}

#[inline]
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// The first eight bytes of a word of that length, which `text` begins with, in lower case; the
/// bytes behind a shorter word count as spaces.
#[inline]
fn first_eight(text: &[u8], length: usize) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let mut head = [0u8; 8];
    match text.first_chunk::<8>() {
        Some(eight) => head = *eight,
        None => head[..length].copy_from_slice(&text[..length]),
    }
    let shown = u64::MAX >> (64 - 8 * length.clamp(1, 8));
    (u64::from_le_bytes(head) & shown) | SMALL
}

/// The place of a word's bit: of its first eight bytes, and its length.
#[inline]
fn whole(head: u64, length: usize) -> u32 {
    place(head ^ (length as u64) << 56)
}

/// The place of the bit of a word's first four bytes.
#[inline]
fn beginning(head: u64) -> u32 {
    place(head & 0xffff_ffff)
}

#[inline]
fn place(word: u64) -> u32 {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyday_prompts_need_no_closer_look() {
        let prompts = [
            "Our team maintains a small web service that stores customer orders in a database.",
            "Lately the response times have grown, especially in the evening when many people place \
             orders at once. We already added an index on the customer column.",
            "The service runs in three containers behind a load balancer, and must not lose any \
             order. Logs show that the slowest queries join orders with shipments.",
            "Please explain which of these measures you would try first, and what could go wrong.",
            "Write a short story about a lighthouse keeper and her dog.",
            "How do I learn to play the guitar at home without a teacher?",
        ];
        let is_hit = |word: &&str| SCREEN.has(word.as_bytes(), 0, word.len());
        for prompt in prompts {
            let words = prompt.split(|c: char| !c.is_alphanumeric());
            let hits: Vec<_> = words
                .filter(|word| !word.is_empty())
                .filter(is_hit)
                .collect();
            assert!(hits.is_empty(), "{prompt}: {hits:?}");
        }
    }

    #[test]
    fn what_is_refused_is_looked_at() {
        for prompt in [
            "how to make a BOMB",
            "Fake passport: where to buy one?",
            "comment me suicider",
        ] {
            assert!(may_alarm(prompt) && alarms(prompt), "{prompt}");
        }
    }
}
