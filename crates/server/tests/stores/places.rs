//! The stores, each opened by the same words: a fresh world at every call.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::Clock;
use fakeai_resources::{Blobs, LostCursor, Objects, Page, PageQuery, Record, Store};
use fakeai_server::store::{
    Database, MemoryBlobs, MemoryStore, Postgres, SqlStore, Sqlite, StoreLimits,
};
use serde_json::Value;

use crate::Hand;
use crate::postgres_server::PostgresServer;

/// A folder that goes when this does.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("fakeai-stores-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is in the system's folder for such.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A world's objects, and how many there are.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    count: Box<dyn Fn() -> usize>,
}

impl Opened {
    pub(crate) fn count(&self) -> usize {
        (self.count)()
    }

    /// What a project sees; an empty id is the default one's.
    pub(crate) fn of<'a>(&'a self, project: &'a str) -> Objects<'a> {
        Objects::of(&*self.store, project)
    }

    pub(crate) fn find(&self, family: &str, parent: Option<&str>, id: &str) -> Option<Arc<Record>> {
        self.of("").find(family, parent, id)
    }

    pub(crate) fn object(&self, family: &str, id: &str) -> Option<Arc<Value>> {
        self.of("").object(family, id)
    }

    pub(crate) fn children(&self, family: &str, parent: &str) -> Vec<Arc<Value>> {
        self.of("").children(family, parent)
    }

    pub(crate) fn page(&self, query: &PageQuery<'_>) -> Result<Page, LostCursor> {
        self.of("").page(query)
    }
}

impl std::ops::Deref for Opened {
    type Target = dyn Store;

    fn deref(&self) -> &Self::Target {
        &*self.store
    }
}

/// Something that opens stores.
pub(crate) enum Place {
    Memory,
    /// With what goes away after it.
    Sqlite(Arc<Sqlite>, #[expect(dead_code)] Folder),
    Postgres(Arc<Postgres>, #[expect(dead_code)] PostgresServer),
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = Folder::new();
        let database = Sqlite::open(&folder.0.join("objects.db")).unwrap();
        Self::Sqlite(Arc::new(database), folder)
    }

    /// None where the machine has no Postgres; that is said aloud.
    pub(crate) fn postgres() -> Option<Self> {
        let server = PostgresServer::start()?;
        let database = Postgres::open(&server.url()).unwrap();
        Some(Self::Postgres(Arc::new(database), server))
    }

    /// A store of a world that nobody has entered yet.
    pub(crate) fn open(&self, limits: StoreLimits) -> Opened {
        self.open_at(limits, Arc::new(Hand::default()))
    }

    pub(crate) fn open_at(&self, limits: StoreLimits, clock: Arc<dyn Clock>) -> Opened {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let world = format!("world{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let blobs: Arc<dyn Blobs> = Arc::new(MemoryBlobs::new(1 << 20));
        match self {
            Self::Memory => {
                let store = Arc::new(MemoryStore::new(limits, clock, blobs));
                Opened {
                    store: store.clone(),
                    count: Box::new(move || store.count()),
                }
            }
            Self::Sqlite(database, _) => lasting(database, &world, limits, &clock, &blobs),
            Self::Postgres(database, _) => lasting(database, &world, limits, &clock, &blobs),
        }
    }
}

fn lasting<D: Database>(
    database: &Arc<D>,
    world: &str,
    limits: StoreLimits,
    clock: &Arc<dyn Clock>,
    blobs: &Arc<dyn Blobs>,
) -> Opened {
    let store = Arc::new(SqlStore::new(database, world, limits, clock, blobs));
    Opened {
        store: store.clone(),
        count: Box::new(move || {
            assert_eq!(store.failures(), 0, "the database failed");
            store.count()
        }),
    }
}

/// The files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names = names.collect::<Vec<_>>();
    names.sort();
    names
}
