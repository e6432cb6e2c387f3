//! Embeddings: unit vectors in which texts that share words, parts of words or meanings come near
//! one another. Not here: tokens and usage.

mod features;
mod vector;
mod words;

pub(crate) use vector::{passages, vectors};
pub(crate) use words::{concepts, is_stop_word};
