//! What an organisation begins with: its owner, the default project, the predefined roles, and the
//! keys of the settings.

use std::sync::{Arc, LazyLock};

use fakeai_canon::{Caller, KeyKind, Micros, Owner, Seed};
use serde::Deserialize;
use serde_json::{Value, json};

use super::keys::{self, Holder};
use super::people::{ADMIN_KEYS, KEYS, MEMBERS, PROJECTS, USERS};
use super::{roles, secrets};
use crate::family::families;
use crate::objects::Objects;
use crate::store::{Change, Parent, Record};

/// The row.
pub(super) static FOUNDING: LazyLock<Founding> = LazyLock::new(|| {
    toml::from_str(include_str!(
        "../../../../../data/families/openai/founding.toml"
    ))
    .expect("the founding's row is part of this program")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Founding {
    pub(super) user: User,
    pub(super) project: Project,
    #[serde(rename = "role")]
    pub(super) roles: Vec<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) id: String,
    name: String,
    email: String,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    pub(super) id: String,
    name: String,
}

/// A role that the provider has defined.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) resource_type: String,
    pub(super) permissions: Vec<String>,
}

/// The project of who names none.
pub(crate) fn default_project() -> &'static str {
    &FOUNDING.project.id
}

/// Who calls where no key says it: the organisation's owner, in the default project.
pub fn anyone() -> Caller {
    Caller {
        key: None,
        project: FOUNDING.project.id.clone(),
        owner: Owner::User(FOUNDING.user.id.clone()),
    }
}

/// The changes that found what the store's organisation lacks of its beginning. `keys` are those
/// of the settings: ordinary ones, then admin keys.
pub fn founding(store: Objects<'_>, keys: [&[String]; 2], now: Micros, seed: Seed) -> Vec<Change> {
    let mut changes = Vec::new();
    if store.find(PROJECTS, None, &FOUNDING.project.id).is_none() {
        changes.extend(organization(now));
    }
    for (key, kind) in keys
        .into_iter()
        .zip([KeyKind::Project, KeyKind::Admin])
        .flat_map(|(keys, kind)| keys.iter().map(move |key| (key, kind)))
    {
        if secrets::find(store, key).is_none() {
            changes.extend(configured(key, kind, now, seed.fork(key)));
        }
    }
    changes
}

fn organization(now: Micros) -> Vec<Change> {
    let seconds = now.whole_seconds();
    let Founding { user, project, .. } = &*FOUNDING;
    let member = json!({
        "object": "organization.project.user", "id": user.id, "name": user.name,
        "email": user.email, "role": "owner", "added_at": seconds,
    });
    let owner = json!({
        "object": "organization.user", "id": user.id, "name": user.name,
        "email": user.email, "role": user.role, "added_at": seconds,
    });
    let first = json!({
        "id": project.id, "object": "organization.project", "name": project.name,
        "created_at": seconds, "archived_at": null, "status": "active",
    });
    let mut changes = vec![
        Change::Put(record(USERS, &user.id, None, now, owner)),
        Change::Put(record(PROJECTS, &project.id, None, now, first)),
        Change::Put(record(MEMBERS, &user.id, Some(&project.id), now, member)),
    ];
    changes.extend(roles::predefined("api.organization", None, now));
    changes.extend(roles::predefined("api.project", Some(&project.id), now));
    changes
}

/// A key of the settings: the owner's, in the default project.
fn configured(value: &str, kind: KeyKind, now: Micros, seed: Seed) -> Vec<Change> {
    let Founding { user, project, .. } = &*FOUNDING;
    let holder = Holder {
        project: project.id.clone(),
        owner: Owner::User(user.id.clone()),
    };
    let id = keys::id(kind, seed);
    let name = "Key of the settings";
    let owner = json!({
        "id": user.id, "name": user.name, "email": user.email, "role": user.role,
        "added_at": now.whole_seconds(),
    });
    let key = match kind {
        KeyKind::Project => {
            let object = keys::project_key(&id, name, value, &keys::owner_user(&owner), now);
            record(KEYS, &id, Some(&project.id), now, object)
        }
        KeyKind::Admin => {
            let object = keys::admin_key(&id, name, value, &keys::owner_admin(&owner), now);
            record(ADMIN_KEYS, &id, None, now, object)
        }
    };
    vec![
        Change::Put(key),
        secrets::remember(value, kind, &id, &holder, None, now),
    ]
}

/// A record with nothing but its object.
pub(super) fn record(
    family: &str,
    id: &str,
    project: Option<&str>,
    now: Micros,
    object: Value,
) -> Record {
    const OURS: &str = "the organisation's rows are part of this program";
    let family = families().get(family).expect(OURS);
    let parent = families().parent_of(family).zip(project);
    Record {
        project: None,
        family: &family.name,
        id: id.to_owned(),
        parent: parent.map(|(family, id)| Parent {
            family: &family.name,
            id: id.to_owned(),
        }),
        created: now,
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        blob: None,
    }
}
