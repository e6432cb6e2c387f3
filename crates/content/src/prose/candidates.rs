//! Candidates for key phrases and how they are weighed against one another. Not here: where they
//! come from (see `keyphrase`).

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
    /// Where it stands in the texts.
    bare: Range<usize>,
    /// Where it stands in the folded texts.
    folded: Range<usize>,
}

/// The first candidates of a text, each once; their texts one behind the other.
#[derive(Default)]
pub(crate) struct Candidates<'t> {
    list: Vec<Candidate<'t>>,
    scores: Vec<f32>,
    /// Hashes of the folded texts.
    hashes: Vec<u64>,
    texts: String,
    /// In small letters.
    folded: String,
}

impl<'t> Candidates<'t> {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Raises all candidates but the first `from`.
    pub(crate) fn favour(&mut self, from: usize) {
        self.scores[from..]
            .iter_mut()
            .for_each(|score| *score += 0.6);
    }

    /// Adds a candidate, or weight to an equal one.
    pub(crate) fn offer(&mut self, text: &str, article: Option<&'t str>, score: f32) {
        let text = bare(text);
        if text.is_empty() || text.len() > LONGEST || text.contains('\n') {
            return;
        }
        let from = self.folded.len();
        if text.is_ascii() {
            self.folded.push_str(text);
            self.folded[from..].make_ascii_lowercase();
        } else {
            self.folded.push_str(&text.to_lowercase());
        }
        let folded = from..self.folded.len();
        let mut hasher = WordHasher::default();
        hasher.write(self.folded[folded.clone()].as_bytes());
        let hash = hasher.finish();
        if let Some(known) = self.find(hash, &self.folded[folded.clone()]) {
            self.scores[known] += 0.7;
            self.folded.truncate(from);
        } else if self.list.len() < MOST {
            let rank = self.list.len();
            let late = 0.15 * rank.min(4) as f32 + 0.02 * rank as f32;
            let start = self.texts.len();
            self.texts.push_str(text);
            self.list.push(Candidate {
                article,
                bare: start..self.texts.len(),
                folded,
            });
            self.scores.push(score - late);
            self.hashes.push(hash);
        } else {
            self.folded.truncate(from);
        }
    }

    fn find(&self, hash: u64, folded: &str) -> Option<usize> {
        let equal = self
            .hashes
            .iter()
            .enumerate()
            .filter(|(_, known)| **known == hash);
        let mut equal = equal.map(|(number, _)| number);
        equal.find(|number| &self.folded[self.list[*number].folded.clone()] == folded)
    }

    /// The best `most`, the better first and of equals the earlier; one that is part of a better
    /// one says nothing new.
    pub(crate) fn best(mut self, most: usize) -> Vec<Phrase<'t>> {
        let mut kept: Vec<&Candidate<'_>> = Vec::with_capacity(most);
        for _ in 0..self.list.len() {
            if kept.len() == most {
                break;
            }
            let best = best_of(&self.scores);
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
            bare: self.texts[candidate.bare.clone()].to_owned(),
            article: candidate.article,
        };
        kept.into_iter().map(phrase).collect()
    }
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
