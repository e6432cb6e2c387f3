//! What an organisation or a project has one of: data retention, permissions of models and hosted
//! tools, a spend limit. What nobody has set is as the provider begins.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use super::founding::record;
use super::{projects, spend};
use crate::apply::Site;
use crate::families::Hooks;
use crate::store::{Change, Record};
use crate::{Answer, Outcome};

pub(super) static HOOKS: Hooks = Hooks {
    family: "organization.settings",
    acts: &[
        ("retrieve-organization-data-retention", retention),
        ("update-organization-data-retention", set_retention),
        ("Getorganizationspendlimit", spend::limit),
        ("Updateorganizationspendlimit", spend::set_limit),
        ("Deleteorganizationspendlimit", spend::delete_limit),
    ],
    ..Hooks::NONE
};

pub(super) static IN_PROJECTS: Hooks = Hooks {
    family: PROJECT_SETTINGS,
    acts: &[
        ("retrieve-project-data-retention", retention),
        ("update-project-data-retention", set_retention),
        ("retrieve-project-hosted-tool-permissions", tools),
        ("update-project-hosted-tool-permissions", set_tools),
        ("retrieve-project-model-permissions", models),
        ("update-project-model-permissions", set_models),
        ("delete-project-model-permissions", delete_models),
        ("Getprojectspendlimit", spend::limit),
        ("Updateprojectspendlimit", spend::set_limit),
        ("Deleteprojectspendlimit", spend::delete_limit),
    ],
    ..Hooks::NONE
};

/// The family of what a project has one of.
pub(super) const PROJECT_SETTINGS: &str = "organization.projects.settings";

const RETENTION: &str = "data_retention";
/// The setting of hosted tools.
pub(super) const TOOLS: &str = "hosted_tool_permissions";
/// The setting of models.
pub(super) const MODELS: &str = "model_permissions";

/// The setting where it has been set; the path's project is there.
pub(super) fn get(site: &Site<'_>, name: &str) -> Result<Option<Arc<Record>>, ApiError> {
    let project = site.parent()?;
    let project = project.as_ref().map(|project| project.id.as_str());
    Ok(site.store.find(&site.family.name, project, name))
}

/// The answer that sets it.
pub(super) fn set(site: &Site<'_>, name: &str, object: Value) -> Result<Answer, ApiError> {
    let project = site.parent()?;
    let project = project.as_ref().map(|project| project.id.as_str());
    if project.is_some() {
        projects::active(site)?;
    }
    let record = record(&site.family.name, name, project, site.context.now, object);
    let mut answer = Answer::json(Arc::clone(&record.object));
    answer.next.changes.push(Change::Put(record));
    Ok(answer)
}

fn show(site: &Site<'_>, name: &str, beginning: Value) -> Result<Outcome, ApiError> {
    let set = get(site, name)?;
    let object = set.map_or_else(|| Arc::new(beginning), |set| Arc::clone(&set.object));
    Ok(Outcome::Answer(Answer::json(object)))
}

fn retention_object(site: &Site<'_>, kind: &Value) -> Value {
    let name = match site.family.parent {
        Some(_) => "project.data_retention",
        None => "organization.data_retention",
    };
    json!({"object": name, "type": kind})
}

fn retention(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let beginning = match site.family.parent {
        Some(_) => json!("organization_default"),
        None => json!("modified_abuse_monitoring"),
    };
    show(site, RETENTION, retention_object(site, &beginning))
}

fn set_retention(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let object = retention_object(site, &site.call.body["retention_type"]);
    set(site, RETENTION, object).map(Outcome::Answer)
}

fn all_tools() -> Value {
    json!({
        "file_search": {"enabled": true},
        "web_search": {"enabled": true},
        "image_generation": {"enabled": true},
        "mcp": {"enabled": true},
        "code_interpreter": {"enabled": true},
    })
}

fn tools(site: &Site<'_>) -> Result<Outcome, ApiError> {
    show(site, TOOLS, all_tools())
}

fn set_tools(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let old = get(site, TOOLS)?;
    let mut object = old.map_or_else(all_tools, |old| Value::clone(&old.object));
    // Requests may hold fields that nobody has named; what is kept of them is what answers tell.
    let known = object.as_object_mut().into_iter().flatten();
    for (tool, permission) in known {
        let enabled = &site.call.body[tool]["enabled"];
        if !enabled.is_null() {
            permission["enabled"] = enabled.clone();
        }
    }
    set(site, TOOLS, object).map(Outcome::Answer)
}

fn models(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let all = json!({"object": "project.model_permissions", "mode": "deny_list", "model_ids": []});
    show(site, MODELS, all)
}

fn set_models(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let body = &site.call.body;
    let object = json!({
        "object": "project.model_permissions", "mode": body["mode"],
        "model_ids": body["model_ids"],
    });
    set(site, MODELS, object).map(Outcome::Answer)
}

fn delete_models(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let set = get(site, MODELS)?;
    let object = json!({"object": "project.model_permissions.deleted", "deleted": true});
    let mut answer = Answer::json(Arc::new(object));
    let gone = set.iter().map(|set| super::people::deletion(set));
    answer.next.changes.extend(gone);
    Ok(Outcome::Answer(answer))
}
