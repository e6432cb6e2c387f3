//! What a run needs and can have before its turn: passages of its stores that a model calculates. Not
//! here: the run.

use std::sync::Arc;

use fakeai_canon::{ApiError, Tool, Work};
use fakeai_dialects::{Context, Decoded};
use serde_json::Value;

use crate::documents;
use crate::gateway::Gateway;
use crate::infer::{Asked, owned};
use crate::world::World;

/// Reads what the run will search and nobody has read: files that still wait for it, and what the
/// indexes of its stores lack. Nobody waits for that who asks for something else. What the call is
/// to be refused for is told later.
///
/// # Errors
/// The store is full, or can't be reached.
pub(crate) fn catch_up(
    gateway: &Gateway,
    world: &Arc<World>,
    asked: &Asked<'_>,
    context: &Context<'_>,
) -> Result<(), ApiError> {
    let Ok(opened) = (asked.endpoint.open)(decoded(asked), context) else {
        return Ok(());
    };
    let Work::Generate(work) = opened.work else {
        return Ok(());
    };
    let stores = work.tools.iter().flat_map(|tool| match tool {
        Tool::Hosted { settings, .. } => settings.0["vector_store_ids"].as_array(),
        Tool::Function { .. } | Tool::Custom { .. } => None,
    });
    let stores: Vec<&str> = stores.flatten().filter_map(Value::as_str).collect();
    let objects = world.objects(&asked.caller.project);
    documents::read_ahead(gateway, world, objects, &stores)?;
    world.catch_up(objects, &stores);
    Ok(())
}

/// The call as its endpoint reads it, which a run's has no files for.
pub(crate) fn decoded(asked: &Asked<'_>) -> Decoded {
    Decoded {
        body: asked.body.clone(),
        params: owned(&asked.params),
        query: Value::clone(&asked.query),
        files: Vec::new(),
        base: asked.base.clone(),
    }
}
