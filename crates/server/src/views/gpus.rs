//! `GET /dcgm/metrics`: the GPUs of the engine, as NVIDIA's exporter shows them, and
//! `POST /_fakeai/gpus/{n}`: what is to happen to one of them.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_catalog::hardware::is_fatal_xid;
use fakeai_engine::serving::{LiveEngine, Order};
use fakeai_telemetry::{DcgmCounters, GpuSample, PROMETHEUS_MEDIA, dcgm_json, dcgm_text};
use http::header::ACCEPT;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::gpus::{GpuRoom, GpuStrike};
use crate::world::World;

/// The exporter's page; JSON where the client asks for it.
pub(super) fn metrics(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    query: &Value,
) -> Result<Answer, ApiError> {
    let gpus = samples(world, call)?;
    let accept = call.head.headers.get(ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let asks = accept.is_some_and(|accept| accept.contains("application/json"));
    let counters = world.rules.dcgm_counters;
    Ok(match query["format"].as_str() {
        Some("json") => Answer::value(&dcgm_json(&gpus, counters)),
        None if asks => Answer::value(&dcgm_json(&gpus, counters)),
        Some(_) | None => Answer::page(PROMETHEUS_MEDIA, dcgm_text(&gpus, counters)),
    })
}

/// All GPUs with all that is known of them.
pub(super) fn list(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let gpus = samples(world, call)?;
    Ok(Answer::value(&dcgm_json(&gpus, DcgmCounters::All)))
}

/// `{"xid": 79}`, `{"ecc": {"corrected": 2, "uncorrected": 1}}`, `{"pcie_replays": 3}`,
/// `{"ambient_celsius": 60}`, or several of them.
pub(super) fn strike(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let (room, engine) = room(world, call)?;
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let strike = read(&body)?;
    let name = call.head.path.rsplit('/').next().unwrap_or_default();
    let number: Option<usize> = name.parse().ok();
    let there = number.and_then(|number| {
        let replica = engine.look(|cluster| cluster.replica_of_gpu(number));
        Some((number, replica?))
    });
    let Some((number, replica)) = there else {
        return Err(ApiError::not_found(format!("There is no GPU '{name}'.")));
    };
    room.strike(number, &strike);
    if let Some(celsius) = strike.ambient {
        engine.set_ambient(number, celsius);
    }
    // The process that runs there ends, and with it the replica that the GPU is a part of.
    if strike.xid.is_some_and(is_fatal_xid) {
        engine.order(Order::Fail(replica));
    }
    let all = dcgm_json(&samples(world, call)?, DcgmCounters::All);
    Ok(Answer::value(&all["data"][number]))
}

fn room<'a>(world: &'a World, call: &Call) -> Result<(&'a GpuRoom, &'a LiveEngine), ApiError> {
    let both = world.gpus.as_deref().zip(world.serving.as_deref());
    both.ok_or_else(|| unknown_path(&call.head, &call.head.path))
}

fn samples(world: &World, call: &Call) -> Result<Vec<GpuSample>, ApiError> {
    let (room, engine) = room(world, call)?;
    Ok(room.samples(&engine.gpu_readings()))
}

fn read(body: &Value) -> Result<GpuStrike, ApiError> {
    const FIELDS: [&str; 4] = ["xid", "ecc", "pcie_replays", "ambient_celsius"];
    const ECC: [&str; 2] = ["corrected", "uncorrected"];
    known(body, &FIELDS, "")?;
    known(body.get("ecc").unwrap_or(&json!({})), &ECC, "ecc.")?;
    let ambient = match &body["ambient_celsius"] {
        Value::Null => None,
        value => Some(
            value
                .as_f64()
                .filter(|celsius| (-40.0..=120.0).contains(celsius))
                .ok_or_else(|| wrong("ambient_celsius", "a number from -40 to 120"))?,
        ),
    };
    Ok(GpuStrike {
        xid: match &body["xid"] {
            Value::Null => None,
            xid => Some(count(xid, "xid", 1_000)? as u32),
        },
        corrected: count(&body["ecc"]["corrected"], "ecc.corrected", MOST)?,
        uncorrected: count(&body["ecc"]["uncorrected"], "ecc.uncorrected", MOST)?,
        pcie_replays: count(&body["pcie_replays"], "pcie_replays", MOST)?,
        ambient,
    })
}

/// As much may be added to a counter at once.
const MOST: u64 = 1_000_000_000;

fn known(object: &Value, fields: &[&str], before: &str) -> Result<(), ApiError> {
    let Some(object) = object.as_object() else {
        return Err(ApiError::invalid("The body has to be a JSON object."));
    };
    match object.keys().find(|name| !fields.contains(&name.as_str())) {
        Some(name) => Err(wrong(&format!("{before}{name}"), "no such field")),
        None => Ok(()),
    }
}

fn count(value: &Value, name: &str, most: u64) -> Result<u64, ApiError> {
    match value {
        Value::Null => Ok(0),
        value => value
            .as_u64()
            .filter(|count| *count <= most)
            .ok_or_else(|| wrong(name, &format!("a whole number from 0 to {most}"))),
    }
}

fn wrong(name: &str, expected: &str) -> ApiError {
    ApiError::invalid(format!("Invalid '{name}': expected {expected}.")).param(name.to_owned())
}
