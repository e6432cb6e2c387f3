//! Media that can't be read, as the provider words it. Not here: media that a model doesn't take.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use fakeai_canon::ApiError;
use serde::Deserialize;

/// Why a piece of media can't be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaError {
    /// The bytes are no whole PNG, JPEG, GIF or WebP.
    Image,
    /// The bytes are no sound of the format that they are said to be.
    Sound,
}

#[derive(Deserialize)]
struct Wording {
    message: String,
    code: String,
}

static WORDINGS: LazyLock<BTreeMap<String, Wording>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/tokens/errors.toml"))
        .expect("data/tokens/errors.toml fits its shape (a test reads it)")
});

impl MediaError {
    fn wording(self) -> &'static Wording {
        match self {
            MediaError::Image => &WORDINGS["image"],
            MediaError::Sound => &WORDINGS["sound"],
        }
    }
}

impl fmt::Display for MediaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wording().message)
    }
}

impl std::error::Error for MediaError {}

impl From<MediaError> for ApiError {
    fn from(error: MediaError) -> ApiError {
        let wording = error.wording();
        ApiError::invalid(&wording.message).code(&*wording.code)
    }
}
