//! Passages put in order of their relevance.

/// What is to be ranked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rank {
    /// The model.
    pub model: String,
    /// What the passages are to be relevant to.
    pub query: String,
    /// The passages, in the order in which they came.
    pub passages: Vec<String>,
    /// How much of them is read.
    pub reads: Reads,
}

/// How much of a passage a ranking reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reads {
    /// All of it; what does not fit the model is an error.
    All,
    /// As many tokens as fit beside the query, of these in all.
    Pair(u32),
    /// That many tokens of it.
    Passage(u32),
}

/// Where a passage came in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Which of the passages.
    pub index: usize,
    /// A logit, from about -10, unrelated, to about 10.
    pub logit: f32,
    /// The logit as a probability.
    pub score: f32,
}
