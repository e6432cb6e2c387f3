//! Containers: they live as long as somebody does something with them, and lose their files when
//! they expire. Nothing runs in them.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Map, Value, json};

use super::{Hooks, container_files, mounted_skills};
use crate::apply::{Moment, Site};
use crate::call::Reach;
use crate::family::families;
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Record};
use crate::verbs::{self, Draft};
use crate::{Context, Means, Next, Order, Outcome, blob_copy};

pub(super) const FAMILY: &str = "containers";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("RetrieveContainer", retrieve)],
    created: Some(created),
    due: Some(expired),
    expires: true,
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

/// A container that an answer has run something in: one that was there is used, and one that is not
/// is made, by the settings that the tool has. Without settings none is made.
fn kept(_: Objects<'_>, old: Option<&Record>, record: &mut Record) -> bool {
    let wanted = record.object["file_ids"].clone();
    match old {
        Some(old) => match used(old, record.created) {
            Some(used) => *record = used,
            None => return false,
        },
        None if record.object["type"].is_null() => return false,
        None => make(record),
    }
    if wanted.as_array().is_some_and(|ids| !ids.is_empty()) {
        record.private[WANTED] = wanted;
    }
    true
}

fn make(record: &mut Record) {
    let made = families().get(FAMILY).map(|row| row.wording("made"));
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(record.id));
    object.insert("object".to_owned(), json!("container"));
    object.insert(
        "created_at".to_owned(),
        json!(record.created.whole_seconds()),
    );
    object.insert("name".to_owned(), json!(made));
    for (name, value) in fields(record.created, MINUTES, &record.object) {
        object.insert(name.to_owned(), value);
    }
    record.due = Some(end(record.created, MINUTES));
    record.object = Arc::new(Value::Object(object));
}

/// Where a container that an answer leaves behind says which stored files it still has to get.
const WANTED: &str = "wanted_files";

/// Gives the containers among these changes the stored files that answers want in them: those that
/// are still there, each once.
///
/// # Errors
/// A limit of the store's. No copy is left then.
pub fn fill_containers(
    changes: &mut Vec<Change>,
    means: Means<'_>,
    project: &str,
    context: &Context,
) -> Result<(), ApiError> {
    let means = means.of(project);
    let mut copies = Vec::new();
    for change in changes.iter_mut() {
        let (Change::Put(container) | Change::Replace(container)) = change else {
            continue;
        };
        if container.family != FAMILY {
            continue;
        }
        let Some(wanted) = container.private.get_mut(WANTED).map(Value::take) else {
            continue;
        };
        if let Some(private) = container.private.as_object_mut() {
            private.shift_remove(WANTED);
            if private.is_empty() {
                container.private = Value::Null;
            }
        }
        let filled = fill(&container.id, &wanted, means, context, &mut copies);
        if let Err(error) = filled {
            discard(means, &copies);
            return Err(error);
        }
    }
    means.store.claim(&mut copies);
    changes.append(&mut copies);
    Ok(())
}

fn fill(
    id: &str,
    wanted: &Value,
    means: Reach<'_>,
    context: &Context,
    copies: &mut Vec<Change>,
) -> Result<(), ApiError> {
    let there = below(means.store, container_files::FAMILY, id);
    let mut there: Vec<&str> = there
        .iter()
        .filter_map(|file| file.private.as_str())
        .collect();
    for file in wanted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        let stored = means.store.find("files", None, file);
        let Some(stored) = stored.filter(|stored| stored.blob.is_some()) else {
            continue;
        };
        if there.contains(&file) {
            continue;
        }
        let place = container_files::Place {
            container: id,
            now: context.now,
            seed: context.seed.fork(id).fork(file),
        };
        let copy = copied(means, &place, &stored)?;
        copies.push(Change::Put(copy));
        there.push(file);
    }
    Ok(())
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
    for (number, file) in files.iter().enumerate() {
        let place = container_files::Place {
            container: &draft.record.id,
            now: site.context.now,
            seed: seed.nth(number as u64),
        };
        match copied(site.means, &place, file) {
            Ok(record) => draft.next.changes.push(Change::Put(record)),
            Err(error) => {
                discard(site.means, &draft.next.changes);
                return Err(error);
            }
        }
    }
    Ok(())
}

/// A copy of a stored file, which remembers what it is a copy of.
fn copied(
    means: Reach<'_>,
    place: &container_files::Place<'_>,
    file: &Record,
) -> Result<Record, ApiError> {
    let blobs = means.services.blobs();
    let blob = file.blob.as_deref().unwrap_or_default();
    let name = file.object["filename"].as_str().unwrap_or("file");
    let bytes = blobs.size(blob).unwrap_or_default();
    let copy = blob_copy::copy(blobs, blob)?;
    Ok(Record {
        private: json!(file.id),
        ..container_files::record(place, name, bytes, copy)
    })
}

fn discard(means: Reach<'_>, changes: &[Change]) {
    for change in changes {
        if let Change::Put(record) = change
            && let Some(blob) = &record.blob
        {
            means.services.blobs().delete(blob);
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
