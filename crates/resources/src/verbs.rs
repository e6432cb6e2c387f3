//! What every family can do: create, list, retrieve, update, delete.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError};
use serde_json::{Map, Value, json};

use crate::apply::Site;
use crate::families::{self as special, include, items};
use crate::family::Family;
use crate::store::{Change, Parent, Record};
use crate::{Answer, Outcome, ids, page};

pub(crate) fn create(site: &Site<'_>) -> Result<Answer, ApiError> {
    let parent = site.parent()?;
    let id = free_id(site, parent.as_ref());
    let record = record(site, parent, id.clone(), Value::Object(blank(site, &id)));
    let mut answer = Answer::json(Arc::clone(&record.object));
    answer.changes.push(Change::Put(record));
    special::created(site, &id, &mut answer)?;
    Ok(answer)
}

/// The first id of the call's seed that no sibling has.
fn free_id(site: &Site<'_>, parent: Option<&Parent>) -> String {
    let object = site.family.object.as_deref().unwrap_or_default();
    let parent = parent.map(|parent| parent.id.as_str());
    let mut seed = site.context.seed;
    loop {
        let id = ids::of(object, seed).unwrap_or_else(|| seed.id("", Alphabet::Hex, 32));
        if site.store.find(&site.family.name, parent, &id).is_none() {
            return id;
        }
        seed = seed.fork("taken");
    }
}

/// A new object: id, object name, time, and what is kept of the body.
fn blank(site: &Site<'_>, id: &str) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("id".to_owned(), json!(id));
    if let Some(name) = &site.family.object {
        object.insert("object".to_owned(), json!(name));
    }
    if let Some(property) = &site.family.created {
        let seconds = site.context.now.whole_seconds();
        object.insert(property.clone(), json!(seconds));
    }
    for property in &site.family.keep {
        object.insert(property.clone(), sent(site, property));
    }
    object
}

/// A property of the body, or its default where it is absent or null.
fn sent(site: &Site<'_>, property: &str) -> Value {
    let value = &site.call.body[property];
    if !value.is_null() {
        return value.clone();
    }
    let default = site.family.defaults.get(property);
    default.cloned().unwrap_or(Value::Null)
}

fn record(site: &Site<'_>, parent: Option<Parent>, id: String, object: Value) -> Record {
    Record {
        family: &site.family.name,
        id,
        parent,
        created: site.context.now,
        object: Arc::new(object),
    }
}

/// Creates the elements of one of the body's arrays, and answers with all of them as a page.
pub(crate) fn create_several(site: &Site<'_>) -> Result<Answer, ApiError> {
    let parent = site.parent()?;
    let property = site.family.several.as_deref().unwrap_or_default();
    let records = items::records(
        site,
        site.family,
        parent,
        site.call.body[property]
            .as_array()
            .map_or(&[], Vec::as_slice),
    )?;
    let shown = records
        .iter()
        .map(|record| show(site, &record.object))
        .collect::<Vec<_>>();
    let mut answer = Answer::json(Arc::new(page::body(&shown, false)));
    answer.changes = records.into_iter().map(Change::Put).collect();
    Ok(answer)
}

pub(crate) fn list(site: &Site<'_>) -> Result<Answer, ApiError> {
    let parent = site.parent()?;
    let query = page::query(site, parent.as_ref().map(|parent| parent.id.as_str()))?;
    let found = site
        .store
        .page(&query)
        .map_err(|lost| page::lost(site.family, &lost))?;
    let shown = found
        .records
        .iter()
        .map(|record| show(site, &record.object))
        .collect::<Vec<_>>();
    Ok(Answer::json(Arc::new(page::body(&shown, found.has_more))))
}

pub(crate) fn retrieve(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    if let Some(follow) = special::followed(site, &record)? {
        return Ok(follow);
    }
    Ok(Outcome::Answer(Answer::json(show(site, &record.object))))
}

/// The object as it goes out: without the properties that nobody asked to include.
fn show(site: &Site<'_>, object: &Arc<Value>) -> Arc<Value> {
    match &site.family.items {
        Some(place) => include::without_hidden(object, place, &site.call.query["include"]),
        None => Arc::clone(object),
    }
}

pub(crate) fn update(site: &Site<'_>) -> Result<Answer, ApiError> {
    let old = site.record()?;
    let mut object = Value::clone(&old.object);
    let sent_ones = site.family.change.iter();
    for property in sent_ones.filter(|property| site.call.body.get(property).is_some()) {
        object[property.as_str()] = sent(site, property);
    }
    Ok(replace(&old, object))
}

/// An answer that stores the object's new state and shows it.
pub(crate) fn replace(old: &Record, object: Value) -> Answer {
    let record = Record {
        object: Arc::new(object),
        ..old.clone()
    };
    let mut answer = Answer::json(Arc::clone(&record.object));
    answer.changes.push(Change::Replace(record));
    answer
}

pub(crate) fn delete(site: &Site<'_>) -> Result<Answer, ApiError> {
    let record = site.record()?;
    let mut answer = Answer::json(deleted(site, site.family, &record));
    answer.changes.push(Change::Delete {
        family: record.family,
        parent: record.parent.as_ref().map(|parent| parent.id.clone()),
        id: record.id.clone(),
    });
    special::deleted(&record, &mut answer);
    Ok(answer)
}

fn deleted(site: &Site<'_>, family: &Family, record: &Record) -> Arc<Value> {
    let parent = record
        .parent
        .as_ref()
        .filter(|_| family.answers_with_parent);
    let parent = parent.and_then(|parent| site.store.object(parent.family, &parent.id));
    parent.unwrap_or_else(|| {
        Arc::new(json!({
            "id": record.id,
            "object": family.deleted,
            "deleted": true,
        }))
    })
}
