//! Items of conversations and responses: the sent form becomes the stored form, references are
//! resolved, and what an answer does not include is left out.

use std::sync::Arc;

use fakeai_canon::{ApiError, Seed};
use serde_json::{Map, Value, json};

use super::responses;
use crate::apply::Site;
use crate::family::{Family, Hidden, Include, families};
use crate::ids;
use crate::store::{Parent, Record, Store};

/// The family whose create takes items along.
pub(crate) const PARENT: &str = "conversations";
const FAMILY: &str = "conversations.items";

/// Where a reference is looked up, in this order.
const REFERRED: [&str; 2] = [FAMILY, "responses.input_items"];
/// Says which response an item that a model made is part of.
const POINTERS: &str = "responses.output_items";

/// The items that a new conversation is created with.
pub(crate) fn of_new_conversation(site: &Site<'_>, id: &str) -> Result<Vec<Record>, ApiError> {
    let Some(family) = families().get(FAMILY) else {
        return Ok(Vec::new());
    };
    let sent = site.call.body["items"].as_array();
    let parent = Parent {
        family: &site.family.name,
        id: id.to_owned(),
    };
    records(site, family, Some(parent), sent.map_or(&[], Vec::as_slice))
}

/// Sent items as new objects below a parent.
pub(crate) fn records(
    site: &Site<'_>,
    family: &'static Family,
    parent: Option<Parent>,
    sent: &[Value],
) -> Result<Vec<Record>, ApiError> {
    let seed = site.context.seed.fork(&family.name);
    let mut records = Vec::with_capacity(sent.len());
    for (place, item) in sent.iter().enumerate() {
        let Some(object) = resolved(site, family, item, seed.nth(place as u64))? else {
            continue;
        };
        records.push(Record {
            family: &family.name,
            id: object["id"].as_str().unwrap_or_default().to_owned(),
            parent: parent.clone(),
            created: site.context.now,
            object,
        });
    }
    Ok(records)
}

fn resolved(
    site: &Site<'_>,
    family: &Family,
    item: &Value,
    seed: Seed,
) -> Result<Option<Arc<Value>>, ApiError> {
    let Some(id) = reference(item) else {
        return Ok(stored_form(item.clone(), seed).map(Arc::new));
    };
    referred(site.store, id)
        .map(Some)
        .ok_or_else(|| family.missing(id))
}

/// The item that bears the id, wherever it is stored.
fn referred(store: &dyn Store, id: &str) -> Option<Arc<Value>> {
    if let Some(item) = REFERRED.iter().find_map(|family| store.object(family, id)) {
        return Some(item);
    }
    let pointer = store.object(POINTERS, id)?;
    let response = store.object(responses::FAMILY, pointer["response_id"].as_str()?)?;
    let mut items = response["output"].as_array()?.iter();
    items.find(|item| item["id"] == *id).cloned().map(Arc::new)
}

/// The id that an item refers to, where it is a reference: one by name, or nothing but an id.
fn reference(item: &Value) -> Option<&str> {
    let named = item["type"].as_str() == Some("item_reference");
    let bare = item["type"].is_null() && item.get("role").is_none();
    item["id"].as_str().filter(|_| named || bare)
}

/// An item as it is stored: typed, with an id, a status where its type has one, and its content
/// in parts. None for what leaves no item behind, such as a reference.
fn stored_form(item: Value, seed: Seed) -> Option<Value> {
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
    for property in &row.nulls {
        let value = sent.remove(property).unwrap_or_default();
        stored.insert(property.clone(), value);
    }
    if kind == "message" {
        let content = sent.remove("content").unwrap_or_default();
        let assistant = sent.get("role").and_then(Value::as_str) == Some("assistant");
        stored.insert("content".to_owned(), content_parts(content, assistant));
    }
    stored.extend(sent.into_iter().filter(|(_, value)| !value.is_null()));
    Some(Value::Object(stored))
}

/// A message's content in parts; plain text becomes one.
fn content_parts(content: Value, assistant: bool) -> Value {
    let parts = match content {
        Value::String(text) => {
            let kind = if assistant {
                "output_text"
            } else {
                "input_text"
            };
            vec![json!({"type": kind, "text": text})]
        }
        Value::Array(parts) => parts,
        _ => Vec::new(),
    };
    Value::Array(parts.into_iter().map(content_part).collect())
}

fn content_part(mut part: Value) -> Value {
    let kind = part["type"].as_str().unwrap_or_default();
    let defaults = families().items.content.get(kind);
    if let (Some(part), Some(defaults)) = (part.as_object_mut(), defaults) {
        for (property, default) in defaults {
            let value = part.entry(property.clone()).or_insert(Value::Null);
            if value.is_null() {
                *value = default.clone();
            }
        }
    }
    part
}

/// The object without the properties of its items that `include` does not name. `place` is a JSON
/// pointer to the items, or empty where the object is one.
pub(crate) fn without_hidden(object: &Arc<Value>, place: &str, include: &Value) -> Arc<Value> {
    let rows = not_included(include);
    let must_hide = |item: &Value| {
        rows.iter()
            .any(|row| row.kind == item["type"] && shown(item, row))
    };
    if !items_at(object, place).iter().any(must_hide) {
        return Arc::clone(object);
    }
    let mut object = Value::clone(object);
    let items = match object.pointer_mut(place) {
        Some(Value::Array(items)) => items.as_mut_slice(),
        Some(item) => std::slice::from_mut(item),
        None => &mut [],
    };
    for item in items {
        for row in &rows {
            if row.kind == item["type"] {
                hide(item, &row.path, row.hidden);
            }
        }
    }
    Arc::new(object)
}

fn not_included(include: &Value) -> Vec<&'static Include> {
    let names = include.as_array().map_or(&[][..], Vec::as_slice);
    let rows = families().items.include.iter();
    rows.filter(|row| !names.iter().any(|name| name.as_str() == Some(&row.name)))
        .collect()
}

fn items_at<'a>(object: &'a Value, place: &str) -> &'a [Value] {
    match object.pointer(place) {
        Some(Value::Array(items)) => items,
        Some(item) => std::slice::from_ref(item),
        None => &[],
    }
}

/// Whether the item has the property, with something in it.
fn shown(item: &Value, row: &Include) -> bool {
    fn walk(value: &Value, path: &[String]) -> bool {
        match (path.split_first(), value) {
            (None, Value::Array(elements)) => !elements.is_empty(),
            (None, value) => !value.is_null(),
            (Some((name, rest)), Value::Array(elements)) if name == "*" => {
                elements.iter().any(|element| walk(element, rest))
            }
            (Some((name, rest)), value) => value.get(name).is_some_and(|value| walk(value, rest)),
        }
    }
    walk(item, &row.path)
}

fn hide(value: &mut Value, path: &[String], hidden: Hidden) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    match value {
        Value::Array(elements) if name == "*" => {
            for element in elements {
                hide(element, rest, hidden);
            }
        }
        Value::Object(object) if rest.is_empty() => hide_property(object, name, hidden),
        Value::Object(object) => {
            if let Some(value) = object.get_mut(name) {
                hide(value, rest, hidden);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

fn hide_property(object: &mut Map<String, Value>, name: &str, hidden: Hidden) {
    if !object.contains_key(name) {
        return;
    }
    match hidden {
        // `remove` alone would move the last property into the gap.
        Hidden::Absent => drop(object.shift_remove(name)),
        Hidden::Null => drop(object.insert(name.to_owned(), Value::Null)),
        Hidden::Empty => drop(object.insert(name.to_owned(), json!([]))),
    }
}
