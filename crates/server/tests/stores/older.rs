//! A database that an older program has written: what is in it is the default project's.

use std::sync::Arc;

use fakeai_canon::{Clock, Micros};
use fakeai_resources::{Blobs, Objects, Order, PageQuery};
use fakeai_server::store::{MemoryBlobs, SqlStore, Sqlite, StoreLimits};
use rusqlite::Connection;

use crate::Hand;
use crate::places::Folder;

/// The tables before objects were projects'.
const TABLES: &str = include_str!("../../src/store/sql/migrations/0001.sql");

#[test]
fn what_an_older_program_stored_is_the_default_projects() {
    let folder = Folder::new();
    let path = folder.0.join("objects.db");
    let older = Connection::open(&path).unwrap();
    let tables = TABLES.replace("{number}", "INTEGER PRIMARY KEY AUTOINCREMENT");
    older.execute_batch(&tables).unwrap();
    older
        .execute_batch(
            "CREATE TABLE fakeai_migrations (version BIGINT PRIMARY KEY);
             INSERT INTO fakeai_migrations VALUES (1);
             INSERT INTO fakeai_worlds VALUES ('default', 1, 1, 20);
             INSERT INTO fakeai_objects (world, family, id, parent, parent_family, opening, created, bytes, object)
             VALUES ('default', 'files', 'file-1', '', '', 0, 7, 20, '{\"id\": \"file-1\"}');",
        )
        .unwrap();
    drop(older);

    let database = Arc::new(Sqlite::open(&path).unwrap());
    let clock: Arc<dyn Clock> = Arc::new(Hand::default());
    let blobs: Arc<dyn Blobs> = Arc::new(MemoryBlobs::new(1 << 20));
    let store = SqlStore::new(&database, "default", StoreLimits::default(), &clock, &blobs);
    let query = PageQuery {
        family: "files",
        parent: None,
        after: None,
        before: None,
        order: Order::Descending,
        limit: 10,
        filters: Vec::new(),
    };
    let default = Objects::of(&store, "");
    let page = default.page(&query).unwrap();
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].created, Micros(7));
    assert!(default.find("files", None, "file-1").is_some());
    let other = Objects::of(&store, "proj_other");
    assert!(other.page(&query).unwrap().records.is_empty());
    assert!(other.find("files", None, "file-1").is_none());
}
