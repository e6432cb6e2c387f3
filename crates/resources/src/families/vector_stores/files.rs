//! Files of vector stores: attached, read and made searchable, or failed. Not here: how a document is
//! read.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::{active, batches, changed, counts, entries_of, refuse_expired, row, store_of, with};
use crate::apply::{Moment, Site};
use crate::families::Hooks;
use crate::library::{Unreadable, Volume};
use crate::objects::Objects;
use crate::store::{Change, Parent, Record};
use crate::verbs::Draft;
use crate::{Answer, Next, Outcome};

pub(crate) const FAMILY: &str = "vector_stores.files";

/// In which stores a file is: below the file, so that it goes away with it.
const LINKS: &str = "files.vector_stores";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("retrieveVectorStoreFileContent", content)],
    created: Some(created),
    deleted: Some(deleted),
    due: Some(read),
    ..Hooks::NONE
};

/// What reading takes at the least, so that a batch can be seen and cancelled while it is read.
const READING: Micros = Micros::from_millis(20);

/// What each further file of a batch adds.
const NEXT_FILE: Micros = Micros::from_millis(2);

/// The provider's `auto` strategy: tokens of a passage, and those that neighbours share.
const AUTO: (u64, u64) = (800, 400);

/// A file that is to be attached.
pub(super) struct Entry {
    file: String,
    attributes: Value,
    chunking: (u64, u64),
}

impl Entry {
    /// The files of a list of ids, which share attributes and strategy.
    pub(super) fn of_ids(
        ids: &Value,
        attributes: &Value,
        strategy: &Value,
    ) -> Result<Vec<Self>, ApiError> {
        let ids = ids.as_array().into_iter().flatten();
        ids.map(|id| Self::new(id, attributes, strategy)).collect()
    }

    /// A file as the body of a request, or an element of one, names it.
    pub(super) fn of_body(body: &Value) -> Result<Self, ApiError> {
        Self::new(
            &body["file_id"],
            &body["attributes"],
            &body["chunking_strategy"],
        )
    }

    fn new(id: &Value, attributes: &Value, strategy: &Value) -> Result<Self, ApiError> {
        let attributes = Some(attributes).filter(|attributes| !attributes.is_null());
        Ok(Self {
            file: id.as_str().unwrap_or_default().to_owned(),
            attributes: attributes.cloned().unwrap_or_else(|| json!({})),
            chunking: chunking(&strategy["static"])?,
        })
    }
}

/// The numbers of a static strategy, the contract of which has been checked; those of `auto` without.
fn chunking(strategy: &Value) -> Result<(u64, u64), ApiError> {
    let number = |name: &str| strategy[name].as_u64();
    let (Some(size), Some(shared)) = (
        number("max_chunk_size_tokens"),
        number("chunk_overlap_tokens"),
    ) else {
        return Ok(AUTO);
    };
    if shared > size / 2 {
        let message = format!(
            "chunk_overlap_tokens must be less than or equal to half of max_chunk_size_tokens, but got {shared} and {size}."
        );
        let param = "chunking_strategy.static.chunk_overlap_tokens";
        return Err(ApiError::invalid(message).param(param));
    }
    Ok((size, shared))
}

/// The records of files that are attached to a store, one after the other.
pub(super) fn records(
    site: &Site<'_>,
    store: &str,
    entries: &[Entry],
    batch: Option<&str>,
) -> Result<Vec<Record>, ApiError> {
    let mut records: Vec<Record> = Vec::new();
    for entry in entries {
        if records.iter().any(|record| record.id == entry.file) {
            continue;
        }
        let wait = READING + Micros(NEXT_FILE.0 * records.len() as u64);
        records.push(record(site, store, entry, batch, wait)?);
    }
    Ok(records)
}

fn record(
    site: &Site<'_>,
    store: &str,
    entry: &Entry,
    batch: Option<&str>,
    wait: Micros,
) -> Result<Record, ApiError> {
    let Some(file) = site.store.find("files", None, &entry.file) else {
        let sentence = row(FAMILY).wording("unknown_file");
        return Err(ApiError::not_found(sentence.replace("{id}", &entry.file)));
    };
    let (size, shared) = entry.chunking;
    let object = json!({
        "id": entry.file,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": site.context.now.whole_seconds(),
        "vector_store_id": store,
        "status": "in_progress",
        "last_error": null,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": shared},
        },
        "attributes": entry.attributes,
    });
    Ok(Record {
        project: None,
        family: &row(FAMILY).name,
        id: entry.file.clone(),
        parent: Some(Parent {
            family: &row(super::FAMILY).name,
            id: store.to_owned(),
        }),
        created: site.context.now,
        object: Arc::new(object),
        private: json!({
            "batch": batch,
            "blob": file.blob,
            "name": file.object["filename"],
        }),
        due: Some(site.context.now + wait),
        blob: None,
    })
}

/// What the store takes over of a file that is attached: the file, and the link that the file
/// itself keeps.
pub(super) fn added(record: Record) -> [Change; 2] {
    let store = record.parent.as_ref().map_or("", |parent| &parent.id);
    let link = Record {
        family: &row(LINKS).name,
        id: store.to_owned(),
        parent: Some(Parent {
            family: &row("files").name,
            id: record.id.clone(),
        }),
        object: Arc::new(json!({"id": store})),
        private: Value::Null,
        due: None,
        ..record.clone()
    };
    [Change::Put(record), Change::Put(link)]
}

/// The end of the link that a file keeps to a store.
pub(super) fn unlinked(file: &str, store: &str) -> Change {
    Change::Delete {
        family: &row(LINKS).name,
        parent: Some(file.to_owned()),
        id: store.to_owned(),
    }
}

/// Attaches files to a store that is there: all changes, the store's own among them.
pub(super) fn attach(
    site: &Site<'_>,
    store: &Record,
    entries: &[Entry],
    batch: Option<&str>,
) -> Result<Vec<Record>, ApiError> {
    refuse_expired(store)?;
    records(site, &store.id, entries, batch)
}

/// The store after files were attached; one that is attached anew is counted once.
pub(super) fn grown(site: &Site<'_>, store: &Record, files: &[Record]) -> Change {
    let mut object = entries_of(store);
    for file in files {
        let old = site.store.find(file.family, Some(&store.id), &file.id);
        if let Some(old) = &old {
            counts::used(&mut object, -usage(old));
        }
        counts::moved(&mut object, old.as_deref().map(status), Some("in_progress"));
    }
    let due = active(&mut object, site.context.now);
    Change::Replace(Record {
        due,
        ..with(store, object)
    })
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let parent = draft.record.parent.as_ref().map_or("", |parent| &parent.id);
    let store = store_of(site.store, parent)?;
    let entry = Entry::of_body(&site.call.body)?;
    let records = attach(site, &store, &[entry], None)?;
    draft.next.changes.push(grown(site, &store, &records));
    for record in records {
        draft.object = entries_of(&record);
        let [_, link] = added(record.clone());
        draft.next.changes.push(link);
        draft.record = record;
    }
    Ok(())
}

/// Reads the file, and tells the store and the batch what has come of it.
fn read(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let store = record.parent.as_ref().map_or("", |parent| &parent.id);
    let outcome = moment
        .means
        .services
        .library()
        .shelve(store, &volume(record));
    let mut object = entries_of(record);
    match outcome {
        Ok(bytes) => {
            object.insert("status".to_owned(), json!("completed"));
            object.insert("usage_bytes".to_owned(), json!(bytes));
        }
        Err(Unreadable { code, message }) => {
            object.insert("status".to_owned(), json!("failed"));
            object.insert(
                "last_error".to_owned(),
                json!({"code": code, "message": message}),
            );
        }
    }
    let done = Record {
        due: None,
        ..with(record, object)
    };
    let mut changes = told(moment.means.store, record, Some(&done));
    changes.push(Change::Replace(done));
    Ok(changed(changes))
}

/// The store and the batch of a file that changes its state, or goes.
pub(super) fn told(store: Objects<'_>, old: &Record, new: Option<&Record>) -> Vec<Change> {
    let mut changes = Vec::new();
    let Some(parent) = &old.parent else {
        return changes;
    };
    if let Some(record) = store.find(parent.family, None, &parent.id) {
        let mut object = entries_of(&record);
        counts::moved(&mut object, Some(status(old)), new.map(status));
        counts::used(&mut object, new.map_or(0, usage) - usage(old));
        changes.push(Change::Replace(with(&record, object)));
    }
    let batch = old.private["batch"].as_str();
    // A batch counts what has become of its files, also when they go later.
    if let (Some(batch), "in_progress") = (batch, status(old)) {
        let to = new.map_or("cancelled", status);
        changes.extend(batches::moved(store, &parent.id, batch, to));
    }
    changes
}

fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    let store = record.parent.as_ref().map_or("", |parent| &parent.id);
    next.changes.extend(told(site.store, record, None));
    next.changes.push(unlinked(&record.id, store));
    Ok(())
}

/// What follows in the stores that a file is in when it goes away.
pub(in crate::families) fn file_gone(store: Objects<'_>, file: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    for link in store.children(LINKS, file) {
        let id = link["id"].as_str().unwrap_or_default();
        if let Some(record) = store.find(FAMILY, Some(id), file) {
            changes.extend(told(store, &record, None));
            changes.push(Change::Delete {
                family: record.family,
                parent: Some(id.to_owned()),
                id: record.id.clone(),
            });
        }
    }
    changes
}

fn content(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    if status(&record) != "completed" {
        let sentence = row(FAMILY).wording("unread").replace("{id}", &record.id);
        let sentence = sentence.replace("{status}", status(&record));
        return Err(ApiError::invalid(sentence).param("file_id"));
    }
    let text = site.means.services.library().text(&volume(&record));
    let text =
        text.map_err(|unreadable| ApiError::invalid(unreadable.message).code(unreadable.code))?;
    let page = json!({
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": text}],
        "has_more": false,
        "next_page": null,
    });
    Ok(Outcome::Answer(Answer::json(Arc::new(page))))
}

pub(super) fn status(record: &Record) -> &str {
    record.object["status"].as_str().unwrap_or_default()
}

fn usage(record: &Record) -> i64 {
    record.object["usage_bytes"].as_i64().unwrap_or(0)
}

/// The file as the library reads it.
pub(super) fn volume(record: &Record) -> Volume {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let strategy = &record.object["chunking_strategy"]["static"];
    let number = |name: &str, usual: u64| strategy[name].as_u64().unwrap_or(usual);
    Volume {
        file: record.id.clone(),
        name: text(&record.private["name"]),
        blob: text(&record.private["blob"]),
        passage_tokens: number("max_chunk_size_tokens", AUTO.0),
        shared_tokens: number("chunk_overlap_tokens", AUTO.1),
        attributes: record.object["attributes"].clone(),
    }
}
