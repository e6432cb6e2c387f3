//! Tokens: real tokenizers with embedded vocabularies, which of them a model uses, and what
//! prompts, tools, images, sound and files count as.
//!
//! Not here: text generation, request decoding, prices.

mod canon;
mod family;
mod media;
mod model_name;
mod pretoken;
mod prompt;
mod vocabulary;

pub use fakeai_canon::TokenId;
pub use family::{Exactness, Tokenization, tokenization_for, vocabulary_for};
pub use media::{
    ImageFormat, MediaError, PixelSize, drawn_image_tokens, image_header, image_tokens,
    input_sound_tokens, output_sound_tokens, page_count, sound_milliseconds, unknown_image_size,
};
pub use pretoken::letters_end;
pub use prompt::{prompts, text_ids};
pub use vocabulary::{PieceShape, Vocabulary};
