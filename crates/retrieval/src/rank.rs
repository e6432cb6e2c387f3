//! Ranking of given passages, as rerankers do it. Not here: searching.

use fakeai_canon::Ranked;

use crate::index::unit;
use crate::relevance::Relevance;

/// Half of the span of logits: rerankers of the BERT kind answer from about -10 to about 10.
const REACH: f32 = 10.0;

/// A passage to be ranked.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its embedding, of any length; empty where there is none.
    pub vector: &'a [f32],
}

/// Ranks candidates by their relevance to a query, best first, equal ones in the order given. A
/// candidate's logit does not depend on the others.
pub fn rank(query: &str, query_vector: &[f32], candidates: &[Candidate<'_>]) -> Vec<Ranked> {
    let query_vector = unit(query_vector);
    let relevance = Relevance::new(query, &query_vector);
    let score = |(index, candidate): (usize, &Candidate<'_>)| {
        let logit = logit(relevance.of(candidate.text, &unit(candidate.vector)));
        Ranked {
            index,
            logit,
            score: 1.0 / (1.0 + (-logit).exp()),
        }
    };
    let mut ranked: Vec<Ranked> = candidates.iter().enumerate().map(score).collect();
    ranked.sort_by(|one, other| other.logit.total_cmp(&one.logit));
    ranked
}

/// Spreads a relevance over the span: a third of what is asked for is where yes and no meet, since a
/// passage that answers seldom repeats the question.
fn logit(relevance: f32) -> f32 {
    const EVEN: f32 = 0.35;
    if relevance >= EVEN {
        REACH * (relevance - EVEN) / (1.0 - EVEN)
    } else {
        REACH * (relevance - EVEN) / EVEN
    }
}
