//! Cohere's errors: `{"message":"…"}`.

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

pub(crate) fn write(error: &ApiError, out: &mut BytesMut) {
    let is_missing = error.code.is_none();
    out.raw("{\"message\":");
    match error.kind {
        ErrorKind::Authentication if is_missing => out.string("no api key supplied"),
        ErrorKind::Authentication => out.string("invalid api token"),
        ErrorKind::InvalidRequest => out.string(&format!("invalid request: {}", error.message)),
        _ => out.string(&error.message),
    }
    out.raw("}");
}
