//! `POST /threads/{thread_id}/runs` and `POST /threads/runs`: reads a request for a run.
//! <https://platform.openai.com/docs/api-reference/runs/createRun>
//!
//! ```json
//! {"assistant_id": "asst_…", "additional_instructions": "Be brief.", "stream": true}
//! ```

use std::sync::Arc;

use fakeai_canon::{ApiError, Mode, Work};
use serde_json::{Value, json};

use super::answer::{Answer, NewThread, Setup};
use super::run::{self, Object};
use super::shelf::{self, ASSISTANTS, MESSAGES, THREADS};
use super::spent::Spent;
use super::{transcript, work};
use crate::openai::chat::support;
use crate::openai::fields::Fields;
use crate::openai::{bounds, model};
use crate::{Context, Decoded, Opened};

/// The thread that a run is to answer.
struct Thread {
    /// What of it is there.
    object: Value,
    /// Whether it has to be made, and its making told.
    new: Option<NewThread>,
    /// The messages that it has.
    stored: Vec<Arc<Value>>,
    /// The messages that come with the request.
    sent: Vec<Value>,
}

/// Reads a request for a run in a thread.
///
/// # Errors
/// In realistic mode the provider's own: no such thread or assistant, a thread that has an active
/// run, a rule that is broken.
pub(super) fn in_thread(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let id = param(&call, "thread_id");
    let mut body = Fields::of(call.body);
    let sent = body.array("additional_messages").unwrap_or_default();
    let thread = match shelf::find(THREADS, "thread", &id, context) {
        Ok(object) => {
            if context.mode == Mode::Realistic {
                shelf::is_free(&id, context)?;
            }
            Thread {
                object: Value::clone(&object),
                new: None,
                stored: context.shelf.children(MESSAGES, &id),
                sent,
            }
        }
        Err(_) if context.mode == Mode::Mock => made_up(&id, sent),
        Err(error) => return Err(error),
    };
    begun(body, thread, None, context)
}

/// Reads a request for a thread and a run in it.
///
/// # Errors
/// As for a run in a thread that is there.
pub(super) fn with_thread(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let mut asked = body
        .object("thread")
        .unwrap_or_else(|| Fields::of(Value::Null));
    let sent = asked.array("messages").unwrap_or_default();
    let mut object = thread_object(Value::Null);
    for name in ["metadata", "tool_resources"] {
        if let Some(value) = asked.take(name) {
            object[name] = value;
        }
    }
    without_new_stores(&mut object);
    let thread = Thread {
        new: Some(NewThread {
            object: object.clone(),
            is_told: true,
        }),
        object,
        stored: Vec::new(),
        sent,
    };
    begun(body, thread, None, context)
}

/// Vector stores that a thread asks for have been made by now, and are named by their ids.
fn without_new_stores(object: &mut Value) {
    let search = object["tool_resources"].get_mut("file_search");
    if let Some(search) = search.and_then(Value::as_object_mut) {
        search.remove("vector_stores");
    }
}

/// A run that nobody began, for a client that is tested against a stateless mock.
pub(super) fn unbegun(
    thread: &str,
    run: &str,
    stream: Option<Value>,
    context: &Context<'_>,
) -> Result<Opened, ApiError> {
    let body = Fields::of(json!({"assistant_id": "asst_unknown", "stream": stream}));
    begun(body, made_up(thread, Vec::new()), Some(run), context)
}

/// A thread that nobody made.
fn made_up(id: &str, sent: Vec<Value>) -> Thread {
    let object = thread_object(json!(id));
    Thread {
        new: Some(NewThread {
            object: object.clone(),
            is_told: false,
        }),
        object,
        stored: Vec::new(),
        sent,
    }
}

fn thread_object(id: Value) -> Value {
    json!({
        "id": id,
        "object": "thread",
        "created_at": null,
        "metadata": {},
        "tool_resources": {},
    })
}

/// Puts the work of a run together with the encoder of its answer. `id` is for a run that is to
/// have one already.
fn begun(
    mut body: Fields,
    thread: Thread,
    id: Option<&str>,
    context: &Context<'_>,
) -> Result<Opened, ApiError> {
    let assistant = assistant(&mut body, context)?;
    let name = model_name(&mut body, &assistant, context);
    if context.mode == Mode::Realistic {
        support::check(&body, &model::look_up(context.catalog, &name))?;
        bounds::metadata(body.peek("metadata"))?;
    }
    let stream = body.boolean("stream").unwrap_or(false);
    let notes = notes(&mut body, &assistant, &thread.object);
    let mut object = run::begin(&mut body, &assistant, name);
    if context.mode == Mode::Realistic {
        rules(&object)?;
    }
    object["thread_id"] = thread.object["id"].clone();
    object["id"] = json!(id);
    let stored = thread.stored.iter().map(|message| &**message);
    let all: Vec<&Value> = stored.chain(&thread.sent).collect();
    let messages = transcript::messages(&object, all.into_iter(), context.mode)?;
    let work = work::work(&object, &notes, messages, Spent::default());
    let setup = Setup {
        streams: stream,
        thread: thread.new,
        sent: thread.sent,
        resumed: None,
        spent: Spent::default(),
        notes,
    };
    Ok(opened(work, Answer::new(setup, object), stream))
}

/// A run goes on whether anybody waits or not, and fits its prompt to the model's window.
pub(super) fn opened(work: fakeai_canon::Generate, answer: Answer, stream: bool) -> Opened {
    Opened {
        work: Work::Generate(Box::new(work)),
        encoder: Box::new(answer),
        stream,
        background: true,
        truncate: true,
    }
}

/// A parameter of the path.
pub(super) fn param(call: &Decoded, name: &str) -> String {
    let mut params = call.params.iter();
    let found = params.find(|(given, _)| given == name);
    found.map_or_else(String::new, |(_, value)| value.clone())
}

fn assistant(body: &mut Fields, context: &Context<'_>) -> Result<Arc<Value>, ApiError> {
    let id = body.string("assistant_id").unwrap_or_default();
    match shelf::find(ASSISTANTS, "assistant", &id, context) {
        Err(_) if context.mode == Mode::Mock => Ok(Arc::new(json!({"id": id}))),
        found => found,
    }
}

/// The request's model or the assistant's; any that chats where neither names one.
fn model_name(body: &mut Fields, assistant: &Value, context: &Context<'_>) -> String {
    let named = body.string("model");
    let named = named.or_else(|| assistant["model"].as_str().map(str::to_owned));
    named.unwrap_or_else(|| {
        let mut models = context.catalog.models();
        let chats = models.find(|model| model.serves(fakeai_catalog::Endpoint::Chat));
        chats.map_or_else(String::new, |model| model.id.clone())
    })
}

/// What of the request the run does not show: how much it reasons, and the resources of its tools.
fn notes(body: &mut Fields, assistant: &Value, thread: &Value) -> Value {
    let effort = body.take("reasoning_effort");
    let effort = effort.unwrap_or_else(|| assistant["reasoning_effort"].clone());
    let own = body.take("tool_resources");
    let own = own.as_ref().unwrap_or(&assistant["tool_resources"]);
    json!({
        "reasoning_effort": effort,
        "tool_resources": together(own, &thread["tool_resources"]),
    })
}

/// The resources of an assistant and of a thread: a tool uses both.
fn together(one: &Value, other: &Value) -> Value {
    let mut all = json!({});
    for (tool, name) in [
        ("file_search", "vector_store_ids"),
        ("code_interpreter", "file_ids"),
    ] {
        let ids = |from: &Value| from[tool][name].as_array().cloned().unwrap_or_default();
        let mut both = ids(one);
        let more = ids(other).into_iter();
        both.extend(more.filter(|id| !ids(one).contains(id)));
        all[tool] = json!({ name: both });
    }
    all
}

/// Rules that tie one field to another.
fn rules(run: &Object) -> Result<(), ApiError> {
    let truncation = &run["truncation_strategy"];
    if truncation["type"] == "last_messages" && truncation["last_messages"].is_null() {
        let param = "truncation_strategy.last_messages";
        let message = format!("Missing required parameter: '{param}'.");
        return Err(ApiError::invalid(message)
            .code("missing_required_parameter")
            .param(param));
    }
    let named = run["tool_choice"]["function"]["name"].as_str().or_else(|| {
        let kind = run["tool_choice"]["type"].as_str();
        kind.filter(|kind| *kind != "function")
    });
    let tools = run["tools"].as_array();
    let has = |name: &str| {
        let mut tools = tools.into_iter().flatten();
        tools.any(|tool| tool["function"]["name"] == name || tool["type"] == name)
    };
    match named.filter(|name| !has(name)) {
        Some(name) => Err(ApiError::invalid(format!(
            "Tool choice '{name}' not found in 'tools' parameter."
        ))
        .param("tool_choice")),
        None => Ok(()),
    }
}
