//! Schemas that a request brings: parameters of functions, and the shape of the answer's text.

use fakeai_canon::ApiError;
use fakeai_contract::UserSchema;
use serde_json::Value;

use super::super::fields::Fields;
use super::content::text;

/// Whether a function's arguments follow its schema to the letter. Where the request leaves that
/// open they do if the schema allows it.
pub(super) fn is_strict(function: &Value) -> bool {
    match function.get("strict").and_then(Value::as_bool) {
        Some(strict) => strict,
        None => match function.get("parameters") {
            Some(schema @ Value::Object(_)) => UserSchema::parameters(schema, true).is_ok(),
            _ => true,
        },
    }
}

/// Checks the parameters of all functions among the tools; `place` is the path of the list.
///
/// # Errors
/// The provider's, for the first schema that it refuses.
pub(super) fn functions(tools: &[Value], place: &str) -> Result<(), ApiError> {
    for (index, tool) in tools.iter().enumerate() {
        if let Some(Value::Array(inner)) = tool.get("tools") {
            functions(inner, &format!("{place}[{index}].tools"))?;
        }
        let (Some("function"), Some(schema @ Value::Object(_))) =
            (text(tool, "type"), tool.get("parameters"))
        else {
            continue;
        };
        let strict = tool["strict"].as_bool().unwrap_or(false);
        if let Err(error) = UserSchema::parameters(schema, strict) {
            let name = text(tool, "name").unwrap_or_default();
            return Err(ApiError::invalid(error.function(name))
                .code(error.code().unwrap_or("invalid_function_parameters"))
                .param(format!("{place}[{index}].parameters")));
        }
    }
    Ok(())
}

/// Checks the schema of `text.format`.
///
/// # Errors
/// The provider's, if it refuses the schema.
pub(super) fn format(body: &Fields) -> Result<(), ApiError> {
    let Some(format) = body.peek("text").and_then(|shape| shape.get("format")) else {
        return Ok(());
    };
    let (Some("json_schema"), Some(schema)) = (text(format, "type"), format.get("schema")) else {
        return Ok(());
    };
    let strict = format["strict"].as_bool().unwrap_or(false);
    UserSchema::compile(schema, strict)
        .map(drop)
        .map_err(|error| {
            let name = text(format, "name").unwrap_or_default();
            ApiError::invalid(error.response_format(name))
                .code("invalid_json_schema")
                .param("text.format.schema")
        })
}
