//! How well each sentence of the passages fits a question: by the words that they share, the rarer the
//! more, in any form and in other words. Not here: what is said of it.

use std::collections::HashMap;

use crate::embedding::{is_stop_word, synonyms};
use crate::prose::Language;
use crate::sentences::sentences;

use super::frame::is_instruction;
use super::split::Passage;
use super::words::{WORDS, has_any};

/// A sentence that may answer.
pub(super) struct Fit<'p> {
    /// The passage's place.
    pub(super) passage: usize,
    pub(super) text: &'p str,
    /// What it is worth; only to be compared.
    pub(super) score: f64,
    /// How much of the question it is about, with the sentence before it.
    pub(super) coverage: f64,
}

/// Words of a question at most: one bit each.
const MOST: usize = 64;
/// What a word is worth that stands in the sentence before.
const BEFORE: f64 = 0.5;
/// What a number is worth where the question wants one.
const NUMBER: f64 = 0.8;
/// What must be covered of a question; less where it wants a number and there is one.
const COVERED: f64 = 0.5;
const COVERED_WITH_NUMBER: f64 = 0.34;
/// The same where words are read in pairs of signs, many of which are of two words.
const COVERED_IN_PAIRS: f64 = 0.3;

/// The words of a question in all forms that count as the same.
struct Asked {
    places: HashMap<u64, u64>,
    count: u32,
    wants_number: bool,
}

impl Asked {
    fn of(question: &str, language: Language) -> Self {
        let mut asked = Self {
            places: HashMap::new(),
            count: 0,
            wants_number: has_any(&format!("{} ", question.to_lowercase()), &WORDS.numeric),
        };
        each_word(question, |word, key| {
            let is_small = is_stop_word(word) || language.is_small(word);
            if is_small || asked.count as usize == MOST || asked.places.contains_key(&key) {
                return;
            }
            let bit = 1 << asked.count;
            asked.count += 1;
            *asked.places.entry(key).or_default() |= bit;
            for other in synonyms(word) {
                *asked.places.entry(hash(stem(other))).or_default() |= bit;
            }
        });
        asked
    }

    fn in_text(&self, text: &str) -> u64 {
        let mut found = 0;
        each_word(text, |_, key| found |= self.places.get(&key).unwrap_or(&0));
        found
    }
}

struct Sentence<'p> {
    passage: usize,
    text: &'p str,
    own: u64,
    before: u64,
    has_number: bool,
}

/// The sentences that answer, the best first; none where the question names nothing.
pub(super) fn fits<'p>(
    question: &str,
    language: Language,
    passages: &'p [Passage],
    is_marked: bool,
) -> Option<Vec<Fit<'p>>> {
    let asked = Asked::of(question, language);
    if asked.count == 0 {
        return None;
    }
    let all = read(&asked, passages, is_marked);
    let rarity = rarity(&all, asked.count);
    let worth = |bits: u64| -> f64 {
        let places = rarity.iter().enumerate();
        places
            .filter(|(place, _)| bits >> place & 1 == 1)
            .map(|(_, worth)| worth)
            .sum()
    };
    let is_dense = question.chars().any(is_dense);
    let whole: f64 = rarity.iter().sum();
    let most = rarity.iter().copied().fold(0.0, f64::max);
    let fits = all.iter().filter(|one| one.own | one.before != 0);
    let fits = fits.filter_map(|one| {
        let is_number = asked.wants_number && one.has_number;
        let coverage = worth(one.own | one.before) / whole;
        let least = match is_number {
            _ if is_dense => COVERED_IN_PAIRS,
            true => COVERED_WITH_NUMBER,
            false => COVERED,
        };
        let bonus = if is_number { NUMBER * most } else { 0.0 };
        let score = worth(one.own) + BEFORE * worth(one.before & !one.own) + bonus;
        let is_worthy = coverage >= least && (one.own != 0 || is_number);
        is_worthy.then_some(Fit {
            passage: one.passage,
            text: one.text,
            score,
            coverage,
        })
    });
    let mut fits: Vec<_> = fits.collect();
    fits.sort_by(|one, other| other.score.total_cmp(&one.score));
    Some(fits)
}

fn read<'p>(asked: &Asked, passages: &'p [Passage], is_marked: bool) -> Vec<Sentence<'p>> {
    let mut all = Vec::new();
    let mut before = 0;
    for (passage, one) in passages.iter().enumerate() {
        // Paragraphs of one text go on from each other.
        let is_other = passage > 0 && passages[passage - 1].number != one.number;
        if is_other {
            before = 0;
        }
        for text in sentences(&one.text) {
            if !is_marked && is_instruction(text) {
                continue;
            }
            let own = asked.in_text(text);
            let has_number = text.bytes().any(|byte| byte.is_ascii_digit());
            all.push(Sentence {
                passage,
                text,
                own,
                before,
                has_number,
            });
            before = own;
        }
    }
    all
}

/// What each word of the question is worth.
fn rarity(all: &[Sentence<'_>], count: u32) -> Vec<f64> {
    let worth = |place: u32| {
        let having = all.iter().filter(|one| one.own >> place & 1 == 1).count();
        (1.0 + all.len() as f64 / having.max(1) as f64).ln()
    };
    (0..count).map(worth).collect()
}

/// The words of a text in small letters, each with the key of its stem. Scripts that don't set words
/// apart are read in pairs of signs.
fn each_word(text: &str, mut tell: impl FnMut(&str, u64)) {
    let mut word = String::new();
    let mut last: Option<char> = None;
    for c in text.chars().chain([' ']) {
        if is_dense(c) {
            flush(&mut word, &mut tell);
            if let Some(before) = last.filter(|before| !(is_hiragana(*before) && is_hiragana(c))) {
                word.extend([before, c]);
                tell(&word, hash(&word));
                word.clear();
            }
            last = Some(c);
            continue;
        }
        last = None;
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else {
            flush(&mut word, &mut tell);
        }
    }
}

fn flush(word: &mut String, tell: &mut impl FnMut(&str, u64)) {
    let is_word = word.len() > 1 || word.bytes().all(|byte| byte.is_ascii_digit());
    if !word.is_empty() && is_word {
        tell(word, hash(stem(word)));
    }
    word.clear();
}

fn is_dense(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ac00}'..='\u{d7a3}')
}

fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{309f}')
}

/// A word without the endings that only bend it.
fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 8] = ["ing", "ed", "es", "er", "en", "e", "s", "n"];
    const SHORTEST: usize = 4;
    let bent = ENDINGS.iter().find_map(|ending| {
        let stem = word.strip_suffix(ending)?;
        (stem.len() >= SHORTEST).then_some(stem)
    });
    bent.unwrap_or(word)
}

fn hash(word: &str) -> u64 {
    // FNV-1a.
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
