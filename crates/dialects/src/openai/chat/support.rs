//! Which request parameters a model takes, in the provider's words. The facts are the
//! catalogue's.

use fakeai_canon::{ApiError, Effort};
use fakeai_catalog::{Model, Parameter, Support};
use serde_json::Value;

use crate::openai::fields::Fields;
use crate::openai::sampling::{effort, effort_name};

/// Holds every parameter that is given against what the model takes.
///
/// # Errors
/// `unsupported_parameter`, or `unsupported_value` where only a default is taken.
pub(in crate::openai) fn check(body: &Fields, model: &Model) -> Result<(), ApiError> {
    for parameter in Parameter::ALL {
        if let Some(value) = body.peek(parameter.name()) {
            parameter_taken(*parameter, value, body, model)?;
        }
    }
    Ok(())
}

fn parameter_taken(
    parameter: Parameter,
    value: &Value,
    body: &Fields,
    model: &Model,
) -> Result<(), ApiError> {
    match model.support(parameter) {
        Support::Accepted => match parameter {
            Parameter::ReasoningEffort => effort_taken(value, model),
            _ => Ok(()),
        },
        Support::DefaultOnly if is_default(parameter, value) => Ok(()),
        Support::DefaultOnly => Err(only_default(parameter, value)),
        Support::WithoutReasoning if is_default(parameter, value) || !reasons(body, model) => {
            Ok(())
        }
        Support::Rejected if harmless(parameter, value) => Ok(()),
        // To a model that doesn't reason the field is unknown.
        Support::Rejected
            if parameter == Parameter::ReasoningEffort && model.reasoning.is_none() =>
        {
            let problem = fakeai_contract::unrecognized(parameter.name());
            Err(ApiError::invalid(problem))
        }
        Support::WithoutReasoning | Support::Rejected => Err(unsupported(parameter.name())),
    }
}

fn effort_taken(value: &Value, model: &Model) -> Result<(), ApiError> {
    let asked = value.as_str().unwrap_or_default();
    match &model.reasoning {
        Some(reasoning)
            if !reasoning.efforts.is_empty()
                && !effort(asked).is_some_and(|asked| reasoning.efforts.contains(&asked)) =>
        {
            let names: Vec<String> = reasoning
                .efforts
                .iter()
                .map(|known| format!("'{}'", effort_name(*known)))
                .collect();
            Err(unsupported_value(
                "reasoning_effort",
                value,
                &format!("Supported values are: {}.", listed(&names)),
            ))
        }
        _ => Ok(()),
    }
}

/// Whether the model will reason for this request.
fn reasons(body: &Fields, model: &Model) -> bool {
    let asked = body
        .peek("reasoning_effort")
        .and_then(Value::as_str)
        .and_then(effort);
    let default = model
        .reasoning
        .as_ref()
        .and_then(|reasoning| reasoning.default);
    asked.or(default) != Some(Effort::None)
}

/// Whether a value is the one that holds where nothing is given.
fn is_default(parameter: Parameter, value: &Value) -> bool {
    match parameter {
        Parameter::Temperature | Parameter::TopP => value.as_f64() == Some(1.0),
        Parameter::PresencePenalty | Parameter::FrequencyPenalty | Parameter::TopLogprobs => {
            value.as_f64() == Some(0.0)
        }
        Parameter::Logprobs => value == &Value::Bool(false),
        Parameter::LogitBias => value.as_object().is_some_and(serde_json::Map::is_empty),
        Parameter::Verbosity => value == "medium",
        Parameter::ParallelToolCalls => value == &Value::Bool(true),
        Parameter::MaxTokens
        | Parameter::Stop
        | Parameter::ReasoningEffort
        | Parameter::Prediction => false,
    }
}

/// Whether a parameter that is not taken asks for nothing.
fn harmless(parameter: Parameter, value: &Value) -> bool {
    parameter != Parameter::ParallelToolCalls && is_default(parameter, value)
}

fn only_default(parameter: Parameter, value: &Value) -> ApiError {
    let rest = match parameter {
        Parameter::Verbosity => "Supported values are: 'medium'.".to_owned(),
        Parameter::Temperature | Parameter::TopP => {
            "Only the default (1) value is supported.".to_owned()
        }
        Parameter::PresencePenalty | Parameter::FrequencyPenalty => {
            "Only the default (0) value is supported.".to_owned()
        }
        Parameter::Logprobs
        | Parameter::TopLogprobs
        | Parameter::LogitBias
        | Parameter::MaxTokens
        | Parameter::Stop
        | Parameter::ParallelToolCalls
        | Parameter::ReasoningEffort
        | Parameter::Prediction => "Only the default value is supported.".to_owned(),
    };
    unsupported_value(parameter.name(), value, &rest)
}

fn unsupported_value(name: &str, value: &Value, rest: &str) -> ApiError {
    let shown = match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    };
    ApiError::invalid(format!(
        "Unsupported value: '{name}' does not support {shown} with this model. {rest}"
    ))
    .code("unsupported_value")
    .param(name)
}

/// The error for a parameter that the model does not take at all.
pub(super) fn unsupported(name: &str) -> ApiError {
    let hint = if name == "max_tokens" {
        " Use 'max_completion_tokens' instead."
    } else {
        ""
    };
    ApiError::invalid(format!(
        "Unsupported parameter: '{name}' is not supported with this model.{hint}"
    ))
    .code("unsupported_parameter")
    .param(name)
}

/// `'a'`; `'a' and 'b'`; `'a', 'b', and 'c'`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}
