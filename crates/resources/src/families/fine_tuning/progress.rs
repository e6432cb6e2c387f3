//! What a job remembers of itself and shows to nobody.

use std::sync::Arc;

use fakeai_canon::{ApiError, ErrorKind, Micros};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Next;
use crate::store::{Change, Record};

/// How far a job has come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) phase: Phase,
    /// The training file, as far as it has been read.
    pub(super) training: Reading,
    /// The validation file likewise.
    pub(super) validation: Reading,
    /// Steps that have been made.
    pub(super) step: u64,
    /// Steps in all.
    pub(super) steps: u64,
    /// Times that the examples are gone through.
    pub(super) epochs: u64,
    /// How long a step takes, in microseconds.
    pub(super) step_micros: u64,
    /// How many events the job has had; their ids follow from it.
    pub(super) events: u64,
    /// Ends of epochs: the step and when it was, in microseconds.
    pub(super) epoch_ends: Vec<(u64, u64)>,
}

/// The way of a job, without its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    #[default]
    Reading,
    Queued,
    Running,
}

/// A file, as far as it has been read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Reading {
    /// Bytes from its start.
    pub(super) at: u64,
    /// Lines, empty ones included.
    pub(super) lines: u64,
    /// Examples.
    pub(super) examples: u64,
    /// Tokens of all examples.
    pub(super) tokens: u64,
    /// Whether that was all.
    pub(super) done: bool,
}

/// A job that is being changed.
pub(super) struct Draft {
    pub(super) record: Record,
    pub(super) object: Map<String, Value>,
    pub(super) progress: Progress,
    pub(super) next: Next,
}

impl Draft {
    /// Takes a stored job up.
    ///
    /// # Errors
    /// Nothing that a job wrote itself.
    pub(super) fn of(record: &Record) -> Result<Self, ApiError> {
        let progress = Progress::deserialize(&record.private)
            .map_err(|_| ApiError::new(ErrorKind::Server, "A job's progress can't be read."))?;
        Ok(Self {
            object: record.object.as_object().cloned().unwrap_or_default(),
            record: Record {
                due: None,
                ..record.clone()
            },
            progress,
            next: Next::default(),
        })
    }

    pub(super) fn set(&mut self, property: &str, value: impl Into<Value>) {
        self.object.insert(property.to_owned(), value.into());
    }

    pub(super) fn status(&self) -> &str {
        self.object["status"].as_str().unwrap_or_default()
    }

    pub(super) fn text(&self, property: &str) -> &str {
        let value = self.object.get(property).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    pub(super) fn wake(&mut self, at: Micros) {
        self.record.due = Some(at);
    }

    /// The changed job, and what follows from the change.
    pub(super) fn done(mut self) -> Next {
        self.record.object = Arc::new(Value::Object(self.object));
        self.record.private = json!(self.progress);
        self.next.changes.insert(0, Change::Replace(self.record));
        self.next
    }
}
