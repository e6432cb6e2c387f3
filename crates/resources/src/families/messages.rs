//! Messages of stored chat completions: the request's, as the list operation shows them.

use serde_json::{Map, Value, json};

pub(crate) const FAMILY: &str = "chat.completions.messages";

/// The parts of a content that the list operation shows.
const SHOWN: [&str; 2] = ["text", "image_url"];

/// The stored form of a request's message. Content in parts moves to `content_parts`, as far as
/// it is text and pictures.
pub(crate) fn stored_form(message: Value, completion: &str, place: usize) -> Value {
    let Value::Object(mut sent) = known(message) else {
        return json!({"id": format!("{completion}-{place}")});
    };
    let mut stored = Map::new();
    stored.insert("id".to_owned(), json!(format!("{completion}-{place}")));
    stored.insert("role".to_owned(), sent.remove("role").unwrap_or_default());
    let content = sent.remove("content").unwrap_or_default();
    let (text, parts) = match content {
        Value::Array(mut parts) => {
            let is_shown = |part: &Value| SHOWN.iter().any(|kind| part["type"] == *kind);
            parts.retain(is_shown);
            (Value::Null, Value::Array(parts))
        }
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

/// The message without fields that a request's messages don't have: some models' servers take any.
fn known(message: Value) -> Value {
    let contract = fakeai_contract::openai();
    let mut body = json!({"messages": [message]});
    if let Some(operation) = contract.operation("createChatCompletion") {
        contract.trim(operation, &mut body);
    }
    body["messages"][0].take()
}
