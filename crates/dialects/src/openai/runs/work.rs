//! What a run asks of its model. Reads the run object, so that a run that goes on asks for the
//! same again.

use std::sync::Arc;

use fakeai_canon::{
    Generate, Input, Limits, Message, Reasoning, Sampling, Schema, Tool, ToolChoice,
};
use serde_json::{Value, json};

use super::run::Object;
use super::spent::Spent;
use crate::openai::fields::Fields;
use crate::openai::{sampling, tool};

/// The work of a run of which `spent` has been used already. `notes` hold what its object does not
/// show.
pub(super) fn work(run: &Object, notes: &Value, messages: Vec<Message>, spent: Spent) -> Generate {
    // A run says the default where nothing was asked for; that is no wish of its own.
    let number = |name: &str| run[name].as_f64().filter(|number| *number != 1.0);
    let left = |name: &str, used: u64| {
        let most = run[name].as_u64()?;
        Some(most.saturating_sub(used).min(u64::from(u32::MAX)) as u32)
    };
    let effort = notes["reasoning_effort"].as_str();
    Generate {
        model: run["model"].as_str().unwrap_or_default().to_owned(),
        input: Input::Chat(messages),
        tools: tools(&run["tools"], &notes["tool_resources"]),
        tool_choice: choice(&run["tool_choice"]),
        parallel_calls: run["parallel_tool_calls"].as_bool().unwrap_or(true),
        format: tool::format(run["response_format"].clone()),
        sampling: Sampling {
            temperature: number("temperature"),
            top_p: number("top_p"),
            ..Sampling::default()
        },
        limits: Limits {
            max_tokens: left("max_completion_tokens", spent.completion),
            max_prompt_tokens: left("max_prompt_tokens", spent.prompt),
            ..Limits::default()
        },
        reasoning: Reasoning {
            effort: effort.and_then(sampling::effort),
            summary: false,
        },
        choices: 1,
        candidates: 1,
        ..Generate::default()
    }
}

/// The run's tools; those that the provider runs know the resources that they may use.
fn tools(tools: &Value, resources: &Value) -> Vec<Tool> {
    let read = |value: &Value| match value["type"].as_str() {
        Some(kind @ ("file_search" | "code_interpreter")) => {
            let mut settings = json!({"type": kind});
            let own = [&value[kind], &resources[kind]].into_iter();
            for (name, value) in own.filter_map(Value::as_object).flatten() {
                settings[name] = value.clone();
            }
            // Annotations stand for marks in the text.
            settings["citation_marks"] = json!(kind == "file_search");
            Tool::Hosted {
                kind: kind.to_owned(),
                settings: Schema(Arc::new(settings)),
            }
        }
        Some(_) | None => tool::function(Fields::of(value["function"].clone())),
    };
    tools.as_array().into_iter().flatten().map(read).collect()
}

/// Which tools may be called. A hosted one is named by its type.
fn choice(given: &Value) -> ToolChoice {
    match given["type"].as_str() {
        Some(kind @ ("file_search" | "code_interpreter")) => ToolChoice::Named(kind.to_owned()),
        Some(_) | None => tool::choice(given.clone()),
    }
}
