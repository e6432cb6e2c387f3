//! Asking an index. Not here: how passages are stored and scored.

use std::ops::Range;

use super::fusion::{self, Scored};
use super::{Index, IndexError, dot, unit};
use crate::filter::{Attributes, Filter};
use crate::ranking::{Hybrid, Ranker, Ranking};
use crate::relevance::Relevance;

/// Passages that each of the two lists hands on at least, so that a passage that is good in both
/// beats one that is best in one.
const CANDIDATES: usize = 200;

/// Passages that are ranked anew at least.
const RERANKED: usize = 50;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Words.
    pub text: &'a str,
    /// The embedding of the words; empty to search by words only.
    pub vector: &'a [f32],
    /// Passages wanted at most.
    pub limit: usize,
    /// Files wanted; all of them without one.
    pub filter: Option<&'a Filter>,
    /// How they are ranked.
    pub ranking: Ranking,
}

/// A passage that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit<'i> {
    /// Its file's id.
    pub file: &'i str,
    /// The how-many-eth passage of its file it is, from 0.
    pub passage: usize,
    /// Its text.
    pub text: &'i str,
    /// From 0 to 1.
    pub score: f32,
    /// Its file's attributes.
    pub attributes: &'i Attributes,
}

impl Index {
    /// The passages that fit best, best first; equal ones in the order in which they were added.
    /// Every vector is compared: nothing that fits is missed.
    ///
    /// # Errors
    /// Where the vector is of another number of dimensions.
    pub fn search(&self, query: &Query<'_>) -> Result<Vec<Hit<'_>>, IndexError> {
        let (expected, got) = (self.vectors.dimensions(), query.vector.len());
        if got != 0 && expected != 0 && got != expected {
            return Err(IndexError::Dimensions { expected, got });
        }
        let vector = unit(query.vector);
        let wanted = self.wanted(query.filter);
        let most = query.limit.max(CANDIDATES);
        let near = self.near(&vector, &wanted, most);
        let worded = fusion::best(self.worded(query.text, &wanted), most);
        let weights = query.ranking.hybrid.unwrap_or(Hybrid {
            embedding_weight: 1.0,
            text_weight: 1.0,
        });
        let mut found = fusion::fuse([
            (&near, weights.embedding_weight),
            (&worded, weights.text_weight),
        ]);
        if query.ranking.ranker == Ranker::Auto && query.ranking.hybrid.is_none() {
            found.truncate(query.limit.max(RERANKED));
            self.rerank(&mut found, query.text, &vector);
        }
        found.retain(|(_, score)| *score >= query.ranking.score_threshold);
        found.truncate(query.limit);
        Ok(found
            .into_iter()
            .filter_map(|found| self.hit(found))
            .collect())
    }

    /// Which files are there and pass the filter, by slot.
    fn wanted(&self, filter: Option<&Filter>) -> Vec<bool> {
        let passes =
            |file: &super::File| filter.is_none_or(|filter| filter.matches(&file.attributes));
        self.files
            .iter()
            .map(|file| file.as_ref().is_some_and(passes))
            .collect()
    }

    fn near(&self, vector: &[f32], wanted: &[bool], most: usize) -> Vec<Scored> {
        if dot(vector, vector) <= 0.0 {
            return Vec::new();
        }
        let files = self.files.iter().zip(wanted).filter(|(_, wanted)| **wanted);
        let stretches = files.filter_map(|(file, _)| file.as_ref());
        let stretches: Vec<Range<usize>> = stretches
            .map(|file| file.first..file.first + file.count)
            .collect();
        self.vectors.nearest(vector, &stretches, most)
    }

    fn worded(&self, text: &str, wanted: &[bool]) -> Vec<Scored> {
        let live = |number: usize| self.files[self.passages[number].file].is_some();
        let scores = self.words.scores(text, live);
        let scored = scores.into_iter().enumerate();
        scored
            .filter(|(number, score)| *score > 0.0 && wanted[self.passages[*number].file])
            .collect()
    }

    fn rerank(&self, found: &mut [Scored], text: &str, vector: &[f32]) {
        let relevance = Relevance::new(text, vector);
        for (number, score) in found.iter_mut() {
            let has = |term: &str| self.words.has(term, *number);
            *score = relevance.of_words(has, self.vectors.get(*number));
        }
        found.sort_by(fusion::by_score);
    }

    fn hit(&self, (number, score): Scored) -> Option<Hit<'_>> {
        let stored = &self.passages[number];
        let file = self.files[stored.file].as_ref()?;
        Some(Hit {
            file: &file.id,
            passage: number - file.first,
            text: &stored.text,
            score,
            attributes: &file.attributes,
        })
    }
}

/// Joins what several queries or indexes found: each passage with its best score, best first, equal
/// ones in the order of the lists.
pub fn merge<'i>(lists: Vec<Vec<Hit<'i>>>, limit: usize) -> Vec<Hit<'i>> {
    let mut merged: Vec<Hit<'i>> = lists.into_iter().flatten().collect();
    merged.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut seen = std::collections::HashSet::new();
    merged.retain(|hit| seen.insert((hit.file, hit.passage)));
    merged.truncate(limit);
    merged
}
