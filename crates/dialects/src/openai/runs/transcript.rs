//! What the model of a run sees: the instructions, the thread's messages, and what the run has
//! done so far.

use fakeai_canon::{
    ApiError, CallKind, MediaKind, MediaSource, Message, Mode, Part, PastCall, Role,
};
use serde_json::Value;

use super::run::Object;
use crate::openai::media;

/// The run's instructions and the thread's messages, stored or as sent; only as many of the last
/// as the run wants.
///
/// # Errors
/// An image that can't be read, in realistic mode.
pub(super) fn messages<'v>(
    run: &Object,
    thread: impl ExactSizeIterator<Item = &'v Value>,
    mode: Mode,
) -> Result<Vec<Message>, ApiError> {
    let mut messages = Vec::with_capacity(thread.len() + 1);
    let instructions = run["instructions"].as_str().unwrap_or_default();
    if !instructions.is_empty() {
        messages.push(Message::text(Role::System, instructions));
    }
    let wanted = run["truncation_strategy"]["last_messages"].as_u64();
    let skipped = wanted.map_or(0, |wanted| thread.len().saturating_sub(wanted as usize));
    for (index, message) in thread.enumerate().skip(skipped) {
        messages.push(turn(message, index, mode)?);
    }
    Ok(messages)
}

fn turn(message: &Value, index: usize, mode: Mode) -> Result<Message, ApiError> {
    let role = match message["role"].as_str() {
        Some("assistant") => Role::Assistant,
        Some(_) | None => Role::User,
    };
    let place = |part: usize| format!("messages[{index}].content[{part}]");
    let parts = match &message["content"] {
        Value::String(text) => vec![Part::Text(text.clone())],
        Value::Array(parts) => parts
            .iter()
            .enumerate()
            .map(|(number, value)| part(value, &|| place(number), mode))
            .collect::<Result<_, _>>()?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    Ok(Message {
        parts,
        ..Message::text(role, "")
    })
}

fn part(value: &Value, place: &dyn Fn() -> String, mode: Mode) -> Result<Part, ApiError> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(match value["type"].as_str() {
        Some("image_url") => {
            let image = &value["image_url"];
            let param = || format!("{}.image_url.url", place());
            Part::Media(media::image(
                text(&image["url"]),
                image["detail"].as_str(),
                &param,
                mode,
            )?)
        }
        Some("image_file") => {
            let image = &value["image_file"];
            let source = MediaSource::Stored(text(&image["file_id"]));
            let mut read = media::elsewhere(MediaKind::Image, source, None);
            read.detail = media::detail_of(image["detail"].as_str());
            Part::Media(read)
        }
        Some("refusal") => Part::Refusal(text(&value["refusal"])),
        Some(_) | None if value["text"].is_object() => Part::Text(text(&value["text"]["value"])),
        Some(_) | None => Part::Text(text(&value["text"])),
    })
}

/// Appends what a run did in its steps: calls, and what came of them.
pub(super) fn steps<'v>(steps: impl Iterator<Item = &'v Value>, messages: &mut Vec<Message>) {
    for step in steps {
        let calls = step["step_details"]["tool_calls"].as_array();
        let calls = calls.map_or(&[][..], Vec::as_slice);
        if calls.is_empty() {
            continue;
        }
        messages.push(Message {
            parts: Vec::new(),
            calls: calls.iter().map(past_call).collect(),
            ..Message::text(Role::Assistant, "")
        });
        messages.extend(calls.iter().map(|call| Message {
            answers: call["id"].as_str().map(str::to_owned),
            ..Message::text(Role::Tool, outcome(call))
        }));
    }
}

fn past_call(call: &Value) -> PastCall {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&call["type"]);
    let function = &call["function"];
    let (name, arguments, kind) = match kind.as_str() {
        "function" => (
            text(&function["name"]),
            text(&function["arguments"]),
            CallKind::Function,
        ),
        "code_interpreter" => {
            let input = text(&call["code_interpreter"]["input"]);
            (kind, input, CallKind::Custom)
        }
        _ => (kind, String::new(), CallKind::Custom),
    };
    PastCall {
        id: text(&call["id"]),
        name,
        arguments,
        kind,
    }
}

/// What came of a call, as text.
fn outcome(call: &Value) -> String {
    if let Some(output) = call["function"]["output"].as_str() {
        return output.to_owned();
    }
    let outputs = call["code_interpreter"]["outputs"].as_array();
    let logs = outputs.into_iter().flatten();
    let logs = logs.filter_map(|output| output["logs"].as_str());
    let results = call["file_search"]["results"].as_array();
    let texts = results.into_iter().flatten();
    let texts = texts.filter_map(|result| result["content"][0]["text"].as_str());
    logs.chain(texts).collect::<Vec<_>>().join("\n")
}
