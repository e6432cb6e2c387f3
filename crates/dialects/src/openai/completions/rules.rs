//! Rules that tie one field of a completion to another, or to the model. Realistic mode only.

use fakeai_canon::{ApiError, ErrorKind};
use fakeai_catalog::{Endpoint, Model};
use serde_json::Value;

use crate::openai::bounds;
use crate::openai::fields::{Fields, into_integer};

/// Holds a body against all rules.
///
/// # Errors
/// The provider's own for the first rule that is broken.
pub(super) fn check(body: &Fields, model: &Model) -> Result<(), ApiError> {
    completes(model)?;
    bounds::needs_enabled(body, "stream_options", "stream")?;
    bounds::logit_bias(body)?;
    if let Some(prompts) = body.peek("prompt").and_then(Value::as_array) {
        bounds::array("prompt", prompts.len(), 1, 2048)?;
    }
    enough_candidates(body)
}

fn completes(model: &Model) -> Result<(), ApiError> {
    if model.serves(Endpoint::Completions) {
        return Ok(());
    }
    if model.serves(Endpoint::Chat) {
        return Err(ApiError::not_found(
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean \
             to use v1/chat/completions?",
        )
        .param("model"));
    }
    if model.serves(Endpoint::Responses) {
        return Err(ApiError::not_found(
            "This model is only supported in v1/responses and not in v1/completions.",
        )
        .param("model"));
    }
    let problem = "You are not allowed to sample from this model";
    Err(ApiError::new(ErrorKind::Permission, problem))
}

fn enough_candidates(body: &Fields) -> Result<(), ApiError> {
    let choices = body.peek("n").and_then(into_integer).unwrap_or(1);
    let Some(candidates) = body.peek("best_of").and_then(into_integer) else {
        return Ok(());
    };
    if candidates < choices {
        return Err(ApiError::invalid(format!(
            "You requested that the server return more choices than it will generate (HINT: you \
             must set 'best_of' (currently {candidates}) to be at least 'n' (currently {choices}), \
             or omit either parameter if you don't specifically want to use them.)"
        ))
        .param("best_of"));
    }
    let streams = body.peek("stream").and_then(Value::as_bool) == Some(true);
    if streams && candidates > choices {
        return Err(ApiError::invalid(format!(
            "Setting 'stream' with 'best_of' greater than 'n' is not supported: 'best_of' is \
             {candidates} and 'n' is {choices}."
        ))
        .param("best_of"));
    }
    Ok(())
}
