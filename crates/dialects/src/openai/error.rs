//! Errors in OpenAI's shape: `{"error":{"message","type","param","code"}}`.
//! <https://platform.openai.com/docs/guides/error-codes>

use bytes::BytesMut;
use fakeai_canon::{ApiError, ErrorKind};
use http::StatusCode;

use crate::JsonWriter;

/// The status that an error goes out with.
pub fn status(error: &ApiError) -> StatusCode {
    match &error.kind {
        ErrorKind::InvalidRequest | ErrorKind::ContentFilter(_) => StatusCode::BAD_REQUEST,
        ErrorKind::Authentication => StatusCode::UNAUTHORIZED,
        ErrorKind::Permission => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorKind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimit | ErrorKind::TokenLimit | ErrorKind::Quota => {
            StatusCode::TOO_MANY_REQUESTS
        }
        ErrorKind::Server => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorKind::NotImplemented => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Injected(status) => {
            StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The `type` of an error.
pub fn kind(error: &ApiError) -> &'static str {
    match &error.kind {
        ErrorKind::InvalidRequest
        | ErrorKind::ContentFilter(_)
        | ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::NotFound
        | ErrorKind::MethodNotAllowed(_)
        | ErrorKind::Conflict
        | ErrorKind::PayloadTooLarge
        | ErrorKind::UnsupportedMediaType
        | ErrorKind::Unprocessable => "invalid_request_error",
        ErrorKind::RateLimit => "requests",
        ErrorKind::TokenLimit => "tokens",
        ErrorKind::Quota => "insufficient_quota",
        ErrorKind::Server
        | ErrorKind::NotImplemented
        | ErrorKind::Overloaded
        | ErrorKind::Timeout => "server_error",
        ErrorKind::Injected(status) => match status {
            429 => "requests",
            500.. => "server_error",
            _ => "invalid_request_error",
        },
    }
}

/// Appends the error's body.
pub fn write(error: &ApiError, out: &mut BytesMut) {
    out.raw("{\"error\":{\"message\":");
    out.string(&error.message);
    out.raw(",\"type\":\"");
    out.raw(kind(error));
    out.raw("\",\"param\":");
    nullable(out, error.param.as_deref());
    out.raw(",\"code\":");
    nullable(out, error.code.as_deref());
    out.raw("}}");
}

/// Appends the error as the last event of a stream.
pub(super) fn write_event(error: &ApiError, out: &mut BytesMut) {
    out.raw("data: ");
    write(error, out);
    out.raw("\n\n");
}

fn nullable(out: &mut BytesMut, text: Option<&str>) {
    match text {
        Some(text) => out.string(text),
        None => out.raw("null"),
    }
}
