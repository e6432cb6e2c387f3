//! What creation, compaction and counting read alike: the model, the conversation with all that
//! came before it, and the tools.

use std::borrow::Cow;

use fakeai_canon::{ApiError, Message, Mode, Role, ToolChoice};
use fakeai_catalog::{Catalog, Endpoint, Model};
use serde_json::Value;

use super::super::fields::Fields;
use super::super::model;
use super::content::{self, text};
use super::items::Transcript;
use super::tools::{self, Tools};
use super::{history, input, template};
use crate::Context;

/// A conversation that waits for its next turn.
pub(super) struct Turn {
    /// All turns, instructions first.
    pub(super) messages: Vec<Message>,
    /// The items of the responses that it goes on from, where the connection remembers.
    pub(super) before: Vec<Value>,
    /// The items of the request itself, references resolved.
    pub(super) input: Vec<Value>,
    /// The tools that it may call.
    pub(super) tools: Tools,
    /// The same as the request has them.
    pub(super) tool_values: Vec<Value>,
    /// Which of them.
    pub(super) choice: ToolChoice,
    /// The conversation that the answer is added to.
    pub(super) conversation: Option<String>,
    /// The container that a program ran in before, where it is still there.
    pub(super) container: Option<String>,
    /// Whether the request ends with the wish to be compacted.
    pub(super) compaction_wanted: bool,
}

/// The model that the request names.
///
/// # Errors
/// In realistic mode: none is named, and there is no prompt template that would name one.
pub(super) fn model_name(body: &mut Fields, context: &Context<'_>) -> Result<String, ApiError> {
    match body.string("model") {
        Some(name) => Ok(name),
        None if context.mode == Mode::Mock || body.has("prompt") => {
            Ok(usual_model(context.catalog))
        }
        None => Err(missing("model")),
    }
}

/// The model of a request that may name none.
pub(super) fn usual_model(catalog: &Catalog) -> String {
    let mut models = catalog.models();
    models
        .find(|model| model.serves(Endpoint::Responses))
        .map_or_else(String::new, |m| m.id.clone())
}

/// All that is known of a model by that name.
pub(super) fn facts<'a>(context: &Context<'a>, name: &str) -> Cow<'a, Model> {
    model::look_up(context.catalog, name)
}

/// Reads the conversation and its tools. `tools` and `input` are taken out of the body; all else
/// is left for the answer to repeat.
///
/// # Errors
/// In realistic mode: what came before is not there, or the items do not fit together.
pub(super) fn turn(body: &mut Fields, context: &Context<'_>) -> Result<Turn, ApiError> {
    let mut transcript = Transcript::new(context.mode, context.seal);
    let conversation = conversation(body);
    let mut before = Vec::new();
    if let Some(id) = body.peek("previous_response_id").and_then(Value::as_str) {
        before = history::continue_from(id, context, &mut transcript)?;
    } else if let Some(id) = &conversation {
        history::join(id, context, &mut transcript)?;
    }
    let mut input = input::as_items(body.take("input"));
    resolve(&mut input, context)?;
    for (index, item) in input.iter().enumerate() {
        transcript.push(item, &|| format!("input[{index}]"))?;
    }
    transcript.finish()?;
    input.retain(|item| text(item, "type") != Some("compaction_trigger"));

    let mut messages = preface(body, context)?;
    messages.append(&mut transcript.messages);
    let tool_values = body.array("tools").unwrap_or_default();
    let mut tools = Tools::default();
    tools.read(&tool_values);
    tools.read(&transcript.tools);
    let mut choice = body
        .peek("tool_choice")
        .map(tools::choice)
        .unwrap_or_default();
    if context.mode == Mode::Mock {
        choice = tools.possible(choice);
    }
    let container = transcript.container.take();
    Ok(Turn {
        container: container.filter(|id| history::is_running(id, context)),
        messages,
        before,
        input,
        tools,
        tool_values,
        choice,
        conversation,
        compaction_wanted: transcript.compaction_wanted,
    })
}

/// The id of the conversation that the request belongs to.
fn conversation(body: &Fields) -> Option<String> {
    let given = body.peek("conversation")?;
    given
        .as_str()
        .or_else(|| text(given, "id"))
        .map(str::to_owned)
}

/// Puts what references mean in their place.
fn resolve(items: &mut Vec<Value>, context: &Context<'_>) -> Result<(), ApiError> {
    let is_reference = |item: &Value| match text(item, "type") {
        Some(kind) => kind == "item_reference",
        None => item.get("role").is_none() && item.get("id").is_some(),
    };
    for item in items.iter_mut().filter(|item| is_reference(item)) {
        match history::item(text(item, "id").unwrap_or_default(), context) {
            Ok(found) => *item = found,
            Err(error) if context.mode == Mode::Realistic => return Err(error),
            Err(_) => {}
        }
    }
    items.retain(|item| !is_reference(item));
    Ok(())
}

/// What stands before the conversation: instructions, and a prompt template with its variables.
fn preface(body: &Fields, context: &Context<'_>) -> Result<Vec<Message>, ApiError> {
    let mut messages = Vec::new();
    let mode = context.mode;
    match body.peek("instructions") {
        Some(Value::String(text)) => messages.push(Message::text(Role::Developer, text.clone())),
        Some(Value::Array(items)) => {
            for item in items {
                let parts = content::parts(&item["content"], &|| "instructions".to_owned(), mode)?;
                messages.push(Message {
                    parts,
                    ..Message::text(Role::Developer, "")
                });
            }
        }
        _ => {}
    }
    if let Some(prompt) = body.peek("prompt") {
        messages.extend(template::message(prompt, context)?);
    }
    Ok(messages)
}

/// The provider's error for a parameter that is not there.
pub(super) fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("Missing required parameter: '{name}'."))
        .code("missing_required_parameter")
        .param(name)
}
