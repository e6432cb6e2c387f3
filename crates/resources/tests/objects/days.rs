//! Time that passes until nothing is due any more, files that jobs read, and errands that the house
//! answers.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::Micros;
use fakeai_resources::{Blobs, Change, Effect, Record, Store, Whose};
use serde_json::{Value, json};

use crate::house;
use crate::world::World;

impl World {
    pub(crate) fn next_due(&self) -> Option<Micros> {
        self.store.next_due()
    }

    /// Lets everything happen that is due until then.
    pub(crate) fn advance_to(&mut self, until: Micros) {
        self.settle_to(until.max(self.now));
    }

    /// Lets everything happen that will ever be due.
    pub(crate) fn run(&mut self) {
        while let Some(due) = self.next_due() {
            self.advance_to(due);
        }
    }

    /// Likewise, with the house answering all errands.
    pub(crate) fn run_with_house(&mut self) {
        loop {
            self.run_errands();
            match self.next_due() {
                Some(due) => self.advance_to(due),
                None => return,
            }
        }
    }

    fn run_errands(&mut self) {
        let sent = |effect: &Effect| matches!(effect, Effect::Send(_));
        while let Some(place) = self.effects.iter().position(sent) {
            let Effect::Send(errand) = self.effects.remove(place) else {
                return;
            };
            let answer = house::reply(&errand.path, &errand.body, errand.tag.clone());
            self.returns(&errand, &answer);
        }
    }

    /// Stores a file of those bytes, and tells its id.
    pub(crate) fn stored_file(&mut self, purpose: &str, text: &str) -> String {
        let mut writer = self.blobs.create().unwrap();
        writer.write(Bytes::from(text.to_owned())).unwrap();
        let blob = writer.finish().unwrap();
        let id = format!("file-{blob}");
        let object = json!({"id": id, "object": "file", "purpose": purpose, "bytes": text.len(),
            "created_at": 1, "filename": "rows.jsonl", "status": "processed"});
        let record = Record {
            project: None,
            family: "files",
            id: id.clone(),
            parent: None,
            created: self.now,
            object: Arc::new(object),
            private: Value::Null,
            due: None,
            blob: Some(blob),
        };
        self.store.commit(vec![Change::Put(record)]).unwrap();
        id
    }

    /// The text of a stored file.
    pub(crate) fn content(&self, id: &str) -> String {
        let record = self.store.find(Whose::Anyones, "files", None, id).unwrap();
        let bytes = self.blobs.read(record.blob.as_ref().unwrap(), 0, 1 << 20);
        String::from_utf8(bytes.unwrap().to_vec()).unwrap()
    }
}
