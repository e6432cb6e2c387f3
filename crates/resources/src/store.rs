//! What the engine needs of a store, and what a store takes over. No store is here.
//!
//! A call reads at most its own object, its parent, one page, and the objects that its body
//! refers to; all writes are one commit at the end. So a store behind a network can load first
//! and commit after.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Micros};
use serde_json::Value;

use crate::Order;

/// One stored object: the provider's wire JSON and the columns it is found by.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The family.
    pub family: &'static str,
    /// The project whose it is; none for the default project's and the organisation's. The engine
    /// sets it when it hands out a new object, and a store keeps it when one is replaced.
    pub project: Option<Arc<str>>,
    /// The object's id, unique among its siblings.
    pub id: String,
    /// What it belongs to and goes away with.
    pub parent: Option<Parent>,
    /// When it was made, on the world's clock.
    pub created: Micros,
    /// The wire JSON.
    pub object: Arc<Value>,
    /// What the family remembers of the object and shows to nobody; null where nothing.
    pub private: Value,
    /// When the family wants to look at the object again, by the world's clock.
    pub due: Option<Micros>,
    /// The blob that holds the object's bytes; it goes away with the object.
    pub blob: Option<String>,
}

impl Record {
    /// The project's id; empty where it has none.
    pub fn project(&self) -> &str {
        self.project.as_deref().unwrap_or_default()
    }
}

/// The object that another belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parent {
    /// Its family.
    pub family: &'static str,
    /// Its id.
    pub id: String,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Add the object as the newest, or replace it where it stands. Dropped where the parent is
    /// not there (it was deleted meanwhile).
    Put(Record),
    /// Replace the object where it stands; dropped where it is not there.
    Replace(Record),
    /// Remove the object and everything below it.
    Delete {
        /// The family.
        family: &'static str,
        /// The parent's id; none for an object at the top.
        parent: Option<String>,
        /// The object's id.
        id: String,
    },
}

/// Which objects a page is made of.
#[derive(Clone, Debug)]
pub struct PageQuery<'a> {
    /// The family.
    pub family: &'static str,
    /// The parent's id; none for objects at the top.
    pub parent: Option<&'a str>,
    /// Only what comes after this id in `order`.
    pub after: Option<&'a str>,
    /// Only what comes before this id in `order`.
    pub before: Option<&'a str>,
    /// Oldest or newest first.
    pub order: Order,
    /// At most so many.
    pub limit: usize,
    /// Conditions that all must hold.
    pub filters: Vec<Filter>,
}

/// A string that an object must have at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Property names from the top.
    pub path: Vec<String>,
    /// What must be there.
    pub equals: String,
}

impl Filter {
    /// Whether the object has it.
    pub fn holds(&self, object: &Value) -> bool {
        let found = self
            .path
            .iter()
            .try_fold(object, |value, name| value.get(name));
        found.and_then(Value::as_str) == Some(self.equals.as_str())
    }
}

/// A page of objects, in the order that was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The objects.
    pub records: Vec<Arc<Record>>,
    /// Whether more follow: after the page, or before it where only `before` was given.
    pub has_more: bool,
}

/// A cursor that names no object of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostCursor {
    /// `after` or `before`.
    pub param: &'static str,
    /// The id.
    pub id: String,
}

/// Whose object is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Whosever it is.
    Anyones,
    /// A project's; the empty id is the default project's, and what is the organisation's.
    Projects(&'a str),
}

impl Whose<'_> {
    /// Whether the record is one of theirs.
    pub fn has(self, record: &Record) -> bool {
        match self {
            Self::Anyones => true,
            Self::Projects(project) => record.project() == project,
        }
    }
}

/// A world's objects, each project's by themselves. Who reads them for a call, or for an object,
/// does so through [`Objects`](crate::Objects).
pub trait Store: Send + Sync {
    /// One object. Without a parent's id, whichever bears the id, the newest first.
    fn find(
        &self,
        whose: Whose<'_>,
        family: &str,
        parent: Option<&str>,
        id: &str,
    ) -> Option<Arc<Record>>;

    /// All children of a parent that are a project's, oldest first.
    fn children(&self, project: &str, family: &str, parent: &str) -> Vec<Arc<Value>>;

    /// A page of a project's objects. With `before` alone it is the page that ends there; otherwise
    /// it begins at `after`.
    fn page(&self, project: &str, query: &PageQuery<'_>) -> Result<Page, LostCursor>;

    /// Takes over all changes, or none: the error says, in the provider's shape, which limit they
    /// would break.
    fn commit(&self, changes: Vec<Change>) -> Result<(), ApiError>;

    /// Whether more objects fit; asked before work begins that will leave some behind.
    fn room(&self) -> Result<(), ApiError>;

    /// When the first object is due.
    fn next_due(&self) -> Option<Micros>;

    /// The objects that are due at `now`, the first first, at most so many.
    fn due(&self, now: Micros, most: usize) -> Vec<Arc<Record>>;

    /// Whether its calls may wait for a disk or a network, so that who has other things to do
    /// makes them aside.
    fn blocks(&self) -> bool {
        false
    }

    /// How often the world had been opened before. What is unique in each opening is so for ever
    /// together with this number.
    fn opening(&self) -> u64 {
        0
    }

    /// How often the store has failed so far. A read that failed finds nothing; so where the number
    /// has grown, nothing may follow from what was not found.
    fn failures(&self) -> u64 {
        0
    }

    /// The right to read objects and write what follows from them, beside all who share the store
    /// from other processes; it ends when what is returned is dropped.
    fn turn(&self) -> Option<Box<dyn Any>> {
        None
    }

    /// The objects of a family with this `status` that were made in an opening of the world which
    /// has ended, so that nobody works on them any more.
    fn abandoned(&self, _family: &str, _status: &str) -> Vec<Arc<Record>> {
        Vec::new()
    }

    /// Forgets all objects, and takes no more from who still holds the store.
    fn clear(&self) {}
}

/// A world's blobs: bytes that are too many for an object. Each belongs to the record that names
/// it; one that no record names yet goes away with whoever wrote it.
pub trait Blobs: Send + Sync {
    /// A new blob.
    ///
    /// # Errors
    /// A limit of the store's, in the provider's shape.
    fn create(&self) -> Result<Box<dyn BlobWriter>, ApiError>;

    /// How many bytes it has; none where there is no such blob.
    fn size(&self, id: &str) -> Option<u64>;

    /// At most so many bytes from there on; empty at its end.
    ///
    /// # Errors
    /// The blob is not there, or can't be read.
    fn read(&self, id: &str, from: u64, most: usize) -> Result<Bytes, ApiError>;

    /// Removes it.
    fn delete(&self, id: &str);
}

/// A blob in the making. Dropped before it is finished, it leaves nothing.
pub trait BlobWriter: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// A limit of the store's, in the provider's shape.
    fn write(&mut self, bytes: Bytes) -> Result<(), ApiError>;

    /// Keeps the blob and tells its id.
    ///
    /// # Errors
    /// The bytes could not be kept.
    fn finish(self: Box<Self>) -> Result<String, ApiError>;
}
