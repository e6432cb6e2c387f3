//! Where a world's objects are. The engine that works on them is the room `resources`.

mod memory;

pub use memory::{MemoryStore, StoreLimits};
