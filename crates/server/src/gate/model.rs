//! The model: listed, made on first use, or refused where models are strict.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind, Work};
use fakeai_catalog::Model;

use crate::world::World;

/// The refusal of a request that names no model, in the words of the older endpoints.
pub(crate) fn missing() -> ApiError {
    ApiError::invalid("you must provide a model parameter")
}

/// The model that the work asks for.
pub(crate) fn model(world: &World, project: &str, work: &Work) -> Result<Arc<Model>, ApiError> {
    if work.model().is_empty() && !world.is_mock() {
        return Err(missing());
    }
    if !world.is_mock() && !is_name(work.model()) {
        let shown: String = work.model().chars().take(LONGEST_NAME).collect();
        return Err(unknown(&shown));
    }
    world
        .model(project, work.model())
        .ok_or_else(|| unknown(work.model()))
}

/// Characters that the name of a model may have.
const LONGEST_NAME: usize = 256;

fn is_name(id: &str) -> bool {
    id.len() <= LONGEST_NAME && !id.chars().any(char::is_control)
}

/// The refusal of a model that does not exist.
pub(crate) fn unknown(id: &str) -> ApiError {
    ApiError::new(
        ErrorKind::NotFound,
        format!("The model `{id}` does not exist or you do not have access to it."),
    )
    .code("model_not_found")
}
