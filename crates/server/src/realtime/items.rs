//! Items that a client puts into the conversation, as the session keeps them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::conversation::Item;
use super::sound::{Sound, SoundForm};

/// The item of a `conversation.item.create`, or of an answer's own `input`: it has an id and is
/// complete, and its sound is taken out of it.
///
/// # Errors
/// Its sound is no sound, or it says nothing that anybody of its role can say.
pub(super) fn read(mut value: Value, id: String, form: SoundForm) -> Result<Item, ApiError> {
    if value["id"].as_str().is_none_or(str::is_empty) {
        value["id"] = Value::String(id);
    }
    value["object"] = json!("realtime.item");
    value["status"] = json!("completed");
    if value["type"] == "function_call" && value["call_id"].is_null() {
        let id = value["id"].as_str().unwrap_or_default();
        value["call_id"] = json!(id.replace("item_", "call_"));
    }
    let mut sounds = Vec::new();
    let content = value.get_mut("content").and_then(Value::as_array_mut);
    for (place, part) in content.into_iter().flatten().enumerate() {
        let Some(part) = part.as_object_mut() else {
            sounds.push(None);
            continue;
        };
        let audio = match part.remove("audio") {
            Some(Value::String(audio)) => {
                let param = format!("item.content[{place}].audio");
                Some(Sound::heard(decode(&audio, form, &param)?, form))
            }
            _ => None,
        };
        if part.get("type").is_some_and(|kind| kind == "input_audio") {
            part.entry("transcript").or_insert(Value::Null);
        }
        sounds.push(audio);
    }
    Ok(Item {
        value,
        sounds,
        is_cut: false,
    })
}

/// The bytes of sound that was sent.
///
/// # Errors
/// It is no base64.
pub(super) fn decode(text: &str, form: SoundForm, param: &str) -> Result<Bytes, ApiError> {
    let bytes = STANDARD.decode(text).map_err(|_| {
        ApiError::invalid(format!(
            "Invalid '{param}'. Expected base64-encoded audio bytes ({}) but got an invalid value.",
            form.named()
        ))
        .code("invalid_value")
        .param(param.to_owned())
    })?;
    Ok(Bytes::from(bytes))
}

/// The item that a stretch of sound becomes.
pub(super) fn of_sound(id: &str, sound: Sound) -> Item {
    Item {
        value: json!({
            "id": id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": null}],
        }),
        sounds: vec![Some(sound)],
        is_cut: false,
    }
}
