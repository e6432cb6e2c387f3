//! Candidates for key phrases and how they are weighed against one another. Not here: where they
//! come from (see `keyphrase`).

use std::borrow::Cow;
use std::hash::Hasher;

use super::pieces::bare;
use crate::word_hash::WordHasher;

/// A key phrase.
#[derive(Clone, Default)]
pub(crate) struct Phrase<'t> {
    /// Without an article.
    pub(crate) bare: String,
    /// The article that the text has in front of it.
    pub(crate) article: Option<&'t str>,
}

impl Phrase<'_> {
    /// As it reads in a sentence: with the article.
    pub(crate) fn spoken(&self) -> String {
        match self.article {
            Some(article) => article.to_lowercase() + " " + &self.bare,
            None => self.bare.clone(),
        }
    }
}

const MOST: usize = 64;
const LONGEST: usize = 60;

struct Candidate<'t> {
    article: Option<&'t str>,
    bare: Cow<'t, str>,
}

impl Candidate<'_> {
    /// The text in small letters.
    fn folded(&self) -> String {
        if self.bare.is_ascii() {
            self.bare.to_ascii_lowercase()
        } else {
            self.bare.to_lowercase()
        }
    }
}

/// The first candidates of a text, each once.
pub(crate) struct Candidates<'t> {
    list: Vec<Candidate<'t>>,
    scores: [f32; MOST],
    /// Hashes of the texts in small letters.
    hashes: [u64; MOST],
    /// A bit for each of them: most texts are new, and their bit tells.
    seen: [u64; MOST / 4],
}

impl Default for Candidates<'_> {
    fn default() -> Self {
        Self {
            list: Vec::with_capacity(48),
            scores: [0.0; MOST],
            hashes: [0; MOST],
            seen: [0; MOST / 4],
        }
    }
}

impl<'t> Candidates<'t> {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Raises all candidates but the first `from`.
    pub(crate) fn favour(&mut self, from: usize) {
        let raised = &mut self.scores[from..self.list.len()];
        raised.iter_mut().for_each(|score| *score += 0.6);
    }

    /// Adds a candidate of one line, or weight to an equal one.
    pub(crate) fn offer(&mut self, text: Cow<'t, str>, article: Option<&'t str>, score: f32) {
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(bare(text)),
            Cow::Owned(text) if bare(&text).len() == text.len() => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(bare(&text).to_owned()),
        };
        if text.is_empty() || text.len() > LONGEST {
            return;
        }
        let hash = folded_hash(&text);
        let rank = self.list.len();
        if let Some(known) = self.find(hash, &text) {
            self.scores[known] += 0.7;
        } else if rank < MOST {
            let late = 0.15 * rank.min(4) as f32 + 0.02 * rank as f32;
            self.scores[rank] = score - late;
            self.hashes[rank] = hash;
            let (word, bit) = place(hash);
            self.seen[word] |= bit;
            self.list.push(Candidate {
                article,
                bare: text,
            });
        }
    }

    /// The candidate that is written alike, whatever the case.
    fn find(&self, hash: u64, text: &str) -> Option<usize> {
        let (word, bit) = place(hash);
        if self.seen[word] & bit == 0 {
            return None;
        }
        let hashes = &self.hashes[..self.list.len()];
        let is_equal = |number: usize| {
            let bare: &str = &self.list[number].bare;
            bare.eq_ignore_ascii_case(text) || bare.to_lowercase() == text.to_lowercase()
        };
        let at = hashes.iter().position(|known| *known == hash)?;
        (at..hashes.len()).find(|number| hashes[*number] == hash && is_equal(*number))
    }

    /// The best `most`, the better first and of equals the earlier; one that is part of a better
    /// one says nothing new.
    pub(crate) fn best(mut self, most: usize) -> Vec<Phrase<'t>> {
        let mut kept: Vec<(usize, String)> = Vec::with_capacity(most);
        for _ in 0..self.list.len() {
            if kept.len() == most {
                break;
            }
            let best = best_of(&self.scores[..self.list.len()]);
            self.scores[best] = f32::NEG_INFINITY;
            let folded = self.list[best].folded();
            let is_new = |(_, better): &(usize, String)| !is_part(&folded, better);
            if kept.iter().all(is_new) {
                kept.push((best, folded));
            }
        }
        let phrase = |(number, _): (usize, String)| {
            let candidate = &self.list[number];
            Phrase {
                bare: candidate.bare.clone().into_owned(),
                article: candidate.article,
            }
        };
        kept.into_iter().map(phrase).collect()
    }
}

/// A hash that is the same whatever the case.
fn folded_hash(text: &str) -> u64 {
    const SMALL: u64 = 0x2020_2020_2020_2020;
    let mut hasher = WordHasher::default();
    if !text.is_ascii() {
        hasher.write(text.to_lowercase().as_bytes());
        return hasher.finish();
    }
    // Other bytes that differ in the bit of the case only share a hash, and are compared.
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for word in words {
        hasher.write_u64(u64::from_le_bytes(*word) | SMALL);
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    hasher.write_u64(u64::from_le_bytes(last) | SMALL);
    hasher.finish()
}

/// Where the bit of a hash is.
#[inline]
fn place(hash: u64) -> (usize, u64) {
    ((hash >> 60) as usize, 1 << (hash >> 54 & 63))
}

/// Whether a phrase is part of another. Phrases are so short that a searcher costs more to set up
/// than what it saves.
fn is_part(phrase: &str, of: &str) -> bool {
    let (phrase, of) = (phrase.as_bytes(), of.as_bytes());
    of.windows(phrase.len().max(1)).any(|part| part == phrase)
}

/// The place of the highest score, the first of equals.
fn best_of(scores: &[f32]) -> usize {
    let mut best = 0;
    for (number, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = number;
        }
    }
    best
}
