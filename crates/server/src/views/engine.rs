//! Control of the simulated serving engine: how its replicas stand, failures, drains, new ones.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use fakeai_engine::serving::{LiveEngine, Order, Role, WorkerState};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::Gateway;
use crate::world::World;

fn engine(world: &World) -> Result<&Arc<LiveEngine>, ApiError> {
    world.serving.as_ref().ok_or_else(|| {
        ApiError::invalid(
            "No serving engine is simulated here. Start the server with --engine vllm, sglang or trtllm.",
        )
    })
}

/// How each replica stands.
pub(super) fn workers(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    Ok(list(engine(world)?))
}

fn list(engine: &LiveEngine) -> Answer {
    let data: Vec<Value> = engine.workers().iter().map(shown).collect();
    Answer::value(&json!({"object": "list", "data": data}))
}

fn shown(worker: &WorkerState) -> Value {
    json!({
        "object": "worker",
        "number": worker.number,
        "role": worker.role.name(),
        "state": worker.state.name(),
        "sleeps": worker.sleep.is_some(),
        "running": worker.running,
        "waiting": worker.waiting,
        "loading": worker.loading,
        "blocks": worker.blocks,
        "used_blocks": worker.used_blocks,
        "host_blocks": worker.host_blocks,
    })
}

/// Replicas that may be added while a server runs.
const MOST_WORKERS: usize = 1_000;

/// Does something to a replica: `{"worker": 0, "action": "fail"}`, also `drain` and `restore`; or
/// adds one: `{"action": "add", "role": "decode"}`.
pub(super) fn order(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let engine = engine(world)?;
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let number = body["worker"]
        .as_u64()
        .and_then(|number| u32::try_from(number).ok());
    let order = match (body["action"].as_str(), number) {
        (Some("fail"), Some(number)) => Order::Fail(number),
        (Some("drain"), Some(number)) => Order::Drain(number),
        (Some("restore"), Some(number)) => Order::Restore(number),
        (Some("fail" | "drain" | "restore"), None) => {
            return Err(ApiError::invalid(
                "Missing 'worker': the number of a replica, as GET shows them.",
            )
            .param("worker"));
        }
        (Some("add"), _) => Order::Add(role(engine, &body)?),
        (Some(_) | None, _) => {
            return Err(ApiError::invalid(
                "Invalid 'action': expected one of fail, drain, restore, add.",
            )
            .param("action"));
        }
    };
    if !engine.order(order) {
        return Err(ApiError::not_found("There is no replica of that number.").param("worker"));
    }
    Ok(list(engine))
}

/// What a replica that is added does: what those do that are there, unless it is said.
fn role(engine: &LiveEngine, body: &Value) -> Result<Role, ApiError> {
    let there = engine.workers();
    if there.len() >= MOST_WORKERS {
        return Err(ApiError::invalid(format!(
            "There are {MOST_WORKERS} replicas already."
        )));
    }
    match body["role"].as_str() {
        None => Ok(there.last().map_or(Role::Whole, |worker| worker.role)),
        Some("whole") => Ok(Role::Whole),
        Some("prefill") => Ok(Role::Prefill),
        Some("decode") => Ok(Role::Decode),
        Some(_) => Err(ApiError::invalid(
            "Invalid 'role': expected one of whole, prefill, decode.",
        )
        .param("role")),
    }
}
