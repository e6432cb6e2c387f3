//! What the administration has allowed a project to use of a model and to spend, as it was read
//! lately: what every generating call asks, so that it is one look into a table.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::Micros;
use fakeai_resources::{self as resources, Objects, Permissions};
use parking_lot::RwLock;
use serde_json::Value;

/// Projects and models that are remembered; past it all are looked up anew.
const REMEMBERED: usize = 10_000;

/// How long an entry is believed: another server may share the store and change the terms there.
const BELIEVED: Micros = Micros::from_millis(1_000);

/// The terms that a world has looked up.
#[derive(Default)]
pub(crate) struct Terms {
    known: RwLock<Known>,
    /// How often the organisation has changed.
    changes: AtomicU64,
}

#[derive(Default)]
struct Known {
    /// By project and model.
    of: HashMap<String, HashMap<String, Arc<Term>>>,
    count: usize,
}

/// What holds for a project and a model.
pub(crate) struct Term {
    /// The rate limits that the project was given, by the provider's names.
    pub(crate) given: Option<Arc<Value>>,
    /// The models and tools that the project may use.
    pub(crate) permissions: Permissions,
    /// What the organisation may spend in a month, in cents.
    pub(crate) organization_cents: Option<f64>,
    /// What the project may spend in a month, in cents.
    pub(crate) project_cents: Option<f64>,
    read: Micros,
}

impl Terms {
    /// What holds for a project and a model.
    pub(crate) fn of(
        &self,
        store: Objects<'_>,
        project: &str,
        model: &str,
        now: Micros,
    ) -> Arc<Term> {
        let found = self.find(project, model);
        match found.filter(|term| now.since(term.read) < BELIEVED) {
            Some(term) => term,
            None => self.read(store, project, model, now),
        }
    }

    fn find(&self, project: &str, model: &str) -> Option<Arc<Term>> {
        let known = self.known.read();
        known.of.get(project)?.get(model).cloned()
    }

    fn read(&self, store: Objects<'_>, project: &str, model: &str, now: Micros) -> Arc<Term> {
        let before = self.changes.load(Ordering::Acquire);
        let term = Arc::new(Term {
            given: resources::given_rate_limits(store, project, model),
            permissions: Permissions::of(store, project),
            organization_cents: resources::spend_limit(store, None),
            project_cents: resources::spend_limit(store, Some(project)),
            read: now,
        });
        let mut known = self.known.write();
        if known.count >= REMEMBERED {
            *known = Known::default();
        }
        // What changed meanwhile is read anew by the next call.
        if self.changes.load(Ordering::Acquire) == before {
            let models = known.of.entry(project.to_owned()).or_default();
            let old = models.insert(model.to_owned(), Arc::clone(&term));
            known.count += usize::from(old.is_none());
        }
        term
    }

    /// Forgets what is known, because the organisation has changed.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write();
        self.changes.fetch_add(1, Ordering::Release);
        *known = Known::default();
    }
}
