//! Control of a world by its user: what was called, what was checked, a fresh start, the clock.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call, Micros};
use fakeai_contract::decode_query;
use fakeai_telemetry::JournalFilter;
use serde_json::{Value, json};

use super::health::timestamp;
use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

/// The last calls, newest first.
pub(super) fn journal(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let filter = JournalFilter::from_query(&decode_query(&call.head.query))?;
    Ok(Answer::value(&world.journal.list(&filter)))
}

/// Forgets the last calls.
pub(super) fn clear_journal(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    world.journal.clear();
    Ok(Answer::value(
        &json!({"object": "journal", "deleted": true}),
    ))
}

/// What was held against its contract since the start, in all worlds.
pub(super) fn checks(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let checks = &gateway.checks;
    Ok(Answer::value(&json!({
        "object": "checks",
        "enabled": world.rules.check_responses,
        "checked": checks.checked(),
        "violations": checks.violations(),
        "panics": checks.panics(),
        "texts": checks.texts(),
    })))
}

/// What became of the world's last events, the newest first.
pub(super) fn webhooks(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let data = world.deliveries.list();
    Ok(Answer::value(&json!({"object": "list", "data": data})))
}

/// The names of all worlds.
pub(super) fn worlds(
    gateway: &Gateway,
    _: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let data: Vec<Value> = gateway
        .worlds
        .all()
        .iter()
        .map(|world| json!({"name": &*world.name, "requests": world.ledger.requests()}))
        .collect();
    Ok(Answer::value(&json!({"object": "list", "data": data})))
}

/// Drops the world with all its state.
pub(super) fn reset(
    gateway: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    gateway.worlds.reset(&world.name);
    Ok(Answer::value(
        &json!({"object": "world", "name": &*world.name, "reset": true}),
    ))
}

/// The world's time.
pub(super) fn clock(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    Ok(Answer::value(&show_clock(world)))
}

/// The longest jump of a virtual clock: a hundred years.
const MOST_SECONDS: f64 = 3_153_600_000.0;

/// Moves a virtual clock: `{"advance_seconds": 60}`.
pub(super) fn advance_clock(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    if !world.clock.is_virtual() {
        return Err(ApiError::invalid(
            "This world's clock is real and can't be moved. Start the server with --clock virtual.",
        ));
    }
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let span = body
        .get("advance_seconds")
        .and_then(Value::as_f64)
        .filter(|span| (0.0..=MOST_SECONDS).contains(span));
    let Some(span) = span else {
        return Err(ApiError::invalid(
            "Invalid 'advance_seconds': expected a number of seconds from 0 to 3153600000.",
        )
        .param("advance_seconds"));
    };
    world
        .clock
        .advance(world.now() + Micros::from_seconds(span));
    Ok(Answer::value(&show_clock(world)))
}

fn show_clock(world: &World) -> Value {
    let now = world.now();
    json!({
        "object": "clock",
        "virtual": world.clock.is_virtual(),
        "now": now.seconds(),
        "timestamp": timestamp(now),
    })
}
