//! What kernels reach on a set-up's GPU: products of matrices, and the shares of its peak that
//! experts, caches and small kernels get.

use fakeai_catalog::hardware::Gpu;

use super::plan::{Kind, Precision, Setup};

/// Seconds of a matrix product, by the rows that go through it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Product {
    launch: f64,
    operations: f64,
    weights: f64,
    activations: f64,
}

impl Product {
    /// With the start of products of another kind.
    fn started_as(self, rate: &Rate) -> Self {
        Self {
            launch: rate.launch,
            ..self
        }
    }

    /// As a part of another kernel, which starts anyway.
    fn joined(self) -> Self {
        Self {
            launch: 0.0,
            ..self
        }
    }

    pub(super) fn seconds(&self, rows: f64) -> f64 {
        self.launch + (self.operations * rows).max(self.weights + self.activations * rows)
    }
}

/// What kernels reach on the set-up's GPU with numbers of one kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    /// Operations and bytes a second.
    compute: f64,
    memory: f64,
    launch: f64,
    /// Bytes of a weight and of an activation.
    pub(super) weight: f64,
    activation: f64,
}

impl Rate {
    pub(super) fn product(&self, n: f64, k: f64) -> Product {
        Product {
            launch: self.launch,
            operations: 2.0 * n * k / self.compute,
            weights: self.weight * n * k / self.memory,
            activations: (self.activation * k + 2.0 * n) / self.memory,
        }
    }

    pub(super) fn of(setup: &Setup, precision: Precision) -> Self {
        let (gpu, reach) = (&setup.gpu, &setup.efficiency.gpu);
        let bf16 = gpu.bf16_tflops * 1e12 * reach.compute_bf16;
        let bandwidth = gpu.memory_tb_s * 1e12;
        let wide = Self {
            compute: bf16,
            memory: bandwidth * reach.memory_bf16,
            launch: reach.launch_us * 1e-6,
            weight: precision.weight_bytes(),
            activation: 2.0,
        };
        let narrow = |tflops: f64, compute: f64, memory: f64, activation: f64| Self {
            compute: tflops * 1e12 * compute,
            memory: bandwidth * memory,
            launch: reach.fp8_launch_us * 1e-6,
            activation,
            ..wide
        };
        let four = Self {
            memory: bandwidth * reach.memory_fp4,
            ..wide
        };
        match precision {
            Precision::Bf16 => wide,
            // Four bits are widened on the way to units that multiply sixteen.
            Precision::Int4 | Precision::Mxfp4 => four,
            Precision::Fp8 => gpu.fp8_tflops.map_or(wide, |rate| {
                narrow(rate, reach.compute_fp8, reach.memory_fp8, 1.0)
            }),
            Precision::Fp8Block => gpu.fp8_tflops.map_or(wide, |rate| {
                let memory = reach.memory_fp8_block;
                narrow(rate, reach.compute_fp8_block, memory, 1.0)
            }),
            Precision::Fp4 => gpu.fp4_tflops.map_or(four, |rate| {
                narrow(rate, reach.compute_fp4, reach.memory_fp4, 0.56)
            }),
        }
    }
}

/// Projections of queries, keys, values and outputs.
pub(super) fn projections(setup: &Setup, rate: &Rate) -> Vec<Product> {
    let shape = &setup.shape;
    let tensor = f64::from(setup.tensor_parallel);
    let (hidden, heads) = (f64::from(shape.hidden), f64::from(shape.heads) / tensor);
    if shape.kv_rank == 0 {
        let groups = (f64::from(shape.kv_heads) / tensor).max(1.0);
        let width = f64::from(shape.head_dim);
        return vec![
            rate.product((heads + 2.0 * groups) * width, hidden),
            rate.product(hidden, heads * width),
        ];
    }
    let (kv, query) = (f64::from(shape.kv_rank), f64::from(shape.query_rank));
    let (nope, rope) = (f64::from(shape.nope_dim), f64::from(shape.rope_dim));
    let value = f64::from(shape.value_dim);
    let plain = Rate::of(setup, Precision::Bf16);
    let from = if query > 0.0 { query } else { hidden };
    vec![
        rate.product(query + kv + rope, hidden),
        rate.product(heads * (nope + rope), from),
        // Keys and values are not unpacked in decode: both halves are applied to the queries and
        // to what attention has gathered, a product for each head, of numbers as they are.
        rate.product(heads * nope, kv).started_as(&plain),
        rate.product(heads * value, kv).started_as(&plain),
        rate.product(hidden, heads * value),
    ]
}

/// The products of experts that every token goes to. SGLang computes these as further experts that
/// are always chosen, in the kernels of the others; elsewhere they are products of their own.
pub(super) fn with_others(setup: &Setup, products: Vec<Product>) -> Vec<Product> {
    match setup.setting.kind {
        Kind::Sglang => products.into_iter().map(Product::joined).collect(),
        Kind::Vllm | Kind::TensorRt => products,
    }
}

/// The shares of the memory's bandwidth and of the peak rate that experts reach: those of 8-bit
/// numbers have kernels of their own.
pub(super) fn expert_shares(setup: &Setup) -> (f64, f64) {
    let costs = &setup.efficiency.engine;
    match setup.precision {
        Precision::Fp8 | Precision::Fp8Block => (costs.expert_memory_fp8, costs.expert_compute_fp8),
        Precision::Bf16 | Precision::Fp4 | Precision::Mxfp4 | Precision::Int4 => {
            (costs.expert_memory, costs.expert_compute)
        }
    }
}

/// The rate at which a GPU multiplies numbers of a precision, in 10^12 operations a second.
pub(super) fn peak_tflops(gpu: &Gpu, precision: Precision) -> f64 {
    match precision {
        Precision::Bf16 | Precision::Int4 => gpu.bf16_tflops,
        // Units for 4 bits multiply them with activations of 8.
        Precision::Mxfp4 => match (gpu.fp4_tflops, gpu.fp8_tflops) {
            (Some(_), Some(rate)) => rate,
            _ => gpu.bf16_tflops,
        },
        Precision::Fp8 | Precision::Fp8Block => gpu.fp8_tflops.unwrap_or(gpu.bf16_tflops),
        Precision::Fp4 => gpu.fp4_tflops.unwrap_or(gpu.bf16_tflops),
    }
}

/// The share of the memory's bandwidth that reading the cache reaches.
pub(super) fn cache_share(setup: &Setup) -> f64 {
    let reach = &setup.efficiency.gpu;
    match setup.cache_bytes < 2.0 {
        true => reach.decode_attention_fp8,
        false => reach.decode_attention,
    }
}

/// Seconds of kernels that are mostly start, from what they take on a GPU that starts products as
/// an H100 does.
pub(super) fn small_kernels(setup: &Setup, micros: f64) -> f64 {
    micros * 1e-6 * setup.efficiency.gpu.launch_us / USUAL_LAUNCH
}

/// The start of a product of 16 bits on H100 and H200, in µs.
const USUAL_LAUNCH: f64 = 4.0;

/// Tokens up to which a graph holds a step with a part of a prompt: vLLM captures graphs of pieces
/// between attentions (`cudagraph_capture_sizes`), the others none for prompts.
pub(super) fn graph_tokens(kind: Kind) -> f64 {
    match kind {
        Kind::Vllm => 512.0,
        Kind::Sglang | Kind::TensorRt => 0.0,
    }
}
