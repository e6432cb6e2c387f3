//! Calls with several files, and answers that are no JSON.

use bytes::Bytes;
use fakeai_canon::{ApiError, FilePart};
use fakeai_resources::{Blobs, Body, Outcome};
use serde_json::{Value, json};

use crate::world::World;

/// When a world of a test begins, in seconds.
pub(crate) const BEGINNING: u64 = 1_700_000_000;

impl World {
    /// Adds a file to the form of the next call.
    pub(crate) fn file(&mut self, field: &str, path: &str, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        let mut writer = self.blobs.create().unwrap();
        let count = bytes.len() as u64;
        writer.write(bytes).unwrap();
        self.files.push(FilePart {
            field: field.to_owned(),
            name: path.rsplit('/').next().unwrap().to_owned(),
            path: path.to_owned(),
            media: None,
            blob: writer.finish().unwrap(),
            bytes: count,
        });
    }

    /// Lets time pass, and all that is due in it happen.
    pub(crate) fn pass(&mut self, seconds: u64) {
        self.settle(self.now.whole_seconds() + seconds);
    }

    /// The media type and the bytes that a path answers with.
    pub(crate) fn media(&mut self, path: &str, query: Value) -> Result<(String, Bytes), ApiError> {
        match self.outcome("GET", path, query, Value::Null)? {
            Outcome::Answer(answer) => Ok(match answer.body {
                Body::Blob { media, id } => (media, self.blobs.read(&id, 0, 1 << 20).unwrap()),
                Body::Bytes { media, bytes } => (media, bytes),
                other => panic!("{path} answers {other:?}"),
            }),
            Outcome::Follow { .. } | Outcome::Ask(_) => panic!("{path} has no bytes"),
        }
    }

    /// A call that answers with nothing but its status.
    pub(crate) fn silent(&mut self, method: &str, path: &str) -> Result<u16, ApiError> {
        match self.outcome(method, path, json!({}), Value::Null)? {
            Outcome::Answer(answer) if answer.body == Body::Empty => Ok(answer.status),
            other => panic!("{path} answers {other:?}"),
        }
    }
}
