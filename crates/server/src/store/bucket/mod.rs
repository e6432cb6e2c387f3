//! Blobs as objects of an S3-compatible bucket: the way to it, and what was read of it lately. What
//! a world's blobs do is one file further.

mod blobs;
mod connector;

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use fakeai_canon::ApiError;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use parking_lot::Mutex;
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};

use super::carrier::Carrier;
use crate::config::Storage;
use crate::tasks;
use connector::Connector;

pub use blobs::BucketBlobs;

/// How a blob's name begins; the token of its process and a number follow.
const NAME: &str = "blob-";
/// Letters of a token.
const TOKEN: usize = 32;
/// How often a request that failed is sent again.
const RETRIES: usize = 2;
/// How long a request is sent again at most.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that are read at once, and kept for the next who asks.
const WINDOW: u64 = 4 << 20;
/// Stretches that are kept.
const WINDOWS: usize = 8;
/// Objects whose size is remembered; past it all are asked anew.
const SIZES: usize = 100_000;

/// A bucket, below a prefix.
pub struct Bucket {
    store: AmazonS3,
    prefix: String,
    carrier: Carrier,
    /// What sets the names of this process apart from those of all others.
    token: String,
    next: AtomicU64,
    sizes: Mutex<HashMap<Path, u64>>,
    windows: Mutex<VecDeque<Window>>,
}

/// A stretch of an object. Objects never change.
struct Window {
    path: Path,
    from: u64,
    bytes: Bytes,
}

impl Bucket {
    /// The bucket of that name.
    ///
    /// # Errors
    /// Settings that don't go together; a bucket that does not answer.
    pub fn open(bucket: &str, prefix: &str, settings: &Storage) -> Result<Self, String> {
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: RETRIES,
            retry_timeout: PATIENCE,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(&settings.s3_region)
            .with_allow_http(true)
            // Every service knows the plain request; not all know that for many at once.
            .with_disable_bulk_delete(true)
            .with_retry(retry)
            .with_http_connector(Connector);
        if let Some(endpoint) = &settings.s3_endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(key) = &settings.s3_access_key_id {
            builder = builder.with_access_key_id(key);
        }
        if let Some(secret) = &settings.s3_secret_access_key {
            builder = builder.with_secret_access_key(&secret.0);
        }
        if let Some(token) = &settings.s3_session_token {
            builder = builder.with_token(&token.0);
        }
        let token = token().map_err(|error| error.to_string())?;
        let carrier = Carrier::new("bucket").map_err(|error| error.to_string())?;
        // The clients that it makes are used on that thread alone.
        let inside = carrier.handle().enter();
        let store = builder.build().map_err(|error| error.to_string())?;
        drop(inside);
        let bucket = Self {
            store,
            prefix: prefix.to_owned(),
            carrier,
            token,
            next: AtomicU64::new(0),
            sizes: Mutex::default(),
            windows: Mutex::default(),
        };
        let below = Path::from(prefix);
        let first = bucket.ask(|store| async move {
            let mut all = store.list(Some(&below));
            all.try_next().await
        });
        first.map(|_| bucket)
    }

    /// A name that no blob has, on any machine.
    fn name(&self) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{NAME}{}-{number}", self.token)
    }

    /// Where a world's blob is; none where the id is not one of ours.
    fn path(folder: &Path, id: &str) -> Option<Path> {
        let (token, number) = id.strip_prefix(NAME)?.split_once('-')?;
        let ours = token.len() == TOKEN
            && token.bytes().all(|letter| letter.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|letter| letter.is_ascii_digit());
        ours.then(|| folder.clone().join(id))
    }

    /// Where a world's blobs are.
    fn folder(&self, world: &str) -> Path {
        // A world may be called `..`.
        Path::from(self.prefix.as_str()).join(format!("world-{world}"))
    }

    /// Does work with the store and waits for it.
    fn run<T, F>(&self, work: impl FnOnce(AmazonS3) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = object_store::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        self.ask(work).map_err(|why| broken(&why))
    }

    fn ask<T, F>(&self, work: impl FnOnce(AmazonS3) -> F) -> Result<T, String>
    where
        F: Future<Output = object_store::Result<T>> + Send + 'static,
        T: Send + 'static,
    {
        let work = work(self.store.clone());
        let done = tasks::aside(|| self.carrier.run(work))?;
        done.map_err(|error| error.to_string())
    }

    /// Remembers the size of an object.
    fn remember(&self, path: &Path, size: u64) {
        let mut sizes = self.sizes.lock();
        if sizes.len() >= SIZES {
            sizes.clear();
        }
        sizes.insert(path.clone(), size);
    }

    /// Forgets all of an object.
    fn forget(&self, path: &Path) {
        self.sizes.lock().remove(path);
        self.windows.lock().retain(|window| window.path != *path);
    }

    /// What is kept of an object from there on.
    fn kept(&self, path: &Path, from: u64) -> Option<Bytes> {
        let windows = self.windows.lock();
        let window = windows.iter().find(|window| {
            let end = window.from + window.bytes.len() as u64;
            window.path == *path && (window.from..end).contains(&from)
        })?;
        let skip = usize::try_from(from - window.from).ok()?;
        Some(window.bytes.slice(skip..))
    }

    /// Keeps a stretch of an object in the place of the oldest.
    fn keep(&self, path: &Path, from: u64, bytes: Bytes) {
        let mut windows = self.windows.lock();
        windows.truncate(WINDOWS - 1);
        windows.push_front(Window {
            path: path.clone(),
            from,
            bytes,
        });
    }
}

/// Chance enters nothing but names that no client sees.
fn token() -> Result<String, Unspecified> {
    let mut bytes = [0; TOKEN / 2];
    SystemRandom::new().fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The bucket fails; what it says is for the log.
fn broken(error: &dyn std::fmt::Display) -> ApiError {
    tracing::error!("the bucket of files failed: {error}");
    super::unavailable()
}
