//! vLLM's errors: `{"error":{"message":"…","type":"BadRequestError","param":null,"code":400}}`.

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
    let status = status(error);
    out.raw("{\"error\":{\"message\":");
    out.string(&error.message);
    out.raw(",\"type\":\"");
    out.raw(kind(status));
    out.raw("\",\"param\":");
    match &error.param {
        Some(param) => out.string(param),
        None => out.raw("null"),
    }
    out.raw(",\"code\":");
    out.number(u64::from(status.as_u16()));
    out.raw("}}");
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "Unauthorized",
        404 => "NotFoundError",
        429 => "RateLimitError",
        501 => "NotImplementedError",
        503 => "ServiceUnavailableError",
        500.. => "InternalServerError",
        _ => "BadRequestError",
    }
}
