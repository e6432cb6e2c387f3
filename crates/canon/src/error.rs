//! Errors as values. Only a dialect makes a status and a body of one.

use std::borrow::Cow;
use std::fmt;

use crate::{Finding, Micros};

/// What went wrong, in terms that every provider has a word for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong in itself (400).
    InvalidRequest,
    /// A content filter has refused the prompt for what it found in it (400).
    ContentFilter(Box<[Finding]>),
    /// No key, or not one that is known (401).
    Authentication,
    /// A known caller may not do this (403).
    Permission,
    /// No such path, model or object (404).
    NotFound,
    /// The path exists, but not for this method (405); holds the methods that it has.
    MethodNotAllowed(String),
    /// The state of the object forbids it (409).
    Conflict,
    /// The body is larger than the operation's cap (413).
    PayloadTooLarge,
    /// The body's media type is not one that the operation takes (415).
    UnsupportedMediaType,
    /// Understood, and refused for its meaning (422).
    Unprocessable,
    /// Too many requests in a span of time (429).
    RateLimit,
    /// Too many tokens in a span of time (429).
    TokenLimit,
    /// The account's money or quota is used up (429).
    Quota,
    /// The server failed (500).
    Server,
    /// Nothing serves this operation here yet (501).
    NotImplemented,
    /// The engine is overloaded (503).
    Overloaded,
    /// The answer took too long (504).
    Timeout,
    /// A fault that was asked for, with the status it was asked with.
    Injected(u16),
}

/// One error. `Display` is its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// The class.
    pub kind: ErrorKind,
    /// A machine-readable code of the provider's, such as `context_length_exceeded`.
    pub code: Option<Cow<'static, str>>,
    /// The sentence for the reader, in the provider's style.
    pub message: String,
    /// The path of the parameter at fault, such as `messages[1].content`.
    pub param: Option<String>,
    /// How long the client should wait before it tries again.
    pub retry_after: Option<Micros>,
}

impl ApiError {
    /// An error of a kind, with nothing but its message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: None,
            message: message.into(),
            param: None,
            retry_after: None,
        }
    }

    /// A wrong request (400).
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidRequest, message)
    }

    /// Nothing of that name (404).
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The same error with a code.
    #[must_use]
    pub fn code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The same error with the path of its parameter.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same error with a time to wait.
    #[must_use]
    pub fn retry_after(mut self, span: Micros) -> Self {
        self.retry_after = Some(span);
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
