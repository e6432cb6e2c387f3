//! Voices: those that every account has, and those that a world's owner made.

use std::sync::LazyLock;

use fakeai_canon::ApiError;
use serde::Deserialize;
use serde_json::Value;

use super::fields::Fields;
use crate::Context;

#[derive(Deserialize)]
struct Voices {
    names: Vec<String>,
    realtime: Vec<String>,
}

static VOICES: LazyLock<Voices> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/models/voices.toml"))
        .expect("the table of voices is part of this program")
});

/// The name or the id of the `voice` that a body asks for; empty where it names none.
pub(super) fn read(body: &mut Fields) -> String {
    match body.take("voice") {
        Some(Value::String(name)) => name,
        Some(custom) => custom["id"].as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

/// Whether there is such a voice.
///
/// # Errors
/// The provider's, which names the voices.
pub(super) fn check(voice: &str, param: &str, context: &Context<'_>) -> Result<(), ApiError> {
    let is_own = |voice: &str| context.shelf.object("voices", voice).is_some();
    check_among(&VOICES.names, voice, param, &is_own)
}

/// Whether a realtime session can speak with a voice.
///
/// # Errors
/// As [`check`].
pub fn check_realtime_voice(
    voice: &str,
    param: &str,
    is_own: &dyn Fn(&str) -> bool,
) -> Result<(), ApiError> {
    check_among(&VOICES.realtime, voice, param, is_own)
}

fn check_among(
    names: &[String],
    voice: &str,
    param: &str,
    is_own: &dyn Fn(&str) -> bool,
) -> Result<(), ApiError> {
    if names.iter().any(|one| one == voice) || is_own(voice) {
        return Ok(());
    }
    let names: Vec<String> = names.iter().map(|one| format!("'{one}'")).collect();
    Err(ApiError::invalid(format!(
        "Invalid value: '{voice}'. Supported values are: {}.",
        names.join(", ")
    ))
    .param(param)
    .code("invalid_value"))
}
