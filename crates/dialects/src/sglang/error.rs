//! SGLang's errors: `{"error":{"message":"…"}}`.

use bytes::BytesMut;
use fakeai_canon::{ApiError, ErrorKind};
use http::StatusCode;

use crate::JsonWriter;
use crate::openai::error as openai;

pub(crate) fn status(error: &ApiError) -> StatusCode {
    match error.kind {
        ErrorKind::Unprocessable => StatusCode::BAD_REQUEST,
        _ => openai::status(error),
    }
}

/// How an error of a grammar begins in OpenAI's words.
const GRAMMAR: &str = "Invalid grammar:";

pub(crate) fn write(error: &ApiError, out: &mut BytesMut) {
    out.raw("{\"error\":{\"message\":");
    match error.message.strip_prefix(GRAMMAR) {
        Some(why) => out.string(&format!("Invalid grammar request:{why}")),
        None => out.string(&error.message),
    }
    out.raw("}}");
}
