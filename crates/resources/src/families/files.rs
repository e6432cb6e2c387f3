//! Files: bytes that came in a form or that the house has made, kept as a blob, and given back
//! byte for byte where their purpose allows it.

use std::sync::{Arc, LazyLock};

use fakeai_canon::{ApiError, Micros, Seed};
use serde::Deserialize;
use serde_json::{Value, json};

use super::lines::Lines;
use super::vector_stores::files::file_gone;
use super::{Hooks, wording};
use crate::apply::{Moment, Site};
use crate::store::{Blobs, Change, Record};
use crate::verbs::Draft;
use crate::{Answer, Body, Next, Outcome, ids};

pub(crate) const FAMILY: &str = "files";

/// Bytes of one file at most: the provider's published limit.
const MOST: u64 = 512 << 20;

/// How far into a file its lines are looked at when it comes in. What is wrong further on is found
/// by whoever uses the file.
const LOOKED_AT: u64 = 1 << 20;

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("downloadFile", download)],
    created: Some(created),
    deleted: Some(gone),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

/// A file that the house makes.
pub(crate) struct Made<'a> {
    /// Its name.
    pub(crate) filename: &'a str,
    /// What it is for.
    pub(crate) purpose: &'a str,
    /// The blob with its bytes; the file's from now on.
    pub(crate) blob: String,
    /// How many there are.
    pub(crate) bytes: u64,
    /// Seconds after which it goes; by its purpose's rule where absent.
    pub(crate) expires_after: Option<u64>,
}

impl Made<'_> {
    /// The record to be put into the store.
    pub(crate) fn record(self, seed: Seed, now: Micros) -> Record {
        let family = wording::family(FAMILY);
        let id = ids::of("file", seed).unwrap_or_else(|| seed.0.to_string());
        let mut object = json!({
            "id": id,
            "object": "file",
            "created_at": now.whole_seconds(),
            "purpose": self.purpose,
            "bytes": self.bytes,
            "filename": self.filename,
            "status": "processed",
            "expires_at": null,
            "status_details": null,
        });
        let due = expiry(self.purpose, self.expires_after, now);
        if let Some(due) = due {
            object["expires_at"] = json!(due.whole_seconds());
        }
        Record {
            project: None,
            family: &family.name,
            id,
            parent: None,
            created: now,
            object: Arc::new(object),
            private: Value::Null,
            due,
            blob: Some(self.blob),
        }
    }
}

/// Refuses bytes that the provider does not take for this purpose.
///
/// # Errors
/// The provider's sentence: the file is empty or too large, its name has another ending, or its
/// lines are not what the purpose needs.
pub(crate) fn check(
    filename: &str,
    purpose: &str,
    bytes: u64,
    blob: &str,
    blobs: &dyn Blobs,
) -> Result<(), ApiError> {
    let family = wording::family(FAMILY);
    if bytes == 0 {
        return Err(ApiError::invalid(family.wording("empty")));
    }
    if bytes > MOST {
        let values = [("bytes", bytes.to_string()), ("most", MOST.to_string())];
        return Err(wording::refused(family, "too_large", &values));
    }
    check_form(filename, purpose, blob, blobs)
}

/// Refuses the name and the lines of a file, whatever its size.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_form(
    filename: &str,
    purpose: &str,
    blob: &str,
    blobs: &dyn Blobs,
) -> Result<(), ApiError> {
    let Some(rule) = rule(purpose) else {
        return Ok(());
    };
    if let (Some(extension), Some(sentence)) = (&rule.extension, &rule.wrong_extension)
        && !filename.to_lowercase().ends_with(extension.as_str())
    {
        return Err(ApiError::invalid(sentence.as_str()));
    }
    if rule.lines_are_objects {
        check_lines(blob, blobs)?;
    }
    Ok(())
}

/// Every line at the file's beginning has to be a JSON object.
fn check_lines(blob: &str, blobs: &dyn Blobs) -> Result<(), ApiError> {
    let mut lines = Lines::new(blobs, blob);
    while let Some(line) = lines.next()? {
        if lines.at() > LOOKED_AT {
            break;
        }
        let parsed = serde_json::from_slice::<Value>(&line.bytes);
        if !parsed.is_ok_and(|value| value.is_object()) {
            let text = String::from_utf8_lossy(&line.bytes);
            let start = text.chars().take(5).collect::<String>();
            let values = [("line", line.number.to_string()), ("start", start)];
            let family = wording::family(FAMILY);
            return Err(wording::refused(family, "not_lines", &values));
        }
    }
    Ok(())
}

/// When a file goes that was made now.
fn expiry(purpose: &str, asked: Option<u64>, now: Micros) -> Option<Micros> {
    let standing = rule(purpose).and_then(|rule| rule.expires_after_seconds);
    let seconds = asked.or(standing)?;
    Some(now + Micros::from_seconds(seconds as f64))
}

/// Takes the form's file over.
fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let Some(file) = site.call.files.iter().find(|file| file.field == "file") else {
        return Err(ApiError::invalid("'file' is a required property"));
    };
    let purpose = site.call.body["purpose"].as_str().unwrap_or_default();
    let blobs = site.means.services.blobs();
    check(&file.name, purpose, file.bytes, &file.blob, blobs)?;
    let made = Made {
        filename: &file.name,
        purpose,
        blob: file.blob.clone(),
        bytes: file.bytes,
        expires_after: site.call.body["expires_after"]["seconds"].as_u64(),
    };
    let record = made.record(site.context.seed, site.context.now);
    let id = std::mem::take(&mut draft.record.id);
    draft.object = record.object.as_object().cloned().unwrap_or_default();
    draft.object.insert("id".to_owned(), json!(id));
    draft.record = Record { id, ..record };
    Ok(())
}

/// A file that was to expire goes away.
fn expired(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut changes = file_gone(moment.means.store, &record.id);
    changes.push(Change::Delete {
        family: record.family,
        parent: None,
        id: record.id.clone(),
    });
    Ok(Next {
        changes,
        effects: Vec::new(),
    })
}

/// A file that goes away leaves the vector stores that it is in.
fn gone(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    next.changes.extend(file_gone(site.store, &record.id));
    Ok(())
}

fn download(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let purpose = record.object["purpose"].as_str().unwrap_or_default();
    if rule(purpose).is_some_and(|rule| !rule.download) {
        let values = [("purpose", purpose.to_owned())];
        return Err(wording::refused(site.family, "no_download", &values));
    }
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

/// What the provider does with files of one purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Purpose {
    name: String,
    /// Whether the bytes are given back.
    download: bool,
    /// How a file's name has to end, in lower case.
    extension: Option<String>,
    /// The sentence for a name that does not.
    wrong_extension: Option<String>,
    /// Whether each line has to be a JSON object.
    #[serde(default)]
    lines_are_objects: bool,
    /// When a file goes that was not told when.
    expires_after_seconds: Option<u64>,
}

fn rule(purpose: &str) -> Option<&'static Purpose> {
    #[derive(Deserialize)]
    struct Purposes {
        purpose: Vec<Purpose>,
    }
    static PURPOSES: LazyLock<Purposes> = LazyLock::new(|| {
        toml::from_str(include_str!(
            "../../../../data/families/openai/purposes.toml"
        ))
        .expect("the purposes are part of this program")
    });
    PURPOSES.purpose.iter().find(|rule| rule.name == purpose)
}
