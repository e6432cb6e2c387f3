//! The metrics pages of the simulated engine: as text, as OpenMetrics, and as JSON, and its cache.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_contract::decode_query;
use fakeai_engine::serving::{LiveEngine, SleepLevel};
use fakeai_telemetry::{
    Moment, OPEN_METRICS_MEDIA, PROMETHEUS_MEDIA, PageKind, ServingMeter, Sleep, iterations_json,
    kv_cache_json, page_json, page_open_metrics, page_text, requests_json,
};
use http::header::ACCEPT;
use serde_json::Value;

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// The form that a client wants a page in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// It has not said.
    Any,
    /// JSON.
    Json,
    /// Prometheus's text.
    Text,
    /// OpenMetrics.
    Open,
}

impl Form {
    /// As `?format=` says, or else the `Accept` header.
    pub(super) fn of(call: &Call) -> Self {
        for (name, value) in decode_query(&call.head.query) {
            match (name.as_str(), value.as_str()) {
                ("format", "json") => return Form::Json,
                ("format", "prometheus" | "text") => return Form::Text,
                ("format", "openmetrics") => return Form::Open,
                _ => {}
            }
        }
        let accept = call.head.headers.get(ACCEPT);
        let accept = accept.and_then(|value| value.to_str().ok());
        let accept = accept.unwrap_or_default();
        if accept.contains("application/openmetrics-text") {
            Form::Open
        } else if accept.contains("text/plain") {
            Form::Text
        } else if accept.contains("application/json") {
            Form::Json
        } else {
            Form::Any
        }
    }
}

/// The meter of the world's engine, after the engine has caught up with the world's time.
fn meter(world: &World) -> Result<&ServingMeter, ApiError> {
    let Some(meter) = &world.meter else {
        return Err(ApiError::not_found(
            "No serving engine is simulated here. Start with `--engine vllm`, `sglang` or `trtllm`.",
        ));
    };
    world.engine.catch_up();
    Ok(meter)
}

/// A page in the form that the client wants: text where it does not say.
pub(super) fn page(world: &World, kind: PageKind, form: Form) -> Result<Answer, ApiError> {
    let meter = meter(world)?;
    let moment = moment(world);
    Ok(match form {
        Form::Json => Answer::value(&page_json(kind, meter, &moment)),
        Form::Open => Answer::page(OPEN_METRICS_MEDIA, page_open_metrics(kind, meter, &moment)),
        Form::Any | Form::Text => Answer::page(PROMETHEUS_MEDIA, page_text(kind, meter, &moment)),
    })
}

/// What the engine is like now.
fn moment(world: &World) -> Moment {
    let now = world.now();
    let serving = world.serving.as_deref();
    let sleep = match serving.and_then(LiveEngine::sleep_level) {
        None => Sleep::Awake,
        Some(SleepLevel::One) => Sleep::WeightsOffloaded,
        Some(SleepLevel::Two) => Sleep::DiscardAll,
    };
    let [running, waiting] = serving.map(LiveEngine::busy_adapters).unwrap_or_default();
    let gpus = world.gpus.as_deref().zip(serving);
    Moment {
        now,
        legacy: world.rules.legacy_metric_names,
        sleep,
        running_adapters: running,
        waiting_adapters: waiting,
        gpus: gpus
            .map(|(gpus, engine)| gpus.samples(&engine.gpu_readings()))
            .unwrap_or_default(),
    }
}

/// What `trtllm-serve` has at `/metrics`: the iterations since somebody asked last.
pub(super) fn iterations(world: &World) -> Result<Answer, ApiError> {
    Ok(Answer::value(&iterations_json(meter(world)?)))
}

/// `GET /prometheus/metrics`, where `trtllm-serve` has its text.
pub(super) fn trtllm(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    page(world, PageKind::Trtllm, Form::of(call))
}

/// `GET /perf_metrics`: the requests that `trtllm-serve` has answered since somebody asked last.
pub(super) fn requests(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    Ok(Answer::value(&requests_json(meter(world)?)))
}

/// `GET /triton/metrics`.
pub(super) fn triton(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    page(world, PageKind::Triton, Form::of(call))
}

/// `GET /dynamo/metrics`.
pub(super) fn dynamo(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    page(world, PageKind::Dynamo, Form::of(call))
}

/// `GET /dynamo/metrics/json`.
pub(super) fn dynamo_json(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    page(world, PageKind::Dynamo, Form::Json)
}

/// `GET /kv-cache/metrics`: the cache, worker by worker. Without an engine there is no cache.
pub(super) fn kv_cache(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    Ok(Answer::value(&kv_cache_json(meter(world)?)))
}
