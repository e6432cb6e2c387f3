//! The pages of SGLang's own server: its model, its settings as far as they are known here, its load,
//! its cache. They are there where that engine is simulated.
//! <https://docs.sglang.ai/basic_usage/native_api.html>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_catalog::hardware::engine_version;
use fakeai_engine::serving::{LiveEngine, WorkerState};
use http::StatusCode;
use serde_json::{Value, json};

use super::native;
use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::rules::Served;
use crate::world::World;

/// The engine's name.
const SGLANG: &str = "sglang";

fn served<'w>(world: &'w World, call: &Call) -> Result<&'w Served, ApiError> {
    let served = world.rules.served_by(SGLANG);
    served.ok_or_else(|| unknown_path(&call.head, &call.head.path))
}

/// `GET /get_model_info` and `/model_info`.
pub(super) fn model(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let served = served(world, call)?;
    Ok(Answer::value(&json!({
        "model_path": served.model,
        "tokenizer_path": served.model,
        "is_generation": true,
        "preferred_sampling_params": null,
        "weight_version": "default",
    })))
}

/// `GET /get_server_info` and `/server_info`.
pub(super) fn server(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let served = served(world, call)?;
    let context = world
        .model("", &served.model)
        .map(|model| native::max_model_len(world, &model));
    Ok(Answer::value(&json!({
        "model_path": served.model,
        "tokenizer_path": served.model,
        "served_model_name": served.model,
        "context_length": context,
        "weight_version": "default",
        "internal_states": [{"num_running_reqs": world.playing()}],
        "version": engine_version(SGLANG),
    })))
}

/// `GET /get_load`: how many requests are being answered, by rank.
pub(super) fn load(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    served(world, call)?;
    let workers = world.serving.as_deref().map(LiveEngine::workers);
    let shown = |worker: &WorkerState| {
        json!({
            "dp_rank": worker.number,
            "num_reqs": worker.running + worker.waiting,
            "num_waiting_reqs": worker.waiting,
        })
    };
    let loads: Vec<_> = workers.iter().flatten().map(shown).collect();
    Ok(Answer::value(&loads.into()))
}

/// `GET /health_generate`: it would answer.
pub(super) fn health(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    served(world, call)?;
    Ok(native::done())
}

/// `GET` and `POST /flush_cache`: forgets the cache of prompts, where no request uses it.
pub(super) fn flush_cache(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    served(world, call)?;
    let engine = world.serving.as_deref();
    let is_flushed = engine.is_some_and(LiveEngine::reset_prefix_cache);
    let mut answer = Answer::page(
        "text/plain; charset=utf-8",
        "Cache flushed.\nPlease check backend logs for more details. (When there are running or \
         waiting requests, the operation will not be performed.)\n",
    );
    if !is_flushed {
        answer.status = StatusCode::BAD_REQUEST;
    }
    Ok(answer)
}
