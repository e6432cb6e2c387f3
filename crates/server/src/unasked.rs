//! Responses that are stored only because their requests don't say: the newest stay, so that a load
//! test doesn't fill the store. Not here: what a store may hold at all.

use std::collections::VecDeque;

use fakeai_resources::Change;
use parking_lot::Mutex;

/// A stored object: its family and its id.
type Named = (&'static str, String);

/// Those of a world that this server has stored, the oldest first.
pub(crate) struct Unasked {
    most: usize,
    stored: Mutex<VecDeque<Named>>,
}

impl Unasked {
    /// Keeps so many; 0 keeps all.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            stored: Mutex::default(),
        }
    }

    /// Takes one more up. Gives back what goes for it, to be removed with the same commit.
    pub(crate) fn take_up(&self, added: Named) -> Option<Named> {
        if self.most == 0 {
            return None;
        }
        let mut stored = self.stored.lock();
        stored.push_back(added);
        (stored.len() > self.most)
            .then(|| stored.pop_front())
            .flatten()
    }

    /// Knows again what was to go and is still there: the commit failed.
    pub(crate) fn put_back(&self, spared: Named) {
        self.stored.lock().push_front(spared);
    }
}

/// The removal of an object and of everything below it.
pub(crate) fn removal((family, id): &Named) -> Change {
    Change::Delete {
        family,
        parent: None,
        id: id.clone(),
    }
}
