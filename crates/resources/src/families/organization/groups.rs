//! Groups of users, and the projects that they have access to.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::people::{ASSIGNMENTS, GROUPS, PROJECTS, USERS, deletion, every, only, text};
use super::{assignments, projects};
use crate::apply::Site;
use crate::families::Hooks;
use crate::family::families;
use crate::store::{Change, Record};
use crate::verbs::{self, Draft};
use crate::{Answer, Next, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: GROUPS,
    acts: &[("update-group", update)],
    created: Some(created),
    deleted: Some(deleted),
    ..Hooks::NONE
};

pub(super) static MEMBERS: Hooks = Hooks {
    family: "organization.groups.users",
    acts: &[
        ("add-group-user", add_user),
        ("retrieve-group-user", retrieve_user),
        ("remove-group-user", remove),
    ],
    ..Hooks::NONE
};

pub(super) static IN_PROJECTS: Hooks = Hooks {
    family: IN_PROJECT,
    acts: &[
        ("add-project-group", add_to_project),
        ("remove-project-group", remove_from_project),
    ],
    shown: Some(shown_in_project),
    ..Hooks::NONE
};

const IN_PROJECT: &str = "organization.projects.groups";

fn created(_: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let object = &mut draft.object;
    // A group tells no object name.
    object.shift_remove("object");
    object.insert("is_scim_managed".to_owned(), json!(false));
    object.insert("group_type".to_owned(), json!("group"));
    Ok(())
}

fn update(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut answer = verbs::update(site)?;
    if let crate::Body::Json(object) = &mut answer.body {
        let shown = ["id", "name", "created_at", "is_scim_managed"];
        *object = Arc::new(only(object, &shown));
    }
    Ok(Outcome::Answer(answer))
}

/// A group's access to projects and its roles go with it.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    let projects = every(site.store, PROJECTS, None, &[]);
    let access = projects
        .iter()
        .filter_map(|project| site.store.find(IN_PROJECT, Some(&project.id), &record.id));
    next.changes.extend(access.map(|access| deletion(&access)));
    let filters = [("principal_id", record.id.as_str())];
    let roles = every(site.store, ASSIGNMENTS, None, &filters);
    next.changes.extend(roles.iter().map(|role| deletion(role)));
    Ok(())
}

/// The object of that family and id, or the family's error for an unknown one.
fn known(site: &Site<'_>, family: &str, id: &str) -> Result<Arc<Value>, ApiError> {
    let found = site.store.object(family, id);
    found.ok_or_else(|| {
        let family = families().get(family).unwrap_or(site.family);
        family.missing(id)
    })
}

fn add_user(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let id = site.call.body["user_id"].as_str().unwrap_or_default();
    let user = known(site, USERS, id)?;
    let mut answer = verbs::create(site)?;
    let group = site.call.params.get("group_id").unwrap_or_default();
    if let Some(Change::Put(record)) = answer.next.changes.first_mut() {
        id.clone_into(&mut record.id);
        let name = user["name"].as_str().unwrap_or_default();
        record.object = Arc::new(json!({"id": id, "name": name, "email": text(&user["email"])}));
    }
    answer.body = crate::Body::Json(Arc::new(json!({
        "object": "group.user", "user_id": id, "group_id": group,
    })));
    Ok(Outcome::Answer(answer))
}

fn retrieve_user(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let member = site.record()?;
    let mut object = Value::clone(&member.object);
    object["picture"] = Value::Null;
    object["is_service_account"] = json!(false);
    object["user_type"] = json!("user");
    Ok(Outcome::Answer(Answer::json(Arc::new(object))))
}

/// Removes the object and says no more than that.
fn remove(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut answer = verbs::delete(site)?;
    let object = json!({"object": site.family.deleted, "deleted": true});
    answer.body = crate::Body::Json(Arc::new(object));
    Ok(Outcome::Answer(answer))
}

fn add_to_project(site: &Site<'_>) -> Result<Outcome, ApiError> {
    projects::active(site)?;
    let body = &site.call.body;
    let id = body["group_id"].as_str().unwrap_or_default();
    let group = known(site, GROUPS, id)?;
    let project = site.parent()?.map(|project| project.id).unwrap_or_default();
    if site.store.find(IN_PROJECT, Some(&project), id).is_some() {
        let words = site.family.wording("member").replace("{group}", id);
        return Err(ApiError::invalid(words).param("group_id"));
    }
    let role = body["role"].as_str().unwrap_or_default();
    let role = assignments::named(site, &project, role)?;
    let mut answer = verbs::create(site)?;
    if let Some(Change::Put(record)) = answer.next.changes.first_mut() {
        id.clone_into(&mut record.id);
        record.object = Arc::new(json!({
            "object": "project.group", "project_id": project, "group_id": id,
            "group_name": group["name"], "group_type": group["group_type"],
            "created_at": site.context.now.whole_seconds(),
        }));
        answer.body = crate::Body::Json(Arc::clone(&record.object));
    }
    let assignment = assignments::assignment(site, &project, ("group", id), &role);
    answer.next.changes.push(Change::Put(assignment));
    Ok(Outcome::Answer(answer))
}

/// A group bears the name that it has now.
fn shown_in_project(site: &Site<'_>, record: &Record) -> Arc<Value> {
    match site.store.object(GROUPS, &record.id) {
        Some(group) => {
            let mut object = Value::clone(&record.object);
            object["group_name"] = group["name"].clone();
            Arc::new(object)
        }
        None => Arc::clone(&record.object),
    }
}

fn remove_from_project(site: &Site<'_>) -> Result<Outcome, ApiError> {
    projects::active(site)?;
    let project = site.call.params.get("project_id").unwrap_or_default();
    let group = site.call.params.get("group_id").unwrap_or_default();
    let mut outcome = remove(site)?;
    if let Outcome::Answer(answer) = &mut outcome {
        let filters = [("principal_id", group), ("scope", project)];
        let roles = every(site.store, ASSIGNMENTS, None, &filters);
        let gone = roles.iter().map(|role| deletion(role));
        answer.next.changes.extend(gone);
    }
    Ok(outcome)
}
