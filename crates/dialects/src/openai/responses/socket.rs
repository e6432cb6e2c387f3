//! The Responses API over a WebSocket: a client's event as the body of a request, and the event
//! that tells of an error. The socket itself is not here.
//! <https://platform.openai.com/docs/guides/websocket-mode>

use bytes::BytesMut;
use fakeai_canon::ApiError;
use serde_json::Value;

use crate::JsonWriter;
use crate::openai::error;

/// What a client's event asks for.
pub struct SocketRequest {
    /// The body of a `createResponse` that streams.
    pub body: Value,
    /// The client's mark, to be sent with every event of the answer.
    pub stream_id: Option<String>,
    /// Whether an answer is wanted, and not only that it is prepared (`generate`).
    pub generates: bool,
}

/// Reads one text message of a client's.
///
/// # Errors
/// It is no JSON object, or its `type` is not `response.create`.
pub fn socket_request(message: &str) -> Result<SocketRequest, ApiError> {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(message) else {
        return Err(
            ApiError::invalid("Invalid JSON in WebSocket message: expected an object.")
                .code("invalid_json"),
        );
    };
    match fields.remove("type").as_ref().and_then(Value::as_str) {
        Some("response.create") => {}
        Some(other) => {
            return Err(ApiError::invalid(format!(
                "Invalid value: '{other}'. Supported values are: 'response.create'."
            ))
            .code("invalid_value")
            .param("type"));
        }
        None => return Err(super::request::missing("type")),
    }
    // Over a socket every answer is streamed, and what only steers a stream over HTTP is not.
    fields.insert("stream".to_owned(), Value::Bool(true));
    fields.remove("background");
    let generates = match fields.remove("generate") {
        None | Some(Value::Null | Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(_) => {
            return Err(
                ApiError::invalid("Invalid type for 'generate': expected a boolean.")
                    .code("invalid_type")
                    .param("generate"),
            );
        }
    };
    let stream_id = match fields.remove("stream_id") {
        Some(Value::String(id)) => Some(id),
        _ => None,
    };
    Ok(SocketRequest {
        body: Value::Object(fields),
        stream_id,
        generates,
    })
}

/// Appends the event that tells of an error:
/// `{"type":"error","status":400,"error":{"type","code","message","param"}}`.
pub fn socket_error(error: &ApiError, out: &mut BytesMut) {
    out.raw("{\"type\":\"error\",\"status\":");
    out.number(u64::from(error::status(error).as_u16()));
    out.raw(",");
    // The error's own body is an object with one field, `error`.
    let mut body = BytesMut::new();
    error::write(error, &mut body);
    out.extend_from_slice(&body[1..]);
}
