//! When things are said: due times of tokens. Sees token ids and lengths, never text or JSON.

mod pace;
pub mod serving;
mod spread;

pub use pace::{Pace, PaceEngine, Profile, Timing};
pub use spread::{Distribution, Spread};
