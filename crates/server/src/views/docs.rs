//! The contract as a document, and a page that shows it without anything from elsewhere.

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::world::World;

const PAGE: &str = include_str!("../../assets/docs.html");

/// The OpenAPI document.
pub(super) fn openapi(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    allowed(world, call)?;
    Ok(Answer::json(fakeai_contract::openapi_document()))
}

/// The page that shows it.
pub(super) fn page(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    allowed(world, call)?;
    Ok(Answer::page("text/html; charset=utf-8", PAGE))
}

/// What stands at the root, for whoever opens the address in a browser.
pub(super) fn landing(
    _: &Gateway,
    world: &Arc<World>,
    _: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    Ok(Answer::value(&json!({
        "name": "FakeAI",
        "version": env!("CARGO_PKG_VERSION"),
        "world": &*world.name,
        "base_url": "/v1",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "health": "/health",
        "metrics": "/metrics",
        "journal": "/_fakeai/journal",
    })))
}

fn allowed(world: &World, call: &Call) -> Result<(), ApiError> {
    if world.rules.docs {
        Ok(())
    } else {
        Err(unknown_path(&call.head, &call.head.path))
    }
}
