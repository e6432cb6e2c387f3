//! Tokens: real tokenizers with embedded vocabularies, and which of them a model uses.
//!
//! Not here: text generation, request decoding, prices.

mod family;
mod pretoken;
mod vocabulary;

pub use family::{Exactness, Tokenization, tokenization_for, vocabulary_for};
pub use vocabulary::{PieceShape, TokenId, Vocabulary};
