//! Stored objects through the engine's public surface, over the store in memory.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect fails"
)]

#[path = "../../../server/src/store/blob_errors.rs"]
mod blob_errors;
#[path = "../../../server/src/store/family_shelf.rs"]
mod family_shelf;
#[path = "../../../server/src/store/limits.rs"]
pub mod limits;
#[path = "../../../server/src/store/memory.rs"]
pub mod memory;
#[path = "../../../server/src/store/memory_blobs.rs"]
pub mod memory_blobs;

mod any_input;
mod assistants;
mod batches;
mod chat_completions;
mod containers;
mod conversations;
mod days;
mod evals;
mod files;
mod fine_tuning;
mod forms;
mod graders;
mod house;
mod library;
mod mock;
mod organization;
mod responses;
mod skills;
mod small_families;
mod uploads;
mod vector_stores;
mod videos;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::{Clock, Micros};

/// A clock that is set by hand.
#[derive(Default)]
pub(crate) struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}
