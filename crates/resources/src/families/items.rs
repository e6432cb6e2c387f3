//! Items of conversations: created one by one or with their conversation, by value or by reference.

use std::sync::Arc;

use fakeai_canon::{ApiError, Seed};
use serde_json::Value;

use super::item_form::stored_form;
use super::responses;
use crate::apply::Site;
use crate::family::{Family, families};
use crate::objects::Objects;
use crate::store::{Parent, Record};

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
            project: None,
            family: &family.name,
            id: object["id"].as_str().unwrap_or_default().to_owned(),
            parent: parent.clone(),
            created: site.context.now,
            object,
            private: Value::Null,
            due: None,
            blob: None,
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
fn referred(store: Objects<'_>, id: &str) -> Option<Arc<Value>> {
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
