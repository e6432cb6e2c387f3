//! The response object itself: what of the request it repeats, how it changes, and its usage.

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, ErrorKind, Finish, Input, Media, MediaSource, Micros, Part, Usage, Work,
};
use fakeai_catalog::Model;
use serde_json::{Map, Value, json};

use super::super::fields::Fields;
use super::super::sampling;
use super::tools;

/// A response object.
pub(super) type Object = Map<String, Value>;

/// The object as it is before the answer begins. Takes out of the body all that it repeats;
/// `tools` are those of the request, `model` the name that the answer carries. `usage` and `user`
/// are left out where there is nothing to tell, since the contract does not let them be null.
pub(super) fn begin(
    body: &mut Fields,
    name: String,
    model: &Model,
    tools: Vec<Value>,
    conversation: Option<&str>,
) -> Object {
    let mut object = Object::with_capacity(36);
    let mut set = |name: &str, value: Value| {
        object.insert(name.to_owned(), value);
    };
    set("id", Value::Null);
    set("object", "response".into());
    set("created_at", Value::Null);
    set("status", "in_progress".into());
    set(
        "background",
        Value::Bool(body.boolean("background").unwrap_or(false)),
    );
    set("completed_at", Value::Null);
    if let Some(id) = conversation {
        set("conversation", json!({ "id": id }));
    }
    set("error", Value::Null);
    set("incomplete_details", Value::Null);
    let mut repeat = |name: &str, usual: Value| set(name, body.take(name).unwrap_or(usual));
    repeat("instructions", Value::Null);
    repeat("max_output_tokens", Value::Null);
    repeat("max_tool_calls", Value::Null);
    repeat("parallel_tool_calls", Value::Bool(true));
    repeat("previous_response_id", Value::Null);
    repeat("prompt_cache_key", Value::Null);
    repeat("prompt_cache_retention", Value::Null);
    repeat("safety_identifier", Value::Null);
    repeat("temperature", json!(1.0));
    repeat("tool_choice", "auto".into());
    repeat("top_logprobs", json!(0));
    repeat("top_p", json!(1.0));
    repeat("truncation", "disabled".into());
    repeat("metadata", json!({}));
    set("model", Value::String(name));
    set("output", json!([]));
    set("reasoning", reasoning(body.take("reasoning"), model));
    set("service_tier", tier(body.string("service_tier")).into());
    set("text", text(body.take("text")));
    set("tools", Value::Array(tools::repeated(tools)));
    for name in ["prompt", "user"] {
        if let Some(value) = body.take(name) {
            set(name, value);
        }
    }
    object
}

/// The tier that serves a request: what is asked for, and the default tier where the choice is
/// left to the project.
fn tier(asked: Option<String>) -> String {
    match asked {
        Some(tier) if tier != "auto" => tier,
        _ => "default".to_owned(),
    }
}

fn reasoning(given: Option<Value>, model: &Model) -> Value {
    let usual = model
        .reasoning
        .as_ref()
        .and_then(|reasoning| reasoning.default);
    let usual = usual.map_or(Value::Null, |effort| sampling::effort_name(effort).into());
    let mut reasoning = Object::new();
    reasoning.insert("effort".to_owned(), usual);
    reasoning.insert("summary".to_owned(), Value::Null);
    if let Some(Value::Object(given)) = given {
        reasoning.extend(given.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Value::Object(reasoning)
}

fn text(given: Option<Value>) -> Value {
    let mut text = Object::new();
    text.insert("format".to_owned(), json!({"type": "text"}));
    text.insert("verbosity".to_owned(), "medium".into());
    if let Some(Value::Object(given)) = given {
        text.extend(given.into_iter().filter(|(_, value)| !value.is_null()));
    }
    if let Some(format) = text.get_mut("format").and_then(Value::as_object_mut)
        && format.get("type").and_then(Value::as_str) == Some("json_schema")
        && format.get("strict").is_none_or(Value::is_null)
    {
        format.insert("strict".to_owned(), Value::Bool(false));
    }
    Value::Object(text)
}

/// How a response ends.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    /// The model stopped.
    Finished(Finish),
    /// The application cancelled it.
    Cancelled,
    /// It failed.
    Failed(&'a ApiError),
}

impl End<'_> {
    /// The `status` that it leaves.
    pub(super) fn status(self) -> &'static str {
        match self {
            End::Finished(Finish::Stop | Finish::ToolCalls) => "completed",
            End::Finished(Finish::Length | Finish::ContentFilter) => "incomplete",
            End::Cancelled => "cancelled",
            End::Failed(_) => "failed",
        }
    }

    /// The event that tells of it; a cancelled stream just ends.
    pub(super) fn event(self) -> Option<&'static str> {
        match self {
            End::Finished(Finish::Stop | Finish::ToolCalls) => Some("response.completed"),
            End::Finished(Finish::Length | Finish::ContentFilter) => Some("response.incomplete"),
            End::Cancelled => None,
            End::Failed(_) => Some("response.failed"),
        }
    }
}

/// The `status` of the item that was being written when the model stopped.
pub(super) fn item_status(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::ToolCalls => "completed",
        Finish::Length | Finish::ContentFilter => "incomplete",
    }
}

/// Writes the end into the object.
pub(super) fn end(object: &mut Object, end: End<'_>, output: Vec<Value>, at: Micros) {
    object["status"] = end.status().into();
    object["output"] = Value::Array(output);
    match end {
        End::Finished(Finish::Stop | Finish::ToolCalls) => {
            object["completed_at"] = at.whole_seconds().into();
        }
        End::Finished(Finish::Length) => {
            object["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        End::Finished(Finish::ContentFilter) => {
            object["incomplete_details"] = json!({"reason": "content_filter"});
        }
        End::Cancelled => {}
        End::Failed(error) => {
            object["error"] = json!({"code": failure(error), "message": error.message});
        }
    }
}

/// The code of a failed response's error.
fn failure(error: &ApiError) -> &'static str {
    match &error.kind {
        ErrorKind::RateLimit
        | ErrorKind::TokenLimit
        | ErrorKind::Quota
        | ErrorKind::Injected(429) => "rate_limit_exceeded",
        ErrorKind::InvalidRequest
        | ErrorKind::ContentFilter(_)
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::PayloadTooLarge
        | ErrorKind::Unprocessable => "invalid_prompt",
        ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::MethodNotAllowed(_)
        | ErrorKind::UnsupportedMediaType
        | ErrorKind::Server
        | ErrorKind::NotImplemented
        | ErrorKind::Overloaded
        | ErrorKind::Timeout
        | ErrorKind::Injected(_) => "server_error",
    }
}

/// Token counts as responses report them.
pub(super) fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.total(),
    })
}

/// The container that the request names for a tool: its code interpreter or its shell.
pub(super) fn container<'o>(object: &'o Object, kind: &str) -> Option<&'o str> {
    let mut tools = object.get("tools")?.as_array()?.iter();
    let tool = tools.find(|tool| tool["type"] == kind)?;
    tool["container"]
        .as_str()
        .or_else(|| tool["environment"]["container_id"].as_str())
}

/// The stored files of a conversation, which lie ready for programs where some may be run.
pub(super) fn files_at_hand(work: &Work, tools: &[Value]) -> Vec<String> {
    let runs = tools.iter().any(|tool| tool["type"] == "code_interpreter");
    let messages = match work.reading().map(|work| &work.input) {
        Some(Input::Chat(messages)) if runs => messages.as_slice(),
        Some(Input::Chat(_) | Input::Raw(_)) | None => &[],
    };
    let parts = messages.iter().flat_map(|message| &message.parts);
    let stored = parts.filter_map(|part| match part {
        Part::Media(Media {
            source: MediaSource::Stored(id),
            ..
        }) => Some(id.clone()),
        Part::Media(_) | Part::Text(_) | Part::Refusal(_) | Part::Reasoning(_) => None,
    });
    stored.collect()
}

/// Appends a whole object.
pub(super) fn whole(object: &Object, out: &mut BytesMut) {
    // Writing into a growing buffer can't fail, and an object has string keys.
    let _ = serde_json::to_writer(bytes::BufMut::writer(out), object);
}
