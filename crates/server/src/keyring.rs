//! The keys that a world has met lately, and whose they are: what every call asks, so that it is
//! one look into a table. What a key is worth is in the store; this only remembers it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::{Caller, Micros};
use fakeai_resources::{self as resources, Identity, Objects};
use parking_lot::RwLock;

/// Keys that are remembered; past it all are looked up anew.
const KEYS: usize = 10_000;

/// Values beyond this length, in bytes, are not remembered: none of ours is as long.
const LONGEST: usize = 256;

/// How long an entry is believed: another server may share the store and delete the key there.
const BELIEVED: Micros = Micros::from_millis(1_000);

/// The keys that a world has met.
pub(crate) struct Keyring {
    anyone: Arc<Caller>,
    known: RwLock<HashMap<String, Arc<Known>>>,
    /// How often the organisation has changed.
    changes: AtomicU64,
    used: RwLock<HashMap<String, Arc<AtomicU64>>>,
}

/// What is known of a key.
#[derive(Clone)]
pub(crate) enum Key {
    /// It is none of the world's.
    Unknown,
    /// It was one, and is no longer.
    Gone,
    /// Its project has been archived.
    Archived,
    /// It is good.
    Good(Arc<Caller>),
}

struct Known {
    key: Key,
    expiry: Option<Micros>,
    read: Micros,
    used: Option<Arc<AtomicU64>>,
}

impl Keyring {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            anyone: Arc::new(resources::anyone()),
            known: RwLock::default(),
            changes: AtomicU64::new(0),
            used: RwLock::default(),
        }
    }

    /// Who calls where no key says it.
    pub(crate) fn anyone(&self) -> Arc<Caller> {
        Arc::clone(&self.anyone)
    }

    /// Who calls where no key says it, in a project; an empty id is the default one's.
    pub(crate) fn anyone_in(&self, project: &str) -> Arc<Caller> {
        if project.is_empty() || project == self.anyone.project {
            return self.anyone();
        }
        Arc::new(Caller {
            project: project.to_owned(),
            ..Caller::clone(&self.anyone)
        })
    }

    /// Whose a key is. A good one counts as used.
    pub(crate) fn look_up(&self, store: Objects<'_>, value: &str, now: Micros) -> Key {
        let known = self.known.read().get(value).cloned();
        let fresh = known.filter(|known| now.since(known.read) < BELIEVED);
        let known = fresh.unwrap_or_else(|| self.read(store, value, now));
        if known.expiry.is_some_and(|expiry| expiry <= now) {
            return Key::Gone;
        }
        if let Some(used) = &known.used {
            used.store(now.0, Ordering::Relaxed);
        }
        known.key.clone()
    }

    fn read(&self, store: Objects<'_>, value: &str, now: Micros) -> Arc<Known> {
        let before = self.changes.load(Ordering::Acquire);
        let (key, expiry) = match resources::identify(store, value) {
            Identity::Unknown => (Key::Unknown, None),
            Identity::Gone => (Key::Gone, None),
            Identity::Archived => (Key::Archived, None),
            Identity::Known(caller, expiry) => (Key::Good(Arc::new(caller)), expiry),
        };
        let id = match &key {
            Key::Good(caller) => caller.key.as_ref().map(|key| key.id.clone()),
            Key::Unknown | Key::Gone | Key::Archived => None,
        };
        let known = Arc::new(Known {
            used: id.map(|id| self.use_of(id)),
            key,
            expiry,
            read: now,
        });
        if value.len() <= LONGEST {
            let mut all = self.known.write();
            if all.len() >= KEYS {
                all.clear();
            }
            // What changed meanwhile is read anew by the next call.
            if self.changes.load(Ordering::Acquire) == before {
                all.insert(value.to_owned(), Arc::clone(&known));
            }
        }
        known
    }

    fn use_of(&self, id: String) -> Arc<AtomicU64> {
        let mut used = self.used.write();
        if used.len() >= KEYS && !used.contains_key(&id) {
            used.clear();
        }
        Arc::clone(used.entry(id).or_default())
    }

    /// When the key of that id was used last; none where it was not.
    pub(crate) fn used(&self, id: &str) -> Option<Micros> {
        let used = self.used.read().get(id)?.load(Ordering::Relaxed);
        (used > 0).then_some(Micros(used))
    }

    /// Forgets what is known, because the organisation has changed.
    pub(crate) fn forget(&self) {
        let mut all = self.known.write();
        self.changes.fetch_add(1, Ordering::Release);
        all.clear();
    }
}
