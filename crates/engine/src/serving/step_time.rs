//! How long a step takes: a roofline over the layers of the model, and the costs of the engine
//! beside it.
//!
//! A matrix product of `m × k` by `k × n` takes `launch + max(2mnk / compute, bytes / memory)`; a
//! layer is its products, its attention, its experts, its small kernels and, where GPUs share it,
//! what they tell each other. The form of the terms follows the published rooflines of inference
//! (see `docs/ACCURACY.md` for how near they come). What does not depend on the step is computed
//! once.

use super::efficiency::Efficiency;
use super::kernels::{
    Product, Rate, cache_share, expert_shares, graph_tokens, peak_tflops, projections,
    small_kernels, with_others,
};
use super::plan::{Precision, Setup};
use super::speculation::{Speculation, lookup_seconds};
use super::told::told;

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
    /// Proposals of further tokens that are verified beside the sequences' own.
    pub proposed: u32,
}

impl Batch {
    /// Tokens that go through the layers.
    pub fn tokens(&self) -> u32 {
        self.decodes + self.proposed + self.prefill()
    }

    /// A pass of who proposes that goes on from this step: one token for each sequence.
    pub(super) fn further_pass(&self) -> Self {
        let computed = self
            .chunks
            .iter()
            .map(|(tokens, before)| u64::from(tokens + before));
        Self {
            decodes: self.rows,
            context: self.context + computed.sum::<u64>(),
            rows: self.rows,
            ..Self::default()
        }
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
    projections: Vec<Product>,
    dense: Vec<Product>,
    shared: Vec<Product>,
    head: Product,
    /// Layers that are dense, and those of experts.
    dense_layers: f64,
    expert_layers: f64,
    /// Seconds to read all experts of a layer, and to multiply a token with those it is routed to.
    expert_read: f64,
    expert_multiply: f64,
    /// Seconds that a token takes of small kernels, and of what GPUs tell each other, a layer.
    token_small: f64,
    token_told: f64,
    /// Seconds of a layer whatever the step holds.
    layer: f64,
    /// Seconds to read the cache of a token of context, and to multiply with it, a layer.
    context_read: f64,
    context_multiply: f64,
    /// Operations of attention for a pair of tokens of a prompt, a layer.
    pair: f64,
    /// Seconds to read and write the state of linear attention of a sequence, a layer.
    state: f64,
    /// The times of who proposes, where that takes the GPUs.
    draft: Option<Box<StepTime>>,
}

impl StepTime {
    /// The times of a set-up.
    pub fn new(setup: &Setup) -> Self {
        let (shape, gpu) = (&setup.shape, &setup.gpu);
        let tensor = f64::from(setup.tensor_parallel);
        let world = tensor * f64::from(setup.data_parallel);
        let hidden = f64::from(shape.hidden);
        let bandwidth = gpu.memory_tb_s * 1e12;
        let main = Rate::of(setup, setup.precision.of_attention(shape));
        let wide = Rate::of(setup, Precision::Bf16);
        let gated = |width: f64| match width {
            0.0 => Vec::new(),
            width => vec![
                main.product(2.0 * width, hidden),
                main.product(hidden, width),
            ],
        };
        let (heads, kv_heads) = (f64::from(shape.heads) / tensor, f64::from(shape.kv_heads));
        let groups = (kv_heads / tensor).max(1.0);
        let reach = &setup.efficiency;
        let cache = bandwidth * cache_share(setup);
        let (context, multiply, pair) = if shape.kv_rank > 0 {
            let width = f64::from(shape.kv_rank + shape.rope_dim);
            let operations = 2.0 * heads * (width + f64::from(shape.kv_rank));
            let pair = shape.nope_dim + shape.rope_dim + shape.value_dim;
            let multiply = operations / (0.5 * gpu.bf16_tflops * 1e12);
            (width, multiply, 2.0 * heads * f64::from(pair))
        } else {
            let width = f64::from(shape.head_dim);
            (2.0 * groups * width, 0.0, 4.0 * heads * width)
        };
        let expert = Rate::of(setup, setup.precision);
        let costs = &reach.engine;
        // Where experts are cut into parts, narrow parts are slow.
        let cut = if setup.expert_parallel { 1.0 } else { world };
        let width = f64::from(shape.expert_ffn) / cut;
        let (expert_read, expert_multiply) = expert_shares(setup);
        let slower = 1.0 + costs.expert_narrow / width.max(1.0);
        let weights = 3.0 * hidden * f64::from(shape.expert_ffn) * slower;
        let dense_layers = match shape.experts {
            0 => shape.layers,
            _ => shape.dense_layers,
        };
        let (told, token_told) = told(setup);
        Self {
            projections: projections(setup, &main),
            dense: gated(f64::from(shape.ffn) / tensor),
            shared: with_others(setup, gated(f64::from(shape.shared_ffn) / tensor)),
            head: wide.product(f64::from(shape.vocabulary) / tensor, hidden),
            dense_layers: f64::from(dense_layers),
            expert_layers: f64::from(shape.layers.saturating_sub(dense_layers)),
            expert_read: f64::from(shape.experts) * weights * expert.weight
                / (world * bandwidth * expert_read),
            expert_multiply: 2.0 * f64::from(shape.experts_per_token) * weights
                / (world * peak_tflops(gpu, setup.precision) * 1e12 * expert_multiply),
            token_small: 16.0 * hidden / (0.6 * bandwidth),
            token_told,
            layer: small_kernels(setup, costs.layer_us) + told,
            context_read: context * setup.cache_bytes / cache,
            context_multiply: multiply,
            pair,
            state: heads * f64::from(shape.head_dim).powi(2) * 8.0 / (0.6 * bandwidth),
            draft: setup.draft().map(|draft| Box::new(Self::new(draft))),
            setup: setup.clone(),
        }
    }

    /// The set-up.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Seconds of a step.
    pub fn seconds(&self, batch: &Batch) -> f64 {
        if batch.tokens() == 0 {
            return 0.0;
        }
        let costs = &self.setup.efficiency.engine;
        let mut host = costs.host_us + costs.row_us * f64::from(batch.rows);
        host += costs.chunk_us * batch.chunks.len() as f64;
        if !self.setup.setting.overlaps_host {
            host += costs.serial_us + costs.serial_row_us * f64::from(batch.rows);
        }
        let host = host * 1e-6;
        let seconds = self.kernels(batch) + host;
        match &self.setup.speculation {
            Some(how) => seconds + self.proposing(how, batch),
            None => seconds,
        }
    }

    /// Seconds in which the proposals for the next step are made. Who proposes sees the tokens of
    /// the step first, and then one token of each sequence again and again.
    fn proposing(&self, how: &Speculation, batch: &Batch) -> f64 {
        let Some(draft) = &self.draft else {
            return f64::from(batch.rows) * lookup_seconds();
        };
        let host = f64::from(how.passes()) * self.setup.efficiency.engine.pass_us * 1e-6;
        let first = host + draft.kernels(batch);
        match how.passes() - 1 {
            0 => first,
            further => first + f64::from(further) * draft.kernels(&batch.further_pass()),
        }
    }

    /// The share of a step in which proposals are made; none where none are.
    pub(super) fn drafting_share(&self, batch: &Batch) -> Option<f64> {
        let how = self.setup.speculation.as_ref()?;
        Some(self.proposing(how, batch) / self.seconds(batch).max(1e-9))
    }

    /// Seconds of a step's kernels, or of launching them where that takes longer.
    fn kernels(&self, batch: &Batch) -> f64 {
        let prefill = f64::from(batch.prefill());
        let tokens = f64::from(batch.decodes) + f64::from(batch.proposed) + prefill;
        if tokens == 0.0 {
            return 0.0;
        }
        let shape = &self.setup.shape;
        // Stages work on different parts of the batch at the same time, so that all of it has gone
        // through all layers when each part has. Groups of attention have their share of what
        // remains; experts see the tokens of all groups.
        let stages = f64::from(self.setup.pipeline_parallel);
        let sequences = f64::from(batch.decodes) + batch.chunks.len() as f64;
        let parts = stages.min(sequences);
        let groups = f64::from(self.setup.data_parallel).min(sequences) * parts;
        let alone = match self.setup.data_parallel {
            1 => 1,
            _ => batch
                .chunks
                .iter()
                .map(|(tokens, _)| *tokens)
                .max()
                .unwrap_or(1),
        };
        let alone = f64::from(alone);
        let own = (tokens / groups).max(alone / parts).max(1.0);
        let rows = f64::from(batch.rows + batch.proposed) / groups;
        let through = |products: &[Product]| -> f64 {
            products.iter().map(|product| product.seconds(own)).sum()
        };
        let mut seconds = f64::from(shape.layers)
            * (self.layer
                + own * (self.token_small + self.token_told)
                + through(&self.projections))
            + self.dense_layers * through(&self.dense)
            + self.group_attention(batch, prefill, groups);
        if self.expert_layers > 0.0 {
            seconds += self.expert_layers * (self.experts(tokens / parts) + through(&self.shared));
        }
        let handed = own * f64::from(shape.hidden) * 2.0 / (self.setup.gpu.link_gb_s * 1e9);
        seconds += (stages - 1.0) * (10e-6 + handed);
        if batch.rows > 0 {
            seconds += self.head.seconds(rows);
        }
        if prefill > 0.0 && own > graph_tokens(self.setup.setting.kind) {
            seconds = seconds.max(self.launched());
        }
        seconds
    }

    /// Seconds in which the host launches all kernels of a step that no graph holds.
    fn launched(&self) -> f64 {
        let shape = &self.setup.shape;
        let costs = &self.setup.efficiency.engine;
        // Experts that quantise what they multiply take many kernels.
        let expert = match self.setup.precision {
            Precision::Fp8 | Precision::Fp8Block | Precision::Fp4 => costs.eager_expert_us,
            Precision::Bf16 | Precision::Mxfp4 | Precision::Int4 => 0.0,
        };
        let compressed = if shape.kv_rank > 0 {
            costs.eager_mla_us
        } else {
            0.0
        };
        let layers = f64::from(shape.layers) * (costs.eager_us + compressed);
        (layers + self.expert_layers * expert) * 1e-6
    }

    /// The share of the first token's time that no step has, in seconds: what passes before the
    /// engine gets a request. The server takes it in between the tokens of the others that the
    /// replica has under way when the request arrives: this many.
    pub fn request_seconds(&self, prompt: u32, others: u32) -> f64 {
        let costs = &self.setup.efficiency.engine;
        let token = costs.prompt_token_us * f64::from(prompt);
        (costs.request_us + token + costs.concurrency_us * f64::from(others)) * 1e-6
    }

    /// Seconds in which the server sends so many tokens of one step, one after another.
    pub(super) fn output_seconds(&self, tokens: f64) -> f64 {
        self.setup.efficiency.engine.output_us * 1e-6 * tokens
    }

    fn reach(&self) -> &Efficiency {
        &self.setup.efficiency
    }

    /// A layer of experts: those that any token of the batch is routed to are read, all tokens are
    /// multiplied.
    fn experts(&self, tokens: f64) -> f64 {
        let shape = &self.setup.shape;
        let share = f64::from(shape.experts_per_token) / f64::from(shape.experts);
        let touched = 1.0 - (1.0 - share).powf(tokens);
        // Some kernels go through experts that nobody asked for.
        let touched = match self.setup.precision {
            Precision::Fp8 | Precision::Fp8Block => {
                touched.max(self.reach().engine.expert_least_fp8)
            }
            Precision::Bf16 | Precision::Fp4 | Precision::Mxfp4 | Precision::Int4 => touched,
        };
        let read = self.expert_read * touched;
        small_kernels(&self.setup, self.reach().engine.expert_us)
            + read.max(self.expert_multiply * tokens)
    }

    /// The part of a prompt that attends to most, which one group computes however many others there
    /// are; none where there is one group, or no prompt.
    fn heaviest(&self, batch: &Batch) -> Option<Batch> {
        if self.setup.data_parallel == 1 {
            return None;
        }
        let pairs = |(tokens, before): &(u32, u32)| {
            u64::from(*tokens) * (2 * u64::from(*before) + u64::from(*tokens))
        };
        let heaviest = batch.chunks.iter().max_by_key(|chunk| pairs(chunk))?;
        Some(Batch {
            chunks: vec![*heaviest],
            ..Batch::default()
        })
    }

    /// Attention of the group that takes longest, of all layers.
    fn group_attention(&self, batch: &Batch, prefill: f64, groups: f64) -> f64 {
        let mean = self.attention(batch, prefill) / groups;
        let parts = f64::from(self.setup.pipeline_parallel);
        self.heaviest(batch).map_or(mean, |heaviest| {
            let tokens = f64::from(heaviest.prefill());
            mean.max(self.attention(&heaviest, tokens) / parts)
        })
    }

    /// Attention of all layers.
    fn attention(&self, batch: &Batch, prefill: f64) -> f64 {
        let shape = &self.setup.shape;
        let sliding = f64::from(shape.sliding_layers);
        let linear = f64::from(shape.linear_layers);
        let full = f64::from(shape.layers) - sliding - linear;
        let mut seconds = 0.0;
        if full > 0.0 {
            seconds += full * self.attention_layer(batch, prefill, f64::INFINITY);
        }
        if sliding > 0.0 {
            seconds += sliding * self.attention_layer(batch, prefill, f64::from(shape.window));
        }
        if linear > 0.0 {
            let sequences = f64::from(batch.decodes) + batch.chunks.len() as f64;
            let start = small_kernels(&self.setup, self.reach().engine.attention_us);
            seconds += linear * (start + sequences * self.state);
        }
        seconds
    }

    fn attention_layer(&self, batch: &Batch, prefill: f64, window: f64) -> f64 {
        let mut seconds = 0.0;
        if batch.decodes > 0 {
            let decodes = f64::from(batch.decodes);
            let seen = (batch.context as f64).min(window * decodes);
            // What is read once is multiplied with each proposal, too.
            let multiply = self.context_multiply * (1.0 + f64::from(batch.proposed) / decodes);
            seconds += small_kernels(&self.setup, self.reach().engine.attention_us)
                + seen * self.context_read.max(multiply);
        }
        if prefill > 0.0 {
            let pairs = batch.chunks.iter().map(|(tokens, before)| {
                let (tokens, before) = (f64::from(*tokens), f64::from(*before));
                tokens * (before + tokens / 2.0).min(window)
            });
            seconds += self.prefill_seconds(pairs.sum(), prefill / batch.chunks.len() as f64);
        }
        seconds
    }

    /// Attention of prompts over so many pairs of tokens. Short chunks reach less of the peak.
    fn prefill_seconds(&self, pairs: f64, length: f64) -> f64 {
        let share = self.reach().engine.prefill_attention * (length / (length + 1_500.0)).max(0.1);
        pairs * self.pair / (self.setup.gpu.bf16_tflops * 1e12 * share)
    }
}
