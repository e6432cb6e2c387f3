//! Embeddings: unit vectors in which texts that share words, parts of words or meanings come near
//! one another, or those of a model that the user has. Not here: tokens and usage.

mod features;
mod model;
mod vector;
mod words;

pub use model::{ModelFiles, SentenceModel, VocabularyFile};
pub(crate) use vector::{modelled, passages, vectors};
pub(crate) use words::{concepts, is_stop_word, synonyms};
