//! The sent form of an item becomes the stored form.

use fakeai_canon::Seed;
use serde_json::{Map, Value, json};

use super::include::hide;
use crate::family::{Hidden, families};
use crate::ids;

/// An item as it is stored: typed, with an id, a status where its type has one, and its content
/// in parts. None for what leaves no item behind, such as a reference.
pub(crate) fn stored_form(item: Value, seed: Seed) -> Option<Value> {
    let Value::Object(mut sent) = item else {
        return None;
    };
    let kind = sent
        .remove("type")
        .and_then(|kind| kind.as_str().map(str::to_owned));
    let kind = kind.unwrap_or_else(|| "message".to_owned());
    let row = families().items.types.get(&kind)?;
    let id = match sent.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => id,
        _ => ids::of_item(&kind, row.prefix.as_deref(), seed),
    };
    let mut stored = Map::new();
    stored.insert("type".to_owned(), json!(kind));
    stored.insert("id".to_owned(), json!(id));
    for (property, default) in &row.defaults {
        let value = sent.remove(property).filter(|value| !value.is_null());
        stored.insert(property.clone(), value.unwrap_or_else(|| default.clone()));
    }
    let assistant = sent.get("role").and_then(Value::as_str) == Some("assistant");
    for (property, value) in sent {
        match (property.as_str(), value) {
            (_, Value::Null) => {}
            ("content", Value::String(text)) if kind == "message" => {
                let kind = if assistant {
                    "output_text"
                } else {
                    "input_text"
                };
                let part = content_part(json!({"type": kind, "text": text}));
                stored.insert(property, json!([part]));
            }
            ("content" | "output", Value::Array(parts)) => {
                let parts = parts.into_iter().map(content_part).collect();
                stored.insert(property, Value::Array(parts));
            }
            (_, value) => drop(stored.insert(property, value)),
        }
    }
    let mut stored = Value::Object(stored);
    for path in &row.nulls {
        null_where_absent(&mut stored, path);
    }
    for path in &row.dropped {
        hide(&mut stored, path, Hidden::Absent);
    }
    Some(stored)
}

/// Puts a null at the path's end where its object is there and has nothing of that name.
fn null_where_absent(value: &mut Value, path: &[String]) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    match value {
        Value::Array(elements) if name == "*" => {
            for element in elements {
                null_where_absent(element, rest);
            }
        }
        Value::Object(object) if rest.is_empty() => {
            object.entry(name.clone()).or_insert(Value::Null);
        }
        Value::Object(object) => {
            if let Some(value) = object.get_mut(name) {
                null_where_absent(value, rest);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

/// A part of a content, without nulls and with what its type always has.
fn content_part(mut part: Value) -> Value {
    let Some(properties) = part.as_object_mut() else {
        return part;
    };
    properties.retain(|_, value| !value.is_null());
    let kind = properties.get("type").and_then(Value::as_str);
    let defaults = families().items.content.get(kind.unwrap_or_default());
    for (property, default) in defaults.into_iter().flatten() {
        if !properties.contains_key(property) {
            properties.insert(property.clone(), default.clone());
        }
    }
    part
}
