//! Why a file has no text, worded as the provider words it. Not here: where the error is shown.

/// Why a file could not be read. The messages are the provider's: the first as shown in
/// <https://github.com/openai/openai-openapi/pull/300>, the second as in
/// <https://github.com/openai/openai-node/issues/1496>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A type that is not read.
    #[error("The file type is not supported.")]
    Unsupported,
    /// It is not what it claims to be, or damaged, or encrypted.
    #[error("The file could not be parsed.")]
    Broken,
    /// It is over a limit, or claims to be.
    #[error("The file could not be parsed because it is too large.")]
    TooLarge,
    /// There is no text in it.
    #[error("The file could not be parsed because it is empty.")]
    Empty,
}

impl ParseError {
    /// The code of a vector store file's `last_error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported_file",
            Self::Broken | Self::TooLarge | Self::Empty => "invalid_file",
        }
    }
}
