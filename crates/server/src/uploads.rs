//! The files that came with a call: those that no stored object took go away with the call.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, FilePart, Form, Seed};
use fakeai_dialects::Upload;
use fakeai_resources::{Blobs, Change};

use crate::world::World;

/// Bytes of all files of a form that are held at once, as large as a recording may be.
const WHOLE: u64 = 25 << 20;
/// Bytes of each file that are held where all together are more.
const HEAD: u64 = 1 << 20;
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

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

    /// The files with their first bytes, for who looks into them.
    ///
    /// # Errors
    /// A file can't be read.
    pub(crate) fn read(&self) -> Result<Vec<Upload>, ApiError> {
        let total: u64 = self.files.iter().map(|file| file.bytes).sum();
        let most = if total <= WHOLE { WHOLE } else { HEAD };
        self.files
            .iter()
            .map(|file| self.upload(file, most))
            .collect()
    }

    fn upload(&self, file: &FilePart, most: u64) -> Result<Upload, ApiError> {
        let mut content = Vec::new();
        let mut at = 0;
        loop {
            let piece = self.blobs.read(&file.blob, at, PIECE)?;
            if piece.is_empty() {
                break;
            }
            let left = most
                .saturating_sub(content.len() as u64)
                .min(piece.len() as u64);
            content.extend_from_slice(&piece[..left as usize]);
            at += piece.len() as u64;
        }
        Ok(Upload {
            field: file.field.clone(),
            name: file.name.clone(),
            media: file.media.clone(),
            bytes: file.bytes,
            // However the bytes came in pieces, the same file has the same hash.
            hash: Seed(file.bytes).of(&content[..]).0,
            content: Bytes::from(content),
        })
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
