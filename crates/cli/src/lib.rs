//! The `fakeai` program as a library: its configuration and its commands. What it serves lives in
//! the rooms below.

pub mod config;
