//! How many files of a store or a batch are in which state, and the state that follows for the whole.
//! Not here: when a file changes its state.

use serde_json::{Map, Value, json};

/// No files.
pub(super) fn none() -> Value {
    json!({"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0})
}

/// Notes that a file has left a state, come into one, or both. Expired stores and cancelled batches
/// stay what they are.
pub(super) fn moved(whole: &mut Map<String, Value>, from: Option<&str>, to: Option<&str>) {
    let Some(counts) = whole.get_mut("file_counts") else {
        return;
    };
    let mut add = |state: &str, number: i64| {
        let count = counts[state].as_i64().unwrap_or(0) + number;
        counts[state] = json!(count.max(0));
    };
    if let Some(from) = from {
        add(from, -1);
        add("total", -1);
    }
    if let Some(to) = to {
        add(to, 1);
        add("total", 1);
    }
    let running = counts["in_progress"].as_i64().unwrap_or(0) > 0;
    let status = whole.get("status").and_then(Value::as_str);
    if !matches!(status, Some("expired" | "cancelled")) {
        let status = if running { "in_progress" } else { "completed" };
        whole.insert("status".to_owned(), json!(status));
    }
}

/// Adds to the bytes that a store uses.
pub(super) fn used(store: &mut Map<String, Value>, more: i64) {
    let bytes = store
        .get("usage_bytes")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    store.insert("usage_bytes".to_owned(), json!((bytes + more).max(0)));
}
