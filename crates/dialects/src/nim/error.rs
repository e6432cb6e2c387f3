//! NIM's errors: `{"object":"error","message":"…","detail":{},"type":"invalid_request_error"}`. A wrong
//! request is one that can't be processed.

use bytes::BytesMut;
use fakeai_canon::{ApiError, ErrorKind};
use http::StatusCode;

use crate::JsonWriter;
use crate::openai::error as openai;

pub(crate) fn status(error: &ApiError) -> StatusCode {
    match error.kind {
        ErrorKind::InvalidRequest => StatusCode::UNPROCESSABLE_ENTITY,
        _ => openai::status(error),
    }
}

pub(crate) fn write(error: &ApiError, out: &mut BytesMut) {
    out.raw("{\"object\":\"error\",\"message\":");
    out.string(&error.message);
    out.raw(",\"detail\":{},\"type\":\"");
    out.raw(openai::kind(error));
    out.raw("\"}");
}
