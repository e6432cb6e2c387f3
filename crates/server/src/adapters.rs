//! The adapters (LoRA) that were loaded beside the served model. One that was unloaded is no model
//! any more, though any other name is one.

use std::collections::BTreeMap;

use fakeai_canon::Micros;
use fakeai_catalog::{Catalog, Model, Origin};
use parking_lot::RwLock;

/// Names that are remembered, loaded or not; of more the oldest unloaded one is forgotten, and
/// where all are loaded no further one is taken.
const REMEMBERED: usize = 1_000;

/// The adapters of a world.
#[derive(Default)]
pub(crate) struct Adapters(RwLock<BTreeMap<String, Entry>>);

struct Entry {
    changed: Micros,
    loaded: Option<Adapter>,
}

/// An adapter that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// Where it was loaded from.
    pub(crate) path: String,
    /// The model that it adapts.
    pub(crate) parent: String,
    /// When it was loaded.
    pub(crate) created: u64,
}

/// What a name is here.
pub(crate) enum Named {
    /// An adapter that is loaded.
    Adapter(Adapter),
    /// One that was unloaded.
    Gone,
    /// No adapter.
    Other,
}

impl Adapters {
    /// What a name is.
    pub(crate) fn named(&self, name: &str) -> Named {
        match self.0.read().get(name) {
            None => Named::Other,
            Some(entry) => entry.loaded.clone().map_or(Named::Gone, Named::Adapter),
        }
    }

    /// Loads an adapter, in place of one that has its name. False where there is no room.
    pub(crate) fn load(&self, name: &str, adapter: Adapter, now: Micros) -> bool {
        let mut entries = self.0.write();
        if !entries.contains_key(name) && entries.len() >= REMEMBERED {
            let unloaded = entries.iter().filter(|(_, entry)| entry.loaded.is_none());
            let oldest = unloaded.min_by_key(|(_, entry)| entry.changed);
            let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
                return false;
            };
            entries.remove(&oldest);
        }
        let entry = Entry {
            changed: now,
            loaded: Some(adapter),
        };
        entries.insert(name.to_owned(), entry);
        true
    }

    /// Unloads an adapter. False where none of that name is loaded.
    pub(crate) fn unload(&self, name: &str, now: Micros) -> bool {
        let mut entries = self.0.write();
        let Some(entry) = entries.get_mut(name) else {
            return false;
        };
        entry.changed = now;
        entry.loaded.take().is_some()
    }

    /// The names of those that are loaded, in order.
    pub(crate) fn loaded(&self) -> Vec<String> {
        let entries = self.0.read();
        let loaded = entries.iter().filter(|(_, entry)| entry.loaded.is_some());
        loaded.map(|(name, _)| name.clone()).collect()
    }
}

impl Adapter {
    /// The model that it makes of its parent.
    pub(crate) fn model(&self, name: &str) -> Model {
        let mut model = Catalog::builtin().resolve(&self.parent);
        name.clone_into(&mut model.id);
        name.clone_into(&mut model.snapshot);
        "vllm".clone_into(&mut model.owned_by);
        model.created = self.created;
        model.origin = Origin::FineTuned {
            base: self.parent.clone(),
        };
        model
    }
}
