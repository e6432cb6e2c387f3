//! Where a world's objects and blobs are: in memory, or lasting. The engine that works on them is
//! the room `resources`.

mod blob_errors;
#[cfg(feature = "s3")]
mod bucket;
mod carrier;
mod family_shelf;
mod folder_blobs;
mod limits;
mod memory;
mod memory_blobs;
mod place;
mod sql;

#[cfg(feature = "s3")]
pub use bucket::{Bucket, BucketBlobs};
pub use folder_blobs::FolderBlobs;
pub use limits::StoreLimits;
pub use memory::MemoryStore;
pub use memory_blobs::MemoryBlobs;
pub(crate) use place::Place;
pub(crate) use sql::unavailable;
pub use sql::{Database, OpenError, Postgres, SqlStore, Sqlite};
