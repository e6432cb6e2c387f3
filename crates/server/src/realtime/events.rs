//! The events that a session itself tells, and their ids.

use fakeai_canon::{Alphabet, ApiError, Seed};
use fakeai_dialects::openai::error;
use serde_json::{Value, json};

/// Writes events.
pub(super) struct Events {
    seed: Seed,
    count: u64,
}

impl Events {
    /// Events with ids of this seed.
    pub(super) fn of(seed: Seed) -> Self {
        Self { seed, count: 0 }
    }

    /// An event with these fields.
    pub(super) fn event(&mut self, kind: &str, fields: Value) -> String {
        let seed = self.seed.fork("event").nth(self.count);
        self.count += 1;
        let id = seed.id("event_", Alphabet::Alphanumeric, 21);
        let mut event = json!({"type": kind, "event_id": id});
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        event.to_string()
    }

    /// The event that tells of an error, and which of the client's events caused it.
    pub(super) fn error(&mut self, problem: &ApiError, cause: Option<&str>) -> String {
        let error = json!({
            "type": error::kind(problem),
            "code": problem.code,
            "message": problem.message,
            "param": problem.param,
            "event_id": cause,
        });
        self.event("error", json!({"error": error}))
    }
}
