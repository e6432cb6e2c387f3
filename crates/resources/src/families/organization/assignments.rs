//! Roles that users and groups have, in the organisation or in one project. Four kinds of one
//! thing: the path says whether it is about a user or a group, and in which project.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::founding::record;
use super::people::{ASSIGNMENTS, GROUPS, PROJECTS, USERS, acting_user, deletion, every, only};
use super::roles::{PROJECT_ROLES, ROLES};
use crate::apply::Site;
use crate::families::Hooks;
use crate::family::families;
use crate::store::Record;
use crate::{Answer, Outcome, page};

pub(super) static HOOKS: Hooks = Hooks {
    family: ASSIGNMENTS,
    acts: &[
        ("list-group-role-assignments", list),
        ("assign-group-role", assign),
        ("retrieve-group-role", retrieve),
        ("unassign-group-role", unassign),
        ("list-user-role-assignments", list),
        ("assign-user-role", assign),
        ("retrieve-user-role", retrieve),
        ("unassign-user-role", unassign),
        ("list-project-group-role-assignments", list),
        ("assign-project-group-role", assign),
        ("retrieve-project-group-role", retrieve),
        ("unassign-project-group-role", unassign),
        ("list-project-user-role-assignments", list),
        ("assign-project-user-role", assign),
        ("retrieve-project-user-role", retrieve),
        ("unassign-project-user-role", unassign),
    ],
    ..Hooks::NONE
};

/// Who the path speaks of, and where.
struct Principal<'a> {
    /// `user` or `group`.
    kind: &'static str,
    id: &'a str,
    /// The project's id; empty for the organisation.
    scope: &'a str,
    object: Arc<Value>,
}

fn principal<'a>(site: &'a Site<'_>) -> Result<Principal<'a>, ApiError> {
    let param = |name: &str| site.call.params.get(name);
    let known = |family: &str, id: &str| {
        let found = site.store.object(family, id);
        found.ok_or_else(|| {
            let family = families().get(family).unwrap_or(site.family);
            family.missing(id)
        })
    };
    let scope = param("project_id").unwrap_or_default();
    if !scope.is_empty() {
        known(PROJECTS, scope)?;
    }
    let (kind, family, id) = match param("group_id") {
        Some(id) => ("group", GROUPS, id),
        None => ("user", USERS, param("user_id").unwrap_or_default()),
    };
    Ok(Principal {
        kind,
        id,
        scope,
        object: known(family, id)?,
    })
}

/// The role of that id in the project, or of the whole organisation.
fn role(site: &Site<'_>, scope: &str, id: &str) -> Option<Arc<Record>> {
    let of_project = || site.store.find(PROJECT_ROLES, Some(scope), id);
    let found = if scope.is_empty() { None } else { of_project() };
    found.or_else(|| site.store.find(ROLES, None, id))
}

fn known_role(site: &Site<'_>, scope: &str, id: &str) -> Result<Arc<Record>, ApiError> {
    role(site, scope, id).ok_or_else(|| {
        let family = families().get(ROLES).unwrap_or(site.family);
        family.missing(id)
    })
}

/// A role of a project that a client names by its id or by the name of a predefined one.
pub(super) fn named(site: &Site<'_>, project: &str, role: &str) -> Result<Arc<Record>, ApiError> {
    let by_name = || {
        let named = every(site.store, PROJECT_ROLES, Some(project), &[("name", role)]);
        named.into_iter().next()
    };
    self::role(site, project, role)
        .or_else(by_name)
        .ok_or_else(|| {
            let family = families().get(ROLES).unwrap_or(site.family);
            ApiError::invalid(family.missing(role).message).param("role")
        })
}

/// The record that says that somebody has a role.
pub(super) fn assignment(
    site: &Site<'_>,
    scope: &str,
    (kind, principal): (&str, &str),
    role: &Record,
) -> Record {
    let facts = json!({
        "scope": scope, "principal_type": kind, "principal_id": principal, "role_id": role.id,
    });
    let id = place(scope, principal, &role.id);
    record(ASSIGNMENTS, &id, None, site.context.now, facts)
}

fn place(scope: &str, principal: &str, role: &str) -> String {
    format!("{scope}/{principal}/{role}")
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let principal = principal(site)?;
    let filters = [("principal_id", principal.id), ("scope", principal.scope)];
    let assigned = every(site.store, ASSIGNMENTS, None, &filters);
    let shown = assigned
        .iter()
        .filter_map(|assignment| details(site, &principal, assignment))
        .collect();
    page::of_all(site, shown).map(|page| Outcome::Answer(Answer::json(Arc::new(page))))
}

/// A role with how it came to be assigned.
fn details(site: &Site<'_>, principal: &Principal<'_>, assignment: &Record) -> Option<Arc<Value>> {
    let id = assignment.object["role_id"].as_str()?;
    let role = role(site, principal.scope, id)?;
    let shown = [
        "id",
        "name",
        "permissions",
        "resource_type",
        "predefined_role",
        "description",
    ];
    let mut object = only(&role.object, &shown);
    for property in ["created_at", "updated_at", "created_by"] {
        object[property] = role.private[property].clone();
    }
    let by = role.private["created_by"].as_str();
    let by = by.and_then(|id| site.store.object(USERS, id));
    object["created_by_user_obj"] =
        by.map_or(Value::Null, |user| only(&user, &["id", "name", "email"]));
    object["metadata"] = json!({});
    object["assignment_sources"] =
        json!([{"principal_id": principal.id, "principal_type": principal.kind}]);
    Some(Arc::new(object))
}

fn assigned(site: &Site<'_>, principal: &Principal<'_>) -> Result<Arc<Record>, ApiError> {
    let role = site.call.params.get("role_id").unwrap_or_default();
    let id = place(principal.scope, principal.id, role);
    let found = site.store.find(ASSIGNMENTS, None, &id);
    found.ok_or_else(|| site.family.missing(role))
}

fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let principal = principal(site)?;
    let record = assigned(site, &principal)?;
    let role = site.call.params.get("role_id").unwrap_or_default();
    let shown = details(site, &principal, &record).ok_or_else(|| site.family.missing(role))?;
    Ok(Outcome::Answer(Answer::json(shown)))
}

fn assign(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let principal = principal(site)?;
    let id = site.call.body["role_id"].as_str().unwrap_or_default();
    let role = known_role(site, principal.scope, id)?;
    let who = match principal.kind {
        "group" => json!({
            "object": "group", "id": principal.id, "name": principal.object["name"],
            "created_at": principal.object["created_at"],
            "scim_managed": principal.object["is_scim_managed"],
        }),
        _ => Value::clone(&principal.object),
    };
    let mut object = json!({"object": format!("{}.role", principal.kind)});
    object[principal.kind] = who;
    object["role"] = Value::clone(&role.object);
    let mut answer = Answer::json(Arc::new(object));
    let mut record = assignment(site, principal.scope, (principal.kind, principal.id), &role);
    let by = acting_user(site.store, site.call.caller);
    record.private = json!({"by": by["id"]});
    answer.next.changes.push(crate::Change::Put(record));
    Ok(Outcome::Answer(answer))
}

fn unassign(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let principal = principal(site)?;
    let record = assigned(site, &principal)?;
    let object = json!({"object": format!("{}.role.deleted", principal.kind), "deleted": true});
    let mut answer = Answer::json(Arc::new(object));
    answer.next.changes.push(deletion(&record));
    Ok(Outcome::Answer(answer))
}
