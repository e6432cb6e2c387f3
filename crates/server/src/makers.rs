//! Who made the objects that send calls of their own, so that the calls count as theirs.

use std::collections::HashMap;
use std::sync::Arc;

use fakeai_canon::Caller;
use fakeai_resources::Change;
use parking_lot::Mutex;

/// Makers that are remembered; past it all are forgotten, and what their objects send counts as
/// nobody's in particular.
const MAKERS: usize = 10_000;

/// Makers by the ids of their objects.
#[derive(Default)]
pub(crate) struct Makers(Mutex<HashMap<String, Arc<Caller>>>);

impl Makers {
    /// Notes who makes the objects that are due some day: those are the ones that send calls.
    pub(crate) fn note(&self, changes: &[Change], caller: &Arc<Caller>) {
        if caller.key.is_none() {
            return;
        }
        let made = changes.iter().filter_map(|change| match change {
            Change::Put(record) if record.due.is_some() => Some(record.id.clone()),
            Change::Put(_) | Change::Replace(_) | Change::Delete { .. } => None,
        });
        let made: Vec<String> = made.collect();
        if made.is_empty() {
            return;
        }
        let mut makers = self.0.lock();
        if makers.len() + made.len() > MAKERS {
            makers.clear();
        }
        makers.extend(made.into_iter().map(|id| (id, Arc::clone(caller))));
    }

    /// Who made the object; none where nobody in particular did.
    pub(crate) fn of(&self, id: &str) -> Option<Arc<Caller>> {
        self.0.lock().get(id).cloned()
    }
}
