//! `POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs`: goes on with a run that waits
//! for the outputs of its functions.
//! <https://platform.openai.com/docs/api-reference/runs/submitToolOutputs>
//!
//! ```json
//! {"tool_outputs": [{"tool_call_id": "call_…", "output": "70 degrees and sunny."}]}
//! ```

use std::sync::Arc;

use fakeai_canon::{ApiError, Mode};
use serde_json::{Value, json};

use super::answer::{Answer, Setup};
use super::create::{self, opened, param};
use super::run::Object;
use super::shelf::{self, MESSAGES, NOTES, RUNS, STEPS, THREADS};
use super::spent::Spent;
use super::{transcript, work};
use crate::openai::fields::Fields;
use crate::{Context, Decoded, Opened};

/// Reads the outputs.
///
/// # Errors
/// In realistic mode the provider's own: no such run, one that waits for nothing, outputs that are
/// not those of its calls.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let (thread, id) = (param(&call, "thread_id"), param(&call, "run_id"));
    let mut body = Fields::of(call.body);
    let outputs = body.array("tool_outputs").unwrap_or_default();
    let waiting = found(&thread, &id, context).and_then(|run| {
        waits(&run, &outputs)?;
        Ok(run)
    });
    let run = match waiting {
        Ok(run) => run,
        Err(_) if context.mode == Mode::Mock => {
            return create::unbegun(&thread, &id, body.take("stream"), context);
        }
        Err(error) => return Err(error),
    };
    let stream = body.boolean("stream").unwrap_or(false);
    let notes = context.shelf.object(NOTES, &id).unwrap_or_default();
    let mut object = run.as_object().cloned().unwrap_or_default();
    object["status"] = json!("queued");
    object["required_action"] = Value::Null;

    let mut steps = context.shelf.children(STEPS, &id);
    let resumed = steps.last_mut().map(|step| {
        *step = Arc::new(answered(step, &outputs, &notes));
        Value::clone(step)
    });
    let stored = context.shelf.children(MESSAGES, &thread);
    let stored = stored.iter().map(|message| &**message);
    let mut messages = transcript::messages(&object, stored, context.mode)?;
    transcript::steps(steps.iter().map(|step| &**step), &mut messages);
    let spent = Spent::of(&notes["spent"]);
    let work = work::work(&free(&object), &notes, messages, spent);
    let setup = Setup {
        streams: stream,
        thread: None,
        sent: Vec::new(),
        resumed,
        spent,
        notes: Value::clone(&notes),
    };
    Ok(opened(work, Answer::new(setup, object), stream))
}

/// A tool that had to be called has been; from then on the model is free to answer.
fn free(run: &Object) -> Object {
    let mut run = run.clone();
    if run["tool_choice"] != "none" {
        run["tool_choice"] = json!("auto");
    }
    run
}

fn found(thread: &str, id: &str, context: &Context<'_>) -> Result<Arc<Value>, ApiError> {
    shelf::find(THREADS, "thread", thread, context)?;
    let run = shelf::find(RUNS, "run", id, context)?;
    if run["thread_id"] == thread {
        Ok(run)
    } else {
        Err(ApiError::not_found(format!("No run found with id '{id}'.")))
    }
}

/// Whether the run waits for just these outputs.
fn waits(run: &Value, outputs: &[Value]) -> Result<(), ApiError> {
    let status = run["status"].as_str().unwrap_or_default();
    if status != "requires_action" {
        return Err(ApiError::invalid(format!(
            "Runs in status \"{status}\" do not accept tool outputs."
        )));
    }
    let calls = run["required_action"]["submit_tool_outputs"]["tool_calls"].as_array();
    let ids = |values: &[Value], name: &str| {
        let ids = values.iter().filter_map(|value| value[name].as_str());
        ids.map(str::to_owned).collect::<Vec<_>>()
    };
    let wanted = ids(calls.map_or(&[], Vec::as_slice), "id");
    let given = ids(outputs, "tool_call_id");
    let (mut one, mut other) = (wanted.clone(), given.clone());
    one.sort();
    other.sort();
    if one == other {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Expected tool outputs for call_ids {}, got {}",
        listed(&wanted),
        listed(&given)
    )))
}

/// `['a', 'b']`
fn listed(ids: &[String]) -> String {
    let quoted: Vec<_> = ids.iter().map(|id| format!("'{id}'")).collect();
    format!("[{}]", quoted.join(", "))
}

/// The step that waited, with what came of its calls.
fn answered(step: &Value, outputs: &[Value], notes: &Value) -> Value {
    let mut step = step.clone();
    step["status"] = json!("completed");
    step["usage"] = notes["step"].clone();
    let calls = step["step_details"]["tool_calls"].as_array_mut();
    for call in calls.into_iter().flatten() {
        let mut outputs = outputs.iter();
        if let Some(given) = outputs.find(|given| given["tool_call_id"] == call["id"]) {
            call["function"]["output"] = json!(given["output"].as_str().unwrap_or_default());
        }
    }
    step
}
