//! What the provider refuses in the parameters of any function, strict or not. Not here: the rules
//! of strict schemas.

use serde_json::Value;

use super::strict::{root_type, worded};
use crate::error::SchemaError;

/// Nested schemas are looked at this deep.
const DEEPEST: usize = 64;

/// Refuses parameters that are no object, and arrays of nobody knows what.
pub(super) fn check(schema: &Value) -> Result<(), SchemaError> {
    match &schema["type"] {
        Value::String(kind) if kind != "object" => return Err(root_type(kind)),
        _ => {}
    }
    below(schema, &mut Vec::new())
}

fn below(schema: &Value, path: &mut Vec<String>) -> Result<(), SchemaError> {
    let Some(members) = schema.as_object().filter(|_| path.len() < DEEPEST) else {
        return Ok(());
    };
    let is_list = members.get("type").is_some_and(|kind| kind == "array");
    let has_items = ["items", "prefixItems", "$ref"]
        .iter()
        .any(|keyword| members.contains_key(*keyword));
    if is_list && !has_items {
        return Err(SchemaError::at(path, worded("no_items", "")));
    }
    for holder in ["properties", "$defs", "definitions"] {
        let inner = members.get(holder).and_then(Value::as_object);
        for (name, schema) in inner.into_iter().flatten() {
            step(schema, &[holder, name], path)?;
        }
    }
    for holder in ["anyOf", "oneOf", "allOf"] {
        let inner = members.get(holder).and_then(Value::as_array);
        for (index, schema) in inner.into_iter().flatten().enumerate() {
            step(schema, &[holder, &index.to_string()], path)?;
        }
    }
    match members.get("items") {
        Some(items) => step(items, &["items"], path),
        None => Ok(()),
    }
}

fn step(schema: &Value, steps: &[&str], path: &mut Vec<String>) -> Result<(), SchemaError> {
    let length = path.len();
    path.extend(steps.iter().map(|step| (*step).to_owned()));
    let outcome = below(schema, path);
    path.truncate(length);
    outcome
}
