//! The seam to stored objects, for whoever needs to read them: a previous response, the items of
//! a conversation, a file.

use std::sync::Arc;

use serde_json::Value;

/// Reads a world's stored objects.
pub trait Shelf: Send + Sync {
    /// One object's wire JSON.
    fn object(&self, family: &str, id: &str) -> Option<Arc<Value>>;

    /// All children of a parent, oldest first.
    fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>>;
}
