//! Triton's errors: `{"error":"…"}`.

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
    out.raw("{\"error\":");
    out.string(&error.message);
    out.raw("}");
}
