//! The model: listed, made on first use, or refused where models are strict.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind, Work};
use fakeai_catalog::Model;

use crate::world::World;

/// The model that the work asks for.
pub(crate) fn model(world: &World, work: &Work) -> Result<Arc<Model>, ApiError> {
    world
        .model(work.model())
        .ok_or_else(|| unknown(work.model()))
}

/// The refusal of a model that does not exist.
pub(crate) fn unknown(id: &str) -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        format!("The model `{id}` does not exist or you do not have access to it."),
    )
    .code("model_not_found")
}
