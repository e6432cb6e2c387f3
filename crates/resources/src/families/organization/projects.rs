//! Projects: they are archived, never deleted; the default one stays as it is.

use fakeai_canon::{ApiError, Owner};
use serde_json::{Value, json};

use super::founding::{FOUNDING, record};
use super::people::{MEMBERS, PROJECTS, acting_user};
use super::{keys, roles};
use crate::Outcome;
use crate::apply::Site;
use crate::families::Hooks;
use crate::family::{Family, families};
use crate::store::{Change, Record};
use crate::verbs::{self, Draft};

pub(super) static HOOKS: Hooks = Hooks {
    family: PROJECTS,
    acts: &[("list-projects", list), ("archive-project", archive)],
    created: Some(created),
    updated: Some(updated),
    ..Hooks::NONE
};

fn family() -> &'static Family {
    families()
        .get(PROJECTS)
        .expect("the rows have a family of projects")
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let (now, id) = (site.context.now, draft.record.id.clone());
    draft.object.insert("archived_at".to_owned(), Value::Null);
    draft.object.insert("status".to_owned(), json!("active"));
    settle_region(site, draft);
    for property in ["external_key_id", "residency"] {
        let sent = &site.call.body[property];
        if !sent.is_null() {
            draft.object.insert(property.to_owned(), sent.clone());
        }
    }
    // Who makes a project is its owner; an admin key acts for a user.
    let caller = site.call.caller;
    if keys::is_admin(caller) || matches!(caller.owner, Owner::User(_)) {
        let user = acting_user(site.store, caller);
        let member = json!({
            "object": "organization.project.user", "id": user["id"], "name": user["name"],
            "email": user["email"], "role": "owner", "added_at": now.whole_seconds(),
        });
        let user = user["id"].as_str().unwrap_or_default();
        let member = record(MEMBERS, user, Some(&id), now, member);
        draft.next.changes.push(Change::Put(member));
    }
    let predefined = roles::predefined("api.project", Some(&id), now);
    draft.next.changes.extend(predefined);
    Ok(())
}

fn updated(site: &Site<'_>, old: &Record, draft: &mut Draft) -> Result<(), ApiError> {
    settle_region(site, draft);
    changeable(old)
}

/// The older name of a residency is a region: `EU`. It becomes the residency that the contract has
/// for it, the one that also processes there where there is only that; other words say nothing.
fn settle_region(site: &Site<'_>, draft: &mut Draft) {
    let region = site.call.body["geography"].as_str();
    let contract = fakeai_contract::openai();
    let known = region.zip(contract.schema("PublicProjectResidency"));
    let Some((region, schema)) = known else {
        return;
    };
    let names =
        ["", "_STORAGE", "_STORAGE_PROCESSING"].map(|kind| json!(format!("{region}{kind}")));
    let fits = |name: &Value| contract.check_schema(schema, name, &[]).is_ok();
    if let Some(name) = names.into_iter().find(fits) {
        draft.object.insert("residency".to_owned(), name);
    }
}

/// Refuses to change the default project and archived ones.
fn changeable(project: &Record) -> Result<(), ApiError> {
    if project.id == FOUNDING.project.id {
        return Err(ApiError::invalid(family().wording("default")));
    }
    if project.object["status"] == "archived" {
        return Err(archived(&project.id));
    }
    Ok(())
}

fn archived(id: &str) -> ApiError {
    let words = family().wording("archived").replace("{id}", id);
    ApiError::invalid(words).code("project_archived")
}

/// Refuses what would change something in an archived project.
pub(super) fn active(site: &Site<'_>) -> Result<(), ApiError> {
    let id = site.call.params.get("project_id").unwrap_or_default();
    match site.store.object(PROJECTS, id) {
        Some(project) if project["status"] == "archived" => Err(archived(id)),
        Some(_) => Ok(()),
        None => Err(family().missing(id)),
    }
}

fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let all = site.call.query["include_archived"] == json!(true);
    verbs::list_of(site, |record| all || record.object["status"] != "archived").map(Outcome::Answer)
}

fn archive(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let project = site.record()?;
    changeable(&project)?;
    let mut object = Value::clone(&project.object);
    object["status"] = json!("archived");
    object["archived_at"] = json!(site.context.now.whole_seconds());
    Ok(Outcome::Answer(verbs::replace(&project, object)))
}
