//! Keys: those of projects and of the administration. A key's value is told once, when it is made.

use std::sync::Arc;

use fakeai_canon::{ApiError, Caller, KeyKind, Micros, Owner, Seed};
use serde_json::{Value, json};

use super::people::{KEYS, acting_user, deletion, every, only};
use super::secrets;
use crate::apply::{Moment, Site};
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::Record;
use crate::verbs::{self, Draft};
use crate::{Answer, Body, Next, Outcome, ids};

pub(super) static PROJECT: Hooks = Hooks {
    family: KEYS,
    acts: &[("list-project-api-keys", list)],
    deleted: Some(project_key_deleted),
    shown: Some(project_key_shown),
    ..Hooks::NONE
};

pub(super) static ADMIN: Hooks = Hooks {
    family: super::people::ADMIN_KEYS,
    acts: &[("admin-api-keys-create", create_admin)],
    created: Some(admin_created),
    shown: Some(admin_shown),
    due: Some(expired),
    expires: true,
    ..Hooks::NONE
};

/// For whom a key is.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) project: String,
    pub(super) owner: Owner,
}

/// The id of a new key.
pub(super) fn id(kind: KeyKind, seed: Seed) -> String {
    let object = match kind {
        KeyKind::Project => "organization.api_key",
        KeyKind::Admin => "organization.admin_api_key",
    };
    ids::of(object, seed).unwrap_or_default()
}

/// The value of the key that a call makes.
pub(super) fn value(site: &Site<'_>, object: &str) -> String {
    ids::of(object, site.context.seed.fork("key")).unwrap_or_default()
}

/// A project's key as it is stored.
pub(super) fn project_key(id: &str, name: &str, value: &str, owner: &Value, now: Micros) -> Value {
    json!({
        "object": "organization.project.api_key",
        "redacted_value": secrets::redacted(value, 7),
        "name": name,
        "created_at": now.whole_seconds(),
        "last_used_at": null,
        "id": id,
        "owner_project_access": "active",
        "owner": owner,
    })
}

/// An admin key as it is stored.
pub(super) fn admin_key(id: &str, name: &str, value: &str, owner: &Value, now: Micros) -> Value {
    json!({
        "object": "organization.admin_api_key",
        "id": id,
        "name": name,
        "redacted_value": secrets::redacted(value, 8),
        "created_at": now.whole_seconds(),
        "expires_at": null,
        "last_used_at": null,
        "owner": owner,
    })
}

/// The owner of a project's key who is a user.
pub(super) fn owner_user(user: &Value) -> Value {
    let mut shown = only(user, &["id", "email", "name"]);
    shown["created_at"] = user["added_at"].clone();
    shown["role"] = user["role"].clone();
    json!({"type": "user", "user": shown})
}

/// The owner of an admin key.
pub(super) fn owner_admin(user: &Value) -> Value {
    json!({
        "type": "user", "object": "organization.user", "id": user["id"], "name": user["name"],
        "created_at": user["added_at"], "role": user["role"],
    })
}

fn create_admin(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let answer = verbs::create(site)?;
    Ok(Outcome::Answer(with(
        answer,
        "value",
        json!(value(site, "admin_key_value")),
    )))
}

/// The answer with one property more than what is stored.
pub(super) fn with(mut answer: Answer, property: &str, value: Value) -> Answer {
    if let Body::Json(object) = &mut answer.body {
        Arc::make_mut(object)[property] = value;
    }
    answer
}

fn admin_created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let value = value(site, "admin_key_value");
    let now = site.context.now;
    let user = acting_user(site.store, site.call.caller);
    let name = site.call.body["name"].as_str().unwrap_or_default();
    let mut key = admin_key(&draft.record.id, name, &value, &owner_admin(&user), now);
    let expiry = site.call.body["expires_in_seconds"]
        .as_u64()
        .map(|seconds| now.whole_seconds() + seconds);
    key["expires_at"] = json!(expiry);
    draft.record.due = expiry.map(|seconds| Micros(seconds * 1_000_000));
    if let Value::Object(key) = key {
        draft.object = key;
    }
    let holder = Holder {
        project: super::anyone().project,
        owner: Owner::User(user["id"].as_str().unwrap_or_default().to_owned()),
    };
    let id = &draft.record.id;
    let secret = secrets::remember(&value, KeyKind::Admin, id, &holder, expiry, now);
    draft.next.changes.push(secret);
    Ok(())
}

/// A key that has come to its end is no longer listed.
fn expired(_: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    Ok(Next {
        changes: vec![deletion(record)],
        effects: Vec::new(),
    })
}

fn admin_shown(site: &Site<'_>, record: &Record) -> Arc<Value> {
    used(site, record, Value::clone(&record.object))
}

fn project_key_shown(site: &Site<'_>, record: &Record) -> Arc<Value> {
    let mut object = Value::clone(&record.object);
    object["owner_project_access"] = json!(access(site.store, record));
    used(site, record, object)
}

/// The object with the time at which the key was used last.
fn used(site: &Site<'_>, record: &Record, mut object: Value) -> Arc<Value> {
    if let Some(at) = site.means.services.key_used(&record.id) {
        object["last_used_at"] = json!(at.whole_seconds());
    }
    Arc::new(object)
}

/// `active` or `inactive`: whether the key's owner may act in its project.
fn access(store: Objects<'_>, record: &Record) -> &'static str {
    let project = record.parent.as_ref().map_or("", |parent| &parent.id);
    if secrets::in_project(store, &owner(record), project) {
        "active"
    } else {
        "inactive"
    }
}

/// The owner of a project's key.
pub(super) fn owner(record: &Record) -> Owner {
    let owner = &record.object["owner"];
    let id = |kind: &str| owner[kind]["id"].as_str().unwrap_or_default().to_owned();
    match owner["type"].as_str() {
        Some("service_account") => Owner::ServiceAccount(id("service_account")),
        _ => Owner::User(id("user")),
    }
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let wanted = site.call.query["owner_project_access"].as_str();
    let wanted = wanted.filter(|wanted| *wanted != "any");
    verbs::list_of(site, |record| {
        wanted.is_none_or(|wanted| access(site.store, record) == wanted)
    })
    .map(Outcome::Answer)
}

fn project_key_deleted(site: &Site<'_>, record: &Record, _: &mut Next) -> Result<(), ApiError> {
    match owner(record) {
        Owner::User(_) => Ok(()),
        Owner::ServiceAccount(_) => {
            let words = site.family.wording("service_account");
            Err(ApiError::invalid(words.replace("{id}", &record.id)))
        }
    }
}

/// The keys of a service account.
pub(super) fn of_account(store: Objects<'_>, project: &str, account: &str) -> Vec<Arc<Record>> {
    let keys = every(store, KEYS, Some(project), &[]);
    let theirs = |record: &Arc<Record>| owner(record) == Owner::ServiceAccount(account.to_owned());
    keys.into_iter().filter(theirs).collect()
}

/// Whether a caller has a key that opens the administration.
pub(super) fn is_admin(caller: &Caller) -> bool {
    let key = caller.key.as_ref();
    key.is_some_and(|key| key.kind == KeyKind::Admin)
}
