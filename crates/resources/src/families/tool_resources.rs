//! The resources that the tools of assistants and threads may use: files of programs, and vector
//! stores, which may be made along with who uses them. What messages bring along comes to those of
//! their thread.

use fakeai_canon::ApiError;
use serde_json::{Map, Value, json};

use super::vector_stores;
use crate::Next;
use crate::apply::Site;
use crate::verbs::Draft;

/// Days that the store of a thread's own attachments is kept after it was used last.
const DAYS: u64 = 7;

/// Brings the resources of an object that is about to be stored into their stored form.
///
/// # Errors
/// A store or file that is not there.
pub(super) fn settle(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    if site.call.body["tool_resources"].is_null() {
        return Ok(());
    }
    let resources = draft.object.get_mut("tool_resources");
    let search = resources.and_then(|resources| resources.get_mut("file_search"));
    let Some(search) = search.and_then(Value::as_object_mut) else {
        return Ok(());
    };
    let new = search.remove("vector_stores");
    let ids = search
        .entry("vector_store_ids")
        .or_insert_with(|| json!([]));
    for id in ids.as_array().into_iter().flatten() {
        vector_stores::exists(site, id.as_str().unwrap_or_default())?;
    }
    let new = new.as_ref().and_then(Value::as_array);
    for store in new.into_iter().flatten() {
        let id = vector_stores::along(site, store.clone(), &mut draft.next)?;
        if let Some(ids) = ids.as_array_mut() {
            ids.push(json!(id));
        }
    }
    Ok(())
}

/// Gives a thread what these messages, as they were sent, bring along for its tools. True where the
/// thread itself has changed.
///
/// # Errors
/// A file that is not there.
pub(super) fn attach<'v>(
    site: &Site<'_>,
    thread: &mut Map<String, Value>,
    messages: impl Iterator<Item = &'v Value>,
    next: &mut Next,
) -> Result<bool, ApiError> {
    let attachments: Vec<&Value> = messages
        .filter_map(|message| message["attachments"].as_array())
        .flatten()
        .collect();
    let of = |tool: &str| {
        let uses = |attachment: &&&Value| {
            let mut tools = attachment["tools"].as_array().into_iter().flatten();
            tools.any(|given| given["type"] == tool)
        };
        let files = attachments.iter().filter(uses);
        files
            .map(|file| file["file_id"].clone())
            .collect::<Vec<_>>()
    };
    let (searched, run) = (of("file_search"), of("code_interpreter"));
    let resources = thread.entry("tool_resources").or_insert(Value::Null);
    if resources.is_null() {
        *resources = json!({});
    }
    let store = resources["file_search"]["vector_store_ids"][0].as_str();
    match store.map(str::to_owned) {
        _ if searched.is_empty() => {}
        Some(store) => vector_stores::attach(site, &store, &searched, next)?,
        None => {
            let expiry = json!({"anchor": "last_active_at", "days": DAYS});
            let body = json!({"file_ids": searched, "expires_after": expiry});
            let id = vector_stores::along(site, body, next)?;
            resources["file_search"] = json!({"vector_store_ids": [id]});
        }
    }
    let mut files = resources["code_interpreter"]["file_ids"].clone();
    if !run.is_empty() {
        if !files.is_array() {
            files = json!([]);
        }
        if let Some(files) = files.as_array_mut() {
            files.extend(run.iter().cloned());
        }
        resources["code_interpreter"] = json!({"file_ids": files});
    }
    Ok(!searched.is_empty() || !run.is_empty())
}
