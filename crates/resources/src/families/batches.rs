//! Batches: what they go through, from the reading of their input to the files that come of it.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind, Micros};
use serde_json::{Value, json};

use super::batch_work::{PIECES, Work, add_usage};
use super::files::{self, Made};
use super::{Hooks, batch_input, pieces, wording};
use crate::apply::{Moment, Site};
use crate::objects::Objects;
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Answer, Effect, Next, Outcome, Returned, verbs};

pub(super) const FAMILY: &str = "batches";

/// The only completion window that there is.
const WINDOW: Micros = Micros::from_millis(24 * 3_600_000);

/// How long lines under way may take to end once a batch is cancelled: the provider's published
/// limit.
const CANCELLING: Micros = Micros::from_millis(600_000);

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("cancelBatch", cancel)],
    created: Some(created),
    due: Some(due),
    returned: Some(returned),
    ..Hooks::NONE
};

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let input = site.call.body["input_file_id"].as_str().unwrap_or_default();
    let Some(file) = site.store.find(files::FAMILY, None, input) else {
        let missing = wording::family(files::FAMILY).missing(input).message;
        return Err(ApiError::invalid(missing).param("input_file_id"));
    };
    let purpose = file.object["purpose"].as_str().unwrap_or_default();
    if purpose != "batch" {
        let values = [("id", input.to_owned()), ("purpose", purpose.to_owned())];
        let error = wording::refused(site.family, "wrong_purpose", &values);
        return Err(error.param("input_file_id"));
    }
    let expiry = site.context.now + WINDOW;
    let Value::Object(more) = json!({
        "status": "validating",
        "expires_at": expiry.whole_seconds(),
        "model": null,
        "errors": null,
        "output_file_id": null,
        "error_file_id": null,
        "in_progress_at": null,
        "finalizing_at": null,
        "completed_at": null,
        "failed_at": null,
        "expired_at": null,
        "cancelling_at": null,
        "cancelled_at": null,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "usage": {
            "input_tokens": 0,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 0,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 0,
        },
    }) else {
        return Ok(());
    };
    draft.object.extend(more);
    let expires_after = site.call.body["output_expires_after"]["seconds"].as_u64();
    draft.record.private = Work::on(0, expires_after).remembered();
    draft.record.due = Some(site.context.now);
    Ok(())
}

fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let status = status(&record).to_owned();
    match status.as_str() {
        "cancelling" => {
            let unchanged = verbs::show(site, &record);
            return Ok(Outcome::Answer(Answer::json(unchanged)));
        }
        "validating" | "in_progress" | "finalizing" => {}
        _ => {
            let values = [("status", status)];
            let message = wording::sentence(site.family, "not_cancellable", &values);
            return Err(ApiError::new(ErrorKind::Conflict, message));
        }
    }
    let now = site.context.now;
    let rests = Work::of(&record).rests();
    let end = if rests { now } else { now + CANCELLING };
    let cancelled = Record {
        due: Some(end),
        ..Record::clone(&record)
    };
    let object = turned(&record, "cancelling", now);
    Ok(Outcome::Answer(verbs::replace(&cancelled, object)))
}

/// What the batch goes through next. What can't be done makes it fail.
fn due(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let next = match status(record) {
        "validating" => validated(moment, record),
        "in_progress" => expired(moment, record),
        "finalizing" => finished(moment, record, Work::of(record), "completed"),
        "cancelling" => cancelled(moment, record),
        _ => Ok(crate::forgotten(record)),
    };
    Ok(next.unwrap_or_else(|error| broken(moment, record, &error)))
}

fn returned(moment: &Moment<'_>, record: &Record, answer: &Returned) -> Result<Next, ApiError> {
    let next = match status(record) {
        "in_progress" | "cancelling" => went_on(moment, record, answer),
        _ => Ok(Next::default()),
    };
    Ok(next.unwrap_or_else(|error| broken(moment, record, &error)))
}

/// Reads the input; then the first lines are sent, or the batch has failed.
fn validated(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let now = moment.context.now;
    let Some(input) = input(moment.means.store, record) else {
        return Ok(failed(moment, record, vec![input_gone(record)]));
    };
    let endpoint = record.object["endpoint"].as_str().unwrap_or_default();
    let valid = match batch_input::check(endpoint, &input, moment.means)? {
        Ok(valid) => valid,
        Err(errors) => return Ok(failed(moment, record, errors)),
    };
    let mut object = turned(record, "in_progress", now);
    object["request_counts"]["total"] = json!(valid.requests);
    object["model"] = json!(valid.model);
    let mut work = Work::on(valid.requests, Work::of(record).expires_after);
    let blobs = moment.means.services.blobs();
    let sent = work.send(record, blobs, &input)?;
    let started = Record {
        object: Arc::new(object),
        private: work.remembered(),
        due: Some(record.created + WINDOW),
        ..record.clone()
    };
    Ok(Next {
        changes: vec![Change::Replace(started)],
        effects: sent.effects,
    })
}

/// A line was answered: it is counted and written, and the next ones are sent.
fn went_on(moment: &Moment<'_>, record: &Record, answer: &Returned) -> Result<Next, ApiError> {
    let now = moment.context.now;
    let blobs = moment.means.services.blobs();
    let mut work = Work::of(record);
    let Some(succeeded) = work.take(answer, moment.context.seed) else {
        return Ok(Next::default());
    };
    let mut changes = work.set_aside(record, blobs)?;
    let mut object = counted(record, answer, succeeded);
    let mut due = record.due;
    let mut effects = Vec::new();
    if status(record) == "cancelling" {
        due = if work.rests() { Some(now) } else { due };
    } else if work.is_done() {
        object["status"] = json!("finalizing");
        object["finalizing_at"] = json!(now.whole_seconds());
        due = Some(now);
    } else {
        let Some(input) = input(moment.means.store, record) else {
            return Ok(failed(moment, record, vec![input_gone(record)]));
        };
        effects = work.send(record, blobs, &input)?.effects;
    }
    changes.push(Change::Replace(Record {
        object: Arc::new(object),
        private: work.remembered(),
        due,
        ..record.clone()
    }));
    Ok(Next { changes, effects })
}

/// The batch with one more answer in its counts and its usage.
fn counted(record: &Record, answer: &Returned, succeeded: bool) -> Value {
    let mut object = Value::clone(&record.object);
    let name = if succeeded { "completed" } else { "failed" };
    let count = object["request_counts"][name].as_u64().unwrap_or_default();
    object["request_counts"][name] = json!(count + 1);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    add_usage(&mut object["usage"], &body);
    if succeeded && body["model"].is_string() {
        object["model"] = body["model"].clone();
    }
    object
}

/// The window is over: what was not answered by now is in the error file.
fn expired(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut work = Work::of(record);
    let input = input(moment.means.store, record);
    work.give_up(moment, input.as_deref(), Some("batch_expired"))?;
    finished(moment, record, work, "expired")
}

fn cancelled(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut work = Work::of(record);
    work.give_up(moment, None, None)?;
    finished(moment, record, work, "cancelled")
}

/// The batch's last state, with the files that came of it.
fn finished(
    moment: &Moment<'_>,
    record: &Record,
    work: Work,
    status: &str,
) -> Result<Next, ApiError> {
    let now = moment.context.now;
    let mut object = turned(record, status, now);
    let mut changes = pieces::removal(moment.means.store, PIECES, &record.id);
    for (kind, name, property) in [
        ("output", "output", "output_file_id"),
        ("errors", "error", "error_file_id"),
    ] {
        let Some((blob, bytes)) = work.joined(moment, record, kind)? else {
            continue;
        };
        let made = Made {
            filename: &format!("{}_{name}.jsonl", record.id),
            purpose: "batch_output",
            blob,
            bytes,
            expires_after: work.expires_after,
        };
        let file = made.record(moment.context.seed.fork(name), now);
        object[property] = json!(file.id);
        changes.push(Change::Put(file));
    }
    changes.push(ended(record, object));
    Ok(Next {
        changes,
        effects: vec![announcement(record, status)],
    })
}

/// The batch has failed; no file comes of it.
fn failed(moment: &Moment<'_>, record: &Record, errors: Vec<Value>) -> Next {
    let mut object = turned(record, "failed", moment.context.now);
    object["errors"] = json!({"object": "list", "data": errors});
    let mut changes = pieces::removal(moment.means.store, PIECES, &record.id);
    changes.push(ended(record, object));
    Next {
        changes,
        effects: vec![announcement(record, "failed")],
    }
}

/// The batch can't go on: its input can't be read any more, or its output can't be kept.
fn broken(moment: &Moment<'_>, record: &Record, error: &ApiError) -> Next {
    let error = json!({
        "code": error.code.as_deref().unwrap_or("server_error"),
        "line": null,
        "message": error.message,
        "param": null,
    });
    failed(moment, record, vec![error])
}

fn input_gone(record: &Record) -> Value {
    let id = record.object["input_file_id"].as_str().unwrap_or_default();
    batch_input::error("input_file_gone", None, None, &[("id", id.to_owned())])
}

/// The blob of the input, while the file is there.
fn input(store: Objects<'_>, record: &Record) -> Option<String> {
    let id = record.object["input_file_id"].as_str()?;
    store.find(files::FAMILY, None, id)?.blob.clone()
}

fn status(record: &Record) -> &str {
    record.object["status"].as_str().unwrap_or_default()
}

/// The object in a new state, with the time at which it came to it.
fn turned(record: &Record, status: &str, now: Micros) -> Value {
    let mut object = Value::clone(&record.object);
    object["status"] = json!(status);
    object[format!("{status}_at")] = json!(now.whole_seconds());
    object
}

/// The record without anything that only a running batch needs.
fn ended(record: &Record, object: Value) -> Change {
    Change::Replace(Record {
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        ..record.clone()
    })
}

fn announcement(record: &Record, status: &str) -> Effect {
    Effect::Announce {
        event: match status {
            "completed" => "batch.completed",
            "expired" => "batch.expired",
            "cancelled" => "batch.cancelled",
            _ => "batch.failed",
        },
        data: json!({"id": record.id}),
    }
}
