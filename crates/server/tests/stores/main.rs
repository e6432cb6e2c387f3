//! Every store keeps the same laws, in memory and lasting; what lasts is there after a restart,
//! and may be shared.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect fails"
)]
#![allow(
    clippy::print_stderr,
    reason = "a law that fails is named, a skip is loud"
)]

mod blobs;
#[cfg(feature = "s3")]
mod bucket_server;
#[cfg(feature = "s3")]
mod buckets;
mod house;
mod laws;
mod older;
mod places;
mod postgres_server;
mod reading;
mod replicas;
mod restart;
mod same;

use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::{Clock, Micros};

/// A clock that is set by hand.
#[derive(Default)]
pub(crate) struct Hand(pub(crate) AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}
