//! The items of a session as turns of a conversation. What is heard in a piece of sound the session
//! tells beside it, as `heard`.

use fakeai_canon::{
    ApiError, CallKind, Detail, Media, MediaKind, MediaSource, Message, Mode, Part, PastCall, Role,
};
use serde_json::Value;

use crate::openai::media;

/// The turns of a session, its instructions first.
///
/// # Errors
/// An image that is none.
pub(super) fn messages(
    instructions: &str,
    items: &[Value],
    mode: Mode,
) -> Result<Vec<Message>, ApiError> {
    let mut messages: Vec<Message> = Vec::with_capacity(items.len() + 1);
    if !instructions.trim().is_empty() {
        messages.push(Message::text(Role::System, instructions));
    }
    for item in items {
        match item["type"].as_str().unwrap_or_default() {
            "message" => messages.push(message(item, mode)?),
            "function_call" => call(item, &mut messages),
            "function_call_output" => {
                let mut result = Message::text(Role::Tool, text(item, "output"));
                result.answers = Some(text(item, "call_id").to_owned());
                messages.push(result);
            }
            _ => {}
        }
    }
    Ok(messages)
}

/// Whether an item can be read.
///
/// # Errors
/// An image that is none.
pub fn check_item(item: &Value, mode: Mode) -> Result<(), ApiError> {
    match item["type"] == "message" {
        true => message(item, mode).map(drop),
        false => Ok(()),
    }
}

fn message(item: &Value, mode: Mode) -> Result<Message, ApiError> {
    let role = match item["role"].as_str() {
        Some("system") => Role::System,
        Some("assistant") => Role::Assistant,
        _ => Role::User,
    };
    let mut message = Message::text(role, "");
    message.parts.clear();
    let content = item["content"].as_array().into_iter().flatten();
    for (place, part) in content.enumerate() {
        match text(part, "type") {
            "input_image" => {
                let param = || format!("item.content[{place}].image_url");
                let url = text(part, "image_url").to_owned();
                let detail = part["detail"].as_str();
                let image = media::image(url, detail, &param, mode)?;
                message.parts.push(Part::Media(image));
            }
            "input_audio" => message.parts.extend(sound(part, true)),
            "output_audio" => {
                message
                    .parts
                    .push(Part::Text(text(part, "transcript").to_owned()));
                message.parts.extend(sound(part, false));
            }
            _ => message
                .parts
                .push(Part::Text(text(part, "text").to_owned())),
        }
    }
    Ok(message)
}

/// A piece of sound, where it has any.
fn sound(part: &Value, is_heard: bool) -> Option<Part> {
    let heard = part.get("heard")?;
    let words = Some(text(heard, "words").to_owned()).filter(|_| is_heard);
    Some(Part::Media(Media {
        kind: MediaKind::Audio,
        source: MediaSource::Spoken {
            id: text(heard, "id").to_owned(),
            tokens: heard["tokens"].as_u64().unwrap_or_default() as u32,
            words,
        },
        format: None,
        name: None,
        detail: Detail::Auto,
    }))
}

/// A call is part of the turn in which the model made it.
fn call(item: &Value, messages: &mut Vec<Message>) {
    let call = PastCall {
        id: text(item, "call_id").to_owned(),
        name: text(item, "name").to_owned(),
        arguments: text(item, "arguments").to_owned(),
        kind: CallKind::Function,
    };
    match messages.last_mut() {
        Some(last) if last.role == Role::Assistant => last.calls.push(call),
        _ => {
            let mut turn = Message::text(Role::Assistant, "");
            turn.parts.clear();
            turn.calls.push(call);
            messages.push(turn);
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}
