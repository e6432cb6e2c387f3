//! Operations on stored objects: the resource engine decides, this commits what it decided.

use std::sync::Arc;

use fakeai_canon::ApiError;
use fakeai_contract::{Operation, PathParams};
use fakeai_resources::{self as resources, Body, Effect, Outcome, Store};
use http::StatusCode;
use serde_json::Value;

use crate::answer::Answer;
use crate::background::Follower;
use crate::world::World;

/// A call of a resource operation.
pub(crate) struct Asked<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) params: &'a PathParams,
    pub(crate) query: &'a Value,
    pub(crate) body: Value,
    /// The number of the call in its world.
    pub(crate) number: u64,
}

/// Applies the call and commits its changes.
pub(crate) fn answer(world: &Arc<World>, asked: Asked<'_>) -> Result<Answer, ApiError> {
    let context = context(world, asked.number);
    let call = resources::Call {
        operation: asked.operation,
        params: asked.params,
        query: asked.query,
        body: asked.body,
    };
    match resources::apply(call, &world.store, &context)? {
        Outcome::Answer(answer) => commit(world, answer, asked.operation),
        Outcome::Follow { id, starting_after } => follow(world, &id, starting_after),
    }
}

/// What an operation answers that no code serves: made up from its schema in mock mode, an error
/// that names it otherwise.
pub(crate) fn unserved(world: &Arc<World>, asked: &Asked<'_>) -> Result<Answer, ApiError> {
    if !world.is_mock() {
        return Err(resources::not_served(asked.operation));
    }
    let context = context(world, asked.number);
    let made = resources::make_up(asked.operation, asked.params, &asked.body, &context);
    commit(world, made, asked.operation)
}

fn context(world: &World, number: u64) -> resources::Context {
    resources::Context {
        now: world.now(),
        seed: world.seed.fork("object").nth(number),
        mode: world.rules.mode,
    }
}

fn commit(
    world: &Arc<World>,
    made: resources::Answer,
    operation: &'static Operation,
) -> Result<Answer, ApiError> {
    world.store.commit(made.changes)?;
    for effect in made.effects {
        match effect {
            Effect::CancelWork { id } => {
                if let Some(log) = world.logs.find(&id) {
                    log.cancel();
                }
            }
        }
    }
    let mut answer = match made.body {
        Body::Empty => Answer::json(""),
        Body::Json(value) => Answer::value(&value),
        Body::Bytes { media, bytes } => Answer::typed(&media, bytes),
    };
    answer.status = StatusCode::from_u16(made.status).unwrap_or(StatusCode::OK);
    Ok(answer.of(operation))
}

fn follow(world: &World, id: &str, starting_after: Option<u64>) -> Result<Answer, ApiError> {
    let log = world.logs.find(id);
    let Some(log) = log.filter(|log| log.streamed || world.is_mock()) else {
        return Err(resources::not_streamable());
    };
    let first = starting_after.map_or(0, |number| (number as usize).saturating_add(1));
    Ok(Answer::follow(Follower::new(log, first)))
}
