//! The run object: what it takes from its assistant and its request, and how it ends.

use fakeai_canon::{Alphabet, Seed};
use serde_json::{Map, Value, json};

use crate::openai::fields::Fields;

/// A run object.
pub(super) type Object = Map<String, Value>;

/// Seconds that a run has before it expires.
pub(super) const LIFE_SECONDS: i64 = 600;

/// The characters behind the prefix of all ids here.
const ID_LENGTH: usize = 24;

/// An id of the shape that the API gives to its objects.
pub(super) fn id(prefix: &str, seed: Seed) -> String {
    seed.id(prefix, Alphabet::Alphanumeric, ID_LENGTH)
}

/// The run that a request asks of an assistant; what the request leaves out is the assistant's.
/// Its ids and times come when it begins.
pub(super) fn begin(body: &mut Fields, assistant: &Value, model: String) -> Object {
    let instructions = instructions(body, assistant);
    let mut take = |name: &str, default: Value| {
        let usual = || Some(assistant[name].clone()).filter(|value| !value.is_null());
        body.take(name).or_else(usual).unwrap_or(default)
    };
    let mut truncation = take("truncation_strategy", json!({"type": "auto"}));
    if truncation["last_messages"].is_null() {
        truncation["last_messages"] = Value::Null;
    }
    let run = json!({
        "id": null,
        "object": "thread.run",
        "created_at": null,
        "assistant_id": assistant["id"],
        "thread_id": null,
        "status": "queued",
        "started_at": null,
        "expires_at": null,
        "cancelled_at": null,
        "failed_at": null,
        "completed_at": null,
        "required_action": null,
        "last_error": null,
        "model": model,
        "instructions": instructions,
        "tools": take("tools", json!([])),
        "metadata": {},
        "temperature": take("temperature", json!(1.0)),
        "top_p": take("top_p", json!(1.0)),
        "max_completion_tokens": take("max_completion_tokens", Value::Null),
        "max_prompt_tokens": take("max_prompt_tokens", Value::Null),
        "truncation_strategy": truncation,
        "incomplete_details": null,
        "usage": null,
        "response_format": take("response_format", json!("auto")),
        "tool_choice": take("tool_choice", json!("auto")),
        "parallel_tool_calls": take("parallel_tool_calls", json!(true)),
    });
    let mut object = match run {
        Value::Object(object) => object,
        _ => Object::new(),
    };
    // The assistant's metadata are its own.
    if let Some(metadata) = body.take("metadata") {
        object.insert("metadata".to_owned(), metadata);
    }
    object
}

/// The request's instructions or the assistant's, and what the request adds.
fn instructions(body: &mut Fields, assistant: &Value) -> String {
    let own = body.string("instructions");
    let mut text = own.unwrap_or_else(|| {
        let usual = assistant["instructions"].as_str();
        usual.unwrap_or_default().to_owned()
    });
    if let Some(more) = body.string("additional_instructions") {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&more);
    }
    text
}
