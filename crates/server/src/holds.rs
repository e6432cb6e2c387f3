//! Conversations that an answer is being added to: nobody else may go on with them until it is
//! over. Not here: which call goes on with which.

use std::collections::HashSet;
use std::sync::Arc;

use fakeai_canon::ApiError;
use parking_lot::Mutex;

/// All conversations of a world that are held; as many as there are open answers at most.
#[derive(Clone, Default)]
pub(crate) struct Holds(Arc<Mutex<HashSet<String>>>);

/// A conversation that is held until this goes.
pub(crate) struct Hold {
    holds: Holds,
    /// Its project and its own id.
    id: String,
}

impl Holds {
    /// Holds a conversation of a project's.
    ///
    /// # Errors
    /// The provider's, where it is held already: reported from the live API in
    /// github.com/paulgmiller/careme issue 379.
    pub(crate) fn take(&self, project: &str, id: &str) -> Result<Hold, ApiError> {
        let id = [project, "/", id].concat();
        if !self.0.lock().insert(id.clone()) {
            return Err(ApiError::invalid(
                "Another process is currently operating on this conversation. Please retry in a \
                 few seconds.",
            )
            .code("conversation_locked")
            .param("conversation"));
        }
        Ok(Hold {
            holds: self.clone(),
            id,
        })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holds.0.lock().remove(&self.id);
    }
}
