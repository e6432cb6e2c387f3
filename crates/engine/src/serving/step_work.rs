//! What a step does on each GPU: how long the tensor pipes work, what is read and written in
//! memory, and what travels to peers and to the host. Counted from the shape of the model; how
//! long the step takes is told elsewhere.

use fakeai_catalog::hardware::{Gpu, Shape};

use super::plan::{Precision, Setup};
use super::step_time::Batch;

/// What one step does on each GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StepWork {
    /// Seconds in which the tensor pipes multiply, at their peak rate.
    pub tensor_seconds: f64,
    /// Bytes read from and written to the GPU's memory.
    pub memory_bytes: f64,
    /// Bytes sent to peers; as many are received.
    pub link_bytes: f64,
    /// Bytes that the host sends.
    pub from_host_bytes: f64,
    /// Bytes that the host is sent.
    pub to_host_bytes: f64,
}

/// The work of a set-up's steps, ready to be added up.
#[derive(Clone, Debug)]
pub(crate) struct StepCosts {
    /// Of each token through the layers, without experts and attention.
    token: StepWork,
    /// Of each token through the experts.
    expert_token: StepWork,
    /// Of each sequence that a token is sampled for.
    row: StepWork,
    /// Of each step: the weights that all tokens share, without those of experts.
    step: StepWork,
    /// Bytes of all experts of all layers.
    expert_bytes: f64,
    /// The share of experts that one token does without.
    passed: f64,
    attention: AttentionCosts,
    /// Groups that attend to different sequences, each with its share of the tokens.
    groups: f64,
    /// Those of who proposes, and its passes after the first.
    draft: Option<(Box<StepCosts>, f64)>,
}

#[derive(Clone, Debug)]
struct AttentionCosts {
    /// Layers on each GPU that see everything, and those that see a window.
    full: f64,
    sliding: f64,
    window: f64,
    /// Seconds at the peak rate for each pair of tokens and layer, in prefill and decode.
    prefill_pair: f64,
    decode_pair: f64,
    /// Bytes of the cache for each token and layer.
    token_bytes: f64,
    /// Bytes of state that layers of linear attention read and write for each sequence.
    state_bytes: f64,
}

/// Tokens of a prompt that attend together to a stretch of the cache, which is read once for them.
const TILE: f64 = 128.0;
/// The id and the position of a token.
const INPUT_BYTES: f64 = 12.0;
/// The id of a sampled token.
const SAMPLE_BYTES: f64 = 8.0;

impl StepCosts {
    pub(crate) fn of(setup: &Setup) -> Self {
        let shape = &setup.shape;
        let (tensor, stages) = (
            f64::from(setup.tensor_parallel),
            f64::from(setup.pipeline_parallel),
        );
        let rates = Rates::of(&setup.gpu, setup.precision);
        let layers = f64::from(shape.layers) / stages;
        let dense = match shape.experts {
            0 => layers,
            _ => f64::from(shape.dense_layers) / stages,
        };
        let hidden = f64::from(shape.hidden);
        let ffn = 3.0 * hidden * f64::from(shape.ffn) / tensor;
        let shared = 3.0 * hidden * f64::from(shape.shared_ffn) / tensor;
        let weights = layers * projections(shape, tensor) + dense * ffn + (layers - dense) * shared;
        let head = hidden * f64::from(shape.vocabulary) / tensor / stages;
        let groups = f64::from(setup.data_parallel);
        let world = tensor * groups;
        let expert = 3.0 * hidden * f64::from(shape.expert_ffn) / world * (layers - dense);
        let (experts, each) = (f64::from(shape.experts), f64::from(shape.experts_per_token));
        let reduced = match setup.tensor_parallel {
            0 | 1 => 0.0,
            _ => 2.0 * 2.0 * (tensor - 1.0) / tensor * hidden * 2.0 * layers,
        };
        let handed_over = if setup.pipeline_parallel > 1 {
            hidden * 2.0
        } else {
            0.0
        };
        Self {
            token: StepWork {
                tensor_seconds: 2.0 * weights / rates.weights,
                // Activations go in and out of each product and of the small kernels between them.
                memory_bytes: 16.0 * hidden * 2.0 * layers,
                link_bytes: reduced + handed_over,
                from_host_bytes: INPUT_BYTES,
                to_host_bytes: 0.0,
            },
            expert_token: StepWork {
                tensor_seconds: 2.0 * each * expert / rates.weights,
                ..StepWork::default()
            },
            row: StepWork {
                tensor_seconds: 2.0 * head / rates.bf16,
                memory_bytes: 2.0 * f64::from(shape.vocabulary) / tensor / stages,
                to_host_bytes: SAMPLE_BYTES,
                ..StepWork::default()
            },
            step: StepWork {
                memory_bytes: weights * rates.weight_bytes + 2.0 * head,
                ..StepWork::default()
            },
            expert_bytes: experts * expert * setup.precision.weight_bytes(),
            passed: if experts > 0.0 {
                1.0 - each / experts
            } else {
                1.0
            },
            attention: AttentionCosts::of(setup, rates.bf16),
            groups,
            draft: setup.speculation.as_ref().and_then(|how| {
                let further = f64::from(how.passes() - 1);
                Some((Box::new(Self::of(how.draft.as_deref()?)), further))
            }),
        }
    }

    /// What a step does, the making of proposals for the next included.
    pub(crate) fn of_step(&self, batch: &Batch) -> StepWork {
        let own = self.of_pass(batch);
        let Some((draft, further)) = &self.draft else {
            return own;
        };
        let (first, again) = (draft.of_pass(batch), draft.of_pass(&batch.further_pass()));
        let sum = |part: fn(&StepWork) -> f64| part(&own) + part(&first) + further * part(&again);
        StepWork {
            tensor_seconds: sum(|work| work.tensor_seconds),
            memory_bytes: sum(|work| work.memory_bytes),
            link_bytes: sum(|work| work.link_bytes),
            from_host_bytes: sum(|work| work.from_host_bytes),
            to_host_bytes: sum(|work| work.to_host_bytes),
        }
    }

    fn of_pass(&self, batch: &Batch) -> StepWork {
        let tokens = f64::from(batch.tokens());
        if tokens == 0.0 {
            return StepWork::default();
        }
        let rows = f64::from(batch.rows + batch.proposed) / self.groups;
        let own = tokens / self.groups;
        let touched = 1.0 - self.passed.powf(tokens);
        let (seconds, bytes) = self.attention.of_step(batch);
        let (seconds, bytes) = (seconds / self.groups, bytes / self.groups);
        let sum = |part: fn(&StepWork) -> f64| {
            part(&self.step)
                + own * part(&self.token)
                + tokens * part(&self.expert_token)
                + rows * part(&self.row)
        };
        StepWork {
            tensor_seconds: sum(|work| work.tensor_seconds) + seconds,
            memory_bytes: sum(|work| work.memory_bytes) + touched * self.expert_bytes + bytes,
            link_bytes: sum(|work| work.link_bytes),
            from_host_bytes: sum(|work| work.from_host_bytes),
            to_host_bytes: sum(|work| work.to_host_bytes),
        }
    }
}

/// Operations a second at the peak, and how weights are kept.
struct Rates {
    weights: f64,
    bf16: f64,
    weight_bytes: f64,
}

impl Rates {
    fn of(gpu: &Gpu, precision: Precision) -> Self {
        let bf16 = gpu.bf16_tflops;
        let weights = match precision {
            Precision::Bf16 | Precision::Mxfp4 | Precision::Int4 => bf16,
            Precision::Fp8 | Precision::Fp8Block => gpu.fp8_tflops.unwrap_or(bf16),
            Precision::Fp4 => gpu.fp4_tflops.unwrap_or(bf16),
        };
        Self {
            weights: weights * 1e12,
            bf16: bf16 * 1e12,
            weight_bytes: match precision {
                // Of a model with 4-bit experts the rest is in 16 bits.
                Precision::Mxfp4 => Precision::Bf16.weight_bytes(),
                other => other.weight_bytes(),
            },
        }
    }
}

/// Weights of a layer's queries, keys, values and outputs on each GPU.
pub(super) fn projections(shape: &Shape, tensor: f64) -> f64 {
    let hidden = f64::from(shape.hidden);
    let heads = f64::from(shape.heads) / tensor;
    if shape.kv_rank == 0 {
        let groups = (f64::from(shape.kv_heads) / tensor).max(1.0);
        return hidden * (2.0 * heads + 2.0 * groups) * f64::from(shape.head_dim);
    }
    let (kv, query) = (f64::from(shape.kv_rank), f64::from(shape.query_rank));
    let head = f64::from(shape.nope_dim + shape.rope_dim);
    let from = if query > 0.0 { query } else { hidden };
    hidden * (query + kv + f64::from(shape.rope_dim))
        + from * heads * head
        + kv * heads * f64::from(shape.nope_dim + shape.value_dim)
        + hidden * heads * f64::from(shape.value_dim)
}

impl AttentionCosts {
    fn of(setup: &Setup, rate: f64) -> Self {
        let shape = &setup.shape;
        let (tensor, stages) = (
            f64::from(setup.tensor_parallel),
            f64::from(setup.pipeline_parallel),
        );
        let heads = f64::from(shape.heads) / tensor;
        let (prefill, decode, cached) = if shape.kv_rank > 0 {
            let kept = f64::from(shape.kv_rank + shape.rope_dim);
            let width = f64::from(shape.nope_dim + shape.rope_dim + shape.value_dim);
            let absorbed = kept + f64::from(shape.kv_rank);
            (2.0 * width, 2.0 * absorbed, kept)
        } else {
            let groups = (f64::from(shape.kv_heads) / tensor).max(1.0);
            let width = f64::from(shape.head_dim);
            (4.0 * width, 4.0 * width, 2.0 * groups * width)
        };
        let linear = f64::from(shape.linear_layers) / stages;
        let sliding = f64::from(shape.sliding_layers) / stages;
        let state = heads * f64::from(shape.head_dim).powi(2) * 4.0 * 2.0;
        Self {
            full: f64::from(shape.layers) / stages - sliding - linear,
            sliding,
            window: f64::from(shape.window),
            prefill_pair: prefill * heads / rate,
            decode_pair: decode * heads / rate,
            token_bytes: cached * setup.cache_bytes,
            state_bytes: linear * state,
        }
    }

    /// Seconds of the tensor pipes, and bytes.
    fn of_step(&self, batch: &Batch) -> (f64, f64) {
        let decodes = f64::from(batch.decodes);
        let seen = self.seen(batch.context as f64 / decodes.max(1.0)) * decodes;
        let (mut pairs, mut read) = (0.0, 0.0);
        for (tokens, before) in &batch.chunks {
            let (tokens, before) = (f64::from(*tokens), f64::from(*before));
            let seen = self.seen(before + tokens / 2.0);
            pairs += tokens * seen;
            read += (tokens / TILE).ceil() * seen;
        }
        let written = f64::from(batch.tokens()) * (self.full + self.sliding);
        let sequences = decodes + batch.chunks.len() as f64;
        let each = 1.0 + f64::from(batch.proposed) / decodes.max(1.0);
        (
            seen * each * self.decode_pair + pairs * self.prefill_pair,
            (seen + read + written) * self.token_bytes + sequences * self.state_bytes,
        )
    }

    /// Tokens that a token sees in all layers together, behind so many others.
    fn seen(&self, before: f64) -> f64 {
        let near = if self.window > 0.0 {
            before.min(self.window)
        } else {
            before
        };
        self.full * before + self.sliding * near
    }
}
