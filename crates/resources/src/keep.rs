//! What an answer leaves behind becomes changes of the store, in the stored form of its family.

use std::sync::Arc;

use fakeai_canon::{Keep, Micros, Seed};
use serde_json::{Value, json};

use crate::families::{items, messages};
use crate::family::{Family, families};
use crate::store::{Change, Parent, Record};

/// Remembers what one answer has already stored: a later version replaces it where it still is,
/// so that an answer can't bring back what a client has deleted meanwhile.
pub struct Keeping {
    seed: Seed,
    stored: Vec<(&'static str, Option<String>, String)>,
}

impl Keeping {
    /// Nothing stored yet; `seed` is that of the answer's ids.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            stored: Vec::new(),
        }
    }

    /// The changes that store these objects. Objects of families that no row names are dropped.
    pub fn changes(&mut self, keeps: Vec<Keep>, now: Micros) -> Vec<Change> {
        keeps
            .into_iter()
            .filter_map(|keep| self.change(keep, now))
            .collect()
    }

    fn change(&mut self, keep: Keep, now: Micros) -> Option<Change> {
        let family = families().get(keep.family)?;
        let parent = keep.parent.clone();
        let (id, object) = self.stored_form(family, keep)?;
        let key = (family.name.as_str(), parent.clone(), id.clone());
        let record = Record {
            family: &family.name,
            id,
            parent: families()
                .parent_of(family)
                .zip(parent)
                .map(|(family, id)| Parent {
                    family: &family.name,
                    id,
                }),
            created: now,
            object: Arc::new(object),
        };
        if self.stored.contains(&key) {
            return Some(Change::Replace(record));
        }
        self.stored.push(key);
        Some(Change::Put(record))
    }

    fn stored_form(&self, family: &Family, keep: Keep) -> Option<(String, Value)> {
        let mut object = keep.object;
        if !keep.id.is_empty() {
            let properties = object.as_object_mut()?;
            properties.insert("id".to_owned(), json!(keep.id));
        }
        let place = self.place(family, keep.parent.as_deref());
        if family.items.as_deref() == Some("") {
            object = items::stored_form(object, self.seed.fork(&family.name).nth(place as u64))?;
        } else if family.name == messages::FAMILY {
            let completion = keep.parent.unwrap_or_default();
            object = messages::stored_form(object, &completion, place);
        }
        let id = object["id"].as_str()?.to_owned();
        Some((id, object))
    }

    /// How many objects this answer has already put below the parent.
    fn place(&self, family: &Family, parent: Option<&str>) -> usize {
        let siblings = self.stored.iter();
        siblings
            .filter(|(name, above, _)| *name == family.name && above.as_deref() == parent)
            .count()
    }
}
