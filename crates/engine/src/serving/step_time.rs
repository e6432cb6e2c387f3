//! How long a step takes: a roofline over the layers of the model, and the costs of the engine
//! beside it.
//!
//! A matrix product of `m × k` by `k × n` takes `launch + max(2mnk / compute, bytes / memory)`; a
//! layer is its products, its attention, its experts, its small kernels and, where GPUs share it,
//! two all-reduces. The form of the terms follows the published rooflines of inference (see
//! `docs/ACCURACY.md` for how near they come).

use super::efficiency::Efficiency;
use super::plan::{Precision, Setup};

/// What a step computes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Sequences that gain a token without a part of a prompt.
    pub decodes: u32,
    /// Tokens of context that these attend to, together.
    pub context: u64,
    /// Parts of prompts: tokens computed, and tokens that stand before them.
    pub chunks: Vec<(u32, u32)>,
    /// Sequences that a token is sampled for.
    pub rows: u32,
}

impl Batch {
    /// Tokens that go through the layers.
    pub fn tokens(&self) -> u32 {
        self.decodes + self.prefill()
    }

    /// Tokens of prompts among them.
    pub fn prefill(&self) -> u32 {
        self.chunks.iter().map(|(tokens, _)| tokens).sum()
    }
}

/// The time of steps of one set-up.
#[derive(Clone, Debug)]
pub struct StepTime {
    setup: Setup,
    /// Operations and bytes a second that products of weights reach.
    compute: f64,
    memory: f64,
    launch: f64,
    weight: f64,
    activation: f64,
}

impl StepTime {
    /// The times of a set-up.
    pub fn new(setup: &Setup) -> Self {
        let (gpu, reach) = (&setup.gpu, &setup.efficiency.gpu);
        let bf16 = gpu.bf16_tflops * 1e12;
        let (compute, share, launch, activation) = match setup.precision {
            Precision::Bf16 | Precision::Mxfp4 => (
                bf16 * reach.compute_bf16,
                reach.memory_bf16,
                reach.launch_us,
                2.0,
            ),
            Precision::Int4 => (
                bf16 * reach.compute_bf16,
                reach.memory_fp4,
                reach.launch_us,
                2.0,
            ),
            Precision::Fp8 => {
                let rate = gpu.fp8_tflops.map_or(bf16, |rate| rate * 1e12);
                (
                    rate * reach.compute_fp8,
                    reach.memory_fp8,
                    reach.fp8_launch_us,
                    1.0,
                )
            }
            Precision::Fp4 => {
                let rate = gpu.fp4_tflops.map_or(bf16, |rate| rate * 1e12);
                (
                    rate * reach.compute_fp4,
                    reach.memory_fp4,
                    reach.fp8_launch_us,
                    0.56,
                )
            }
        };
        // Of a model with 4-bit experts the rest is in 16 bits.
        let weight = match setup.precision {
            Precision::Mxfp4 => 2.0,
            other => other.weight_bytes(),
        };
        Self {
            compute,
            memory: gpu.memory_tb_s * 1e12 * share,
            launch: launch * 1e-6,
            weight,
            activation,
            setup: setup.clone(),
        }
    }

    /// The set-up.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Seconds of a step.
    pub fn seconds(&self, batch: &Batch) -> f64 {
        let tokens = f64::from(batch.tokens());
        if tokens == 0.0 {
            return 0.0;
        }
        let shape = &self.setup.shape;
        let costs = &self.setup.efficiency.engine;
        let layers = f64::from(shape.layers);
        let dense = if shape.experts == 0 {
            layers
        } else {
            f64::from(shape.dense_layers)
        };
        let common = self.projections(tokens) + self.small(tokens) + self.reduce(tokens);
        let stages = f64::from(self.setup.pipeline_parallel);
        let mut seconds = layers * common
            + dense * self.feed_forward(tokens, f64::from(shape.ffn))
            + (layers - dense) * self.experts(tokens)
            + self.attention(batch);
        // Stages work one after another on a batch; their hand-over is small beside them.
        seconds += (stages - 1.0) * 10e-6;
        let vocabulary = f64::from(shape.vocabulary) / self.tensor();
        seconds +=
            self.product_in_16_bits(f64::from(batch.rows), vocabulary, f64::from(shape.hidden));
        seconds += (costs.host_us + costs.row_us * f64::from(batch.rows)) * 1e-6;
        if !batch.chunks.is_empty() {
            seconds += costs.prefill_us * 1e-6;
        }
        seconds
    }

    /// The share of the first token's time that no step has, in seconds: the server and the
    /// client, with so many other requests under way.
    pub fn request_seconds(&self, prompt: u32, others: u32) -> f64 {
        let costs = &self.setup.efficiency.engine;
        let token = costs.prompt_token_us * f64::from(prompt);
        (costs.request_us + token + costs.concurrency_us * f64::from(others)) * 1e-6
    }

    fn tensor(&self) -> f64 {
        f64::from(self.setup.tensor_parallel)
    }

    fn reach(&self) -> &Efficiency {
        &self.setup.efficiency
    }

    fn product(&self, m: f64, n: f64, k: f64) -> f64 {
        let operations = 2.0 * m * n * k / self.compute;
        let bytes = self.weight * n * k + self.activation * m * k + 2.0 * m * n;
        self.launch + operations.max(bytes / self.memory)
    }

    fn product_in_16_bits(&self, m: f64, n: f64, k: f64) -> f64 {
        let (gpu, reach) = (&self.setup.gpu, &self.reach().gpu);
        let operations = 2.0 * m * n * k / (gpu.bf16_tflops * 1e12 * reach.compute_bf16);
        let bytes = 2.0 * (n * k + m * k + m * n);
        let bytes = bytes / (gpu.memory_tb_s * 1e12 * reach.memory_bf16);
        reach.launch_us * 1e-6 + operations.max(bytes)
    }

    /// Projections of queries, keys, values and outputs.
    fn projections(&self, tokens: f64) -> f64 {
        let shape = &self.setup.shape;
        let (hidden, heads) = (
            f64::from(shape.hidden),
            f64::from(shape.heads) / self.tensor(),
        );
        if shape.kv_rank == 0 {
            let groups = (f64::from(shape.kv_heads) / self.tensor()).max(1.0);
            let width = f64::from(shape.head_dim);
            return self.product(tokens, (heads + 2.0 * groups) * width, hidden)
                + self.product(tokens, hidden, heads * width);
        }
        let (kv, query) = (f64::from(shape.kv_rank), f64::from(shape.query_rank));
        let (nope, rope) = (f64::from(shape.nope_dim), f64::from(shape.rope_dim));
        let value = f64::from(shape.value_dim);
        let down = if query > 0.0 {
            self.product(tokens, query + kv + rope, hidden)
        } else {
            self.product(tokens, kv + rope, hidden)
        };
        let from = if query > 0.0 { query } else { hidden };
        down + self.product(tokens, heads * (nope + rope), from)
            + self.product(tokens, heads * (nope + value) / 2.0, kv)
            + self.product(tokens, hidden, heads * value)
    }

    fn feed_forward(&self, tokens: f64, width: f64) -> f64 {
        let (hidden, width) = (f64::from(self.setup.shape.hidden), width / self.tensor());
        if width == 0.0 {
            return 0.0;
        }
        self.product(tokens, 2.0 * width, hidden) + self.product(tokens, hidden, width)
    }

    /// A layer of experts: those that any token of the batch is routed to are read, all tokens are
    /// multiplied.
    fn experts(&self, tokens: f64) -> f64 {
        let (shape, costs) = (&self.setup.shape, &self.reach().engine);
        let (all, each) = (f64::from(shape.experts), f64::from(shape.experts_per_token));
        let weights = 3.0 * f64::from(shape.hidden) * f64::from(shape.expert_ffn) / self.tensor();
        let touched = all * (1.0 - (1.0 - each / all).powf(tokens));
        let gpu = &self.setup.gpu;
        let read = touched * weights * self.setup.precision.weight_bytes()
            / (gpu.memory_tb_s * 1e12 * costs.expert_memory);
        let rate = match self.setup.precision {
            Precision::Bf16 | Precision::Mxfp4 | Precision::Int4 => gpu.bf16_tflops,
            Precision::Fp8 => gpu.fp8_tflops.unwrap_or(gpu.bf16_tflops),
            Precision::Fp4 => gpu.fp4_tflops.unwrap_or(gpu.bf16_tflops),
        };
        let multiply = 2.0 * tokens * each * weights / (rate * 1e12 * costs.expert_compute);
        costs.expert_us * 1e-6
            + read.max(multiply)
            + self.feed_forward(tokens, f64::from(shape.shared_ffn))
    }

    /// Norms, rotations and activations.
    fn small(&self, tokens: f64) -> f64 {
        let bytes = 8.0 * tokens * f64::from(self.setup.shape.hidden) * 2.0;
        let memory = 0.6 * self.setup.gpu.memory_tb_s * 1e12;
        self.reach().engine.layer_us * 1e-6 + bytes / memory
    }

    /// The two all-reduces of a layer.
    fn reduce(&self, tokens: f64) -> f64 {
        let tensor = self.tensor();
        if tensor < 2.0 {
            return 0.0;
        }
        let bytes = tokens * f64::from(self.setup.shape.hidden) * 2.0;
        let reach = &self.reach().gpu;
        let travel = 2.0 * (tensor - 1.0) / tensor * bytes / (reach.reduce_gb_s * 1e9);
        2.0 * (reach.reduce_us * 1e-6 + travel)
    }

    /// Attention of all layers.
    fn attention(&self, batch: &Batch) -> f64 {
        let shape = &self.setup.shape;
        let sliding = f64::from(shape.sliding_layers);
        let linear = f64::from(shape.linear_layers);
        let full = f64::from(shape.layers) - sliding - linear;
        let window = (shape.window > 0).then_some(f64::from(shape.window));
        full * self.attention_layer(batch, None)
            + sliding * self.attention_layer(batch, window)
            + linear * self.linear_layer(batch)
    }

    fn attention_layer(&self, batch: &Batch, window: Option<f64>) -> f64 {
        let mut seconds = 0.0;
        if batch.decodes > 0 {
            let mean = batch.context as f64 / f64::from(batch.decodes);
            let seen = window.map_or(mean, |window| mean.min(window));
            seconds += 5e-6 + self.decode_seconds(seen * f64::from(batch.decodes));
        }
        let pairs: f64 = batch
            .chunks
            .iter()
            .map(|(tokens, before)| {
                let (tokens, before) = (f64::from(*tokens), f64::from(*before));
                let mean = before + tokens / 2.0;
                tokens * window.map_or(mean, |window| mean.min(window))
            })
            .sum();
        if pairs > 0.0 {
            seconds += self.prefill_seconds(pairs, batch);
        }
        seconds
    }

    /// Reading the cache of so many tokens.
    fn decode_seconds(&self, context: f64) -> f64 {
        let shape = &self.setup.shape;
        let gpu = &self.setup.gpu;
        let memory = gpu.memory_tb_s * 1e12 * self.reach().gpu.decode_attention;
        if shape.kv_rank > 0 {
            let width = f64::from(shape.kv_rank + shape.rope_dim);
            let heads = f64::from(shape.heads) / self.tensor();
            let operations = 2.0 * context * heads * (width + f64::from(shape.kv_rank));
            let compute = operations / (0.5 * gpu.bf16_tflops * 1e12);
            return (context * width * self.setup.cache_bytes / memory).max(compute);
        }
        let groups = (f64::from(shape.kv_heads) / self.tensor()).max(1.0);
        let bytes = 2.0 * groups * f64::from(shape.head_dim) * self.setup.cache_bytes;
        context * bytes / memory
    }

    /// Attention of prompts over so many pairs of tokens. Short chunks reach less of the peak.
    fn prefill_seconds(&self, pairs: f64, batch: &Batch) -> f64 {
        let shape = &self.setup.shape;
        let heads = f64::from(shape.heads) / self.tensor();
        let width = if shape.kv_rank > 0 {
            f64::from(shape.nope_dim + shape.rope_dim + shape.value_dim) / 2.0
        } else {
            f64::from(shape.head_dim)
        };
        let length = f64::from(batch.prefill()) / batch.chunks.len() as f64;
        let share = self.reach().engine.prefill_attention * (length / (length + 1_500.0)).max(0.1);
        let peak = self.setup.gpu.bf16_tflops * 1e12 * share;
        4.0 * pairs * heads * width / peak
    }

    /// Linear attention: a state of fixed size is read and written for every token.
    fn linear_layer(&self, batch: &Batch) -> f64 {
        let shape = &self.setup.shape;
        let heads = f64::from(shape.heads) / self.tensor();
        let state = heads * f64::from(shape.head_dim).powi(2) * 4.0 * 2.0;
        let sequences = f64::from(batch.decodes) + batch.chunks.len() as f64;
        5e-6 + sequences * state / (self.setup.gpu.memory_tb_s * 1e12 * 0.6)
    }
}
