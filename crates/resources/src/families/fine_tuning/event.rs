//! A job's events.

use std::sync::Arc;

use fakeai_canon::{Micros, Seed};
use serde_json::{Value, json};

use super::progress::Draft;
use crate::ids;
use crate::store::{Change, Parent, Record};

const FAMILY: &str = "fine_tuning.jobs.events";

impl Draft {
    /// A message that all goes as it should.
    pub(super) fn tell(&mut self, at: Micros, message: &str) {
        self.event(at, "info", message, "message", json!({}));
    }

    /// A message that it does not.
    pub(super) fn complain(&mut self, at: Micros, message: &str, data: Value) {
        self.event(at, "error", message, "message", data);
    }

    /// What a step has come to.
    pub(super) fn measure(&mut self, at: Micros, message: &str, data: Value) {
        self.event(at, "info", message, "metrics", data);
    }

    fn event(&mut self, at: Micros, level: &str, message: &str, kind: &str, data: Value) {
        let seed = Seed(0).fork(&self.record.id).nth(self.progress.events);
        self.progress.events += 1;
        let id = ids::of("fine_tuning.job.event", seed).unwrap_or_default();
        let object = json!({
            "object": "fine_tuning.job.event",
            "id": id,
            "created_at": at.whole_seconds(),
            "level": level,
            "message": message,
            "data": data,
            "type": kind,
        });
        self.next.changes.push(Change::Put(Record {
            project: None,
            family: FAMILY,
            id,
            parent: Some(Parent {
                family: self.record.family,
                id: self.record.id.clone(),
            }),
            created: at,
            object: Arc::new(object),
            private: Value::Null,
            due: None,
            blob: None,
        }));
    }
}
