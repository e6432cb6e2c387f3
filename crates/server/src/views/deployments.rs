//! The deployments of a world, as Azure lists them.

use fakeai_canon::ApiError;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::gate::model_of_deployment;
use crate::world::World;

/// All deployments: those of the settings, or each listed model's own.
pub(super) fn list(world: &World, project: &str) -> Answer {
    let deployments = &world.rules.deployments;
    let mut data: Vec<Value> = deployments
        .iter()
        .map(|(name, model)| object(world, name, model))
        .collect();
    if data.is_empty() {
        let models = world.models(project);
        let own = models
            .iter()
            .map(|model| object(world, &model.id, &model.id));
        data = own.collect();
    }
    Answer::value(&json!({"object": "list", "data": data}))
}

/// One deployment.
pub(super) fn retrieve(world: &World, project: &str, name: &str) -> Result<Answer, ApiError> {
    let model = model_of_deployment(world, project, name)?;
    Ok(Answer::value(&object(world, name, &model)))
}

fn object(world: &World, name: &str, model: &str) -> Value {
    let created = world.started.whole_seconds();
    json!({
        "object": "deployment",
        "id": name,
        "model": model,
        "owner": "organization-owner",
        "status": "succeeded",
        "created_at": created,
        "updated_at": created,
        "scale_settings": {"scale_type": "standard"},
    })
}
