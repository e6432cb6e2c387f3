//! `POST /v1/load_lora_adapter` and `/v1/unload_lora_adapter`, as vLLM's server answers them. No file
//! is read: any path is an adapter that fits.
//! <https://docs.vllm.ai/en/stable/features/lora/#dynamically-serving-lora-adapters>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use http::StatusCode;
use serde_json::Value;

use super::native::{self, Refusal};
use crate::adapters::{Adapter, Named};
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// Characters of a name and of a path.
const LONGEST: usize = 256;

/// Loads an adapter: `{"lora_name": …, "lora_path": …}`.
pub(super) fn load(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    native::engine(world, call)?;
    native::with_body(world, call, |body| {
        let (name, path) = (text(&body, "lora_name")?, text(&body, "lora_path")?);
        if name.is_empty() || path.is_empty() {
            return Err(refusal(
                "Both 'lora_name' and 'lora_path' must be provided.",
            ));
        }
        let served = world.rules.served.as_ref();
        let parent = served
            .map(|served| served.model.clone())
            .unwrap_or_default();
        let in_place = body["load_inplace"].as_bool().unwrap_or(false);
        if matches!(world.adapters.named(name), Named::Adapter(_)) && !in_place {
            return Err(refusal(format!(
                "The lora adapter '{name}' has already been loaded. If you want to load the \
                 adapter in place, set 'load_inplace' to True."
            )));
        }
        if name == parent {
            return Err(refusal(format!(
                "The lora adapter name '{name}' conflicts with a served base model."
            )));
        }
        let now = world.now();
        let adapter = Adapter {
            path: path.to_owned(),
            parent,
            created: now.whole_seconds(),
        };
        if !world.adapters.load(name, adapter, now) {
            return Err(refusal("No further lora adapter can be loaded."));
        }
        if let Some(engine) = &world.serving {
            engine.load_adapter(name);
        }
        Ok(success(name, "added"))
    })
}

/// Unloads an adapter: `{"lora_name": …}`.
pub(super) fn unload(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    native::engine(world, call)?;
    native::with_body(world, call, |body| {
        let name = text(&body, "lora_name")?;
        if name.is_empty() {
            return Err(refusal(
                "'lora_name' needs to be provided to unload a LoRA adapter.",
            ));
        }
        if !world.adapters.unload(name, world.now()) {
            let message = format!("The lora adapter '{name}' cannot be found.");
            return Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "NotFoundError",
                message,
            ));
        }
        if let Some(engine) = &world.serving {
            engine.unload_adapter(name);
        }
        Ok(success(name, "removed"))
    })
}

fn text<'a>(body: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    match &body[field] {
        Value::Null => Err(native::missing(field)),
        Value::String(text) if text.len() <= LONGEST && !text.contains(char::is_control) => {
            Ok(text)
        }
        Value::String(_) => Err(native::wrong(
            field,
            "String should have at most 256 characters",
        )),
        _ => Err(native::wrong(field, "Input should be a valid string")),
    }
}

fn refusal(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "InvalidUserInput", message)
}

fn success(name: &str, done: &str) -> Answer {
    let text = format!("Success: LoRA adapter '{name}' {done} successfully.");
    Answer::page("text/plain; charset=utf-8", text)
}
