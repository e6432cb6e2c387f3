//! The files that came with a call: those that no stored object took go away with the call.

use std::sync::Arc;

use fakeai_canon::{FilePart, Form};
use fakeai_resources::{Blobs, Change};

use crate::world::World;

/// The files of a call's form.
pub(crate) struct Uploads {
    blobs: Arc<dyn Blobs>,
    files: Vec<FilePart>,
    claimed: Vec<String>,
}

impl Uploads {
    /// The files of a form, where there is one.
    pub(crate) fn of(world: &World, form: Option<Form>) -> Self {
        Self {
            blobs: Arc::clone(&world.blobs),
            files: form.map(|form| form.files).unwrap_or_default(),
            claimed: Vec::new(),
        }
    }

    /// The files.
    pub(crate) fn files(&self) -> &[FilePart] {
        &self.files
    }

    /// Objects that are about to be stored keep the files that they name.
    pub(crate) fn claimed_by(&mut self, changes: &[Change]) {
        let records = changes.iter().filter_map(|change| match change {
            Change::Put(record) | Change::Replace(record) => record.blob.clone(),
            Change::Delete { .. } => None,
        });
        self.claimed = records.collect();
    }

    /// The objects were not stored after all.
    pub(crate) fn unclaim(&mut self) {
        self.claimed.clear();
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        for file in &self.files {
            if !self.claimed.contains(&file.blob) {
                self.blobs.delete(&file.blob);
            }
        }
    }
}
