//! Whose a key is. A key is found by a hash of its value and compared with the whole of it, which
//! only the store sees. A key that was deleted is remembered as such: it is never again one that
//! nobody knows.

use fakeai_canon::{Caller, CallerKey, KeyKind, Micros, Owner, Seed};
use serde_json::{Value, json};

use super::founding::record;
use super::keys::Holder;
use super::people::{ACCOUNTS, ADMIN_KEYS, KEYS, MEMBERS, PROJECTS, USERS};
use crate::Order;
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Record};

const SECRETS: &str = "organization.secrets";

/// What a world knows of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nothing: it never made it.
    Unknown,
    /// It was deleted, has expired, or its owner has gone.
    Gone,
    /// The project that it is for has been archived.
    Archived,
    /// Whose it is, and until when it is good.
    Known(Caller, Option<Micros>),
}

/// What the store's organisation knows of a key.
pub fn identify(store: Objects<'_>, value: &str) -> Identity {
    let Some(secret) = find(store, value) else {
        return Identity::Unknown;
    };
    let facts = &secret.object;
    let text = |name: &str| facts[name].as_str().unwrap_or_default().to_owned();
    let owner = match facts["owner_type"].as_str() {
        Some("service_account") => Owner::ServiceAccount(text("owner_id")),
        _ => Owner::User(text("owner_id")),
    };
    let kind = if facts["kind"] == "admin" {
        KeyKind::Admin
    } else {
        KeyKind::Project
    };
    let caller = Caller {
        key: Some(CallerKey {
            id: text("key_id"),
            kind,
        }),
        project: text("project_id"),
        owner,
    };
    if !is_kept(store, kind, &caller) || !has_access(store, kind, &caller) {
        return Identity::Gone;
    }
    if kind == KeyKind::Project && is_archived(store, &caller.project) {
        return Identity::Archived;
    }
    let expiry = facts["expires_at"].as_u64();
    Identity::Known(caller, expiry.map(|seconds| Micros(seconds * 1_000_000)))
}

fn is_kept(store: Objects<'_>, kind: KeyKind, caller: &Caller) -> bool {
    let id = caller.key.as_ref().map_or("", |key| key.id.as_str());
    match kind {
        KeyKind::Project => store.find(KEYS, Some(&caller.project), id).is_some(),
        KeyKind::Admin => store.find(ADMIN_KEYS, None, id).is_some(),
    }
}

fn has_access(store: Objects<'_>, kind: KeyKind, caller: &Caller) -> bool {
    match (kind, &caller.owner) {
        (KeyKind::Admin, owner) => store.find(USERS, None, owner.id()).is_some(),
        (KeyKind::Project, owner) => in_project(store, owner, &caller.project),
    }
}

/// Whether the owner of a key may still act in the project.
pub(super) fn in_project(store: Objects<'_>, owner: &Owner, project: &str) -> bool {
    match owner {
        Owner::User(id) => store.find(MEMBERS, Some(project), id).is_some(),
        Owner::ServiceAccount(id) => store.find(ACCOUNTS, Some(project), id).is_some(),
    }
}

pub(super) fn is_archived(store: Objects<'_>, project: &str) -> bool {
    let project = store.object(PROJECTS, project);
    project.is_none_or(|project| project["status"] == "archived")
}

/// Whether there is a project of that id that has not been archived.
pub fn has_project(store: Objects<'_>, id: &str) -> bool {
    !is_archived(store, id)
}

/// Whether the organisation has admin keys.
pub fn has_admin_keys(store: Objects<'_>) -> bool {
    let page = store.page(&PageQuery {
        family: ADMIN_KEYS,
        parent: None,
        after: None,
        before: None,
        order: Order::Ascending,
        limit: 1,
        filters: Vec::new(),
    });
    page.is_ok_and(|page| !page.records.is_empty())
}

/// The record of a key's value.
pub(super) fn find(store: Objects<'_>, value: &str) -> Option<std::sync::Arc<Record>> {
    let secret = store.find(SECRETS, None, &place(value))?;
    let ours = secret.private["value"].as_str().unwrap_or_default();
    same(ours.as_bytes(), value.as_bytes()).then_some(secret)
}

/// The change that remembers whose a key is.
pub(super) fn remember(
    value: &str,
    kind: KeyKind,
    id: &str,
    holder: &Holder,
    expiry: Option<u64>,
    now: Micros,
) -> Change {
    let (owner_type, kind) = (
        match holder.owner {
            Owner::User(_) => "user",
            Owner::ServiceAccount(_) => "service_account",
        },
        match kind {
            KeyKind::Project => "project",
            KeyKind::Admin => "admin",
        },
    );
    let facts = json!({
        "kind": kind, "key_id": id, "project_id": holder.project,
        "owner_type": owner_type, "owner_id": holder.owner.id(), "expires_at": expiry,
    });
    let mut secret = record(SECRETS, &place(value), None, now, facts);
    secret.private = json!({"value": value});
    Change::Put(secret)
}

/// The id by which a key's value is found.
fn place(value: &str) -> String {
    format!("{:016x}", Seed(0).fork("key").of(value).0)
}

/// Takes the same time wherever two texts of one length differ.
fn same(ours: &[u8], theirs: &[u8]) -> bool {
    let pairs = ours.iter().zip(theirs);
    ours.len() == theirs.len() && pairs.fold(0, |seen, (one, other)| seen | (one ^ other)) == 0
}

/// The value as it is shown after its key was made: the beginning and the last three characters.
pub(super) fn redacted(value: &str, beginning: usize) -> Value {
    let characters: Vec<char> = value.chars().collect();
    if characters.len() < beginning + 6 {
        return json!("...");
    }
    let first: String = characters[..beginning].iter().collect();
    let last: String = characters[characters.len() - 3..].iter().collect();
    json!(format!("{first}...{last}"))
}
