//! `POST /sleep`, `/wake_up` and `/reset_prefix_cache`, and `GET /is_sleeping`, as vLLM's server
//! answers them in its development mode.
//! <https://docs.vllm.ai/en/stable/features/sleep_mode/>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_engine::serving::{Awake, LiveEngine, SleepLevel};
use serde_json::{Value, json};

use super::native::{self, done};
use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::world::World;

fn engine<'a>(world: &'a World, call: &Call) -> Result<&'a LiveEngine, ApiError> {
    let engine = world.serving.as_deref();
    engine.ok_or_else(|| unknown_path(&call.head, &call.head.path))
}

/// `?level=1` keeps the weights in the host's memory, `?level=2` drops them.
pub(super) fn sleep(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let engine = engine(world, call)?;
    let level = match query["level"].as_str() {
        None | Some("1") => SleepLevel::One,
        Some("2") => SleepLevel::Two,
        Some(other) => {
            let problem = format!("Invalid sleep level: {other}. It has to be 1 or 2.");
            return native::Refusal::invalid(problem).answered();
        }
    };
    engine.sleep(level);
    Ok(done())
}

/// Wakes it, or the parts that are named (`?tags=weights&tags=kv_cache`): it goes on when both are.
pub(super) fn wake_up(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let engine = engine(world, call)?;
    let pairs = call.head.query.split('&');
    let mut parts = Awake::default();
    for tag in pairs.filter_map(|pair| pair.strip_prefix("tags=")) {
        match tag {
            "weights" => parts.weights = true,
            "kv_cache" => parts.cache = true,
            other => {
                let problem = format!("Invalid tag: {other}. It has to be weights or kv_cache.");
                return native::Refusal::invalid(problem).answered();
            }
        }
    }
    match parts == Awake::default() {
        true => engine.wake_up(),
        false => engine.wake_parts(parts),
    }
    Ok(done())
}

/// `{"is_sleeping": false}`
pub(super) fn is_sleeping(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let level = engine(world, call)?.sleep_level();
    Ok(Answer::value(&json!({"is_sleeping": level.is_some()})))
}

/// Forgets the cache of prompts, where no request uses it.
pub(super) fn reset_prefix_cache(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    // vLLM does not tell whether it was forgotten either.
    engine(world, call)?.reset_prefix_cache();
    Ok(done())
}
