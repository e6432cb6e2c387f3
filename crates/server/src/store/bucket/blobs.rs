//! A world's blobs in a bucket. A blob goes there in parts as it comes, and is read in stretches.
//! Nothing of the bucket is ever removed but blobs that were made by this program and are named by
//! their id: others may keep theirs below the same prefix.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use fakeai_canon::ApiError;
use fakeai_resources::{BlobWriter, Blobs};
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};
use parking_lot::Mutex;

use super::super::blob_errors::{full, missing};
use super::{Bucket, WINDOW, broken};
use crate::tasks;

/// Bytes of a part, and what a blob in the making holds at most. The least that the services take;
/// they take 10,000 of them.
const PART: usize = 5 << 20;

/// A world's blobs in a bucket.
pub struct BucketBlobs {
    shelf: Arc<Shelf>,
    /// Whether the blobs go when the world does.
    passing: bool,
}

struct Shelf {
    bucket: Arc<Bucket>,
    folder: Path,
    max_bytes: u64,
    bytes: AtomicU64,
    /// Whether the bytes that were there before are counted.
    counted: Mutex<bool>,
    /// What was made here, where it goes when the world does.
    made: Mutex<HashSet<String>>,
}

impl BucketBlobs {
    /// The blobs of a world, at most so many bytes of them. Where they are `passing`, those that
    /// are made go when this does, and what others have left there is none of theirs.
    pub fn open(bucket: &Arc<Bucket>, world: &str, max_bytes: u64, passing: bool) -> Self {
        Self {
            shelf: Arc::new(Shelf {
                folder: bucket.folder(world),
                bucket: Arc::clone(bucket),
                max_bytes,
                bytes: AtomicU64::new(0),
                counted: Mutex::new(passing),
                made: Mutex::default(),
            }),
            passing,
        }
    }
}

impl Shelf {
    /// Counts what is there already, once.
    fn count(&self) -> Result<(), ApiError> {
        let mut counted = self.counted.lock();
        if *counted {
            return Ok(());
        }
        let folder = self.folder.clone();
        let bytes = self.bucket.run(|store| async move {
            let all = store.list(Some(&folder));
            all.try_fold(0, async |sum, object| Ok(sum + object.size))
                .await
        })?;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        *counted = true;
        Ok(())
    }

    fn path(&self, id: &str) -> Option<Path> {
        Bucket::path(&self.folder, id)
    }

    /// The size of an object, where it is there.
    fn size(&self, path: &Path) -> Result<Option<u64>, ApiError> {
        if let Some(size) = self.bucket.sizes.lock().get(path) {
            return Ok(Some(*size));
        }
        let asked = path.clone();
        let size = self.bucket.run(|store| async move {
            match store.head(&asked).await {
                Ok(object) => Ok(Some(object.size)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        if let Some(size) = size {
            self.bucket.remember(path, size);
        }
        Ok(size)
    }

    /// The rest of a stretch; empty at the end of the object.
    fn stretch(&self, id: &str, from: u64) -> Result<Bytes, ApiError> {
        let path = self.path(id).ok_or_else(|| missing(id))?;
        if let Some(kept) = self.bucket.kept(&path, from) {
            return Ok(kept);
        }
        let size = self.size(&path)?.ok_or_else(|| missing(id))?;
        if from >= size {
            return Ok(Bytes::new());
        }
        let start = from - from % WINDOW;
        let range = start..size.min(start + WINDOW);
        let wanted = range.end - range.start;
        let asked = path.clone();
        let read = self.bucket.run(|store| async move {
            let options = GetOptions {
                range: Some(GetRange::Bounded(range)),
                ..GetOptions::default()
            };
            match store.get_opts(&asked, options).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        let Some(bytes) = read else {
            self.bucket.forget(&path);
            return Err(missing(id));
        };
        if bytes.len() as u64 != wanted {
            return Err(broken(
                &"it sent another number of bytes than was asked for",
            ));
        }
        self.bucket.keep(&path, start, bytes);
        self.bucket.kept(&path, from).ok_or_else(|| missing(id))
    }

    fn remove(&self, id: &str) {
        let Some(path) = self.path(id) else {
            return;
        };
        // What can't be removed stays; the log says so.
        let Ok(Some(size)) = self.size(&path) else {
            return;
        };
        self.bucket.forget(&path);
        let gone = self
            .bucket
            .run(|store| async move { store.delete(&path).await });
        if gone.is_ok() && *self.counted.lock() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
        }
    }
}

impl Blobs for BucketBlobs {
    fn create(&self) -> Result<Box<dyn BlobWriter>, ApiError> {
        let shelf = &self.shelf;
        shelf.count()?;
        let id = shelf.bucket.name();
        if self.passing {
            shelf.made.lock().insert(id.clone());
        }
        Ok(Box::new(Writer {
            path: shelf.folder.clone().join(id.as_str()),
            shelf: Arc::clone(shelf),
            id,
            upload: None,
            part: BytesMut::new(),
            bytes: 0,
            is_kept: false,
        }))
    }

    fn size(&self, id: &str) -> Option<u64> {
        let path = self.shelf.path(id)?;
        self.shelf.size(&path).ok().flatten()
    }

    fn read(&self, id: &str, from: u64, most: usize) -> Result<Bytes, ApiError> {
        let mut bytes = self.shelf.stretch(id, from)?;
        bytes.truncate(most);
        Ok(bytes)
    }

    fn delete(&self, id: &str) {
        self.shelf.made.lock().remove(id);
        self.shelf.remove(id);
    }
}

impl Drop for BucketBlobs {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.shelf.made.lock());
        let paths: Vec<_> = made.iter().filter_map(|id| self.shelf.path(id)).collect();
        if paths.is_empty() {
            return;
        }
        // What can't be removed stays; the log says so.
        let _ = self.shelf.bucket.run(|store| async move {
            let paths = stream::iter(paths.into_iter().map(Ok)).boxed();
            store
                .delete_stream(paths)
                .try_for_each(async |_| Ok(()))
                .await
        });
    }
}

/// A blob in the making: one request where it is small, parts where it is not.
struct Writer {
    shelf: Arc<Shelf>,
    id: String,
    path: Path,
    /// Begun with the first full part.
    upload: Option<Box<dyn MultipartUpload>>,
    part: BytesMut,
    bytes: u64,
    is_kept: bool,
}

impl Writer {
    /// Sends what has gathered as a part.
    fn send(&mut self) -> Result<(), ApiError> {
        let bucket = &self.shelf.bucket;
        let mut upload = match self.upload.take() {
            Some(upload) => upload,
            None => {
                let path = self.path.clone();
                bucket.run(|store| async move { store.put_multipart(&path).await })?
            }
        };
        let part = PutPayload::from(self.part.split().freeze());
        let sending = upload.put_part(part);
        self.upload = Some(upload);
        bucket.run(|_| sending)
    }

    fn keep(&mut self) -> Result<(), ApiError> {
        if self.upload.is_some() && !self.part.is_empty() {
            self.send()?;
        }
        let bucket = &self.shelf.bucket;
        let Some(mut upload) = self.upload.take() else {
            let (path, whole) = (self.path.clone(), self.part.split().freeze());
            let put = async move |store: object_store::aws::AmazonS3| {
                store.put(&path, PutPayload::from(whole)).await
            };
            return bucket.run(put).map(drop);
        };
        // Where this fails the parts are given up, so that nobody pays for them.
        bucket
            .run(|_| async move {
                let completed = upload.complete().await;
                if completed.is_err() {
                    let _ = upload.abort().await;
                }
                completed
            })
            .map(drop)
    }
}

impl BlobWriter for Writer {
    fn write(&mut self, bytes: Bytes) -> Result<(), ApiError> {
        let more = bytes.len() as u64;
        let before = self.shelf.bytes.fetch_add(more, Ordering::Relaxed);
        self.bytes += more;
        if before + more > self.shelf.max_bytes {
            return Err(full(self.shelf.max_bytes));
        }
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let fits = rest.len().min(PART - self.part.len());
            self.part.extend_from_slice(&rest[..fits]);
            rest = &rest[fits..];
            if self.part.len() == PART {
                self.send()?;
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<String, ApiError> {
        self.keep()?;
        self.is_kept = true;
        self.shelf.bucket.remember(&self.path, self.bytes);
        Ok(self.id.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        self.shelf.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.shelf.made.lock().remove(&self.id);
        if let Some(mut upload) = self.upload.take() {
            // Nobody waits for this.
            drop(tasks::start_on(
                self.shelf.bucket.carrier.handle(),
                async move { upload.abort().await },
            ));
        }
    }
}
