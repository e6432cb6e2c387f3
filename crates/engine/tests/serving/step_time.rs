//! The times of steps obey physics whatever the model, the GPU and the batch: more work is never
//! faster, a roofline is never undercut, and GPUs that share a model share its weights.

use fakeai_catalog::hardware::{Gpu, Shape, gpu, shape};
use fakeai_engine::serving::{Batch, Kind, Precision, Setup, StepTime};
use proptest::prelude::*;

const MODELS: [&str; 8] = [
    "meta-llama/Llama-3.1-8B",
    "meta-llama/Llama-3.1-70B",
    "Qwen/Qwen3-235B-A22B",
    "deepseek-ai/DeepSeek-V3",
    "openai/gpt-oss-120b",
    "google/gemma-2-9b",
    "Qwen/Qwen3.5-27B",
    "Qwen/Qwen3.5-35B-A3B",
];
const GPUS: [&str; 6] = ["a100", "h100", "h200", "b200", "rtx4090", "mi300x"];
const PRECISIONS: [Precision; 6] = [
    Precision::Bf16,
    Precision::Fp8,
    Precision::Fp8Block,
    Precision::Fp4,
    Precision::Mxfp4,
    Precision::Int4,
];
const KINDS: [Kind; 3] = [Kind::Vllm, Kind::Sglang, Kind::TensorRt];

fn setups() -> impl Strategy<Value = Setup> {
    let model = prop::sample::select(&MODELS[..]);
    let hardware = prop::sample::select(&GPUS[..]);
    let precision = prop::sample::select(&PRECISIONS[..]);
    let kind = prop::sample::select(&KINDS[..]);
    let ways = (0_u32..4, 1_u32..4, 0_u32..3, any::<bool>());
    (model, hardware, precision, kind, ways).prop_map(|(model, hardware, precision, kind, ways)| {
        let mut setup = Setup::new(shaped(model), on(hardware), 1 << ways.0, kind, precision);
        setup.pipeline_parallel = ways.1;
        setup.data_parallel = 1 << ways.2;
        setup.expert_parallel = ways.3;
        setup
    })
}

fn shaped(model: &str) -> &'static Shape {
    shape(model).unwrap()
}

fn on(name: &str) -> &'static Gpu {
    gpu(name).unwrap()
}

fn batches() -> impl Strategy<Value = Batch> {
    let chunks = prop::collection::vec((1_u32..4_000, 0_u32..20_000), 0..4);
    (1_u32..300, 1_u32..9_000, chunks).prop_map(|(decodes, context, chunks)| Batch {
        decodes,
        context: u64::from(decodes) * u64::from(context),
        rows: decodes + chunks.len() as u32,
        chunks,
        ..Batch::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn more_work_is_never_faster(setup in setups(), batch in batches(), more in 1_u32..200) {
        // One stage: stages work on parts of a batch at a time, and one sequence more may make a
        // part more.
        let mut setup = setup;
        setup.pipeline_parallel = 1;
        let times = StepTime::new(&setup);
        let base = times.seconds(&batch);
        prop_assert!(base > 0.0 && base.is_finite());
        let mean = batch.context / u64::from(batch.decodes);
        let wider = Batch {
            decodes: batch.decodes + more,
            context: batch.context + mean * u64::from(more),
            rows: batch.rows + more,
            ..batch.clone()
        };
        prop_assert!(times.seconds(&wider) >= base, "more sequences");
        let deeper = Batch { context: batch.context + u64::from(more), ..batch.clone() };
        prop_assert!(times.seconds(&deeper) >= base, "a longer context");
        let mut longer = batch.clone();
        longer.chunks.push((more, 0));
        // A short part of a prompt more changes how long parts are on average, and with it what
        // attention reaches: at most by that.
        prop_assert!(times.seconds(&longer) >= base * 0.8, "a part of a prompt more");
    }

    #[test]
    fn no_step_undercuts_the_roofline(setup in setups(), batch in batches()) {
        let gpus = f64::from(setup.gpus());
        let tokens = f64::from(batch.tokens());
        // What works on every token, embeddings aside, at the best rate that the GPU has.
        let shape = &setup.shape;
        let embedded = 2.0 * f64::from(shape.vocabulary) * f64::from(shape.hidden);
        let active = (shape.active_billion * 1e9 - embedded).max(0.0) * 0.8;
        let best = setup.gpu.fp4_tflops.or(setup.gpu.fp8_tflops).unwrap_or(setup.gpu.bf16_tflops);
        let bound = 2.0 * active * tokens / (best * 1e12 * gpus);
        let seconds = StepTime::new(&setup).seconds(&batch);
        prop_assert!(seconds >= bound, "{seconds} s, and the GPU can't do it below {bound} s");
    }

    #[test]
    fn weights_are_shared_by_the_gpus_of_a_layer(precision in prop::sample::select(&PRECISIONS[..])) {
        let one = Batch { decodes: 1, context: 100, rows: 1, ..Batch::default() };
        let seconds = |tensor| {
            let model = shaped("meta-llama/Llama-3.1-70B");
            let setup = Setup::new(model, on("h100"), tensor, Kind::Vllm, precision);
            (setup.weight_bytes(), StepTime::new(&setup).seconds(&one))
        };
        let (whole, alone) = seconds(1);
        for tensor in [2, 4] {
            let (part, together) = seconds(tensor);
            prop_assert_eq!(part * f64::from(tensor), whole);
            prop_assert!(together < alone, "{} s alone, {} s together", alone, together);
        }
    }
}

/// Seconds of a decode step.
fn decode(setup: &Setup, sequences: u32, context: u64) -> f64 {
    StepTime::new(setup).seconds(&Batch {
        decodes: sequences,
        context: context * u64::from(sequences),
        rows: sequences,
        ..Batch::default()
    })
}

fn vllm(model: &str, tensor: u32) -> Setup {
    Setup::new(
        shaped(model),
        on("h200"),
        tensor,
        Kind::Vllm,
        Precision::Fp8,
    )
}

#[test]
fn a_window_bounds_what_attention_reads() {
    let sliding = vllm("openai/gpt-oss-120b", 1);
    let mut full = sliding.clone();
    full.shape.sliding_layers = 0;
    let grown = |setup: &Setup| decode(setup, 32, 20_000) - decode(setup, 32, 1_000);
    let share = grown(&sliding) / grown(&full);
    assert!(
        (share - 0.5).abs() < 0.01,
        "half of the layers see 128 tokens: {share}"
    );
}

#[test]
fn linear_attention_takes_the_same_for_any_context() {
    let hybrid = vllm("Qwen/Qwen3.5-27B", 2);
    let mut linear = hybrid.clone();
    linear.shape.linear_layers = linear.shape.layers;
    assert_eq!(decode(&linear, 8, 1_000), decode(&linear, 8, 100_000));
    assert!(decode(&hybrid, 8, 1_000) < decode(&hybrid, 8, 100_000));
    assert!(
        hybrid.cache_bytes_a_token() * 3.9 < {
            let mut full = hybrid.clone();
            full.shape.linear_layers = 0;
            full.cache_bytes_a_token()
        }
    );
}

#[test]
fn compressed_attention_keeps_a_hundredth_in_the_cache() {
    let latent = vllm("deepseek-ai/DeepSeek-V3", 8);
    let bytes = latent.cache_bytes_a_token();
    assert_eq!(bytes, 61.0 * 576.0 * 2.0, "not shared by the GPUs");
}

#[test]
fn few_tokens_read_few_experts() {
    let setup = Setup::new(
        shaped("deepseek-ai/DeepSeek-V3"),
        on("h200"),
        8,
        Kind::Sglang,
        Precision::Fp8Block,
    );
    let (few, many) = (decode(&setup, 1, 1_000), decode(&setup, 64, 1_000));
    assert!(many > few * 1.5, "{few} {many}");
    assert!(many < few * 16.0, "{few} {many}");
}

#[test]
fn groups_of_attention_share_the_sequences_and_the_experts() {
    let mut together = vllm("deepseek-ai/DeepSeek-V3", 8);
    let mut apart = together.clone();
    (apart.tensor_parallel, apart.data_parallel) = (1, 8);
    together.setting.memory_share = Some(0.9);
    apart.setting.memory_share = Some(0.9);
    assert_eq!(together.gpus(), apart.gpus());
    // Compressed keys and values are not shared by GPUs of a layer, and so groups hold more.
    let (one, eight) = (together.blocks().unwrap(), apart.blocks());
    if let Ok(eight) = eight {
        assert!(eight > one * 4, "{one} {eight}");
    }
    let context = 30_000;
    assert!(decode(&apart, 256, context) < decode(&together, 256, context));
}

#[test]
fn stages_work_on_parts_of_a_batch() {
    let alone = vllm("meta-llama/Llama-3.1-70B", 1);
    let mut staged = alone.clone();
    staged.pipeline_parallel = 4;
    let ratio = decode(&staged, 256, 4_000) / decode(&alone, 256, 4_000);
    assert!(ratio < 0.6, "all stages work at once: {ratio}");
    let single = decode(&staged, 1, 4_000) / decode(&alone, 1, 4_000);
    assert!(
        (1.0..1.1).contains(&single),
        "one sequence goes through all of them: {single}"
    );
}

#[test]
fn a_prompt_is_one_groups_and_groups_have_their_own_attention() {
    let mut apart = vllm("deepseek-ai/DeepSeek-V3", 1);
    let together = vllm("deepseek-ai/DeepSeek-V3", 8);
    (apart.data_parallel, apart.expert_parallel) = (8, true);
    // Each group holds all that is no expert.
    let beside = apart.weight_bytes() - together.weight_bytes();
    assert!((10e9..20e9).contains(&beside), "{beside}");
    let seconds = |setup: &Setup, chunks: &[(u32, u32)]| {
        StepTime::new(setup).seconds(&Batch {
            chunks: chunks.to_vec(),
            rows: chunks.len() as u32,
            ..Batch::default()
        })
    };
    let one = seconds(&apart, &[(8_000, 0)]);
    let eight = seconds(&apart, &[(8_000, 0); 8]);
    assert!(
        one < eight && eight < one * 3.0,
        "others compute beside it: {one} {eight}"
    );
    let parts = seconds(&apart, &[(1_000, 0); 8]);
    assert!(
        parts < one * 0.6,
        "it has nobody to share with: {parts} {one}"
    );
}

#[test]
fn experts_that_are_cut_and_those_that_are_spread_are_told_of_differently() {
    let mut spread = vllm("Qwen/Qwen3-235B-A22B", 1);
    (spread.data_parallel, spread.expert_parallel) = (8, true);
    let mut cut = spread.clone();
    cut.expert_parallel = false;
    let mut free = spread.clone();
    free.efficiency.gpu.reduce_us = 0.0;
    free.efficiency.gpu.reduce_gb_s = f64::INFINITY;
    let step = |setup: &Setup| decode(setup, 2_048, 100);
    assert!(
        step(&free) < step(&spread),
        "tokens travel to their experts and back"
    );
    assert!(step(&spread) != step(&cut));
}
