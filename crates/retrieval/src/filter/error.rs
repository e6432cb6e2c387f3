//! What is wrong with a filter or with ranking options, worded as the provider words it. The wordings
//! follow `data/errors/openai.toml`. Not here: status codes and bodies.

use serde_json::Value;

/// A refusal of one parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    /// The parameter, such as `filters.filters[0].value`.
    pub param: String,
    /// The provider's code, such as `invalid_type`.
    pub code: &'static str,
    /// For the user.
    pub message: String,
}

impl FilterError {
    pub(crate) fn missing(param: &str) -> Self {
        let message = format!("Missing required parameter: '{param}'.");
        Self::new(param, "missing_required_parameter", message)
    }

    pub(crate) fn unknown(param: &str) -> Self {
        let message = format!("Unknown parameter: '{param}'.");
        Self::new(param, "unknown_parameter", message)
    }

    pub(crate) fn wrong_type(param: &str, expected: &str, got: &Value) -> Self {
        let got = kind(got);
        let message =
            format!("Invalid type for '{param}': expected {expected}, but got {got} instead.");
        Self::new(param, "invalid_type", message)
    }

    pub(crate) fn not_allowed(param: &str, got: &Value, allowed: &[&str]) -> Self {
        let quoted: Vec<String> = allowed.iter().map(|name| format!("'{name}'")).collect();
        let allowed = match quoted.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{}, and {last}", rest.join(", ")),
            Some(_) | None => quoted.concat(),
        };
        let got = got
            .as_str()
            .map_or_else(|| got.to_string(), |got| format!("'{got}'"));
        let message = format!("Invalid value: {got}. Supported values are: {allowed}.");
        Self::new(param, "invalid_value", message)
    }

    /// `bound` reads `<= 1`, `which` says "below minimum" or "above maximum".
    pub(crate) fn out_of_bounds(param: &str, which: &str, bound: &str, got: &Value) -> Self {
        let code = match which {
            "below minimum" => "decimal_below_min_value",
            _ => "decimal_above_max_value",
        };
        let message = format!(
            "Invalid '{param}': decimal {which} value. Expected a value {bound}, but got {got} instead."
        );
        Self::new(param, code, message)
    }

    pub(crate) fn invalid(param: &str, message: String) -> Self {
        Self::new(param, "invalid_value", message)
    }

    fn new(param: &str, code: &'static str, message: String) -> Self {
        Self {
            param: param.to_owned(),
            code,
            message,
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
