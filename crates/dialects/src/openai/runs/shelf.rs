//! Where runs find what they speak of, and the provider's errors where it is not there.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::Value;

use crate::Context;

/// Family of assistants.
pub(super) const ASSISTANTS: &str = "assistants";
/// Family of threads.
pub(super) const THREADS: &str = "threads";
/// Family of a thread's messages.
pub(super) const MESSAGES: &str = "threads.messages";
/// Family of a thread's runs.
pub(super) const RUNS: &str = "threads.runs";
/// Family of a run's steps.
pub(super) const STEPS: &str = "threads.runs.steps";
/// Family of what a run remembers and does not show; there is one, with the run's id.
pub(super) const NOTES: &str = "threads.runs.notes";

/// An object, or the provider's sentence that there is none.
///
/// # Errors
/// It is not there (404).
pub(super) fn find(
    family: &str,
    noun: &str,
    id: &str,
    context: &Context<'_>,
) -> Result<Arc<Value>, ApiError> {
    let found = context.shelf.object(family, id);
    found.ok_or_else(|| ApiError::not_found(format!("No {noun} found with id '{id}'.")))
}

/// Refuses a second run beside an active one.
///
/// # Errors
/// The thread has a run that has not ended (400).
pub(super) fn is_free(thread: &str, context: &Context<'_>) -> Result<(), ApiError> {
    let runs = context.shelf.children(RUNS, thread);
    let active = runs.last().filter(|run| is_active(run));
    match active.and_then(|run| run["id"].as_str()) {
        Some(run) => Err(ApiError::invalid(format!(
            "Thread {thread} already has an active run {run}."
        ))),
        None => Ok(()),
    }
}

fn is_active(run: &Value) -> bool {
    let status = run["status"].as_str().unwrap_or_default();
    ["queued", "in_progress", "requires_action", "cancelling"].contains(&status)
}
