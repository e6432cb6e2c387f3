//! What the observers of the event stream promise, through their public surface.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect fails"
)]

mod calls;
mod exposition;
mod gpus;
mod journal;
mod ledger;
