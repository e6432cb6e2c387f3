//! Blobs in memory, bounded in bytes. Nothing here outlives the process.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::ApiError;
use fakeai_resources::{BlobWriter, Blobs};
use parking_lot::Mutex;

use super::blob_errors::{full, missing};

/// A world's blobs in memory.
pub struct MemoryBlobs {
    shelf: Arc<Mutex<Shelf>>,
}

struct Shelf {
    blobs: HashMap<String, Arc<Blob>>,
    next: u64,
    bytes: u64,
    max_bytes: u64,
}

/// A blob as the pieces that it came in, each with where it begins.
#[derive(Default)]
struct Blob {
    pieces: Vec<(u64, Bytes)>,
    bytes: u64,
}

impl MemoryBlobs {
    /// Room for so many bytes.
    pub fn new(max_bytes: u64) -> Self {
        Self {
            shelf: Arc::new(Mutex::new(Shelf {
                blobs: HashMap::new(),
                next: 0,
                bytes: 0,
                max_bytes,
            })),
        }
    }

    fn find(&self, id: &str) -> Option<Arc<Blob>> {
        self.shelf.lock().blobs.get(id).cloned()
    }
}

impl Blobs for MemoryBlobs {
    fn create(&self) -> Result<Box<dyn BlobWriter>, ApiError> {
        Ok(Box::new(Writer {
            shelf: Arc::clone(&self.shelf),
            blob: Blob::default(),
        }))
    }

    fn size(&self, id: &str) -> Option<u64> {
        self.find(id).map(|blob| blob.bytes)
    }

    fn read(&self, id: &str, from: u64, most: usize) -> Result<Bytes, ApiError> {
        let blob = self.find(id).ok_or_else(|| missing(id))?;
        let after = blob.pieces.partition_point(|(start, _)| *start <= from);
        let Some((start, piece)) = after.checked_sub(1).map(|place| &blob.pieces[place]) else {
            return Ok(Bytes::new());
        };
        let skip = usize::try_from(from - start).unwrap_or(usize::MAX);
        let skip = skip.min(piece.len());
        Ok(piece.slice(skip..skip.saturating_add(most).min(piece.len())))
    }

    fn delete(&self, id: &str) {
        let mut shelf = self.shelf.lock();
        if let Some(blob) = shelf.blobs.remove(id) {
            shelf.bytes -= blob.bytes;
        }
    }
}

struct Writer {
    shelf: Arc<Mutex<Shelf>>,
    blob: Blob,
}

impl BlobWriter for Writer {
    fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let more = bytes.len() as u64;
        let mut shelf = self.shelf.lock();
        if shelf.bytes + more > shelf.max_bytes {
            return Err(full(shelf.max_bytes));
        }
        shelf.bytes += more;
        drop(shelf);
        self.blob.pieces.push((self.blob.bytes, bytes));
        self.blob.bytes += more;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<String, ApiError> {
        let blob = std::mem::take(&mut self.blob);
        let mut shelf = self.shelf.lock();
        let id = format!("blob-{}", shelf.next);
        shelf.next += 1;
        shelf.blobs.insert(id.clone(), Arc::new(blob));
        Ok(id)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shelf.lock().bytes -= self.blob.bytes;
    }
}
