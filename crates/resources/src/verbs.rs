//! What every family can do: create, list, retrieve, update, delete.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError};
use serde_json::{Map, Value, json};

use crate::apply::Site;
use crate::families::{self as special, include, items};
use crate::family::Family;
use crate::store::{Change, Page, Parent, Record};
use crate::{Answer, Body, Next, ids, page};

/// An object on its way into the store: its record, and what goes along.
pub(crate) struct Draft {
    pub(crate) record: Record,
    pub(crate) object: Map<String, Value>,
    pub(crate) next: Next,
}

impl Draft {
    /// The answer that shows the object, and stores it by `change`.
    fn answer(self, site: &Site<'_>, change: fn(Record) -> Change) -> Answer {
        let mut record = self.record;
        record.object = Arc::new(Value::Object(self.object));
        let mut answer = Answer::json(show(site, &record));
        answer.next = self.next;
        answer.next.changes.insert(0, change(record));
        answer
    }
}

pub(crate) fn create(site: &Site<'_>) -> Result<Answer, ApiError> {
    let mut draft = draft(site)?;
    if let Some(created) = special::of(&site.family.name).created {
        created(site, &mut draft)?;
    }
    Ok(draft.answer(site, Change::Put))
}

/// A new object as its row has it.
fn draft(site: &Site<'_>) -> Result<Draft, ApiError> {
    let parent = site.parent()?;
    let id = free_id(site, parent.as_ref());
    Ok(Draft {
        object: blank(site, &id),
        record: Record {
            project: None,
            family: &site.family.name,
            id,
            parent,
            created: site.context.now,
            object: Arc::default(),
            private: Value::Null,
            due: None,
            blob: None,
        },
        next: Next::default(),
    })
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

/// What an answer may show of a sent value: requests are taken with fields that nobody named.
pub(crate) fn tellable(site: &Site<'_>, property: &str, value: &Value) -> Value {
    let answer = site.call.operation.success();
    let schema = answer.and_then(|answer| answer.schema);
    let Some(schema) = schema.filter(|_| value.is_object() || value.is_array()) else {
        return value.clone();
    };
    let mut told = fakeai_contract::openai().told(schema, json!({property: value}));
    match told.get_mut(property) {
        Some(told) => told.take(),
        None => value.clone(),
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
        .map(|record| show(site, record))
        .collect::<Vec<_>>();
    let mut answer = Answer::json(Arc::new(page::body(&site.family.page, &shown, false)));
    answer.next.changes = records.into_iter().map(Change::Put).collect();
    Ok(answer)
}

pub(crate) fn list(site: &Site<'_>) -> Result<Answer, ApiError> {
    let parent = site.parent()?;
    let query = page::query(site, parent.as_ref().map(|parent| parent.id.as_str()))?;
    let found = site
        .store
        .page(&query)
        .map_err(|lost| page::lost(site.family, &lost))?;
    Ok(paged(site, &found))
}

/// The list's objects that `fits`, page by page.
pub(crate) fn list_of(site: &Site<'_>, fits: impl Fn(&Record) -> bool) -> Result<Answer, ApiError> {
    let parent = site.parent()?;
    let query = page::query(site, parent.as_ref().map(|parent| parent.id.as_str()))?;
    let found = page::selected(site, &query, fits)?;
    Ok(paged(site, &found))
}

fn paged(site: &Site<'_>, found: &Page) -> Answer {
    let shown = found
        .records
        .iter()
        .map(|record| show(site, record))
        .collect::<Vec<_>>();
    let body = page::body(&site.family.page, &shown, found.has_more);
    Answer::json(Arc::new(body))
}

pub(crate) fn retrieve(site: &Site<'_>) -> Result<Answer, ApiError> {
    let record = site.record()?;
    Ok(Answer::json(show(site, &record)))
}

/// The object as it goes out: without the properties that nobody asked to include.
pub(crate) fn show(site: &Site<'_>, record: &Record) -> Arc<Value> {
    let object = match special::of(record.family).shown {
        Some(shown) => shown(site, record),
        None => Arc::clone(&record.object),
    };
    match &site.family.items {
        Some(place) => include::without_hidden(&object, place, &site.call.query["include"]),
        None => object,
    }
}

pub(crate) fn update(site: &Site<'_>) -> Result<Answer, ApiError> {
    let old = site.record()?;
    let mut draft = Draft {
        object: old.object.as_object().cloned().unwrap_or_default(),
        record: Record::clone(&old),
        next: Next::default(),
    };
    let sent_ones = site.family.change.iter();
    for property in sent_ones.filter(|property| site.call.body.get(property).is_some()) {
        draft.object.insert(property.clone(), sent(site, property));
    }
    if let Some(updated) = special::of(old.family).updated {
        updated(site, &old, &mut draft)?;
    }
    Ok(draft.answer(site, Change::Replace))
}

/// An answer that stores the object's new state and shows it.
pub(crate) fn replace(old: &Record, object: Value) -> Answer {
    let record = Record {
        object: Arc::new(object),
        ..old.clone()
    };
    let mut answer = Answer::json(Arc::clone(&record.object));
    answer.next.changes.push(Change::Replace(record));
    answer
}

pub(crate) fn delete(site: &Site<'_>) -> Result<Answer, ApiError> {
    let record = site.record()?;
    let json = site
        .call
        .operation
        .success()
        .and_then(|answer| answer.schema);
    let mut answer = match (json, &site.family.deleted) {
        (None, None) => Answer::of(Body::Empty),
        (_, _) => Answer::json(deleted(site, site.family, &record)),
    };
    answer.next.changes.push(Change::Delete {
        family: record.family,
        parent: record.parent.as_ref().map(|parent| parent.id.clone()),
        id: record.id.clone(),
    });
    if let Some(deleted) = special::of(record.family).deleted {
        deleted(site, &record, &mut answer.next)?;
    }
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
