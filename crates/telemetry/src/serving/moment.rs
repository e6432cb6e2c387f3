//! What an engine is like when its page is read, beyond what it has told: who sleeps, which adapters
//! are at work, what its GPUs do.

use fakeai_canon::Micros;

use crate::gpus::GpuSample;

/// The moment at which a page is read.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// When it is, on the world's clock.
    pub now: Micros,
    /// Whether old names are shown too.
    pub legacy: bool,
    /// Whether the engine sleeps, and how deeply.
    pub sleep: Sleep,
    /// The adapters (LoRA) of sequences in batches.
    pub running_adapters: Vec<String>,
    /// Those of sequences that wait.
    pub waiting_adapters: Vec<String>,
    /// Its GPUs.
    pub gpus: Vec<GpuSample>,
}

/// Whether an engine sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sleep {
    /// It does not.
    #[default]
    Awake,
    /// Its weights are in the host's memory.
    WeightsOffloaded,
    /// Weights and cache are gone.
    DiscardAll,
}
