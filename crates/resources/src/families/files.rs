//! Files: bytes that came in a form, kept as a blob, and given back byte for byte.

use fakeai_canon::{ApiError, Micros};
use serde_json::json;

use super::Hooks;
use crate::apply::{Moment, Site};
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Answer, Body, Next, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: "files",
    acts: &[("downloadFile", download)],
    created: Some(created),
    due: Some(expired),
    ..Hooks::NONE
};

/// Takes the form's file over.
fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let Some(file) = site.call.files.iter().find(|file| file.field == "file") else {
        return Err(ApiError::invalid("'file' is a required property"));
    };
    draft.object.insert("bytes".to_owned(), json!(file.bytes));
    draft.object.insert("filename".to_owned(), json!(file.name));
    draft.object.insert("status".to_owned(), json!("processed"));
    draft.record.blob = Some(file.blob.clone());
    if let Some(seconds) = site.call.body["expires_after"]["seconds"].as_u64() {
        let expiry = site.context.now + Micros::from_seconds(seconds as f64);
        let seconds = expiry.whole_seconds();
        draft.object.insert("expires_at".to_owned(), json!(seconds));
        draft.record.due = Some(expiry);
    }
    Ok(())
}

/// A file that was to expire goes away.
fn expired(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    Ok(Next {
        changes: vec![Change::Delete {
            family: record.family,
            parent: None,
            id: record.id.clone(),
        }],
        effects: Vec::new(),
    })
}

fn download(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let blob = record
        .blob
        .clone()
        .ok_or_else(|| site.family.missing(&record.id))?;
    if site.means.services.blobs().size(&blob).is_none() {
        return Err(site.family.missing(&record.id));
    }
    Ok(Outcome::Answer(Answer::of(Body::Blob {
        media: "application/octet-stream".to_owned(),
        id: blob,
    })))
}
