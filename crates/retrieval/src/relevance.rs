//! How relevant a passage is to a query: the share of the query's weighty words that it has, and how
//! near its vector is. Needs no statistics of a corpus, so that a score stands on its own. Not here:
//! which passages are looked at.

use std::collections::HashSet;

use fakeai_tokens::Vocabulary;

use crate::terms;

/// How much the vectors count against the words.
const VECTOR_SHARE: f32 = 0.55;

/// Token ids below this are the most frequent stretches of text; what they spell weighs nothing.
const COMMONPLACE: f32 = 800.0;

/// What even a commonplace word weighs, so that a query of such words can be answered.
const LEAST_WEIGHT: f32 = 0.05;

/// A query, read once.
pub(crate) struct Relevance<'a> {
    /// Its words and their weights.
    weights: Vec<(String, f32)>,
    total: f32,
    vector: &'a [f32],
}

impl<'a> Relevance<'a> {
    /// Reads a query. `vector` is of unit length, or empty.
    pub(crate) fn new(query: &str, vector: &'a [f32]) -> Self {
        let terms = terms::distinct(query).into_iter();
        let weights: Vec<(String, f32)> = terms.map(|term| (term.clone(), weight(&term))).collect();
        Self {
            total: weights.iter().map(|(_, weight)| weight).sum(),
            weights,
            vector,
        }
    }

    /// How relevant a text is. From 0, nothing in common, to 1. Without vectors only the words
    /// count, and without words only the vectors.
    pub(crate) fn of(&self, text: &str, vector: &[f32]) -> f32 {
        let mut present = HashSet::new();
        terms::each(text, |term| {
            if !present.contains(term) {
                present.insert(term.to_owned());
            }
        });
        self.of_words(|term| present.contains(term), vector)
    }

    /// The same for a text of which it is known which words it has.
    pub(crate) fn of_words(&self, has: impl Fn(&str) -> bool, vector: &[f32]) -> f32 {
        let known = self.weights.iter().filter(|(term, _)| has(term));
        let words = if self.total > 0.0 {
            known.map(|(_, weight)| weight).sum::<f32>() / self.total
        } else {
            0.0
        };
        let words = words.clamp(0.0, 1.0);
        if self.vector.is_empty() || self.vector.len() != vector.len() {
            return words;
        }
        let near = crate::index::dot(self.vector, vector).clamp(0.0, 1.0);
        if self.total <= 0.0 {
            return near;
        }
        VECTOR_SHARE * near + (1.0 - VECTOR_SHARE) * words
    }
}

/// How rare a word is in text at large: tokens were merged in the order of their frequency, so that
/// the logarithm of a token's id grows with rarity, and a word of several tokens is rarer still.
fn weight(term: &str) -> f32 {
    let ids = Vocabulary::o200k_base().encode(&format!(" {term}"));
    let rarity = |id: u32| (id as f32 / COMMONPLACE).max(1.0).ln();
    let first = ids.first().map_or(0.0, |id| rarity(*id));
    let more = ids.len().saturating_sub(1).min(4) as f32;
    (first + more).max(LEAST_WEIGHT)
}
