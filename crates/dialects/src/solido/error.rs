//! FastAPI's errors: `{"detail":[{"loc":["body","top_k"],"msg":"…","type":"value_error"}]}` for a request
//! that is wrong, `{"detail":"…"}` for all else.

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
    if error.kind != ErrorKind::InvalidRequest {
        out.raw("{\"detail\":");
        out.string(&error.message);
        return out.raw("}");
    }
    out.raw("{\"detail\":[{\"loc\":[\"body\"");
    for name in error.param.iter().flat_map(|param| param.split('.')) {
        out.raw(",");
        out.string(name);
    }
    out.raw("],\"msg\":");
    out.string(&error.message);
    out.raw(",\"type\":\"value_error\"}]}");
}
