//! The organisation's users. One comes by an invite; the last owner stays.

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::founding::FOUNDING;
use super::people::{ASSIGNMENTS, GROUPS, MEMBERS, PROJECTS, USERS, deletion, every, wrong};
use crate::apply::Site;
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::Record;
use crate::verbs::{self, Draft};
use crate::{Next, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: USERS,
    acts: &[("list-users", list)],
    updated: Some(updated),
    deleted: Some(deleted),
    ..Hooks::NONE
};

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let emails = site.call.query["emails"].as_array();
    verbs::list_of(site, |record| {
        emails.is_none_or(|emails| emails.contains(&record.object["email"]))
    })
    .map(Outcome::Answer)
}

fn updated(site: &Site<'_>, old: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let role = match (&body["role_id"], &body["role"]) {
        (Value::String(id), _) => role_of(site, id)?,
        (_, Value::String(role)) => role.clone(),
        _ => old.object["role"].as_str().unwrap_or_default().to_owned(),
    };
    if !["owner", "reader"].contains(&role.as_str()) {
        let words = site.family.wording("role").replace("{role}", &role);
        return Err(wrong(words, "role"));
    }
    if role != "owner" {
        keep_an_owner(site, old)?;
    }
    draft.object.insert("role".to_owned(), json!(role));
    Ok(())
}

/// The name of a predefined role of the organisation.
fn role_of(site: &Site<'_>, id: &str) -> Result<String, ApiError> {
    let roles = FOUNDING.roles.iter();
    let mut roles = roles.filter(|role| role.resource_type == "api.organization");
    let role = roles.find(|role| role.id == id);
    role.map(|role| role.name.clone()).ok_or_else(|| {
        let words = site.family.wording("role").replace("{role}", id);
        wrong(words, "role_id")
    })
}

fn keep_an_owner(site: &Site<'_>, user: &Record) -> Result<(), ApiError> {
    let owners = every(site.store, USERS, None, &[("role", "owner")]);
    if owners.iter().all(|owner| owner.id == user.id) && !owners.is_empty() {
        return Err(ApiError::invalid(site.family.wording("last_owner")));
    }
    Ok(())
}

/// Memberships and roles go with the user; keys stay and no longer open anything.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    keep_an_owner(site, record)?;
    let store = site.store;
    next.changes.extend(memberships(store, record));
    Ok(())
}

fn memberships(store: Objects<'_>, user: &Record) -> Vec<crate::store::Change> {
    let in_each = |above: &'static str, family: &'static str| {
        let parents = every(store, above, None, &[]);
        parents
            .iter()
            .filter_map(|parent| store.find(family, Some(&parent.id), &user.id))
            .collect::<Vec<_>>()
    };
    let mut gone = in_each(PROJECTS, MEMBERS);
    gone.extend(in_each(GROUPS, "organization.groups.users"));
    let filters = [("principal_id", user.id.as_str())];
    gone.extend(every(store, ASSIGNMENTS, None, &filters));
    gone.iter().map(|record| deletion(record)).collect()
}
