//! What an answer leaves out of its items unless the call's `include` names it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::family::{Hidden, Include, families};

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

/// Hides what the path leads to; `*` is each element of an array.
pub(crate) fn hide(value: &mut Value, path: &[String], hidden: Hidden) {
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
