//! Batches: files that are attached to a vector store at once, counted together, and cancelled
//! together. Not here: how a file is read.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::json;

use super::files::{self, Entry};
use super::{counts, entries_of, row, store_of, with};
use crate::apply::Site;
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Answer, Outcome, page};

pub(super) const FAMILY: &str = "vector_stores.file_batches";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("cancelVectorStoreFileBatch", cancel),
        ("listFilesInVectorStoreBatch", list),
    ],
    created: Some(created),
    ..Hooks::NONE
};

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let parent = draft.record.parent.as_ref().map_or("", |parent| &parent.id);
    let store = store_of(site.store, parent)?;
    let entries = match (body["files"].as_array(), body["file_ids"].as_array()) {
        (Some(_), Some(_)) => return Err(ApiError::invalid(row(FAMILY).wording("both"))),
        (Some(files), None) => files.iter().map(Entry::of_body).collect::<Result<_, _>>()?,
        (None, _) => Entry::of_ids(
            &body["file_ids"],
            &body["attributes"],
            &body["chunking_strategy"],
        )?,
    };
    let records = files::attach(site, &store, &entries, Some(&draft.record.id))?;
    draft
        .object
        .insert("vector_store_id".to_owned(), json!(store.id));
    draft
        .object
        .insert("status".to_owned(), json!("in_progress"));
    draft
        .object
        .insert("file_counts".to_owned(), counts::none());
    draft
        .next
        .changes
        .push(files::grown(site, &store, &records));
    for record in records {
        counts::moved(&mut draft.object, None, Some("in_progress"));
        draft.next.changes.extend(files::added(record));
    }
    Ok(())
}

/// A batch after one of its files has come out of `in_progress`.
pub(super) fn moved(store: Objects<'_>, parent: &str, batch: &str, to: &str) -> Option<Change> {
    let record = store.find(FAMILY, Some(parent), batch)?;
    let mut object = entries_of(&record);
    counts::moved(&mut object, Some("in_progress"), Some(to));
    Some(Change::Replace(with(&record, object)))
}

/// Cancels what has not been read yet.
fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let status = files::status(&record);
    if status != "in_progress" {
        let sentence = row(FAMILY).wording("ended").replace("{status}", status);
        return Err(ApiError::invalid(sentence).param("batch_id"));
    }
    let parent = record.parent.as_ref().map_or("", |parent| &parent.id);
    let store = store_of(site.store, parent)?;
    let (mut batch, mut whole) = (entries_of(&record), entries_of(&store));
    batch.insert("status".to_owned(), json!("cancelled"));
    let mut changes = Vec::new();
    for file in files_of(site, &record) {
        if files::status(&file) != "in_progress" {
            continue;
        }
        let mut object = entries_of(&file);
        object.insert("status".to_owned(), json!("cancelled"));
        counts::moved(&mut batch, Some("in_progress"), Some("cancelled"));
        counts::moved(&mut whole, Some("in_progress"), Some("cancelled"));
        changes.push(Change::Replace(Record {
            due: None,
            ..with(&file, object)
        }));
    }
    let batch = with(&record, batch);
    let mut answer = Answer::json(Arc::clone(&batch.object));
    changes.push(Change::Replace(batch));
    changes.push(Change::Replace(with(&store, whole)));
    answer.next.changes = changes;
    Ok(Outcome::Answer(answer))
}

fn files_of(site: &Site<'_>, batch: &Record) -> Vec<Arc<Record>> {
    let parent = batch.parent.as_ref().map_or("", |parent| &parent.id);
    let mut files = super::all_files(site.store, parent);
    files.retain(|file| file.private["batch"] == json!(batch.id));
    files
}

/// A page of a batch's files: those of the store, without the others.
fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let batch = site.record()?;
    let family = row(files::FAMILY);
    let parent = batch.parent.as_ref().map(|parent| parent.id.as_str());
    let mut query = page::query_of(site, family, parent)?;
    let (limit, mut found) = (query.limit, Vec::new());
    query.limit = super::ALL;
    let all = site
        .store
        .page(&query)
        .map_err(|lost| page::lost(family, &lost))?;
    found.extend(
        all.records
            .iter()
            .filter(|file| file.private["batch"] == json!(batch.id)),
    );
    let has_more = found.len() > limit;
    if query.before.is_some() && query.after.is_none() {
        found.drain(..found.len().saturating_sub(limit));
    }
    found.truncate(limit);
    let shown: Vec<_> = found.iter().map(|file| Arc::clone(&file.object)).collect();
    let body = page::body(&family.page, &shown, has_more);
    Ok(Outcome::Answer(Answer::json(Arc::new(body))))
}
