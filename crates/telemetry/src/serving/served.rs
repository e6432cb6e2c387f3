//! What a simulated engine serves, as its pages tell it.

use fakeai_canon::Micros;

use super::vocabulary::Feature;

/// A set-up of equal workers. Sizes are those of one worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Served {
    /// The model's name.
    pub model: String,
    /// The GPU's name.
    pub gpu: String,
    /// How weights are stored.
    pub precision: String,
    /// How the cache is stored.
    pub cache_dtype: String,
    /// GPUs that share each layer.
    pub tensor_parallel: u32,
    /// Groups of them that share the layers.
    pub pipeline_parallel: u32,
    /// Groups of them that attend to different sequences.
    pub data_parallel: u32,
    /// GPUs that experts are spread over whole.
    pub expert_parallel: u32,
    /// Tokens of a block of the cache.
    pub block_tokens: u32,
    /// Blocks of the cache.
    pub blocks: u32,
    /// Blocks that the host's memory has room for.
    pub host_blocks: u32,
    /// Adapters (LoRA) in a step at most; none where none are served.
    pub max_adapters: Option<u32>,
    /// Workers that compute prompts for others.
    pub prefill_workers: u32,
    /// Sequences of a step at most.
    pub max_sequences: u32,
    /// Tokens of a step at most.
    pub max_batched_tokens: u32,
    /// The longest context.
    pub context_tokens: u32,
    /// Whether blocks are found again by what they hold.
    pub prefix_caching: bool,
    /// The share of a GPU's memory that the engine takes.
    pub memory_share: f64,
    /// The most power that each GPU draws, in watts.
    pub gpu_limit_watts: f64,
    /// Bytes of weights on each GPU.
    pub weight_bytes: f64,
    /// Bytes of the cache that a token takes on each GPU.
    pub cache_bytes_a_token: f64,
    /// How it speculates, if it does.
    pub speculation: Option<ServedSpeculation>,
    /// When it began.
    pub started: Micros,
}

/// How an engine speculates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServedSpeculation {
    /// The method's name.
    pub method: String,
    /// Who proposes, where that was named.
    pub model: String,
    /// Tokens that are proposed in a step.
    pub tokens: u32,
}

impl Served {
    /// Whether something is on.
    pub(super) fn has(&self, feature: Feature) -> bool {
        match feature {
            Feature::Speculation => self.speculation.is_some(),
            Feature::HostTier => self.host_blocks > 0,
            Feature::Adapters => self.max_adapters.is_some(),
            Feature::Handover => self.prefill_workers > 0,
            Feature::Connector => self.host_blocks > 0 || self.prefill_workers > 0,
        }
    }

    /// Tokens that are proposed in a step.
    pub(super) fn proposed_tokens(&self) -> u32 {
        self.speculation.as_ref().map_or(0, |how| how.tokens)
    }

    /// Tokens that the cache of a worker holds.
    pub(super) fn cache_tokens(&self) -> u64 {
        u64::from(self.blocks) * u64::from(self.block_tokens)
    }

    /// Bytes of keys and values of so many tokens, on all GPUs that hold them.
    pub(super) fn bytes(&self, tokens: u64) -> f64 {
        let gpus = self.tensor_parallel * self.pipeline_parallel;
        self.cache_bytes_a_token * tokens as f64 * f64::from(gpus)
    }

    /// Bytes of the cache on each GPU, which holds that of its group alone.
    pub(super) fn cache_bytes(&self) -> f64 {
        let groups = f64::from(self.data_parallel.max(1));
        self.cache_bytes_a_token * self.cache_tokens() as f64 / groups
    }

    /// GPUs of a worker.
    pub(super) fn gpus(&self) -> u32 {
        self.tensor_parallel * self.pipeline_parallel * self.data_parallel.max(1)
    }
}
