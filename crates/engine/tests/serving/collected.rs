//! Runs as measuring programs send them, and the flags that they are served with.

use fakeai_canon::Seed;
use fakeai_engine::serving::{
    Batch, ClosedLoop, Kind, Lengths, Measured, StepTime, Trajectory, read_measured,
};

use super::{Books, KINDS, played, request, setup};

const HEADER: &str =
    "source,model,gpu,n_gpu,tp,precision,engine,isl,osl,concurrency_or_rate,ttft_ms,itl_ms,notes\n";

fn read(engine: &str, notes: &str) -> Measured {
    read_of("Qwen/Qwen3-32B", "H100-SXM", engine, notes)
}

fn read_of(model: &str, gpu: &str, engine: &str, notes: &str) -> Measured {
    let table = format!(
        "{HEADER}github:x,{model},{gpu},8,8,fp8,{engine},1024,512,conc=32,200,10,{notes}\n"
    );
    let (mut rows, unread) = read_measured(&table, &[]);
    assert!(unread.is_empty(), "{unread:?}");
    rows.remove(0)
}

#[test]
fn a_run_is_sent_as_the_program_sends_that_measured_it() {
    // A file named after a model is the collector's own, whatever day it tells; one named after a
    // day is InferenceX's.
    for notes in [
        "origin Qwen_Qwen3-32B.csv; isl/osl nominal",
        "origin qwen3_32b.csv; measured 2026-01-23; isl/osl nominal",
    ] {
        let run = read("vllm 0.12.0", notes).workload;
        assert_eq!([run.prompt.low, run.prompt.high], [1024, 1024]);
        assert_eq!([run.output.low, run.output.high], [512, 512]);
        assert_eq!([run.warm_up, run.requests], [64, 320]);
        assert_eq!(run.prompts, Some(100));
    }
    let run = read(
        "vllm 0.12.0",
        "origin 2026-04-06.csv; measured 2025-10-29; isl/osl nominal",
    );
    let run = run.workload;
    assert_eq!([run.prompt.low, run.prompt.high], [819, 1024]);
    assert_eq!([run.warm_up, run.requests], [0, 320]);
    assert_eq!(run.prompts, None);
}

#[test]
fn a_collected_run_has_the_flags_of_its_script() {
    let of = |engine: &str| read(engine, "origin Qwen_Qwen3-32B.csv; isl/osl nominal");
    let of = |engine: &str| of(engine).setup.setting;
    let old = of("trtllm 1.0.0rc3");
    assert_eq!(old.max_batched_tokens, 32 + 1024 + 1500);
    assert!(!old.chunked_prefill && !old.overlaps_host);
    let new = of("trtllm 1.3.0rc1");
    assert_eq!(new.max_batched_tokens, 32 + 1024 + 1500);
    assert!(!new.chunked_prefill && new.overlaps_host);
    assert!(of("sglang 0.5.6.post2").mixed_chunks);
    assert!(of("vllm 0.12.0").chunked_prefill);
}

#[test]
fn a_run_of_inferencex_has_the_flags_of_its_script() {
    let of = |model: &str, gpu: &str, engine: &str| {
        let notes = "origin 2026-04-06.csv; measured 2025-10-29; isl/osl nominal";
        read_of(model, gpu, engine, notes).setup
    };
    let deepseek = of("deepseek-ai/DeepSeek-R1", "H200", "trtllm").setting;
    assert_eq!(deepseek.max_batched_tokens, 32 + 1024 + 96);
    assert!(!deepseek.chunked_prefill && deepseek.overlaps_host);
    let llama = "meta-llama/Meta-Llama-3.1-70B";
    let setting = of(llama, "B200", "trtllm").setting;
    assert_eq!(setting.max_batched_tokens, 1024 + 512 + 200);
    let bytes = |gpu: &str, engine: &str| of(llama, gpu, engine).cache_bytes;
    assert_eq!(bytes("H200", "vllm 0.11.0"), 1.0);
    assert_eq!(bytes("H100", "vllm 0.11.0"), 2.0);
}

#[test]
fn answers_go_on_beside_prompts_where_sglang_mixes_them() {
    let mut setup = setup(Kind::Sglang);
    let alone = played(&setup, &[request(0, 100, 60, Vec::new())]);
    let during = alone.ends[5].0 - 1;
    let two = [
        request(0, 100, 60, Vec::new()),
        request(during, 1000, 30, Vec::new()),
    ];
    let longest_gap = |books: &Books| {
        let tokens = &books.tokens[&books.first_admitted[0]];
        let gaps = tokens.windows(2).map(|pair| pair[1].since(pair[0]));
        (gaps.max(), books.ends.len())
    };
    let (apart, steps) = longest_gap(&played(&setup, &two));
    setup.setting.mixed_chunks = true;
    let (mixed, fewer) = longest_gap(&played(&setup, &two));
    assert_eq!(fewer, steps - 1, "the prompt takes no step of its own");
    assert!(mixed < apart, "{mixed:?} {apart:?}");
}

#[test]
fn a_host_that_prepares_nothing_ahead_adds_its_work_to_each_step() {
    for kind in KINDS {
        let mut setup = setup(kind);
        let batch = Batch {
            decodes: 40,
            context: 4000,
            rows: 40,
            ..Batch::default()
        };
        let ahead = StepTime::new(&setup).seconds(&batch);
        setup.setting.overlaps_host = false;
        let after = StepTime::new(&setup).seconds(&batch);
        let costs = setup.efficiency.engine;
        let more = (costs.serial_us + 40.0 * costs.serial_row_us) * 1e-6;
        assert!(more > 0.0 && (after - ahead - more).abs() < 1e-9);
    }
}

#[test]
fn small_parts_of_prompts_are_launched_from_graphs_where_the_engine_has_them() {
    let part = |tokens: u32| Batch {
        chunks: vec![(tokens, 0)],
        rows: 1,
        ..Batch::default()
    };
    let jump = |kind: Kind| {
        let mut setup = setup(kind);
        // So slow a host that launching is all that counts.
        setup.efficiency.engine.eager_us = 10_000.0;
        let times = StepTime::new(&setup);
        times.seconds(&part(513)) / times.seconds(&part(512))
    };
    assert!(jump(Kind::Vllm) > 3.0);
    assert!(jump(Kind::Sglang) < 1.1 && jump(Kind::TensorRt) < 1.1);
}

#[test]
fn what_came_before_a_measurement_fills_the_cache_and_does_not_count() {
    let setup = setup(Kind::Vllm);
    let ttft = |warm_up: u32| {
        let load = ClosedLoop {
            concurrency: 4,
            requests: 8,
            warm_up,
            prompts: Some(8),
            prompt: Lengths::exactly(2000),
            output: Lengths::exactly(20),
        };
        let run = Trajectory::of(&setup, &load, &mut Seed(1).rng()).unwrap();
        run.means(&StepTime::new(&setup)).ttft_ms
    };
    let (cold, warm) = (ttft(0), ttft(8));
    assert!(warm < cold / 3.0, "{warm} {cold}");
}
