//! What an answer leaves behind becomes changes of the store, in the stored form of its family.

use std::sync::Arc;

use fakeai_canon::{Keep, Micros};
use serde_json::{Value, json};

use crate::families::{self as special, messages};
use crate::family::{Family, families};
use crate::objects::Objects;
use crate::store::{Change, Parent, Record};

/// Remembers what one answer has already stored: a later version replaces it where it still is,
/// so that an answer can't bring back what a client has deleted meanwhile.
#[derive(Debug, Default)]
pub struct Keeping {
    stored: Vec<(&'static str, Option<String>, String)>,
}

impl Keeping {
    /// The changes that store these objects as the project's, parents before children. Objects without an id and
    /// those of families that no row names are dropped.
    /// Read and committed by one at a time where a family looks at what `store` has already.
    pub fn changes(&mut self, keeps: Vec<Keep>, now: Micros, store: Objects<'_>) -> Vec<Change> {
        let mut records = keeps
            .into_iter()
            .filter_map(|keep| self.record(keep, now))
            .filter_map(|(record, again)| Some((completed(record, store)?, again)))
            .collect::<Vec<_>>();
        records.sort_by_key(|(record, _)| record.parent.is_some());
        let changes = records.into_iter().map(|(record, again)| {
            if again {
                Change::Replace(record)
            } else {
                Change::Put(record)
            }
        });
        let mut changes = changes.collect::<Vec<_>>();
        store.claim(&mut changes);
        changes
    }

    /// The record, and whether this answer has stored it before.
    fn record(&mut self, keep: Keep, now: Micros) -> Option<(Record, bool)> {
        let family = families().get(keep.family)?;
        let above = keep.parent.clone();
        let (id, object) = self.stored_form(family, keep)?;
        let key = (family.name.as_str(), above.clone(), id.clone());
        let again = self.stored.contains(&key);
        if !again {
            self.stored.push(key);
        }
        let parent = families().parent_of(family).zip(above);
        let record = Record {
            project: None,
            family: &family.name,
            id,
            parent: parent.map(|(family, id)| Parent {
                family: &family.name,
                id,
            }),
            created: now,
            object: Arc::new(object),
            private: Value::Null,
            due: None,
            blob: None,
        };
        Some((record, again))
    }

    fn stored_form(&self, family: &Family, keep: Keep) -> Option<(String, Value)> {
        let mut object = keep.object;
        if family.name == messages::FAMILY && keep.id.is_empty() {
            let completion = keep.parent.unwrap_or_default();
            let place = self.place(family, &completion);
            object = messages::stored_form(object, &completion, place);
        } else if !keep.id.is_empty() {
            let properties = object.as_object_mut()?;
            properties.insert("id".to_owned(), json!(keep.id));
        }
        let id = object["id"].as_str()?.to_owned();
        Some((id, object))
    }

    /// How many objects this answer has already put below the parent.
    fn place(&self, family: &Family, parent: &str) -> usize {
        let siblings = self.stored.iter();
        siblings
            .filter(|(name, above, _)| *name == family.name && above.as_deref() == Some(parent))
            .count()
    }
}

/// The record as its family wants it kept.
fn completed(mut record: Record, store: Objects<'_>) -> Option<Record> {
    let Some(kept) = special::of(record.family).kept else {
        return Some(record);
    };
    let parent = record.parent.as_ref().map(|parent| parent.id.as_str());
    let old = store.find(record.family, parent, &record.id);
    kept(store, old.as_deref(), &mut record).then_some(record)
}
