//! `GET /metrics`: JSON for a plain client, Prometheus text for one that asks for it. At the root
//! it shows all worlds together, below `/w/{name}` that one.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_telemetry::{
    Ledger, OPEN_METRICS_MEDIA, PROMETHEUS_MEDIA, metrics_json, open_metrics, prometheus,
};
use http::header::ACCEPT;
use serde_json::Value;

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::rules::MetricsForm;
use crate::world::World;
use crate::worlds::DEFAULT;

/// The metrics in the form that the client asks for.
pub(super) fn show(
    gateway: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let worlds = if &*world.name == DEFAULT {
        gateway.worlds.all()
    } else {
        vec![world.clone()]
    };
    let ledgers: Vec<(&str, &Ledger)> = worlds
        .iter()
        .map(|world| (&*world.name, &*world.ledger))
        .collect();
    let accept = call
        .head
        .headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or_default();
    let json = accept.contains("application/json");
    Ok(if accept.contains("application/openmetrics-text") {
        Answer::page(OPEN_METRICS_MEDIA, open_metrics(&ledgers))
    } else if accept.contains("text/plain")
        || (world.rules.metrics == MetricsForm::Prometheus && !json)
    {
        Answer::page(PROMETHEUS_MEDIA, prometheus(&ledgers))
    } else {
        Answer::value(&metrics_json(&ledgers, world.now()))
    })
}
