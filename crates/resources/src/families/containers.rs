//! Containers: they live as long as somebody does something with them, and lose their files when
//! they expire. Nothing runs in them.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros, Seed};
use serde_json::{Map, Value, json};

use super::{Hooks, container_files, mounted_skills};
use crate::apply::{Moment, Site};
use crate::family::families;
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Record};
use crate::verbs::{self, Draft};
use crate::{Next, Order, Outcome, blob_copy};

pub(super) const FAMILY: &str = "containers";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("RetrieveContainer", retrieve)],
    created: Some(created),
    due: Some(expired),
    kept: Some(kept),
    ..Hooks::NONE
};

/// How long a container lives without being used, where its maker does not say.
const MINUTES: u64 = 20;

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    if !body["name"].is_string() {
        let missing = ApiError::invalid("Missing required parameter: 'name'.");
        return Err(missing.param("name").code("missing_required_parameter"));
    }
    let minutes = match body["expires_after"]["minutes"].as_i64() {
        None => MINUTES,
        Some(minutes) => u64::try_from(minutes)
            .ok()
            .filter(|minutes| *minutes > 0)
            .ok_or_else(|| short_life(site, minutes))?,
    };
    let now = site.context.now;
    for (name, value) in fields(now, minutes, body) {
        draft.object.insert(name.to_owned(), value);
    }
    draft.record.due = Some(end(now, minutes));
    if body["skills"].is_array() {
        draft.record.private =
            json!({"skills": mounted_skills::kept(site.store, &body["skills"])?});
    }
    copy_files(site, draft)
}

/// What a container that begins to live is like.
fn fields(now: Micros, minutes: u64, settings: &Value) -> [(&'static str, Value); 5] {
    let life = json!({"anchor": "last_active_at", "minutes": minutes});
    [
        ("status", json!("running")),
        ("last_active_at", json!(now.whole_seconds())),
        ("expires_after", life),
        ("memory_limit", or(&settings["memory_limit"], json!("1g"))),
        ("network_policy", policy(&settings["network_policy"])),
    ]
}

/// A container that an answer has made for its tool, by the settings that the tool has.
fn kept(_: Objects<'_>, old: Option<&Record>, record: &mut Record) -> bool {
    let Some(row) = families().get(FAMILY).filter(|_| old.is_none()) else {
        return false;
    };
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(record.id));
    object.insert("object".to_owned(), json!("container"));
    object.insert(
        "created_at".to_owned(),
        json!(record.created.whole_seconds()),
    );
    object.insert("name".to_owned(), json!(row.wording("made")));
    for (name, value) in fields(record.created, MINUTES, &record.object) {
        object.insert(name.to_owned(), value);
    }
    record.due = Some(end(record.created, MINUTES));
    record.object = Arc::new(Value::Object(object));
    true
}

fn short_life(site: &Site<'_>, got: i64) -> ApiError {
    let sentence = site.family.wording("short_life");
    ApiError::invalid(sentence.replace("{got}", &got.to_string()))
        .param("expires_after.minutes")
        .code("integer_below_min_value")
}

fn or(value: &Value, default: Value) -> Value {
    if value.is_null() {
        default
    } else {
        value.clone()
    }
}

/// The policy without the secrets that it may have been given.
fn policy(sent: &Value) -> Value {
    match sent["allowed_domains"].as_array() {
        Some(domains) if sent["type"] == "allowlist" => {
            json!({"type": "allowlist", "allowed_domains": domains})
        }
        _ => json!({"type": "disabled"}),
    }
}

fn end(from: Micros, minutes: u64) -> Micros {
    let life = minutes.saturating_mul(60_000_000);
    Micros(from.0.saturating_add(life))
}

/// Gives a new container copies of stored files.
fn copy_files(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let ids = site.call.body["file_ids"].as_array();
    let ids = ids.into_iter().flatten().filter_map(Value::as_str);
    let files = ids
        .map(|id| container_files::stored(site, id))
        .collect::<Result<Vec<_>, _>>()?;
    let seed = site.context.seed.fork("files");
    for (place, file) in files.iter().enumerate() {
        let seed = seed.nth(place as u64);
        match copied(site, &draft.record.id, file, seed) {
            Ok(record) => draft.next.changes.push(Change::Put(record)),
            Err(error) => {
                discard(site, &draft.next.changes);
                return Err(error);
            }
        }
    }
    Ok(())
}

fn copied(site: &Site<'_>, id: &str, file: &Record, seed: Seed) -> Result<Record, ApiError> {
    let blobs = site.means.services.blobs();
    let blob = file.blob.as_deref().unwrap_or_default();
    let name = file.object["filename"].as_str().unwrap_or("file");
    let bytes = blobs.size(blob).unwrap_or_default();
    let copy = blob_copy::copy(blobs, blob)?;
    let place = container_files::Place {
        container: id,
        now: site.context.now,
        seed,
    };
    Ok(container_files::record(&place, name, bytes, copy))
}

fn discard(site: &Site<'_>, changes: &[Change]) {
    for change in changes {
        if let Change::Put(record) = change
            && let Some(blob) = &record.blob
        {
            site.means.services.blobs().delete(blob);
        }
    }
}

/// A look at a container keeps it alive.
fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let mut answer = verbs::retrieve(site)?;
    if let Some(used) = used(&record, site.context.now) {
        answer.body = crate::Body::Json(Arc::clone(&used.object));
        answer.next.changes.push(Change::Replace(used));
    }
    Ok(Outcome::Answer(answer))
}

/// The container as it is after having been used; none where it has expired.
pub(super) fn used(record: &Record, now: Micros) -> Option<Record> {
    if record.object["status"] == "expired" {
        return None;
    }
    let mut object = Value::clone(&record.object);
    object["last_active_at"] = json!(now.whole_seconds());
    let minutes = object["expires_after"]["minutes"].as_u64();
    Some(Record {
        object: Arc::new(object),
        due: Some(end(now, minutes.unwrap_or(MINUTES))),
        ..record.clone()
    })
}

/// An expired container stays and says so; what was in it is gone.
fn expired(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut object = Value::clone(&record.object);
    object["status"] = json!("expired");
    let mut changes = vec![Change::Replace(Record {
        object: Arc::new(object),
        due: None,
        ..record.clone()
    })];
    let files = below(moment.means.store, container_files::FAMILY, &record.id);
    changes.extend(files.iter().map(|file| Change::Delete {
        family: file.family,
        parent: Some(record.id.clone()),
        id: file.id.clone(),
    }));
    Ok(Next {
        changes,
        effects: Vec::new(),
    })
}

/// Objects below one parent at most.
const ALL: usize = 100_000;

/// All objects of a family below a parent, the oldest first.
pub(super) fn below(store: Objects<'_>, family: &'static str, parent: &str) -> Vec<Arc<Record>> {
    let query = PageQuery {
        family,
        parent: Some(parent),
        after: None,
        before: None,
        order: Order::Ascending,
        limit: ALL,
        filters: Vec::new(),
    };
    store.page(&query).unwrap_or_default().records
}
