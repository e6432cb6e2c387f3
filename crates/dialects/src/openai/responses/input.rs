//! Input items in the form in which they are listed afterwards: each with an id, a status and
//! whole content parts. Nothing is generated here, so these objects are valid by the contract's
//! `ItemResource` as far as the request's items were.

use fakeai_canon::{Alphabet, Seed};
use serde_json::{Map, Value, json};

/// How many hexadecimal digits follow an item's prefix.
pub(super) const ID_LENGTH: usize = 50;

/// Fields that a request may leave null and a listed item must have or lack.
const OPTIONAL: [&str; 8] = [
    "id",
    "status",
    "name",
    "namespace",
    "call_id",
    "execution",
    "acknowledged_safety_checks",
    "agent",
];

/// Fields that a request may leave out and that a listed item has: the item's type, the object in
/// it (empty: the item itself), the field, and its value (none: null).
const USUAL: [(&str, &str, &str, Option<&str>); 8] = [
    ("shell_call", "", "environment", None),
    ("shell_call", "action", "timeout_ms", None),
    ("shell_call", "action", "max_output_length", None),
    ("shell_call_output", "", "max_output_length", None),
    ("tool_search_call", "", "call_id", None),
    ("tool_search_call", "", "execution", Some("server")),
    ("tool_search_output", "", "call_id", None),
    ("tool_search_output", "", "execution", Some("server")),
];

/// Fields of a listed item that repeat another where the request leaves them out: the item's
/// type, the field, the other.
const REPEATED: [(&str, &str, &str); 2] = [
    ("mcp_approval_response", "request_id", "approval_request_id"),
    ("local_shell_call_output", "call_id", "id"),
];

/// The id of the `index`-th object of an answer, with its prefix.
pub(super) fn item_id(ids: Seed, prefix: &str, index: usize) -> String {
    ids.nth(index as u64).id(prefix, Alphabet::Hex, ID_LENGTH)
}

/// The input as items: a text is one message of the user's.
pub(super) fn as_items(input: Option<Value>) -> Vec<Value> {
    match input {
        Some(Value::Array(items)) => items,
        Some(Value::String(text)) => vec![json!({
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": text}],
        })],
        _ => Vec::new(),
    }
}

/// The item as it is listed; `ids` and `index` make its id where it has none.
pub(super) fn listed(item: Value, ids: Seed, index: usize) -> Value {
    let Value::Object(mut fields) = item else {
        return item;
    };
    fields.retain(|name, value| !value.is_null() || !OPTIONAL.contains(&name.as_str()));
    let kind = match fields.get("type").and_then(Value::as_str) {
        Some(kind) => kind.to_owned(),
        None => "message".to_owned(),
    };
    let id = match fields.remove("id") {
        Some(Value::String(id)) if !id.is_empty() => Value::String(id),
        _ => Value::String(item_id(ids, prefix(&kind), index)),
    };
    let mut listed = Map::with_capacity(fields.len() + 3);
    listed.insert("id".to_owned(), id);
    listed.insert("type".to_owned(), Value::String(kind.clone()));
    if has_status(&kind) {
        let sent = fields.remove("status");
        // A screen that was sent has been taken; the contract lists no other state of it.
        let sent = sent.filter(|status| kind != "computer_call_output" || status != "in_progress");
        listed.insert(
            "status".to_owned(),
            sent.unwrap_or_else(|| "completed".into()),
        );
    }
    if kind == "message" {
        let by_model = fields.get("role").and_then(Value::as_str) == Some("assistant");
        let content = fields
            .remove("content")
            .map(|content| whole_content(content, by_model));
        listed.insert("content".to_owned(), content.unwrap_or_else(|| json!([])));
    }
    if let Some(Value::Array(parts)) = fields.get_mut("output") {
        let parts = parts.iter_mut().filter_map(Value::as_object_mut);
        parts.for_each(|part| complete(part, false));
    }
    fields.remove("type");
    listed.extend(fields);
    fill(&mut listed, &kind);
    Value::Object(listed)
}

/// Puts in what a listed item must have beyond what a request must say.
fn fill(item: &mut Map<String, Value>, kind: &str) {
    for (_, place, name, usual) in USUAL.iter().filter(|row| row.0 == kind) {
        let fields = match *place {
            "" => Some(&mut *item),
            place => item.get_mut(place).and_then(Value::as_object_mut),
        };
        if let Some(fields) = fields {
            let value = || usual.map_or(Value::Null, Value::from);
            fields.entry(*name).or_insert_with(value);
        }
    }
    for (_, name, other) in REPEATED.iter().filter(|row| row.0 == kind) {
        if let Some(value) = item.get(*other).cloned() {
            item.entry(*name).or_insert(value);
        }
    }
}

fn prefix(kind: &str) -> &'static str {
    match kind {
        "message" => "msg_",
        "function_call" => "fc_",
        "function_call_output" => "fco_",
        "custom_tool_call" => "ctc_",
        "custom_tool_call_output" => "ctco_",
        "reasoning" => "rs_",
        "compaction" => "cmp_",
        "shell_call" | "shell_call_output" => "sh_",
        "apply_patch_call" | "apply_patch_call_output" => "apc_",
        "computer_call" | "computer_call_output" => "cu_",
        "mcp_approval_response" => "mcpr_",
        _ => "item_",
    }
}

fn has_status(kind: &str) -> bool {
    let calls = [
        "function_call",
        "custom_tool_call",
        "computer_call",
        "shell_call",
    ];
    kind == "message"
        || calls.iter().any(|call| {
            kind.strip_prefix(call)
                .is_some_and(|rest| matches!(rest, "" | "_output"))
        })
        || matches!(
            kind,
            "tool_search_call" | "tool_search_output" | "apply_patch_call_output"
        )
}

/// Content as an array of parts with all fields that a listed part must have.
fn whole_content(content: Value, by_model: bool) -> Value {
    let mut parts = match content {
        Value::String(text) if by_model => vec![json!({"type": "output_text", "text": text})],
        Value::String(text) => vec![json!({"type": "input_text", "text": text})],
        Value::Array(parts) => parts,
        _ => Vec::new(),
    };
    for part in parts.iter_mut().filter_map(Value::as_object_mut) {
        complete(part, by_model);
    }
    Value::Array(parts)
}

/// Gives a part all fields that a listed part must have, and takes away its nulls.
fn complete(part: &mut Map<String, Value>, by_model: bool) {
    part.retain(|_, value| !value.is_null());
    // What the model said may come back as `input_text`, which is no type of its messages.
    if by_model && part.get("type").and_then(Value::as_str) == Some("input_text") {
        part.insert("type".to_owned(), "output_text".into());
    }
    let missing: &[(&str, Value)] = match part.get("type").and_then(Value::as_str) {
        Some("output_text") => &[("annotations", json!([])), ("logprobs", json!([]))],
        Some("input_image") => &[("detail", json!("auto"))],
        _ => &[],
    };
    for (name, value) in missing {
        part.entry(*name).or_insert_with(|| value.clone());
    }
}
