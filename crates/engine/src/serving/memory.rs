//! How much of a GPU's memory an engine gives its cache: what it leaves beside the weights goes by
//! each engine's own rule (`data/hardware/memory.toml`). What a block takes is in `plan`.

use std::sync::LazyLock;

use fakeai_catalog::hardware::Gpu;
use serde::Deserialize;

use super::plan::{Kind, Setup};
use super::speculation::Method;

/// Bytes that an engine can use of a GPU sold with so many GB: these are of 2^30, and the driver
/// keeps a part.
const USABLE_BYTES_A_GB: f64 = 0.985 * 1_073_741_824.0;
/// Bytes that graphs, workspaces and the runtime take whatever is served.
const RUNTIME_BYTES: f64 = 1.2e9;
/// Bytes that a number of the hidden state takes at its widest, for each token of a step.
const ACTIVATION_BYTES: f64 = 24.0;
/// Bytes of a MiB, in which SGLang counts.
const MIB: f64 = 1_048_576.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    vllm: Share,
    trtllm: Share,
    sglang: Reserve,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Share {
    share: f64,
    #[serde(rename = "source")]
    _source: String,
}

/// What SGLang leaves free, in MiB.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserve {
    constant_mib: f64,
    prompt_token_mib: f64,
    least_prompt_tokens: u32,
    graph_sequence_mib: f64,
    eight_gpus_mib: f64,
    group_sequence_mib: f64,
    many_sequences: u32,
    many_group_sequence_mib: f64,
    large_gpu_gb: f64,
    large_gpu_least_mib: f64,
    draft_model_mib: f64,
    heads_mib: f64,
    sizes: Vec<Size>,
    #[serde(rename = "source")]
    _source: String,
}

/// What it takes by default on GPUs of less memory than this.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    below_gb: f64,
    prompt_tokens: u32,
    /// Sequences of the largest graph: on fewer than four GPUs, and on more.
    graph_sequences: [u32; 2],
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/hardware/memory.toml"))
        .expect("the rules of memory are part of this program")
});

fn size(gpu: &Gpu) -> &'static Size {
    let sizes = &RULES.sglang.sizes;
    let fits = sizes.iter().find(|size| gpu.memory_gb < size.below_gb);
    fits.or(sizes.last()).expect("there are sizes")
}

/// Tokens of a part of a prompt that SGLang takes for a GPU's memory.
pub(super) fn sglang_tokens(gpu: &Gpu) -> u32 {
    size(gpu).prompt_tokens
}

impl Setup {
    /// Bytes of each GPU's memory that can be used.
    pub fn memory_bytes(&self) -> f64 {
        self.gpu.memory_gb * USABLE_BYTES_A_GB
    }

    /// Bytes that activations and the runtime take on each GPU.
    pub fn beside_bytes(&self) -> f64 {
        let tokens = f64::from(self.setting.max_batched_tokens);
        RUNTIME_BYTES + ACTIVATION_BYTES * tokens * f64::from(self.shape.hidden)
    }

    /// The share of a GPU's memory that the engine takes. vLLM's (`gpu_memory_utilization`) is of all
    /// and has activations in it, SGLang's (`mem_fraction_static`) is of all and has weights and cache
    /// alone, TensorRT-LLM's (`free_gpu_memory_fraction`) is of what the rest leaves.
    pub fn memory_share(&self) -> f64 {
        self.setting
            .memory_share
            .unwrap_or_else(|| match self.setting.kind {
                Kind::Vllm => RULES.vllm.share,
                Kind::Sglang => self.sglang_share(),
                Kind::TensorRt => RULES.trtllm.share,
            })
    }

    /// What SGLang takes when nobody says: all but what it expects activations and graphs to need.
    fn sglang_share(&self) -> f64 {
        let rule = &RULES.sglang;
        let groups = f64::from(self.data_parallel);
        // Limits of the setting are those of all groups together.
        let tokens = self.setting.max_batched_tokens / self.data_parallel;
        let [few, many] = size(&self.gpu).graph_sequences;
        let sequences = if self.gpus() < 4 { few } else { many };
        let graphs = f64::from(sequences);
        let mut reserve = rule.constant_mib
            + rule.prompt_token_mib * f64::from(tokens.max(rule.least_prompt_tokens))
            + rule.graph_sequence_mib * graphs
            + rule.eight_gpus_mib * f64::from(self.gpus()) / 8.0;
        if self.data_parallel > 1 {
            reserve += rule.group_sequence_mib * graphs * groups;
            if sequences > rule.many_sequences {
                reserve += rule.many_group_sequence_mib * graphs * groups;
            }
        }
        if self.gpu.memory_gb > rule.large_gpu_gb {
            reserve = reserve.max(rule.large_gpu_least_mib);
        }
        reserve += match self.speculation.as_ref().map(|how| how.method) {
            None | Some(Method::Ngram) => 0.0,
            Some(Method::DraftModel) => rule.draft_model_mib,
            Some(_) => rule.heads_mib,
        };
        let all = self.memory_bytes() / MIB;
        ((all - reserve) / all * 1e3).round() / 1e3
    }

    /// Bytes that each GPU has left for the cache, which may be below 0.
    pub(super) fn left_bytes(&self) -> f64 {
        let (share, memory) = (self.memory_share(), self.memory_bytes());
        let (weights, beside) = (self.weight_bytes(), self.beside_bytes());
        match self.setting.kind {
            Kind::Vllm => memory * share - weights - beside,
            // Activations are in what it leaves; the runtime is there before it counts.
            Kind::Sglang => (memory - RUNTIME_BYTES) * share - weights,
            Kind::TensorRt => (memory - weights - beside) * share,
        }
    }

    /// What the engine may take, for people who ask why something does not fit.
    pub(super) fn share_in_words(&self) -> String {
        let (share, memory) = (self.memory_share() * 100.0, self.memory_bytes() / 1e9);
        match self.setting.kind {
            Kind::Vllm => format!("{share:.0} % of its {memory:.1} GB may be taken"),
            Kind::Sglang => format!(
                "weights and cache may take {share:.1} % of its {memory:.1} GB, the rest being for activations"
            ),
            Kind::TensorRt => {
                format!("{share:.0} % of what they leave of its {memory:.1} GB may be taken")
            }
        }
    }
}
