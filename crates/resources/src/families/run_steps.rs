//! Steps of runs: what a search found in files is shown to who asks for it.

use std::sync::Arc;

use serde_json::Value;

use super::{Hooks, runs};
use crate::apply::Site;
use crate::store::Record;

pub(super) static HOOKS: Hooks = Hooks {
    family: runs::STEPS,
    shown: Some(shown),
    ..Hooks::NONE
};

/// The texts of results, which are left out unless `include` names them.
const CONTENT: &str = "step_details.tool_calls[*].file_search.results[*].content";

fn shown(site: &Site<'_>, record: &Record) -> Arc<Value> {
    let include = site.call.query["include"].as_array();
    let asked = include.is_some_and(|names| names.iter().any(|name| *name == CONTENT));
    if asked || record.object["type"] != "tool_calls" {
        return Arc::clone(&record.object);
    }
    let mut object = Value::clone(&record.object);
    let calls = object["step_details"]["tool_calls"].as_array_mut();
    for call in calls.into_iter().flatten() {
        let results = call
            .get_mut("file_search")
            .map(|search| &mut search["results"]);
        let results = results.and_then(Value::as_array_mut);
        for result in results
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
        {
            result.remove("content");
        }
    }
    Arc::new(object)
}
