//! `/metrics/by-model` and its kin: the ledger seen by model. At the root they show all worlds
//! together, below `/w/{name}` that one.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call, ErrorKind};
use fakeai_telemetry::{
    Ledger, ModelSummary, PROMETHEUS_MEDIA, RANKINGS, by_model, by_model_text, compare_json,
    metrics_csv, prometheus, ranking_json,
};
use serde_json::{Map, Value, json};

use super::metrics::{named_ledgers, shown_worlds};
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// Where the page of one model is.
pub(super) const OF_ONE: &str = "/metrics/by-model/{rest}";

/// Models of a ranking where the request does not say.
const RANKED: usize = 10;

/// `GET /metrics/by-model`: each model with its figures.
pub(super) fn all(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let models = models(gateway, world);
    let models: Map<_, _> = models
        .iter()
        .map(|summary| (summary.model.clone(), summary.json()))
        .collect();
    Ok(Answer::value(
        &json!({"timestamp": world.now().seconds(), "models": models}),
    ))
}

/// `GET /metrics/by-model/prometheus`: the same as text.
pub(super) fn text(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let models = models(gateway, world);
    Ok(Answer::page(PROMETHEUS_MEDIA, by_model_text(&models)))
}

/// `GET /metrics/by-model/{model}`: one of them, whose name may have slashes.
pub(super) fn one(
    gateway: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let (_, name) = call
        .head
        .path
        .split_once("/metrics/by-model/")
        .unwrap_or_default();
    Ok(Answer::value(&named(models(gateway, world), name)?.json()))
}

/// `GET /metrics/compare?model1=…&model2=…`: two of them side by side.
pub(super) fn compare(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let asked = |name: &str| {
        query[name].as_str().ok_or_else(|| {
            ApiError::invalid(format!("Missing required parameter: '{name}'."))
                .code("missing_required_parameter")
                .param(name.to_owned())
        })
    };
    let one = named(models(gateway, world), asked("model1")?)?;
    let other = named(models(gateway, world), asked("model2")?)?;
    Ok(Answer::value(&compare_json(&one, &other)))
}

/// `GET /metrics/ranking?metric=…&limit=…`: the models in order of a figure.
pub(super) fn ranking(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let metric = query["metric"].as_str().unwrap_or(RANKINGS[0]);
    if !RANKINGS.contains(&metric) {
        let known = RANKINGS.join(", ");
        return Err(wrong("metric", &format!("one of {known}")));
    }
    let limit = match query["limit"].as_str() {
        None => RANKED,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| *limit > 0)
            .ok_or_else(|| wrong("limit", "a whole number above 0"))?,
    };
    let models = models(gateway, world);
    Ok(Answer::value(&ranking_json(models, metric, limit)))
}

/// `GET /metrics/costs`: what the tokens of each model cost at the ordinary price.
pub(super) fn costs(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let mut all = Map::new();
    let mut sum = 0.0;
    for summary in models(gateway, world) {
        let cost = &summary.json()["cost"]["total_usd"];
        sum += cost.as_f64().unwrap_or(0.0);
        all.insert(summary.model, cost.clone());
    }
    Ok(Answer::value(
        &json!({"costs_by_model": all, "total_cost_usd": sum}),
    ))
}

/// `GET /metrics/csv`: FakeAI's own metrics as a table.
pub(super) fn csv(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let worlds = shown_worlds(gateway, world);
    let ledgers = named_ledgers(&worlds);
    let table = metrics_csv(&ledgers, world.now());
    Ok(Answer::page("text/csv; charset=utf-8", table))
}

/// `GET /metrics/prometheus`: FakeAI's own metrics as text, whatever the client says that it reads.
pub(super) fn own_text(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let worlds = shown_worlds(gateway, world);
    let ledgers = named_ledgers(&worlds);
    Ok(Answer::page(PROMETHEUS_MEDIA, prometheus(&ledgers)))
}

fn models(gateway: &Gateway, world: &Arc<World>) -> Vec<ModelSummary> {
    let worlds = shown_worlds(gateway, world);
    let ledgers: Vec<&Ledger> = worlds.iter().map(|world| &*world.ledger).collect();
    by_model(&ledgers, world.now())
}

fn named(models: Vec<ModelSummary>, name: &str) -> Result<ModelSummary, ApiError> {
    let mut models = models.into_iter();
    models.find(|summary| summary.model == name).ok_or_else(|| {
        let message = format!("No call has asked for the model '{name}'.");
        ApiError::new(ErrorKind::NotFound, message).code("model_not_found")
    })
}

pub(super) fn wrong(name: &str, expected: &str) -> ApiError {
    ApiError::invalid(format!("Invalid '{name}': expected {expected}."))
        .code("invalid_value")
        .param(name.to_owned())
}
