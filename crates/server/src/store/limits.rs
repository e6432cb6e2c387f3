//! How much a store may hold, and what an object counts for. Nothing is stored here.

use fakeai_canon::{ApiError, Micros};
use fakeai_resources::Change;
use serde_json::Value;

/// How much a store may hold. What would go beyond is refused, never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Objects, items included.
    pub max_objects: usize,
    /// Bytes of wire JSON, roughly.
    pub max_bytes: usize,
    /// How long an object stays, with everything below it; for ever where absent.
    pub retention: Option<Micros>,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            max_objects: 1_000_000,
            max_bytes: 1 << 30,
            retention: None,
        }
    }
}

impl StoreLimits {
    /// Refuses so many objects or bytes where they are too many.
    ///
    /// # Errors
    /// Which limit it is, in the provider's shape.
    pub fn check(&self, objects: usize, bytes: usize) -> Result<(), ApiError> {
        if objects > self.max_objects {
            let limit = self.max_objects;
            return Err(full(&format!("{limit} objects"), "max_objects"));
        }
        if bytes > self.max_bytes {
            let limit = self.max_bytes;
            return Err(full(&format!("{limit} bytes"), "max_bytes"));
        }
        Ok(())
    }
}

fn full(limit: &str, setting: &str) -> ApiError {
    let message = format!(
        "You have reached the storage limit of {limit}. Delete objects, or raise storage.{setting}, and try again."
    );
    ApiError::invalid(message).code("storage_limit_exceeded")
}

/// The bytes that a change counts for at most.
pub(crate) fn weight(change: &Change) -> usize {
    match change {
        Change::Put(record) | Change::Replace(record) => bytes_of(&record.object) + record.id.len(),
        Change::Delete { .. } => 0,
    }
}

/// The length of a value's JSON, with numbers taken as 8 bytes and escapes not counted.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 4,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(elements) => {
            2 + elements
                .iter()
                .map(|value| bytes_of(value) + 1)
                .sum::<usize>()
        }
        Value::Object(properties) => {
            let entries = properties.iter();
            2 + entries
                .map(|(name, value)| name.len() + 4 + bytes_of(value))
                .sum::<usize>()
        }
    }
}
