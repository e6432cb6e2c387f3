//! Permissions of checkpoints: which projects may use one that another has made. Not here: the
//! models themselves.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use crate::apply::Site;
use crate::families::Hooks;
use crate::families::organization::{default_project, people::PROJECTS};
use crate::objects::Objects;
use crate::store::{Change, Filter, PageQuery, Parent, Record};
use crate::{Answer, Next, Order, Outcome, ids, page};

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: "models.permissions",
    acts: &[("createFineTuningCheckpointPermission", create)],
    deleted: Some(deleted),
    ..Hooks::NONE
};

/// What a project was given, below it, so that it can list what it may use. No row has it, and no
/// call reaches it.
const GIVEN: &str = "organization.projects.models";

/// A permission for each project that the body names.
fn create(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let parent = site.parent()?;
    let projects = site.call.body["project_ids"].as_array();
    let mut records = Vec::new();
    for (place, project) in projects.into_iter().flatten().enumerate() {
        let seed = site.context.seed.nth(place as u64);
        let id = ids::of("checkpoint.permission", seed).unwrap_or_default();
        let object = json!({
            "object": "checkpoint.permission",
            "id": id,
            "created_at": site.context.now.whole_seconds(),
            "project_id": project,
        });
        records.push(Record {
            project: None,
            family: &site.family.name,
            id,
            parent: parent.clone(),
            created: site.context.now,
            object: Arc::new(object),
            private: Value::Null,
            due: None,
            blob: None,
        });
    }
    let shown: Vec<_> = records
        .iter()
        .map(|record| Arc::clone(&record.object))
        .collect();
    let body = page::body(&site.family.page, &shown, false);
    let mut answer = Answer::json(Arc::new(body));
    let given = records.iter().map(|record| Change::Put(given(record)));
    let given: Vec<Change> = given.collect();
    answer.next.changes = records.into_iter().map(Change::Put).chain(given).collect();
    Ok(Outcome::Answer(answer))
}

/// What the project of a permission keeps of it.
fn given(permission: &Record) -> Record {
    let model = permission.parent.as_ref().map(|model| &model.id);
    Record {
        family: GIVEN,
        parent: Some(Parent {
            family: PROJECTS,
            id: project_of(permission),
        }),
        object: Arc::new(json!({"id": permission.id, "model": model})),
        ..permission.clone()
    }
}

fn project_of(permission: &Record) -> String {
    let project = permission.object["project_id"].as_str();
    project.unwrap_or_default().to_owned()
}

fn deleted(_: &Site<'_>, permission: &Record, next: &mut Next) -> Result<(), ApiError> {
    next.changes.push(taken(permission));
    Ok(())
}

fn taken(permission: &Record) -> Change {
    Change::Delete {
        family: GIVEN,
        parent: Some(project_of(permission)),
        id: permission.id.clone(),
    }
}

/// The id of the project whose objects these are, as the organisation has it.
fn id_of<'a>(objects: &Objects<'a>) -> &'a str {
    match objects.project() {
        "" => default_project(),
        project => project,
    }
}

/// Whether a project may use a model that another has made.
pub fn is_permitted(objects: Objects<'_>, model: &str) -> bool {
    let page = objects.page(&PageQuery {
        filters: vec![Filter {
            path: vec!["project_id".to_owned()],
            equals: id_of(&objects).to_owned(),
        }],
        ..permissions(model, 1)
    });
    page.is_ok_and(|page| !page.records.is_empty())
}

/// The models that a project may use though others have made them.
pub fn permitted_models(objects: Objects<'_>) -> Vec<String> {
    let given = objects.children(GIVEN, id_of(&objects));
    let models = given.iter().filter_map(|given| given["model"].as_str());
    models.map(str::to_owned).collect()
}

/// What goes with a model that is deleted, itself included.
pub fn model_gone(objects: Objects<'_>, model: &Record) -> Vec<Change> {
    let all = objects
        .page(&permissions(&model.id, usize::MAX))
        .unwrap_or_default();
    let mut changes: Vec<Change> = all.records.iter().map(|record| taken(record)).collect();
    changes.push(Change::Delete {
        family: model.family,
        parent: None,
        id: model.id.clone(),
    });
    changes
}

fn permissions(model: &str, limit: usize) -> PageQuery<'_> {
    PageQuery {
        family: HOOKS.family,
        parent: Some(model),
        after: None,
        before: None,
        order: Order::Ascending,
        limit,
        filters: Vec::new(),
    }
}
