//! Uploads: files that come in parts, each of them a blob, and are put together piece by piece.

use std::collections::HashSet;
use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::files::{self, Made};
use super::{Hooks, pieces, wording};
use crate::apply::{Moment, Site};
use crate::store::{Change, Record};
use crate::verbs::Draft;
use crate::{Next, Outcome, verbs};

const FAMILY: &str = "uploads";
const PART_FAMILY: &str = "uploads.parts";

/// Bytes of an upload at most, and of one part: the provider's published limits.
const MOST: u64 = 8 << 30;
const MOST_OF_PART: u64 = 64 << 20;

/// How long an upload can be added to: the provider's published limit.
const OPEN_FOR: Micros = Micros::from_millis(3_600_000);

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("completeUpload", complete), ("cancelUpload", cancel)],
    created: Some(created),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

pub(super) static PARTS: Hooks = Hooks {
    family: PART_FAMILY,
    created: Some(part_created),
    ..Hooks::NONE
};

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let bytes = &site.call.body["bytes"];
    let announced = bytes.as_f64().unwrap_or_default();
    if announced < 1.0 {
        return Err(wording::refused(site.family, "no_bytes", &[]).param("bytes"));
    }
    if announced > MOST as f64 {
        let values = [("bytes", bytes.to_string()), ("most", MOST.to_string())];
        return Err(wording::refused(site.family, "too_large", &values).param("bytes"));
    }
    let expiry = site.context.now + OPEN_FOR;
    let object = &mut draft.object;
    object.insert("status".to_owned(), json!("pending"));
    object.insert("expires_at".to_owned(), json!(expiry.whole_seconds()));
    object.insert("file".to_owned(), Value::Null);
    draft.record.due = Some(expiry);
    draft.record.private = json!({
        "received": 0,
        "expires_after": site.call.body["expires_after"]["seconds"],
    });
    Ok(())
}

/// Takes a part over and counts its bytes in the upload.
fn part_created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let parent = draft.record.parent.as_ref();
    let upload = parent.and_then(|parent| site.store.find(FAMILY, None, &parent.id));
    let (Some(upload), family) = (upload, wording::family(FAMILY)) else {
        return Err(site.family.missing(&draft.record.id));
    };
    if status(&upload) != "pending" {
        let values = [("status", status(&upload).to_owned())];
        return Err(wording::refused(family, "no_more_parts", &values));
    }
    let Some(data) = site.call.files.iter().find(|file| file.field == "data") else {
        return Err(ApiError::invalid("'data' is a required property"));
    };
    if data.bytes == 0 {
        return Err(wording::refused(family, "empty_part", &[]).param("data"));
    }
    if data.bytes > MOST_OF_PART {
        let (bytes, most) = (data.bytes.to_string(), MOST_OF_PART.to_string());
        let values = [("bytes", bytes), ("most", most)];
        return Err(wording::refused(family, "part_too_large", &values).param("data"));
    }
    let received = upload.private["received"].as_u64().unwrap_or_default() + data.bytes;
    if received > MOST {
        let values = [("most", MOST.to_string())];
        return Err(wording::refused(family, "too_many_parts", &values).param("data"));
    }
    draft
        .object
        .insert("upload_id".to_owned(), json!(upload.id));
    draft.record.blob = Some(data.blob.clone());
    let mut upload = Record::clone(&upload);
    upload.private["received"] = json!(received);
    draft.next.changes.push(Change::Replace(upload));
    Ok(())
}

/// Makes the file, as a blob of its own, and lets the parts go.
fn complete(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let upload = site.record()?;
    check_pending(site, &upload, "complete")?;
    let parts = named_parts(site, &upload)?;
    let blobs = site.means.services.blobs();
    let (blob, bytes) = joined(site, &upload, &parts)?;
    let text = |name: &str| upload.object[name].as_str().unwrap_or_default();
    let fits = files::check_form(text("filename"), text("purpose"), &blob, blobs);
    fits.inspect_err(|_| blobs.delete(&blob))?;
    let made = Made {
        filename: text("filename"),
        purpose: text("purpose"),
        blob,
        bytes,
        expires_after: upload.private["expires_after"].as_u64(),
    };
    let file = made.record(site.context.seed.fork("file"), site.context.now);
    let mut object = Value::clone(&upload.object);
    object["status"] = json!("completed");
    object["file"] = Value::clone(&file.object);
    let mut answer = ended(site, &upload, object)?;
    answer.next.changes.push(Change::Put(file));
    Ok(Outcome::Answer(answer))
}

fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let upload = site.record()?;
    check_pending(site, &upload, "cancel")?;
    let mut object = Value::clone(&upload.object);
    object["status"] = json!("cancelled");
    ended(site, &upload, object).map(Outcome::Answer)
}

/// Nobody completed the upload in time.
fn expired(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("expired");
    let mut changes = vec![Change::Replace(Record {
        object: Arc::new(object),
        due: None,
        ..record.clone()
    })];
    changes.extend(pieces::removal(moment.means.store, PART_FAMILY, &record.id));
    Ok(Next {
        changes,
        effects: Vec::new(),
    })
}

/// The upload's last state; its parts and its deadline go.
fn ended(site: &Site<'_>, upload: &Record, object: Value) -> Result<crate::Answer, ApiError> {
    let open = Record {
        due: None,
        ..upload.clone()
    };
    let mut answer = verbs::replace(&open, object);
    answer
        .next
        .changes
        .extend(pieces::removal(site.store, PART_FAMILY, &upload.id));
    Ok(answer)
}

/// Refuses what can only be done to an open upload.
fn check_pending(site: &Site<'_>, upload: &Record, act: &str) -> Result<(), ApiError> {
    let status = status(upload).to_owned();
    if status == "pending" {
        return Ok(());
    }
    let values = [("act", act.to_owned()), ("status", status)];
    Err(wording::refused(site.family, "not_pending", &values))
}

fn status(upload: &Record) -> &str {
    upload.object["status"].as_str().unwrap_or_default()
}

/// The parts that the body names, in its order, each once.
fn named_parts(site: &Site<'_>, upload: &Record) -> Result<Vec<Arc<Record>>, ApiError> {
    let named = site.call.body["part_ids"].as_array();
    let mut seen = HashSet::new();
    let mut parts = Vec::new();
    for id in named.into_iter().flatten().filter_map(Value::as_str) {
        let refused = |name: &str| {
            let error = wording::refused(site.family, name, &[("id", id.to_owned())]);
            Err(error.param("part_ids"))
        };
        if !seen.insert(id) {
            return refused("repeated_part");
        }
        match site.store.find(PART_FAMILY, Some(&upload.id), id) {
            Some(part) => parts.push(part),
            None => return refused("unknown_part"),
        }
    }
    Ok(parts)
}

/// One blob with the bytes of all parts, if they are as many as were announced and have the
/// checksum that the body names.
fn joined(
    site: &Site<'_>,
    upload: &Record,
    parts: &[Arc<Record>],
) -> Result<(String, u64), ApiError> {
    let blobs = site.means.services.blobs();
    let ids: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.blob.as_deref())
        .collect();
    let got: u64 = ids.iter().filter_map(|id| blobs.size(id)).sum();
    let announced = upload.object["bytes"].as_u64().unwrap_or_default();
    if got != announced {
        let values = [("got", got.to_string()), ("bytes", announced.to_string())];
        return Err(wording::refused(site.family, "wrong_size", &values).param("part_ids"));
    }
    let wanted = site.call.body["md5"].as_str();
    let mut sum = wanted.map(|_| Md5::new());
    let mut writer = blobs.create()?;
    for id in ids {
        pieces::copy(blobs, id, |piece| {
            if let Some(sum) = &mut sum {
                sum.update(&piece);
            }
            writer.write(piece)
        })?;
    }
    if let (Some(sum), Some(wanted)) = (sum, wanted) {
        let got: String = sum
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        if !got.eq_ignore_ascii_case(wanted) {
            let values = [("got", got), ("md5", wanted.to_owned())];
            return Err(wording::refused(site.family, "wrong_md5", &values).param("md5"));
        }
    }
    Ok((writer.finish()?, got))
}
