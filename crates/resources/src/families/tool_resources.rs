//! The resources that the tools of assistants and threads may use: files of programs, and vector
//! stores, which may be made along with who uses them.

use fakeai_canon::ApiError;
use serde_json::{Map, Value};

use crate::apply::Site;
use crate::verbs::Draft;

/// Brings the resources of an object that is about to be stored into their stored form.
pub(super) fn settle(_: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let resources = draft.object.get_mut("tool_resources");
    let search = resources.and_then(|resources| resources.get_mut("file_search"));
    if let Some(search) = search.and_then(Value::as_object_mut) {
        stores(search);
    }
    Ok(())
}

fn stores(search: &mut Map<String, Value>) {
    search.remove("vector_stores");
    search
        .entry("vector_store_ids")
        .or_insert_with(|| Value::Array(Vec::new()));
}
