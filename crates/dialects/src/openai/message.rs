//! Messages of chat completions, read into the conversation that every dialect shares. Whether
//! their order makes sense is `chat/rules.rs`'s matter.

use fakeai_canon::{
    ApiError, CallKind, Media, MediaKind, MediaSource, Message, Mode, Part, PastCall, Role,
};
use serde_json::Value;

use super::fields::{Fields, into_string};
use super::media;

/// Reads all messages of a chat completion.
///
/// # Errors
/// Media that can't be read, in realistic mode.
pub(super) fn messages(values: Vec<Value>, mode: Mode) -> Result<Vec<Message>, ApiError> {
    values
        .into_iter()
        .enumerate()
        .map(|(index, value)| message(Fields::of(value), index, mode))
        .collect()
}

fn message(mut fields: Fields, index: usize, mode: Mode) -> Result<Message, ApiError> {
    let role = role(fields.string("role").as_deref());
    let mut parts = content(fields.take("content"), index, mode)?;
    if let Some(refusal) = fields.string("refusal") {
        parts.push(Part::Refusal(refusal));
    }
    if let Some(reasoning) = fields.string("reasoning_content") {
        parts.insert(0, Part::Reasoning(reasoning));
    }
    if let Some(id) = fields
        .object("audio")
        .and_then(|mut audio| audio.string("id"))
    {
        let source = MediaSource::Stored(id);
        parts.push(Part::Media(media::elsewhere(
            MediaKind::Audio,
            source,
            None,
        )));
    }
    Ok(Message {
        role,
        name: fields.string("name"),
        parts,
        calls: calls(&mut fields),
        answers: fields.string("tool_call_id"),
    })
}

fn role(name: Option<&str>) -> Role {
    match name {
        Some("system") => Role::System,
        Some("developer") => Role::Developer,
        Some("assistant") => Role::Assistant,
        Some("tool" | "function") => Role::Tool,
        _ => Role::User,
    }
}

fn content(value: Option<Value>, message: usize, mode: Mode) -> Result<Vec<Part>, ApiError> {
    match value {
        Some(Value::String(text)) => Ok(vec![Part::Text(text)]),
        Some(Value::Array(items)) => items
            .into_iter()
            .enumerate()
            .map(|(index, item)| {
                part(
                    Fields::of(item),
                    &|| format!("messages[{message}].content[{index}]"),
                    mode,
                )
            })
            .collect(),
        _ => Ok(Vec::new()),
    }
}

/// Reads one content part of chat; `place` is its path, for errors.
///
/// # Errors
/// Media that can't be read, in realistic mode.
pub(super) fn part(
    mut fields: Fields,
    place: &dyn Fn() -> String,
    mode: Mode,
) -> Result<Part, ApiError> {
    let kind = fields.string("type").unwrap_or_default();
    match kind.as_str() {
        "refusal" => Ok(Part::Refusal(fields.string("refusal").unwrap_or_default())),
        "image_url" => image(fields, place, mode).map(Part::Media),
        "input_audio" => sound(fields, place, mode).map(Part::Media),
        "file" => file(fields, place, mode).map(Part::Media),
        _ => Ok(Part::Text(fields.string("text").unwrap_or_default())),
    }
}

fn image(mut part: Fields, place: &dyn Fn() -> String, mode: Mode) -> Result<Media, ApiError> {
    let mut image = part
        .object("image_url")
        .unwrap_or_else(|| Fields::of(Value::Null));
    let url = image.string("url").unwrap_or_default();
    let detail = image.string("detail");
    media::image(
        url,
        detail.as_deref(),
        &|| format!("{}.image_url.url", place()),
        mode,
    )
}

fn sound(mut part: Fields, place: &dyn Fn() -> String, mode: Mode) -> Result<Media, ApiError> {
    let mut sound = part
        .object("input_audio")
        .unwrap_or_else(|| Fields::of(Value::Null));
    let data = sound.string("data").unwrap_or_default();
    let param = || format!("{}.input_audio.data", place());
    media::audio(&data, sound.string("format"), &param, mode)
}

fn file(mut part: Fields, place: &dyn Fn() -> String, mode: Mode) -> Result<Media, ApiError> {
    let mut file = part
        .object("file")
        .unwrap_or_else(|| Fields::of(Value::Null));
    let name = file.string("filename");
    if let Some(data) = file.string("file_data") {
        return media::file(data, name, &|| format!("{}.file.file_data", place()), mode);
    }
    let Some(id) = file
        .string("file_id")
        .or((mode == Mode::Mock).then(String::new))
    else {
        let param = format!("{}.file.file_id", place());
        return Err(
            ApiError::invalid(format!("Missing required parameter: '{param}'."))
                .code("missing_required_parameter")
                .param(param),
        );
    };
    Ok(media::elsewhere(
        MediaKind::File,
        MediaSource::Stored(id),
        name,
    ))
}

fn calls(message: &mut Fields) -> Vec<PastCall> {
    let mut calls: Vec<PastCall> = message
        .array("tool_calls")
        .unwrap_or_default()
        .into_iter()
        .map(|call| past_call(Fields::of(call)))
        .collect();
    if let Some(mut call) = message.object("function_call") {
        calls.push(PastCall {
            id: String::new(),
            name: call.string("name").unwrap_or_default(),
            arguments: call.string("arguments").unwrap_or_default(),
            kind: CallKind::Function,
        });
    }
    calls
}

fn past_call(mut call: Fields) -> PastCall {
    let id = call.string("id").unwrap_or_default();
    let (kind, body, text) = match call.object("custom") {
        Some(custom) => (CallKind::Custom, Some(custom), "input"),
        None => (CallKind::Function, call.object("function"), "arguments"),
    };
    let mut body = body.unwrap_or_else(|| Fields::of(Value::Null));
    PastCall {
        id,
        name: body.string("name").unwrap_or_default(),
        arguments: body.string(text).unwrap_or_default(),
        kind,
    }
}

/// A text given as a string or as an array of text parts.
pub(super) fn plain_text(value: Value) -> Option<String> {
    match value {
        Value::Array(items) => {
            let texts = items
                .into_iter()
                .filter_map(|item| Fields::of(item).string("text"));
            Some(texts.collect::<Vec<_>>().concat())
        }
        other => into_string(other),
    }
}
