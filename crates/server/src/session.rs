//! What a connection remembers between its calls: the last response that is not stored, so that
//! the next one can go on from it. It goes with the connection.
//! <https://platform.openai.com/docs/guides/websocket-mode>

use std::sync::Arc;

use fakeai_canon::{Keep, Shelf};
use fakeai_resources::Objects;
use parking_lot::Mutex;
use serde_json::Value;

/// The memory of one connection. A response in it has all that came before it in its items, so it
/// is as large as the conversation, which a model's window bounds.
#[derive(Debug, Default)]
pub(crate) struct Session {
    last: Mutex<Option<Remembered>>,
}

/// A response with its items.
#[derive(Debug)]
struct Remembered {
    family: &'static str,
    id: String,
    response: Arc<Value>,
    items: Vec<(&'static str, Arc<Value>)>,
}

impl Session {
    /// Puts a response, the first of these, in the place of the one before it.
    pub(crate) fn remember(&self, kept: Vec<Keep>) {
        let mut kept = kept.into_iter();
        let last = kept.next().map(|response| Remembered {
            family: response.family,
            id: response.id,
            response: Arc::new(response.object),
            items: kept
                .map(|item| (item.family, Arc::new(item.object)))
                .collect(),
        });
        *self.last.lock() = last;
    }

    /// Forgets a response, where it is this one that is remembered.
    pub(crate) fn forget(&self, id: &str) {
        let mut last = self.last.lock();
        if last.as_ref().is_some_and(|last| last.id == id) {
            *last = None;
        }
    }
}

/// The store, and before it what a connection remembers.
pub(crate) struct Recall<'a> {
    pub(crate) session: &'a Session,
    pub(crate) store: Objects<'a>,
}

impl<'a> Recall<'a> {
    /// What a connection remembers, before what is stored.
    pub(crate) fn of(session: &'a Session, store: Objects<'a>) -> Self {
        Self { session, store }
    }
}

impl Shelf for Recall<'_> {
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        let remembered = match &*self.session.last.lock() {
            Some(last) if last.family == family && last.id == id => {
                Some(Arc::clone(&last.response))
            }
            Some(last) => last
                .items
                .iter()
                .find(|(kind, item)| *kind == family && item["id"] == id)
                .map(|(_, item)| Arc::clone(item)),
            None => None,
        };
        remembered.or_else(|| self.store.object(family, id))
    }

    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        if let Some(last) = &*self.session.last.lock()
            && last.id == parent
        {
            let items = last.items.iter().filter(|(kind, _)| *kind == family);
            return items.map(|(_, item)| Arc::clone(item)).collect();
        }
        self.store.children(family, parent)
    }
}
