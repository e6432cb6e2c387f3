//! Runs: they are begun and continued by whoever generates; here they are cancelled and expire.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::{Hooks, thread_messages};
use crate::apply::{Moment, Site};
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Record};
use crate::{Effect, Next, Order, Outcome, verbs};

pub(crate) const FAMILY: &str = "threads.runs";
pub(crate) const STEPS: &str = "threads.runs.steps";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("cancelRun", cancel)],
    due: Some(due),
    expires: true,
    kept: Some(kept),
    interrupted: Some(interrupted),
    ..Hooks::NONE
};

/// The run that keeps a thread from being changed. There is at most one, the newest.
pub(super) fn active(store: Objects<'_>, thread: &str) -> Option<Arc<Record>> {
    let page = store.page(&PageQuery {
        family: FAMILY,
        parent: Some(thread),
        after: None,
        before: None,
        order: Order::Descending,
        limit: 1,
        filters: Vec::new(),
    });
    let newest = page.ok()?.records.pop()?;
    is_active(&newest).then_some(newest)
}

fn status(record: &Record) -> &str {
    record.object["status"].as_str().unwrap_or_default()
}

fn is_active(record: &Record) -> bool {
    matches!(
        status(record),
        "queued" | "in_progress" | "requires_action" | "cancelling"
    )
}

/// A run is seen to be cancelling once; it is cancelled as soon as anybody looks again.
fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let status = status(&record);
    if !is_active(&record) || status == "cancelling" {
        let message = site.family.wording("ended").replace("{status}", status);
        return Err(ApiError::invalid(message));
    }
    let mut object = Value::clone(&record.object);
    object["status"] = json!("cancelling");
    object["required_action"] = Value::Null;
    let cancelling = Record {
        due: Some(site.context.now),
        ..Record::clone(&record)
    };
    let mut answer = verbs::replace(&cancelling, object);
    answer.next.effects.push(Effect::CancelWork {
        id: record.id.clone(),
    });
    Ok(Outcome::Answer(answer))
}

/// A run that is being cancelled is cancelled; one whose time is over has expired.
fn due(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    if !is_active(record) {
        return Ok(crate::forgotten(record));
    }
    let (word, reason) = if status(record) == "cancelling" {
        ("cancelled", "run_cancelled")
    } else {
        ("expired", "run_expired")
    };
    let now = moment.context.now;
    let mut changes = vec![Change::Replace(ended(record, word, now))];
    changes.extend(steps_below(moment, record, word));
    changes.extend(messages_of(moment, record, reason));
    Ok(Next {
        changes,
        effects: vec![Effect::CancelWork {
            id: record.id.clone(),
        }],
    })
}

fn ended(record: &Record, word: &str, now: Micros) -> Record {
    let mut object = Value::clone(&record.object);
    object["status"] = json!(word);
    object["required_action"] = Value::Null;
    if word == "cancelled" {
        object["cancelled_at"] = json!(now.whole_seconds());
        object["expires_at"] = Value::Null;
    }
    Record {
        object: Arc::new(object),
        due: None,
        ..record.clone()
    }
}

/// A run whose server has ended failed.
fn interrupted(record: &Record, now: Micros) -> Value {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("failed");
    object["failed_at"] = json!(now.whole_seconds());
    object["expires_at"] = Value::Null;
    object["last_error"] = json!({
        "code": "server_error",
        "message": super::responses::interruption(),
    });
    object
}

/// The steps that were under way end with their run.
fn steps_below(moment: &Moment<'_>, run: &Record, word: &str) -> Vec<Change> {
    let now = moment.context.now.whole_seconds();
    let ended = |step: Arc<Record>| {
        let mut object = Value::clone(&step.object);
        object["status"] = json!(word);
        object[format!("{word}_at")] = json!(now);
        changed(&step, object)
    };
    newest(moment.means.store, STEPS, &run.id)
        .into_iter()
        .filter(|step| status(step) == "in_progress")
        .map(ended)
        .collect()
}

/// The message that was being written stays as far as it came.
fn messages_of(moment: &Moment<'_>, run: &Record, reason: &str) -> Vec<Change> {
    let thread = run.parent.as_ref().map(|thread| thread.id.as_str());
    let now = moment.context.now.whole_seconds();
    let cut = |message: Arc<Record>| {
        let mut object = Value::clone(&message.object);
        object["status"] = json!("incomplete");
        object["incomplete_details"] = json!({"reason": reason});
        object["incomplete_at"] = json!(now);
        changed(&message, object)
    };
    newest(
        moment.means.store,
        thread_messages::FAMILY,
        thread.unwrap_or_default(),
    )
    .into_iter()
    .filter(|message| status(message) == "in_progress" && message.object["run_id"] == *run.id)
    .map(cut)
    .collect()
}

/// A run has few objects under way at a time, and they are its newest.
const UNDER_WAY: usize = 8;

fn newest(store: Objects<'_>, family: &'static str, parent: &str) -> Vec<Arc<Record>> {
    let page = store.page(&PageQuery {
        family,
        parent: Some(parent),
        after: None,
        before: None,
        order: Order::Descending,
        limit: UNDER_WAY,
        filters: Vec::new(),
    });
    page.map(|page| page.records).unwrap_or_default()
}

fn changed(record: &Record, object: Value) -> Change {
    Change::Replace(Record {
        object: Arc::new(object),
        ..record.clone()
    })
}

/// What has ended stays ended, what is being cancelled goes on only to its end, and what clients
/// set on the run stays.
fn kept(_: Objects<'_>, old: Option<&Record>, new: &mut Record) -> bool {
    if let Some(old) = old {
        if !is_active(old) {
            return false;
        }
        if status(old) == "cancelling" && is_active(new) {
            return false;
        }
        new.created = old.created;
        keep_metadata(old, new);
    }
    let expiry = new.object["expires_at"].as_f64();
    new.due = expiry.filter(|_| is_active(new)).map(Micros::from_seconds);
    true
}

/// The metadata that a client has set meanwhile.
pub(super) fn keep_metadata(old: &Record, new: &mut Record) {
    if old.object["metadata"] != new.object["metadata"] && old.object["metadata"].is_object() {
        let mut object = Value::clone(&new.object);
        object["metadata"] = old.object["metadata"].clone();
        new.object = Arc::new(object);
    }
}
