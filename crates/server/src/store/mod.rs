//! Where a world's objects and blobs are. The engine that works on them is the room `resources`.

mod memory;
mod memory_blobs;

pub use memory::{MemoryStore, StoreLimits};
pub use memory_blobs::MemoryBlobs;
