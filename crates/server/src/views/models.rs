//! The models of a world: listed ones and those made on first use.

use std::sync::Arc;

use fakeai_canon::ApiError;
use fakeai_catalog::{Ability, Catalog, Modality, Model, ReasoningText};
use serde_json::{Value, json};

use crate::adapters::Named;
use crate::answer::Answer;
use crate::gate::unknown_model;
use crate::tuned_models::not_yours;
use crate::world::World;

/// All models, the one that a simulated engine has loaded first: load generators take the first.
pub(super) fn list(world: &World, project: &str) -> Answer {
    let mut models = world.models(project);
    let served = world.rules.served.as_ref();
    models.sort_by_key(|model| served.is_none_or(|served| model.id != served.model));
    let data: Vec<Value> = models.iter().map(|model| object(world, model)).collect();
    Answer::value(&json!({"object": "list", "data": data}))
}

/// One model.
pub(super) fn retrieve(world: &World, project: &str, id: &str) -> Result<Answer, ApiError> {
    let model = find(world, project, id)?;
    Ok(Answer::value(&object(world, &model)))
}

/// What a model can do, and how its tokens are counted.
pub(super) fn capabilities(world: &World, project: &str, id: &str) -> Result<Answer, ApiError> {
    let model = find(world, project, id)?;
    let names = |abilities: &[Ability]| -> Vec<&str> {
        abilities.iter().map(|ability| ability.name()).collect()
    };
    let modalities = |list: &[Modality]| -> Vec<&str> { list.iter().map(|m| m.name()).collect() };
    Ok(Answer::value(&json!({
        "id": model.id,
        "object": "model.capabilities",
        "provider": model.provider,
        "family": model.family,
        "context_window": model.context_window,
        "max_output_tokens": model.max_output_tokens,
        "training_cutoff": model.knowledge_cutoff,
        "endpoints": model.endpoints.iter().map(|endpoint| endpoint.name()).collect::<Vec<_>>(),
        "input_modalities": modalities(&model.input),
        "output_modalities": modalities(&model.output),
        "abilities": names(&model.abilities),
        "supports_vision": model.reads(Modality::Image),
        "supports_audio": model.reads(Modality::Audio) || model.writes(Modality::Audio),
        "supports_tools": model.can(Ability::Tools),
        "reasoning": model.reasoning.as_ref().map(|reasoning| json!({
            "efforts": reasoning.efforts.iter().map(|effort| effort.name()).collect::<Vec<_>>(),
            "shown": reasoning.shows == ReasoningText::Content,
        })),
        "tokenizer": {
            "name": model.vocabulary.name,
            "table": model.vocabulary.table,
            "exact": model.vocabulary.exact,
        },
        "pricing": model.prices.as_ref().map(|prices| json!({
            "input_per_million": prices.input,
            "cached_input_per_million": prices.cached_input,
            "output_per_million": prices.output,
        })),
    })))
}

/// Deletes a fine-tuned model; the provider's own stay. A mock says that of any model.
pub(super) fn delete(world: &World, project: &str, id: &str) -> Result<Answer, ApiError> {
    if Catalog::builtin().get(id).is_some() && !world.is_mock() {
        return Err(not_yours(id));
    }
    if !world.forget_model(project, id)? && !world.is_mock() {
        return Err(unknown_model(id));
    }
    Ok(Answer::value(
        &json!({"id": id, "object": "model", "deleted": true}),
    ))
}

fn find(world: &World, project: &str, id: &str) -> Result<Arc<Model>, ApiError> {
    world.model(project, id).ok_or_else(|| unknown_model(id))
}

fn object(world: &World, model: &Model) -> Value {
    let mut object = json!({
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": model.owned_by,
    });
    // An engine tells of an adapter where it is from.
    if let Named::Adapter(adapter) = world.adapters.named(&model.id) {
        object["root"] = json!(adapter.path);
        object["parent"] = json!(adapter.parent);
    }
    object
}
