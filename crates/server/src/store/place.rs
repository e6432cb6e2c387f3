//! Where the worlds' objects and blobs go: what the settings name, opened once for all worlds.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fakeai_canon::Clock;
use fakeai_resources::{self as resources, Blobs, Store};
use parking_lot::Mutex;

use super::sql::{Database, OpenError, Postgres, SqlStore, Sqlite, lock_file};
#[cfg(feature = "s3")]
use super::{Bucket, BucketBlobs};
use super::{FolderBlobs, MemoryBlobs, MemoryStore, StoreLimits};
use crate::config::{BlobsUrl, Storage, StoreUrl};

/// How long others may be about to name a file that no object names yet.
const UNNAMED: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the worlds' objects and blobs go.
pub(crate) struct Place {
    objects: Objects,
    files: Files,
    max_blob_bytes: u64,
    /// Worlds that were opened since the start.
    opened: Mutex<HashSet<String>>,
}

enum Objects {
    Memory,
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

enum Files {
    Memory,
    Folder {
        root: PathBuf,
        /// Held as long as the folder belongs to this process alone.
        _lock: Option<File>,
    },
    #[cfg(feature = "s3")]
    Bucket(Arc<Bucket>),
}

impl Place {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// A database or a folder that is no use.
    pub(crate) fn open(settings: &Storage) -> Result<Self, OpenError> {
        let objects = match &settings.url {
            StoreUrl::Memory => Objects::Memory,
            StoreUrl::Sqlite(path) => Objects::Sqlite(Arc::new(Sqlite::open(path)?)),
            StoreUrl::Postgres(url) => Objects::Postgres(Arc::new(Postgres::open(url)?)),
        };
        let shared = matches!(objects, Objects::Postgres(_));
        let files = match (&settings.blobs, &settings.url) {
            (Some(BlobsUrl::Memory), _) | (None, StoreUrl::Memory) => Files::Memory,
            (Some(BlobsUrl::Folder(root)), _) => folder(root, shared)?,
            (None, StoreUrl::Sqlite(path)) => folder(&beside(path), shared)?,
            (Some(BlobsUrl::Bucket { bucket, prefix }), _) => in_bucket(bucket, prefix, settings)
                .map_err(|why| OpenError {
                what: format!("the storage s3://{bucket}/{prefix}"),
                why,
            })?,
            (None, StoreUrl::Postgres(_)) => {
                return Err(OpenError {
                    what: "the storage postgres".to_owned(),
                    why: "its servers have to share files too; set storage.blobs".to_owned(),
                });
            }
        };
        if let (Objects::Memory, Files::Folder { root, .. }) = (&objects, &files) {
            forget_all(root).map_err(|error| unusable(root, &error))?;
        }
        Ok(Self {
            objects,
            files,
            max_blob_bytes: settings.max_blob_bytes.0,
            opened: Mutex::default(),
        })
    }

    /// A world's objects and blobs. What a former process left half done is brought to an end.
    pub(crate) fn world(
        &self,
        name: &str,
        limits: StoreLimits,
        clock: &Arc<dyn Clock>,
    ) -> (Arc<dyn Store>, Arc<dyn Blobs>) {
        let (blobs, files) = self.blobs(name);
        let store: Arc<dyn Store> = match &self.objects {
            Objects::Memory => Arc::new(MemoryStore::new(
                limits,
                Arc::clone(clock),
                Arc::clone(&blobs),
            )),
            Objects::Sqlite(database) => {
                let store = SqlStore::new(database, name, limits, clock, &blobs);
                self.tidy(name, &store, files.as_deref(), Duration::ZERO);
                Arc::new(store)
            }
            Objects::Postgres(database) => {
                let store = SqlStore::new(database, name, limits, clock, &blobs);
                self.tidy(name, &store, files.as_deref(), UNNAMED);
                Arc::new(store)
            }
        };
        if store.blocks() {
            bring_to_an_end(&*store, clock);
        }
        (store, blobs)
    }

    /// A world's blobs, and the folder that they are in where they are in one.
    fn blobs(&self, name: &str) -> (Arc<dyn Blobs>, Option<Arc<FolderBlobs>>) {
        let passing = matches!(self.objects, Objects::Memory);
        let most = self.max_blob_bytes;
        match &self.files {
            Files::Memory => (Arc::new(MemoryBlobs::new(most)), None),
            Files::Folder { root, .. } => match FolderBlobs::open(root, name, most, passing) {
                Ok(folder) => {
                    let folder = Arc::new(folder);
                    (Arc::clone(&folder) as Arc<dyn Blobs>, Some(folder))
                }
                Err(error) => {
                    tracing::error!("can't use {}: {error}", root.display());
                    (Arc::new(MemoryBlobs::new(most)), None)
                }
            },
            #[cfg(feature = "s3")]
            Files::Bucket(bucket) => (
                Arc::new(BucketBlobs::open(bucket, name, most, passing)),
                None,
            ),
        }
    }

    /// Removes the files that no object names, when a world is entered for the first time.
    fn tidy<D: Database>(
        &self,
        world: &str,
        store: &SqlStore<D>,
        files: Option<&FolderBlobs>,
        untouched: Duration,
    ) {
        let Some(files) = files else {
            return;
        };
        if !self.opened.lock().insert(world.to_owned()) {
            return;
        }
        let Some(named) = store.named_blobs() else {
            return;
        };
        if let Err(error) = files.keep_only(&named.into_iter().collect(), untouched) {
            tracing::warn!("files of the world {world} can't be looked through: {error}");
        }
    }
}

/// Ends what nobody works on any more because its process has ended.
fn bring_to_an_end(store: &dyn Store, clock: &Arc<dyn Clock>) {
    let changes = resources::interrupted(store, clock.now());
    if let Err(error) = store.commit(changes) {
        tracing::warn!(
            "what a former process left can't be ended: {}",
            error.message
        );
    }
}

/// The folder for files beside a database.
fn beside(path: &Path) -> PathBuf {
    let mut folder = path.as_os_str().to_owned();
    folder.push(".blobs");
    PathBuf::from(folder)
}

fn folder(root: &Path, shared: bool) -> Result<Files, OpenError> {
    fs::create_dir_all(root).map_err(|error| unusable(root, &error))?;
    let lock = (!shared).then(|| lock_file(&root.join("lock")));
    let lock = lock
        .transpose()
        .map_err(|trouble| unusable(root, &trouble))?;
    Ok(Files::Folder {
        root: root.to_owned(),
        _lock: lock,
    })
}

/// Removes the files of all worlds: no object in memory has outlived its process.
fn forget_all(root: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(world) = name.to_str().and_then(|name| name.strip_prefix("world-")) else {
            continue;
        };
        let files = FolderBlobs::open(root, world, 0, false)?;
        files.keep_only(&HashSet::new(), Duration::ZERO)?;
    }
    Ok(())
}

#[cfg(feature = "s3")]
fn in_bucket(bucket: &str, prefix: &str, settings: &Storage) -> Result<Files, String> {
    let bucket = Bucket::open(bucket, prefix, settings)?;
    Ok(Files::Bucket(Arc::new(bucket)))
}

#[cfg(not(feature = "s3"))]
fn in_bucket(_: &str, _: &str, _: &Storage) -> Result<Files, String> {
    Err("this program was built without buckets (the feature `s3`)".to_owned())
}

fn unusable(root: &Path, why: &dyn std::fmt::Display) -> OpenError {
    OpenError {
        what: format!("the storage folder:{}", root.display()),
        why: why.to_string(),
    }
}
