//! Permissions of checkpoints: which projects may use one.

use std::sync::Arc;

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use crate::apply::Site;
use crate::families::Hooks;
use crate::store::{Change, Record};
use crate::{Answer, Outcome, ids, page};

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: "models.permissions",
    acts: &[("createFineTuningCheckpointPermission", create)],
    ..Hooks::NONE
};

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
    answer.next.changes = records.into_iter().map(Change::Put).collect();
    Ok(Outcome::Answer(answer))
}
