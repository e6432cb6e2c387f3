//! What images, sound and files cost in tokens, and the headers that it depends on.
//! Not here: fetching or decoding them.

mod document;
mod error;
mod generated;
mod image;
mod image_cost;
mod sound;

pub use document::page_count;
pub(crate) use document::page_rule;
pub use error::MediaError;
pub use generated::drawn_image_tokens;
pub use image::{ImageFormat, PixelSize, image_header};
pub use image_cost::{image_tokens, unknown_image_size};
pub use sound::{input_sound_tokens, output_sound_tokens, sound_milliseconds};
