//! Messages of stored chat completions: the request's, as the list operation shows them.

use serde_json::{Map, Value, json};

pub(crate) const FAMILY: &str = "chat.completions.messages";

/// The stored form of a request's message. Content in parts moves to `content_parts`.
pub(crate) fn stored_form(message: Value, completion: &str, place: usize) -> Value {
    let Value::Object(mut sent) = message else {
        return json!({"id": format!("{completion}-{place}")});
    };
    let mut stored = Map::new();
    stored.insert("id".to_owned(), json!(format!("{completion}-{place}")));
    stored.insert("role".to_owned(), sent.remove("role").unwrap_or_default());
    let content = sent.remove("content").unwrap_or_default();
    let (text, parts) = match content {
        Value::Array(parts) => (Value::Null, Value::Array(parts)),
        text => (text, Value::Null),
    };
    stored.insert("content".to_owned(), text);
    stored.insert(
        "refusal".to_owned(),
        sent.remove("refusal").unwrap_or_default(),
    );
    for property in ["tool_calls", "function_call"] {
        if let Some(value) = sent.remove(property).filter(|value| !value.is_null()) {
            stored.insert(property.to_owned(), value);
        }
    }
    stored.insert("content_parts".to_owned(), parts);
    Value::Object(stored)
}
