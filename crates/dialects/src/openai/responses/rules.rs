//! What the provider refuses although each field by itself is valid: parameters that a model does
//! not take, and fields that contradict each other. Held in realistic mode only.

use fakeai_canon::{ApiError, Effort, MediaKind, Message, Part, Tool, ToolChoice};
use fakeai_catalog::{Endpoint, Modality, Model, Parameter, Support};
use serde_json::Value;

use super::super::bounds;
use super::super::fields::Fields;
use super::super::sampling;
use super::content::text;
use super::request::Turn;
use super::schemas;

/// Checks the body against the model and against itself.
///
/// # Errors
/// The provider's, for the first rule that is broken.
pub(super) fn body(body: &Fields, model: &Model) -> Result<(), ApiError> {
    if !model.serves(Endpoint::Responses) && !model.serves(Endpoint::Chat) {
        let id = &model.id;
        return Err(ApiError::invalid(format!(
            "The requested model '{id}' is not supported with the Responses API."
        ))
        .param("model"));
    }
    bounds::metadata(body.peek("metadata"))?;
    contradictions(body)?;
    if let Some(most) = body.peek("max_tool_calls").and_then(Value::as_i64) {
        bounds::at_least("max_tool_calls", most, 0)?;
    }
    let effort = reasoning(body, model)?;
    draws(body, model, effort)?;
    included(body, model)?;
    spoken_by_model(body)?;
    unserved(body)
}

/// What the model said is told as its output, not as input.
fn spoken_by_model(body: &Fields) -> Result<(), ApiError> {
    let Some(Value::Array(items)) = body.peek("input") else {
        return Ok(());
    };
    for (index, item) in items.iter().enumerate() {
        let Some(parts) = item["content"]
            .as_array()
            .filter(|_| item["role"] == "assistant")
        else {
            continue;
        };
        let kinds = parts
            .iter()
            .map(|part| text(part, "type").unwrap_or_default());
        for (place, kind) in kinds.enumerate() {
            if !matches!(kind, "output_text" | "refusal") {
                return Err(ApiError::invalid(format!(
                    "Invalid value: '{kind}'. Supported values are: 'output_text' and 'refusal'."
                ))
                .code("invalid_value")
                .param(format!("input[{index}].content[{place}]")));
            }
        }
    }
    Ok(())
}

fn contradictions(body: &Fields) -> Result<(), ApiError> {
    if body.has("previous_response_id") && body.has("conversation") {
        return Err(ApiError::invalid(
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you \
             are only providing one of: 'previous_response_id' or 'conversation'.",
        )
        .code("mutually_exclusive_parameters"));
    }
    if !["input", "previous_response_id", "prompt", "conversation"]
        .iter()
        .any(|name| body.has(name))
    {
        return Err(ApiError::invalid(
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must \
             be provided.",
        )
        .code("missing_required_parameter"));
    }
    let is = |name: &str, value: bool| body.peek(name).and_then(Value::as_bool) == Some(value);
    if is("background", true) && is("store", false) {
        return Err(
            ApiError::invalid("Background responses require 'store' to be true.")
                .code("invalid_value")
                .param("background"),
        );
    }
    if body.has("stream_options") && !is("stream", true) {
        return Err(ApiError::invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )
        .param("stream_options"));
    }
    Ok(())
}

/// Checks `reasoning` and `text.verbosity`, and finds the effort that will be made.
fn reasoning(body: &Fields, model: &Model) -> Result<Option<Effort>, ApiError> {
    let field = |name: &str| {
        body.peek("reasoning")
            .and_then(|reasoning| text(reasoning, name))
    };
    let Some(abilities) = &model.reasoning else {
        let given = ["effort", "summary", "generate_summary"]
            .into_iter()
            .find(|n| field(n).is_some());
        return match given {
            Some(name) => {
                Err(unsupported(&format!("reasoning.{name}")).code("unsupported_parameter"))
            }
            None => Ok(None),
        };
    };
    let Some(word) = field("effort") else {
        return Ok(abilities.default);
    };
    if abilities.efforts.is_empty() {
        return Err(unsupported("reasoning.effort").code("unsupported_parameter"));
    }
    let effort = sampling::effort(word).filter(|effort| abilities.efforts.contains(effort));
    if effort.is_none() {
        let names: Vec<_> = abilities
            .efforts
            .iter()
            .map(|e| sampling::effort_name(*e))
            .collect();
        return Err(unsupported_value(
            "reasoning.effort",
            word,
            &model.id,
            &names,
        ));
    }
    Ok(effort)
}

fn draws(body: &Fields, model: &Model, effort: Option<Effort>) -> Result<(), ApiError> {
    let parameters = [
        (Parameter::Temperature, "temperature", 1.0),
        (Parameter::TopP, "top_p", 1.0),
        (Parameter::TopLogprobs, "top_logprobs", 0.0),
    ];
    for (parameter, name, usual) in parameters {
        let Some(value) = body.peek(name).and_then(Value::as_f64) else {
            continue;
        };
        let accepted = match model.support(parameter) {
            Support::Accepted => true,
            Support::DefaultOnly => value == usual,
            Support::WithoutReasoning => effort == Some(Effort::None),
            Support::Rejected => value == usual && parameter == Parameter::TopLogprobs,
        };
        if !accepted {
            return Err(unsupported(name));
        }
    }
    let verbosity = body.peek("text").and_then(|shape| text(shape, "verbosity"));
    match (model.support(Parameter::Verbosity), verbosity) {
        (Support::Rejected | Support::DefaultOnly, Some(word @ ("low" | "high"))) => Err(
            unsupported_value("text.verbosity", word, &model.id, &["medium"]),
        ),
        _ => Ok(()),
    }
}

fn included(body: &Fields, model: &Model) -> Result<(), ApiError> {
    let includes = |wanted: &str| {
        let list = body.peek("include").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|name| name.as_str() == Some(wanted)))
    };
    if includes("reasoning.encrypted_content") && model.reasoning.is_none() {
        return Err(
            ApiError::invalid("Encrypted content is not supported with this model.")
                .param("include"),
        );
    }
    if includes("message.output_text.logprobs")
        && model.support(Parameter::Logprobs) == Support::Rejected
    {
        let message = "logprobs are not supported with reasoning models.";
        return Err(ApiError::invalid(message).param("include"));
    }
    Ok(())
}

/// Refuses what is not served here, rather than ignoring it.
fn unserved(body: &Fields) -> Result<(), ApiError> {
    if body
        .peek("multi_agent")
        .is_some_and(|agents| agents["enabled"].as_bool() == Some(true))
    {
        return Err(unsupported("multi_agent").code("unsupported_parameter"));
    }
    Ok(())
}

/// Checks tools and format against the conversation.
///
/// # Errors
/// The provider's, for the first rule that is broken.
pub(super) fn turn(turn: &Turn, body: &Fields, model: &Model) -> Result<(), ApiError> {
    names(&turn.tools.offered)?;
    schemas::functions(&turn.tool_values, "tools")?;
    schemas::format(body)?;
    media(&turn.messages, model)?;
    let named = match &turn.choice {
        ToolChoice::Required if turn.tools.offered.is_empty() => {
            let message = "Tool choice 'required' must be specified with 'tools' parameter.";
            return Err(ApiError::invalid(message).param("tool_choice"));
        }
        ToolChoice::Named(name) => std::slice::from_ref(name),
        ToolChoice::Allowed { names, .. } => names,
        ToolChoice::None | ToolChoice::Auto | ToolChoice::Required => &[],
    };
    if let Some(name) = named.iter().find(|name| !turn.tools.has(name)) {
        return Err(ApiError::invalid(format!(
            "Tool choice '{name}' not found in 'tools' parameter."
        ))
        .param("tool_choice"));
    }
    let format = body
        .peek("text")
        .and_then(|shape| text(shape.get("format")?, "type"));
    if format == Some("json_object") && !turn.messages.iter().any(says_json) {
        return Err(ApiError::invalid(
            "Response input messages must contain the word 'json' in some form to use \
             'text.format' of type 'json_object'.",
        )
        .param("input"));
    }
    Ok(())
}

fn names(tools: &[Tool]) -> Result<(), ApiError> {
    for (index, tool) in tools.iter().enumerate() {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !matches!(tool, Tool::Hosted { .. }) && !tool.name().bytes().all(fits) {
            let param = format!("tools[{index}].name");
            return Err(ApiError::invalid(format!(
                "Invalid '{param}': string does not match pattern. Expected a string that matches \
                 the pattern '^[a-zA-Z0-9_-]+$'."
            ))
            .code("invalid_value")
            .param(param));
        }
    }
    Ok(())
}

fn media(messages: &[Message], model: &Model) -> Result<(), ApiError> {
    let parts = messages.iter().flat_map(|message| &message.parts);
    let unread = parts.filter_map(|part| match part {
        Part::Media(media) if media.kind == MediaKind::Image => Some("input_image"),
        // Pages of a document are read as pictures.
        Part::Media(media) if media.kind == MediaKind::File => Some("input_file"),
        Part::Media(_) | Part::Text(_) | Part::Refusal(_) | Part::Reasoning(_) => None,
    });
    match unread.take(1).find(|_| !model.reads(Modality::Image)) {
        Some(kind) => Err(ApiError::invalid(format!(
            "Invalid content type. {kind} is only supported by certain models."
        ))
        .param("input")),
        None => Ok(()),
    }
}

fn says_json(message: &Message) -> bool {
    let says = |text: &str| {
        text.as_bytes()
            .windows(4)
            .any(|word| word.eq_ignore_ascii_case(b"json"))
    };
    message.parts.iter().filter_map(Part::as_text).any(says)
}

fn unsupported(name: &str) -> ApiError {
    ApiError::invalid(format!(
        "Unsupported parameter: '{name}' is not supported with this model."
    ))
    .param(name)
}

fn unsupported_value(name: &str, value: &str, model: &str, supported: &[&str]) -> ApiError {
    ApiError::invalid(format!(
        "Unsupported value: '{value}' is not supported with the '{model}' model. Supported values \
         are: {}.",
        listed(supported)
    ))
    .code("unsupported_value")
    .param(name)
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}
