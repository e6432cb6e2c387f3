//! Responses as clients see them: events in their order, whole objects, what is kept, and what of
//! a request reaches the work.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

#[path = "../house/mod.rs"]
mod house;
#[path = "../player/mod.rs"]
mod player;
mod world;

mod any;
mod continued;
mod input;
mod items;
mod other;
mod refused;
mod written;
