//! Rules that tie one field of a chat completion to another, or to the model. They hold in
//! realistic mode only; what a single field may be is the contract's matter.

use fakeai_canon::{ApiError, Format, Message, Part};
use fakeai_catalog::{Ability, Endpoint, Flavour, Model};
use serde_json::Value;

use super::support;
use crate::openai::bounds;
use crate::openai::fields::{Fields, into_integer};

/// Holds a body against all rules that need no look into its messages.
///
/// # Errors
/// The provider's own for the first rule that is broken.
pub(super) fn check(body: &Fields, model: &Model) -> Result<(), ApiError> {
    chats(model)?;
    support::check(body, model)?;
    limits(body, model)?;
    needs_another(body)?;
    tools(body, model)?;
    functions(body)?;
    bounds::logit_bias(body)?;
    bounds::metadata(body.peek("metadata"))?;
    searches(body, model)
}

fn chats(model: &Model) -> Result<(), ApiError> {
    if model.serves(Endpoint::Chat) {
        return Ok(());
    }
    let problem = if model.serves(Endpoint::Responses) {
        "This model is only supported in v1/responses and not in v1/chat/completions."
    } else {
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did \
         you mean to use v1/completions?"
    };
    Err(ApiError::not_found(problem).param("model"))
}

fn limits(body: &Fields, model: &Model) -> Result<(), ApiError> {
    if body.has("max_tokens") && body.has("max_completion_tokens") {
        return Err(exclusive("max_tokens", "max_completion_tokens"));
    }
    for name in ["max_tokens", "max_completion_tokens"] {
        let Some(limit) = body.peek(name).and_then(into_integer) else {
            continue;
        };
        bounds::at_least(name, limit, 1)?;
        // How long answers of open weights may be, the engine says that serves them.
        let most = match model.flavour {
            Flavour::Vllm => 0,
            Flavour::OpenAi => i64::from(model.max_output_tokens),
        };
        if most > 0 && limit > most {
            return Err(ApiError::invalid(format!(
                "{name} is too large: {limit}. This model supports at most {most} completion \
                 tokens, whereas you provided {limit}."
            ))
            .code("invalid_value")
            .param(name));
        }
    }
    Ok(())
}

/// Fields that mean nothing without another one.
fn needs_another(body: &Fields) -> Result<(), ApiError> {
    bounds::needs_enabled(body, "stream_options", "stream")?;
    bounds::needs_enabled(body, "top_logprobs", "logprobs")?;
    bounds::needs_enabled(body, "metadata", "store")?;
    for (name, other) in [
        ("tool_choice", "tools"),
        ("parallel_tool_calls", "tools"),
        ("function_call", "functions"),
    ] {
        if body.has(name) && !body.has(other) {
            return Err(ApiError::invalid(format!(
                "Invalid value for '{name}': '{name}' is only allowed when '{other}' are specified."
            ))
            .param(name));
        }
    }
    predicted_alone(body)
}

/// A prediction goes with one plain answer only.
fn predicted_alone(body: &Fields) -> Result<(), ApiError> {
    if !body.has("prediction") {
        return Ok(());
    }
    let several = body
        .peek("n")
        .and_then(Value::as_u64)
        .is_some_and(|n| n > 1);
    let logprobs = body.peek("logprobs").and_then(Value::as_bool) == Some(true);
    for (given, name) in [
        (several, "n"),
        (logprobs, "logprobs"),
        (body.has("tools"), "tools"),
    ] {
        if given {
            return Err(exclusive("prediction", name));
        }
    }
    Ok(())
}

fn tools(body: &Fields, model: &Model) -> Result<(), ApiError> {
    let Some(tools) = body.peek("tools").and_then(Value::as_array) else {
        return Ok(());
    };
    if !model.can(Ability::Tools) {
        return Err(support::unsupported("tools"));
    }
    if body.has("functions") {
        return Err(exclusive("functions", "tools"));
    }
    bounds::array("tools", tools.len(), 1, 128)?;
    for (index, tool) in tools.iter().enumerate() {
        let kind = if tool["type"] == "custom" {
            "custom"
        } else {
            "function"
        };
        let name = || format!("tools[{index}].{kind}.name");
        bounds::tool_name(tool[kind]["name"].as_str().unwrap_or_default(), &name)?;
    }
    let Some(choice) = body.peek("tool_choice") else {
        return Ok(());
    };
    if let Some(wanted) = choice["allowed_tools"]["tools"].as_array() {
        return wanted.iter().try_for_each(|tool| offered(tool, tools));
    }
    offered(choice, tools)
}

/// Whether a tool that is chosen by its name is among those that are offered.
fn offered(choice: &Value, tools: &[Value]) -> Result<(), ApiError> {
    let kind = if choice["type"] == "custom" {
        "custom"
    } else {
        "function"
    };
    let Some(name) = choice[kind]["name"].as_str() else {
        return Ok(());
    };
    if tools.iter().any(|tool| tool[kind]["name"] == name) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid value for 'tool_choice': no {kind} named {name} was specified in the 'tools' \
         parameter."
    ))
    .param("tool_choice"))
}

fn functions(body: &Fields) -> Result<(), ApiError> {
    let Some(functions) = body.peek("functions").and_then(Value::as_array) else {
        return Ok(());
    };
    for (index, function) in functions.iter().enumerate() {
        let name = || format!("functions[{index}].name");
        bounds::tool_name(function["name"].as_str().unwrap_or_default(), &name)?;
    }
    let wanted = body
        .peek("function_call")
        .and_then(|choice| choice["name"].as_str());
    match wanted {
        Some(name) if !functions.iter().any(|function| function["name"] == name) => {
            Err(ApiError::invalid(format!(
                "Invalid value for 'function_call': no function named {name} was specified in the \
                 'functions' parameter."
            ))
            .param("function_call"))
        }
        _ => Ok(()),
    }
}

/// Holds `response_format` against the model and the messages.
///
/// # Errors
/// A format that the model does not write, a strict schema outside the provider's subset, and the
/// plain JSON format where nobody mentions JSON.
pub(super) fn check_format(
    format: &Format,
    messages: &[Message],
    model: &Model,
) -> Result<(), ApiError> {
    match format {
        Format::Text | Format::Grammar(_) => Ok(()),
        Format::JsonObject if !model.can(Ability::JsonMode) => Err(no_such_format("json_object")),
        Format::JsonObject => mentions_json(messages),
        Format::JsonSchema { .. } if !model.can(Ability::StructuredOutputs) => {
            Err(no_such_format("json_schema"))
        }
        Format::JsonSchema { name, schema, .. } => {
            bounds::tool_name(name, &|| "response_format.json_schema.name".to_owned())?;
            if schema.0.is_boolean() {
                let param = "response_format.json_schema.schema";
                return Err(
                    ApiError::invalid(format!("Missing required parameter: '{param}'."))
                        .code("missing_required_parameter")
                        .param(param),
                );
            }
            Ok(())
        }
    }
}

fn no_such_format(name: &str) -> ApiError {
    let problem = format!(
        "Invalid parameter: 'response_format' of type '{name}' is not supported with this model."
    );
    if name == "json_schema" {
        return ApiError::invalid(format!(
            "{problem} Learn more about supported models at the Structured Outputs guide: \
             https://platform.openai.com/docs/guides/structured-outputs"
        ));
    }
    ApiError::invalid(problem).param("response_format")
}

fn mentions_json(messages: &[Message]) -> Result<(), ApiError> {
    let mut texts = messages
        .iter()
        .flat_map(|message| &message.parts)
        .filter_map(Part::as_text);
    let mentioned = |text: &str| {
        text.as_bytes()
            .windows(4)
            .any(|window| window.eq_ignore_ascii_case(b"json"))
    };
    if texts.any(mentioned) {
        return Ok(());
    }
    let problem = "'messages' must contain the word 'json' in some form, to use 'response_format' \
                   of type 'json_object'.";
    Err(ApiError::invalid(problem).param("messages"))
}

fn searches(body: &Fields, model: &Model) -> Result<(), ApiError> {
    const NAME: &str = "web_search_options";
    // Other models search by a tool of the Responses API.
    let searches = model.can(Ability::WebSearch) && model.id.contains("search");
    if !body.has(NAME) || searches {
        return Ok(());
    }
    if model.reasoning.is_some() {
        return Err(ApiError::invalid(format!("Unknown parameter: '{NAME}'."))
            .code("unknown_parameter")
            .param(NAME));
    }
    let problem = "Web search options not supported with this model.";
    Err(ApiError::invalid(problem).param(NAME))
}

fn exclusive(one: &str, other: &str) -> ApiError {
    ApiError::invalid(format!(
        "Setting '{one}' and '{other}' at the same time is not supported."
    ))
    .code("invalid_parameter_combination")
    .param(one)
}
