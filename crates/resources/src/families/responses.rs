//! Responses: they can be followed as a stream and cancelled while they run in the background.

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::Hooks;
use crate::apply::Site;
use crate::family::{Family, families};
use crate::store::Record;
use crate::{Answer, Effect, Next, Outcome, verbs};

pub(crate) const FAMILY: &str = "responses";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("getResponse", retrieve),
        ("beta_getResponse", retrieve),
        ("cancelResponse", cancel),
        ("beta_cancelResponse", cancel),
    ],
    deleted: Some(deleted),
    interrupted: Some(interrupted),
    ..Hooks::NONE
};

fn family() -> &'static Family {
    families()
        .get(FAMILY)
        .expect("the rows have a family of responses")
}

/// The error for a stored response whose frames were not kept (400).
pub fn not_streamable() -> ApiError {
    ApiError::invalid(family().wording("unstreamed")).param("stream")
}

/// A retrieve with `stream=true` follows the frames; only background responses have them.
fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let query = site.call.query;
    if query["stream"] != json!(true) {
        return verbs::retrieve(site).map(Outcome::Answer);
    }
    let record = site.record()?;
    if !background(&record) {
        return Err(ApiError::invalid(family().wording("foreground_stream")).param("stream"));
    }
    Ok(Outcome::Follow {
        id: record.id.clone(),
        starting_after: query["starting_after"].as_u64(),
    })
}

/// The work behind a response that is deleted ends.
fn deleted(_: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    next.effects.extend(still_running(record));
    Ok(())
}

/// Cancels a background response that has not ended; one that is cancelled already stays so.
fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let refused = |reason: &str| ApiError::invalid(family().wording(reason)).param("response_id");
    if !background(&record) {
        return Err(refused("synchronous"));
    }
    match record.object["status"].as_str() {
        Some("cancelled") => Ok(Outcome::Answer(Answer::json(record.object.clone()))),
        Some(ended @ ("completed" | "failed" | "incomplete")) => Err(refused(ended)),
        _ => Ok(Outcome::Answer(cancelled(&record))),
    }
}

fn cancelled(record: &Record) -> Answer {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("cancelled");
    let mut answer = verbs::replace(record, object);
    answer.next.effects.extend(still_running(record));
    answer
}

/// What an object says whose server has ended while it was worked on.
pub(super) fn interruption() -> &'static str {
    family().wording("interrupted")
}

/// A response whose server has ended failed.
fn interrupted(record: &Record, _: Micros) -> Value {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("failed");
    object["error"] = json!({
        "code": "server_error",
        "message": interruption(),
    });
    for item in object["output"].as_array_mut().into_iter().flatten() {
        if item["status"] == "in_progress" {
            item["status"] = json!("incomplete");
        }
    }
    object
}

/// The end of the work behind a response that has not ended.
fn still_running(record: &Record) -> Option<Effect> {
    let running = matches!(
        record.object["status"].as_str(),
        Some("queued" | "in_progress")
    );
    running.then(|| Effect::CancelWork {
        id: record.id.clone(),
    })
}

fn background(record: &Record) -> bool {
    record.object["background"] == json!(true)
}
