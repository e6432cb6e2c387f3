//! When things are said: due times of tokens. Sees token ids and lengths, never text or JSON.

mod pace;
mod prompt_cache;
pub mod serving;
mod spread;

pub use pace::{Pace, PaceEngine, Profile, Timing};
pub use prompt_cache::{PromptCache, Retention};
pub use spread::{Distribution, Spread};
