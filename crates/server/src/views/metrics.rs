//! `GET /metrics`: the page of the simulated engine, or FakeAI's own, which is always at
//! `/_fakeai/metrics`. The own one is JSON for a plain client, Prometheus text for one that asks
//! for it; at the root it shows all worlds together, below `/w/{name}` that one.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_telemetry::{
    Ledger, OPEN_METRICS_MEDIA, PROMETHEUS_MEDIA, PageKind, metrics_json, open_metrics, prometheus,
};
use serde_json::Value;

use super::engine_metrics::{self, Form};
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::rules::MetricsForm;
use crate::world::World;
use crate::worlds::DEFAULT;

/// The page that the settings choose, in the form that the client asks for.
pub(super) fn show(
    gateway: &Gateway,
    world: &Arc<World>,
    call: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let form = Form::of(call);
    match world.rules.metrics_page {
        None => own(gateway, world, call, query),
        // Its server has records of iterations here, and the text at `/prometheus/metrics`.
        Some(PageKind::Trtllm) if matches!(form, Form::Any | Form::Json) => {
            engine_metrics::iterations(world)
        }
        Some(kind) => engine_metrics::page(world, kind, form),
    }
}

/// The worlds that a page of our own shows: all at the root, else the one that was asked.
pub(super) fn shown_worlds(gateway: &Gateway, world: &Arc<World>) -> Vec<Arc<World>> {
    if &*world.name == DEFAULT {
        gateway.worlds.all()
    } else {
        vec![world.clone()]
    }
}

/// What each of them has counted, by its name.
pub(super) fn named_ledgers(worlds: &[Arc<World>]) -> Vec<(&str, &Ledger)> {
    let worlds = worlds.iter();
    worlds.map(|world| (&*world.name, &*world.ledger)).collect()
}

/// FakeAI's own metrics.
pub(super) fn own(
    gateway: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let worlds = shown_worlds(gateway, world);
    let ledgers = named_ledgers(&worlds);
    Ok(match (Form::of(call), world.rules.metrics) {
        (Form::Open, _) => Answer::page(OPEN_METRICS_MEDIA, open_metrics(&ledgers)),
        (Form::Text, _) | (Form::Any, MetricsForm::Prometheus) => {
            Answer::page(PROMETHEUS_MEDIA, prometheus(&ledgers))
        }
        (Form::Json, _) | (Form::Any, MetricsForm::Json) => {
            Answer::value(&metrics_json(&ledgers, world.now()))
        }
    })
}
