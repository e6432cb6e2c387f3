//! Assistants: a model with instructions and tools. What they do is done by runs.

use std::sync::Arc;

use fakeai_canon::ApiError;
use fakeai_catalog::{Catalog, Endpoint, Model, Parameter, Support};
use serde_json::{Value, json};

use super::{Hooks, tool_resources};
use crate::Call;
use crate::apply::Site;
use crate::store::Record;
use crate::verbs::Draft;

pub(super) static HOOKS: Hooks = Hooks {
    family: "assistants",
    created: Some(completed),
    updated: Some(|site, _, draft| completed(site, draft)),
    shown: Some(shown),
    ..Hooks::NONE
};

/// What a run needs and an answer does not show.
const HIDDEN: &str = "reasoning_effort";

fn completed(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let model = draft.object["model"].as_str().unwrap_or_default();
    knows(site, model)?;
    tool_resources::settle(site, draft)
}

/// Whether runs can use the model.
fn knows(site: &Site<'_>, model: &str) -> Result<(), ApiError> {
    let refused = |wording: &str, code| {
        let message = site.family.wording(wording).replace("{model}", model);
        Err(ApiError::invalid(message).code(code).param("model"))
    };
    if !site.means.services.knows_model(site.store.project(), model) {
        return refused("unknown_model", "model_not_found");
    }
    let facts = Catalog::builtin().resolve(model);
    if !facts.serves(Endpoint::Chat) {
        return refused("unsupported_model", "unsupported_model");
    }
    let mut parameters = [
        Parameter::Temperature,
        Parameter::TopP,
        Parameter::ReasoningEffort,
    ]
    .into_iter();
    match parameters.find(|parameter| !takes(&facts, *parameter, site.call)) {
        Some(parameter) => Err(unsupported(site, parameter.name())),
        None => Ok(()),
    }
}

/// Whether the model takes what the call says of the parameter.
fn takes(model: &Model, parameter: Parameter, call: &Call<'_>) -> bool {
    let given = &call.body[parameter.name()];
    let is_default = given.is_null() || given.as_f64() == Some(1.0);
    match model.support(parameter) {
        Support::Accepted => true,
        Support::DefaultOnly | Support::WithoutReasoning | Support::Rejected => is_default,
    }
}

fn unsupported(site: &Site<'_>, parameter: &str) -> ApiError {
    let message = site.family.wording("unsupported_parameter");
    ApiError::invalid(message.replace("{parameter}", parameter))
        .code("unsupported_parameter")
        .param(parameter)
}

fn shown(_: &Site<'_>, record: &Record) -> Arc<Value> {
    let mut object = Value::clone(&record.object);
    if let Some(fields) = object.as_object_mut() {
        fields.remove(HIDDEN);
        default_file_search(fields.get_mut("tools"));
    }
    Arc::new(object)
}

/// A search of files says how it ranks where nobody told it.
fn default_file_search(tools: Option<&mut Value>) {
    let tools = tools.and_then(Value::as_array_mut);
    for tool in tools.into_iter().flatten() {
        if tool["type"] == "file_search" && tool["file_search"]["ranking_options"].is_null() {
            tool["file_search"]["ranking_options"] =
                json!({"ranker": "default_2024_08_21", "score_threshold": 0.0});
        }
    }
}
