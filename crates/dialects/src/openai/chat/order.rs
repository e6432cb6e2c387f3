//! Whether the turns of a conversation make sense together, and whether the model can read what
//! is in them. The paths in these errors are written as the provider writes them for these rules,
//! with a dot before the index.

use fakeai_canon::{ApiError, Media, MediaKind, MediaSource, Message, Part, Role};
use fakeai_catalog::{Modality, Model};

/// Holds the conversation against the rules of realistic mode.
///
/// # Errors
/// Instructions to a model that takes none, calls without results, results without calls, an
/// assistant's turn that says nothing, media that the model does not read.
pub(super) fn check(messages: &[Message], model: &Model) -> Result<(), ApiError> {
    let mut open: Vec<&str> = Vec::new();
    let mut answering: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        instructed(message, index, model)?;
        match &message.answers {
            Some(id) => {
                if answering.is_empty() {
                    return Err(result_without_calls(index));
                }
                if !answering.contains(&id.as_str()) {
                    return Err(result_of_unknown_call(id, index));
                }
                open.retain(|call| call != id);
            }
            None => {
                unanswered(&open, index)?;
                answering = message.calls.iter().map(|call| call.id.as_str()).collect();
                // A deprecated function call has no id, and its result names none.
                answering.retain(|id| !id.is_empty());
                open.clone_from(&answering);
            }
        }
        named(message, index)?;
        says_something(message, index)?;
        readable(message, index, model)?;
    }
    unanswered(&open, messages.len().saturating_sub(1))
}

fn instructed(message: &Message, index: usize, model: &Model) -> Result<(), ApiError> {
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User | Role::Assistant | Role::Tool => return Ok(()),
    };
    if model.takes_instructions {
        return Ok(());
    }
    let param = format!("messages[{index}].role");
    let problem =
        format!("Unsupported value: '{param}' does not support '{role}' with this model.");
    Err(ApiError::invalid(problem)
        .code("unsupported_value")
        .param(param))
}

fn unanswered(calls: &[&str], index: usize) -> Result<(), ApiError> {
    if calls.is_empty() {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to \
         each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
        calls.join(", ")
    ))
    .param(format!("messages.[{index}].role")))
}

fn result_without_calls(index: usize) -> ApiError {
    ApiError::invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message \
         with 'tool_calls'.",
    )
    .param(format!("messages.[{index}].role"))
}

fn result_of_unknown_call(id: &str, index: usize) -> ApiError {
    ApiError::invalid(format!(
        "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
    ))
    .param(format!("messages.[{index}].tool_call_id"))
}

/// A participant's name has no spaces and none of a few marks.
fn named(message: &Message, index: usize) -> Result<(), ApiError> {
    let is_bad = |c: char| c.is_whitespace() || matches!(c, '<' | '|' | '\\' | '/' | '>');
    match &message.name {
        Some(name) if message.answers.is_none() && (name.is_empty() || name.contains(is_bad)) => {
            let param = format!("messages[{index}].name");
            let problem = format!(
                "Invalid '{param}': string does not match pattern. Expected a string that matches \
                 the pattern '^[^\\s<|\\\\/>]+$'."
            );
            Err(ApiError::invalid(problem)
                .code("invalid_value")
                .param(param))
        }
        _ => Ok(()),
    }
}

fn says_something(message: &Message, index: usize) -> Result<(), ApiError> {
    let silent = message.parts.is_empty() && message.calls.is_empty();
    if message.role == Role::Assistant && silent {
        let problem = "Invalid value for 'content': expected a string, got null.";
        return Err(ApiError::invalid(problem).param(format!("messages.[{index}].content")));
    }
    Ok(())
}

fn readable(message: &Message, index: usize, model: &Model) -> Result<(), ApiError> {
    for (place, part) in message.parts.iter().enumerate() {
        if let Part::Media(media) = part {
            if matches!(media.source, MediaSource::Spoken { .. }) {
                continue;
            }
            media_read(media, model, || {
                format!("messages.[{index}].content.[{place}].type")
            })?;
        }
    }
    Ok(())
}

fn media_read(media: &Media, model: &Model, param: impl Fn() -> String) -> Result<(), ApiError> {
    let (modality, kind) = match media.kind {
        MediaKind::Image => (Modality::Image, "image_url"),
        MediaKind::Audio => (Modality::Audio, "input_audio"),
        // Pages of a document are read as pictures.
        MediaKind::File => (Modality::Image, "file"),
        MediaKind::Video => (Modality::Video, "video_url"),
    };
    if model.reads(modality) {
        return Ok(());
    }
    let problem = format!("Invalid content type. {kind} is only supported by certain models.");
    Err(ApiError::invalid(problem).param(param()))
}
