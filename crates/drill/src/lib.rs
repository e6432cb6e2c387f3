//! Drills: a seed becomes a workload and its weather, the house runs it on virtual time, and what
//! must always hold is looked at afterwards. The same seed gives the same bytes.

mod asks;
mod findings;
mod memory;
mod stage;
mod workload;

pub use findings::Findings;
pub use stage::{Run, run};
