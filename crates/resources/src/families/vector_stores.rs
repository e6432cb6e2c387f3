//! Vector stores: what they count and when they expire. Their files and batches are in files of
//! their own; reading and searching documents is another room's.

pub(super) mod batches;
mod counts;
pub(super) mod files;
mod search;

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Map, Value, json};

pub use search::{
    FileSearch, search_files, searchable_stores, searched, unread_files, unread_volume,
};

use super::Hooks;
use crate::apply::{Moment, Site};
use crate::family::{Family, families};
use crate::objects::Objects;
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Body, Call, Next, Order, PageQuery, verbs};
use files::Entry;

pub(crate) const FAMILY: &str = "vector_stores";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("searchVectorStore", search::act)],
    created: Some(created),
    updated: Some(updated),
    deleted: Some(deleted),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

/// Files of a page that is to have all of them; any database can count so far.
const ALL: usize = i32::MAX as usize;

const DAY: u64 = 24 * 60 * 60;

/// Refuses a store that is not there.
pub(super) fn exists(site: &Site<'_>, id: &str) -> Result<(), ApiError> {
    store_of(site.store, id).map(|_| ())
}

/// Makes a store along with the object that is to use it, as `body` asks; gives its id.
pub(super) fn along(site: &Site<'_>, body: Value, next: &mut Next) -> Result<String, ApiError> {
    let call = Call {
        operation: site.call.operation,
        params: site.call.params,
        query: site.call.query,
        body,
        files: &[],
        caller: site.call.caller,
    };
    let made = verbs::create(&Site {
        family: row(FAMILY),
        call: &call,
        ..*site
    })?;
    next.changes.extend(made.next.changes);
    next.effects.extend(made.next.effects);
    let id = match &made.body {
        Body::Json(store) => store["id"].as_str().map(str::to_owned),
        Body::Empty | Body::Bytes { .. } | Body::Blob { .. } => None,
    };
    Ok(id.unwrap_or_default())
}

/// Attaches files to a store on behalf of the object that uses it.
pub(super) fn attach(
    site: &Site<'_>,
    id: &str,
    ids: &[Value],
    next: &mut Next,
) -> Result<(), ApiError> {
    let store = store_of(site.store, id)?;
    let entries = Entry::of_ids(&json!(ids), &Value::Null, &Value::Null)?;
    let records = files::attach(site, &store, &entries, None)?;
    next.changes.push(files::grown(site, &store, &records));
    next.changes
        .extend(records.into_iter().flat_map(files::added));
    Ok(())
}

pub(super) fn row(name: &str) -> &'static Family {
    families()
        .get(name)
        .expect("the families of this program have rows")
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    draft.object.insert("usage_bytes".to_owned(), json!(0));
    draft
        .object
        .insert("file_counts".to_owned(), counts::none());
    draft.object.insert("status".to_owned(), json!("completed"));
    let expiry = verbs::tellable(site, "expires_after", &body["expires_after"]);
    draft.object.insert("expires_after".to_owned(), expiry);
    draft.record.due = active(&mut draft.object, site.context.now);
    let entries = Entry::of_ids(&body["file_ids"], &Value::Null, &body["chunking_strategy"])?;
    let records = files::records(site, &draft.record.id, &entries, None)?;
    for record in records {
        counts::moved(&mut draft.object, None, Some("in_progress"));
        draft.next.changes.extend(files::added(record));
    }
    Ok(())
}

fn updated(site: &Site<'_>, _: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    if let Some(expiry) = site.call.body.get("expires_after") {
        let expiry = verbs::tellable(site, "expires_after", expiry);
        draft.object.insert("expires_after".to_owned(), expiry);
    }
    draft.record.due = active(&mut draft.object, site.context.now);
    Ok(())
}

/// Notes that a store is used now, and gives when it expires.
fn active(store: &mut Map<String, Value>, now: Micros) -> Option<Micros> {
    if store.get("status") == Some(&json!("expired")) {
        return None;
    }
    store.insert("last_active_at".to_owned(), json!(now.whole_seconds()));
    let days = store
        .get("expires_after")
        .and_then(|expiry| expiry["days"].as_u64());
    let due = days.map(|days| now + Micros::from_seconds((days * DAY) as f64));
    let expires_at = due.map(Micros::whole_seconds);
    store.insert("expires_at".to_owned(), json!(expires_at));
    due
}

/// A store that was not used for long has expired. It stays, and can't be searched any more.
fn expired(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut store = entries_of(record);
    store.insert("status".to_owned(), json!("expired"));
    Ok(changed(vec![Change::Replace(Record {
        due: None,
        ..with(record, store)
    })]))
}

/// A store takes its files and batches along; the files themselves stay, and forget it.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    let files = all_files(site.store, &record.id);
    let links = files
        .iter()
        .map(|file| files::unlinked(&file.id, &record.id));
    next.changes.extend(links);
    site.means.services.library().forget(&record.id);
    Ok(())
}

/// All files of a store, oldest first.
fn all_files(store: Objects<'_>, id: &str) -> Vec<Arc<Record>> {
    let query = PageQuery {
        family: &row(files::FAMILY).name,
        parent: Some(id),
        after: None,
        before: None,
        order: Order::Ascending,
        limit: ALL,
        filters: Vec::new(),
    };
    store
        .page(&query)
        .map(|page| page.records)
        .unwrap_or_default()
}

/// The store of that id; it is there.
fn store_of(store: Objects<'_>, id: &str) -> Result<Arc<Record>, ApiError> {
    let family = row(FAMILY);
    let found = store.find(&family.name, None, id);
    found.ok_or_else(|| family.missing(id))
}

/// The error for an expired store (400).
fn refuse_expired(record: &Record) -> Result<(), ApiError> {
    if record.object["status"] == json!("expired") {
        let sentence = row(FAMILY).wording("expired");
        return Err(ApiError::invalid(sentence.replace("{id}", &record.id)));
    }
    Ok(())
}

fn entries_of(record: &Record) -> Map<String, Value> {
    record.object.as_object().cloned().unwrap_or_default()
}

/// The record with another object.
fn with(record: &Record, object: Map<String, Value>) -> Record {
    Record {
        object: Arc::new(Value::Object(object)),
        ..record.clone()
    }
}

fn changed(changes: Vec<Change>) -> Next {
    Next {
        changes,
        effects: Vec::new(),
    }
}
