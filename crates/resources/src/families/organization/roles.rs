//! Roles: the provider's own and those that an organisation or a project defines.

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::founding::{FOUNDING, record};
use super::people::{ASSIGNMENTS, acting_user, deletion, every, text, wrong};
use super::projects;
use crate::Next;
use crate::apply::Site;
use crate::families::Hooks;
use crate::store::{Change, Record};
use crate::verbs::Draft;

pub(super) const ROLES: &str = "organization.roles";
pub(super) const PROJECT_ROLES: &str = "organization.projects.roles";

pub(super) static HOOKS: Hooks = Hooks {
    family: ROLES,
    created: Some(created),
    updated: Some(updated),
    deleted: Some(deleted),
    ..Hooks::NONE
};

pub(super) static IN_PROJECTS: Hooks = Hooks {
    family: PROJECT_ROLES,
    ..HOOKS
};

/// The provider's roles of the organisation, or of a project.
pub(super) fn predefined(
    resource_type: &str,
    project: Option<&str>,
    now: Micros,
) -> impl Iterator<Item = Change> {
    let family = match project {
        Some(_) => PROJECT_ROLES,
        None => ROLES,
    };
    let roles = FOUNDING.roles.iter();
    roles
        .filter(move |role| role.resource_type == resource_type)
        .map(move |role| {
            let object = json!({
                "object": "role", "id": role.id, "name": role.name,
                "description": role.description, "permissions": role.permissions,
                "resource_type": role.resource_type, "predefined_role": true,
            });
            Change::Put(record(family, &role.id, project, now, object))
        })
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let project = draft.record.parent.as_ref().map(|parent| &*parent.id);
    if project.is_some() {
        projects::active(site)?;
    }
    let body = &site.call.body;
    check_permissions(site, &body["permissions"])?;
    let name = body["role_name"].as_str().unwrap_or_default();
    check_name(site, project, name)?;
    let resource_type = match project {
        Some(_) => "api.project",
        None => "api.organization",
    };
    let object = &mut draft.object;
    object.insert("name".to_owned(), json!(name));
    object.insert("description".to_owned(), text(&body["description"]));
    object.insert("permissions".to_owned(), body["permissions"].clone());
    object.insert("resource_type".to_owned(), json!(resource_type));
    object.insert("predefined_role".to_owned(), json!(false));
    let now = site.context.now.whole_seconds();
    let user = acting_user(site.store, site.call.caller);
    draft.record.private = json!({"created_at": now, "updated_at": now, "created_by": user["id"]});
    Ok(())
}

fn check_permissions(site: &Site<'_>, permissions: &Value) -> Result<(), ApiError> {
    let permissions = permissions.as_array().into_iter().flatten();
    for permission in permissions.filter_map(Value::as_str) {
        let parts: Vec<&str> = permission.split('.').collect();
        if parts.len() < 3 || parts[0] != "api" || parts.contains(&"") {
            let words = site.family.wording("permission");
            return Err(wrong(
                words.replace("{permission}", permission),
                "permissions",
            ));
        }
    }
    Ok(())
}

fn check_name(site: &Site<'_>, project: Option<&str>, name: &str) -> Result<(), ApiError> {
    let taken = every(site.store, &site.family.name, project, &[("name", name)]);
    if taken.is_empty() {
        return Ok(());
    }
    let words = site.family.wording("taken").replace("{name}", name);
    Err(ApiError::invalid(words).param("role_name"))
}

fn own(site: &Site<'_>, role: &Record) -> Result<(), ApiError> {
    if role.object["predefined_role"] == json!(true) {
        let words = site.family.wording("predefined");
        return Err(ApiError::invalid(words.replace("{id}", &role.id)));
    }
    Ok(())
}

fn updated(site: &Site<'_>, old: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    own(site, old)?;
    let body = &site.call.body;
    check_permissions(site, &body["permissions"])?;
    if let Some(name) = body["role_name"].as_str()
        && old.object["name"] != json!(name)
    {
        let project = old.parent.as_ref().map(|parent| &*parent.id);
        check_name(site, project, name)?;
        draft.object.insert("name".to_owned(), json!(name));
    }
    for property in ["permissions", "description"] {
        if !body[property].is_null() {
            let value = body[property].clone();
            draft.object.insert(property.to_owned(), value);
        }
    }
    draft.record.private["updated_at"] = json!(site.context.now.whole_seconds());
    Ok(())
}

/// Nobody keeps a role that is gone.
fn deleted(site: &Site<'_>, record: &Record, next: &mut Next) -> Result<(), ApiError> {
    own(site, record)?;
    let assigned = every(site.store, ASSIGNMENTS, None, &[("role_id", &record.id)]);
    next.changes
        .extend(assigned.iter().map(|assignment| deletion(assignment)));
    Ok(())
}
