//! What a run needs and can have before its turn: passages of its stores that a model calculates. Not
//! here: the run.

use fakeai_canon::{Tool, Work};
use fakeai_dialects::{Context, Decoded};
use serde_json::Value;

use crate::infer::{Asked, owned};
use crate::world::World;

/// Reads what the indexes of the stores lack that the run will search, so that nobody waits for that
/// beside it. What the call is to be refused for is told later.
pub(crate) fn catch_up(world: &World, asked: &Asked<'_>, context: &Context<'_>) {
    if !world.behaviour.calculates() {
        return;
    }
    let decoded = Decoded {
        body: asked.body.clone(),
        params: owned(&asked.params),
        query: Value::clone(&asked.query),
        files: Vec::new(),
        base: asked.base.clone(),
    };
    let Ok(opened) = (asked.endpoint.open)(decoded, context) else {
        return;
    };
    let Work::Generate(work) = opened.work else {
        return;
    };
    let stores = work.tools.iter().flat_map(|tool| match tool {
        Tool::Hosted { settings, .. } => settings.0["vector_store_ids"].as_array(),
        Tool::Function { .. } | Tool::Custom { .. } => None,
    });
    let stores: Vec<&str> = stores.flatten().filter_map(Value::as_str).collect();
    world.catch_up(world.objects(&asked.caller.project), &stores);
}
