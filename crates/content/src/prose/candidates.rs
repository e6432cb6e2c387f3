//! Candidates for key phrases and how they are weighed against one another. Not here: where they
//! come from (see `keyphrase`).

use std::borrow::Cow;
use std::hash::Hasher;
use std::ops::Range;

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
    /// Where it stands in the folded texts.
    folded: Range<usize>,
}

/// The first candidates of a text, each once.
pub(crate) struct Candidates<'t> {
    list: Vec<Candidate<'t>>,
    scores: [f32; MOST],
    /// Hashes of the folded texts.
    hashes: [u64; MOST],
    /// A bit for each of them: most texts are new, and their bit tells.
    seen: [u64; MOST / 4],
    /// The texts in small letters, one behind the other.
    folded: String,
}

impl Default for Candidates<'_> {
    fn default() -> Self {
        Self {
            list: Vec::with_capacity(16),
            scores: [0.0; MOST],
            hashes: [0; MOST],
            seen: [0; MOST / 4],
            folded: String::with_capacity(240),
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
        let from = self.folded.len();
        if text.is_ascii() {
            self.folded.push_str(&text);
            self.folded[from..].make_ascii_lowercase();
        } else {
            self.folded.push_str(&text.to_lowercase());
        }
        let folded = from..self.folded.len();
        let mut hasher = WordHasher::default();
        hasher.write(&self.folded.as_bytes()[from..]);
        let hash = hasher.finish();
        let rank = self.list.len();
        if let Some(known) = self.find(hash, &self.folded[from..]) {
            self.scores[known] += 0.7;
            self.folded.truncate(from);
        } else if rank == MOST {
            self.folded.truncate(from);
        } else {
            let late = 0.15 * rank.min(4) as f32 + 0.02 * rank as f32;
            self.scores[rank] = score - late;
            self.hashes[rank] = hash;
            let (word, bit) = place(hash);
            self.seen[word] |= bit;
            self.list.push(Candidate {
                article,
                bare: text,
                folded,
            });
        }
    }

    fn find(&self, hash: u64, folded: &str) -> Option<usize> {
        let (word, bit) = place(hash);
        if self.seen[word] & bit == 0 {
            return None;
        }
        let hashes = &self.hashes[..self.list.len()];
        let is_equal = |number: usize| &self.folded[self.list[number].folded.clone()] == folded;
        let at = hashes.iter().position(|known| *known == hash)?;
        (at..hashes.len()).find(|number| hashes[*number] == hash && is_equal(*number))
    }

    /// The best `most`, the better first and of equals the earlier; one that is part of a better
    /// one says nothing new.
    pub(crate) fn best(mut self, most: usize) -> Vec<Phrase<'t>> {
        let mut kept: Vec<&Candidate<'_>> = Vec::with_capacity(most);
        for _ in 0..self.list.len() {
            if kept.len() == most {
                break;
            }
            let best = best_of(&self.scores[..self.list.len()]);
            self.scores[best] = f32::NEG_INFINITY;
            let candidate = &self.list[best];
            let folded = &self.folded[candidate.folded.clone()];
            let is_new =
                |better: &&Candidate<'_>| !self.folded[better.folded.clone()].contains(folded);
            if kept.iter().all(is_new) {
                kept.push(candidate);
            }
        }
        let phrase = |candidate: &Candidate<'t>| Phrase {
            bare: candidate.bare.clone().into_owned(),
            article: candidate.article,
        };
        kept.into_iter().map(phrase).collect()
    }
}

/// Where the bit of a hash is.
#[inline]
fn place(hash: u64) -> (usize, u64) {
    ((hash >> 60) as usize, 1 << (hash >> 54 & 63))
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
