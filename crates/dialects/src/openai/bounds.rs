//! Bounds that the provider holds and its document does not state, with the words and codes that
//! it uses for them. Realistic mode only.

use fakeai_canon::{ApiError, TokenId};

use serde_json::Value;

use super::fields::Fields;

/// A field that means nothing unless another one is true.
///
/// # Errors
/// Which of them wants which.
pub(super) fn needs_enabled(body: &Fields, name: &str, other: &str) -> Result<(), ApiError> {
    let enabled = body.peek(other).and_then(Value::as_bool) == Some(true);
    if enabled || !body.has(name) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "The '{name}' parameter is only allowed when '{other}' is enabled."
    ))
    .param(name))
}

/// A number that may not be smaller.
///
/// # Errors
/// `integer_below_min_value`.
pub fn at_least(name: &str, value: i64, least: i64) -> Result<(), ApiError> {
    if value >= least {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got \
         {value} instead."
    ))
    .code("integer_below_min_value")
    .param(name))
}

/// A number that may not be larger.
///
/// # Errors
/// `integer_above_max_value`.
pub fn at_most(name: &str, value: i64, most: i64) -> Result<(), ApiError> {
    if value <= most {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid '{name}': integer above maximum value. Expected a value <= {most}, but got \
         {value} instead."
    ))
    .code("integer_above_max_value")
    .param(name))
}

/// The length of an array.
///
/// # Errors
/// `empty_array` or `array_above_max_length`.
pub(super) fn array(name: &str, length: usize, least: usize, most: usize) -> Result<(), ApiError> {
    if length < least {
        return Err(ApiError::invalid(format!(
            "Invalid '{name}': empty array. Expected an array with minimum length {least}, but got \
             an empty array instead."
        ))
        .code("empty_array")
        .param(name));
    }
    if length > most {
        return Err(ApiError::invalid(format!(
            "Invalid '{name}': array too long. Expected an array with maximum length {most}, but \
             got an array with length {length} instead."
        ))
        .code("array_above_max_length")
        .param(name));
    }
    Ok(())
}

/// The name of a tool or a schema: 1 to 64 letters, digits, underscores and dashes.
///
/// # Errors
/// `string_above_max_length` or `invalid_value`.
pub fn tool_name(name: &str, param: &dyn Fn() -> String) -> Result<(), ApiError> {
    if name.len() > 64 {
        return Err(too_long(param(), name.chars().count(), 64));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(fits) {
        return Ok(());
    }
    let param = param();
    Err(ApiError::invalid(format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the \
         pattern '^[a-zA-Z0-9_-]+$'."
    ))
    .code("invalid_value")
    .param(param))
}

/// Token ids and biases from −100 to 100.
///
/// # Errors
/// A key that is no token id, or a bias out of bounds.
pub(super) fn logit_bias(body: &Fields) -> Result<(), ApiError> {
    let Some(biases) = body.peek("logit_bias").and_then(|value| value.as_object()) else {
        return Ok(());
    };
    for (key, bias) in biases {
        if key.parse::<TokenId>().is_err() {
            return Err(ApiError::invalid(format!(
                "Invalid key in 'logit_bias': {key}. You should only be submitting non-negative \
                 integers."
            ))
            .param("logit_bias"));
        }
        let value = bias.as_f64().unwrap_or_default();
        let name = format!("logit_bias.{key}");
        at_least(&name, value as i64, -100)?;
        at_most(&name, value.ceil() as i64, 100)?;
    }
    Ok(())
}

/// Up to 16 pairs, keys of up to 64 characters, values of up to 512.
///
/// # Errors
/// Which of the three is broken.
pub fn metadata(metadata: Option<&Value>) -> Result<(), ApiError> {
    let Some(pairs) = metadata.and_then(Value::as_object) else {
        return Ok(());
    };
    if pairs.len() > 16 {
        return Err(ApiError::invalid(format!(
            "Invalid 'metadata': too many properties. Expected an object with at most 16 \
             properties, but got an object with {} properties instead.",
            pairs.len()
        ))
        .code("object_above_max_properties")
        .param("metadata"));
    }
    for (key, value) in pairs {
        if key.chars().count() > 64 {
            return Err(ApiError::invalid(format!(
                "Invalid key in 'metadata': string too long. Expected a string with maximum length \
                 64, but got a string with length {} instead.",
                key.chars().count()
            ))
            .code("string_above_max_length")
            .param("metadata"));
        }
        let length = value.as_str().map_or(0, |text| text.chars().count());
        if length > 512 {
            return Err(too_long(format!("metadata.{key}"), length, 512));
        }
    }
    Ok(())
}

/// The error for a text of more characters than allowed.
pub(super) fn too_long(param: String, length: usize, most: usize) -> ApiError {
    ApiError::invalid(format!(
        "Invalid '{param}': string too long. Expected a string with maximum length {most}, but got \
         a string with length {length} instead."
    ))
    .code("string_above_max_length")
    .param(param)
}
