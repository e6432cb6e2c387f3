//! Pictures made out of nothing but a seed: plain, but real files of the asked size and format.
//! Nobody looks at the prompt for what to draw.

mod canvas;
mod encode;

pub use encode::PictureFormat;

use bytes::Bytes;
use fakeai_canon::{ApiError, Seed};

use canvas::Canvas;

/// The largest side of a picture.
pub const LARGEST_SIDE: u32 = 3840;

/// A picture to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Picture {
    /// What is on it.
    pub seed: Seed,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Whether nothing stands behind its shapes; only formats with an alpha channel can tell.
    pub transparent: bool,
    /// The part of its shapes that is there already, 0 to 1: less than 1 while it is being made.
    pub done: f64,
    /// The format of the file.
    pub format: PictureFormat,
    /// 0 to 100, for JPEG: how well it is kept.
    pub quality: u8,
}

/// Makes a picture.
///
/// # Errors
/// A side of nothing, or one beyond [`LARGEST_SIDE`].
pub fn picture(picture: &Picture) -> Result<Bytes, ApiError> {
    let fits = |side: u32| (1..=LARGEST_SIDE).contains(&side);
    if !fits(picture.width) || !fits(picture.height) {
        return Err(ApiError::invalid(format!(
            "Invalid size '{}x{}'.",
            picture.width, picture.height
        ))
        .param("size"));
    }
    encode::encode(&Canvas::drawn(picture), picture)
}
