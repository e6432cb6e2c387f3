//! The users of a project.

use fakeai_canon::ApiError;
use serde_json::json;

use super::people::{ASSIGNMENTS, MEMBERS, USERS, deletion, every, user_of_email, wrong};
use super::projects;
use crate::Next;
use crate::apply::Site;
use crate::families::Hooks;
use crate::store::Record;
use crate::verbs::Draft;

pub(super) static HOOKS: Hooks = Hooks {
    family: MEMBERS,
    created: Some(created),
    updated: Some(updated),
    deleted: Some(deleted),
    ..Hooks::NONE
};

/// A member bears the id of the user.
fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    projects::active(site)?;
    let body = &site.call.body;
    check_role(site, &body["role"])?;
    let user = match (body["user_id"].as_str(), body["email"].as_str()) {
        (Some(id), _) => site.store.find(USERS, None, id).ok_or(("user_id", id)),
        (None, Some(email)) => user_of_email(site.store, email).ok_or(("email", email)),
        (None, None) => {
            let words = site.family.wording("unnamed");
            return Err(ApiError::invalid(words).param("user_id"));
        }
    };
    let user = user.map_err(|(param, user)| {
        let words = site.family.wording("stranger").replace("{user}", user);
        ApiError::invalid(words).param(param)
    })?;
    let project = draft.record.parent.as_ref().map(|parent| &*parent.id);
    if site.store.find(MEMBERS, project, &user.id).is_some() {
        let words = site.family.wording("member").replace("{user}", &user.id);
        return Err(ApiError::invalid(words));
    }
    for property in ["id", "name", "email"] {
        let value = user.object[property].clone();
        draft.object.insert(property.to_owned(), value);
    }
    draft.record.id.clone_from(&user.id);
    Ok(())
}

fn updated(site: &Site<'_>, old: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    projects::active(site)?;
    if site.call.body["role"].is_null() {
        draft
            .object
            .insert("role".to_owned(), old.object["role"].clone());
        return Ok(());
    }
    check_role(site, &site.call.body["role"])
}

fn check_role(site: &Site<'_>, role: &serde_json::Value) -> Result<(), ApiError> {
    if [json!("owner"), json!("member")].contains(role) {
        return Ok(());
    }
    let role = role.as_str().unwrap_or_default();
    let words = site.family.wording("role").replace("{role}", role);
    Err(wrong(words, "role"))
}

/// The roles that the user has in this project go with the membership.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    projects::active(site)?;
    let project = record.parent.as_ref().map_or("", |parent| &parent.id);
    let filters = [("principal_id", record.id.as_str()), ("scope", project)];
    let roles = every(site.store, ASSIGNMENTS, None, &filters);
    next.changes.extend(roles.iter().map(|role| deletion(role)));
    Ok(())
}
