//! Retrieval: documents in, ranked passages out. Parses files to text, cuts text into chunks counted
//! in tokens, indexes them by words and vectors, filters by attributes, ranks.
//!
//! Not here: storage, clocks, embedding models (vectors are handed in), wire shapes of answers.

mod chunk;
mod corpus;
mod filter;
mod index;
mod parse;
mod rank;
mod ranking;
mod relevance;
mod terms;

pub use chunk::{Chunk, Chunking, ChunkingError, chunks};
pub use corpus::{BuiltIn, built_in};
pub use filter::{Attributes, Filter, FilterError};
pub use index::{Hit, Index, IndexError, Passage, Query, merge};
pub use parse::{Document, Format, Limits, Mark, ParseError, Place, Source, parse};
pub use rank::{Candidate, rank};
pub use ranking::{Hybrid, Ranker, Ranking};
