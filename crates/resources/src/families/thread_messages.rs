//! Messages of threads: a text or parts in, parts with annotations out. None can be added while a
//! run is active.

use std::sync::Arc;

use fakeai_canon::{ApiError, Seed};
use serde_json::{Map, Value, json};

use super::{Hooks, runs, threads, tool_resources};
use crate::apply::Site;
use crate::objects::Objects;
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Next, ids};

pub(crate) const FAMILY: &str = "threads.messages";

const OBJECT: &str = "thread.message";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    created: Some(created),
    kept: Some(kept),
    ..Hooks::NONE
};

/// The id that a seed stands for.
pub(super) fn id(seed: Seed) -> String {
    ids::of(OBJECT, seed).unwrap_or_default()
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let thread = draft.record.parent.as_ref().map(|thread| thread.id.clone());
    let thread = thread.unwrap_or_default();
    if let Some(run) = runs::active(site.store, &thread) {
        let message = site.family.wording("active").replace("{thread}", &thread);
        return Err(ApiError::invalid(message.replace("{run}", &run.id)));
    }
    let message = std::iter::once(&site.call.body);
    attach(site, &thread, message, &mut draft.next)?;
    draft.record.object = Arc::new(Value::Object(std::mem::take(&mut draft.object)));
    complete(&mut draft.record);
    draft.object = draft.record.object.as_object().cloned().unwrap_or_default();
    Ok(())
}

/// Gives the thread what messages that come to it bring along.
pub(super) fn attach<'v>(
    site: &Site<'_>,
    thread: &str,
    messages: impl Iterator<Item = &'v Value>,
    next: &mut Next,
) -> Result<(), ApiError> {
    let Some(record) = site.store.find(threads::FAMILY, None, thread) else {
        return Ok(());
    };
    let mut object = record.object.as_object().cloned().unwrap_or_default();
    if tool_resources::attach(site, &mut object, messages, next)? {
        next.changes.push(Change::Replace(Record {
            object: Arc::new(Value::Object(object)),
            ..Record::clone(&record)
        }));
    }
    Ok(())
}

/// What a run was sent along comes in as it was sent; what it says keeps the metadata that it was
/// given meanwhile.
fn kept(_: Objects<'_>, old: Option<&Record>, new: &mut Record) -> bool {
    if let Some(old) = old {
        new.created = old.created;
        runs::keep_metadata(old, new);
    }
    if new.object["object"] != OBJECT || new.object["thread_id"].is_null() {
        complete(new);
    }
    true
}

/// Brings a message that was sent into its stored form.
pub(super) fn complete(record: &mut Record) {
    let sent = &record.object;
    let given = |name: &str, usual: Value| match &sent[name] {
        Value::Null => usual,
        value => value.clone(),
    };
    let thread = record.parent.as_ref().map(|thread| thread.id.as_str());
    record.object = Arc::new(json!({
        "id": record.id,
        "object": OBJECT,
        "created_at": record.created.whole_seconds(),
        "assistant_id": null,
        "thread_id": thread,
        "run_id": null,
        "status": "completed",
        "incomplete_details": null,
        "incomplete_at": null,
        "completed_at": null,
        "role": given("role", json!("user")),
        "content": content(&sent["content"]),
        "attachments": given("attachments", json!([])),
        "metadata": given("metadata", json!({})),
    }));
}

fn content(sent: &Value) -> Value {
    match sent {
        Value::String(text) => json!([text_part(text)]),
        Value::Array(parts) => parts.iter().map(part).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => json!([]),
    }
}

fn part(sent: &Value) -> Value {
    let detailed = |name: &str| {
        let mut body = sent[name].as_object().cloned().unwrap_or_default();
        body.entry("detail").or_insert(json!("auto"));
        let mut part = Map::new();
        part.insert("type".to_owned(), json!(name));
        part.insert(name.to_owned(), Value::Object(body));
        Value::Object(part)
    };
    match sent["type"].as_str() {
        Some("text") => text_part(sent["text"].as_str().unwrap_or_default()),
        Some(image @ ("image_file" | "image_url")) => detailed(image),
        Some(_) | None => sent.clone(),
    }
}

fn text_part(text: &str) -> Value {
    json!({"type": "text", "text": {"value": text, "annotations": []}})
}
