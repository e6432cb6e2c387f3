//! What is published of runs is read as it was served: by the table's cells, and by the flags that
//! the publisher tells elsewhere.

use std::collections::HashMap;

use fakeai_canon::Seed;
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    ClosedLoop, Constants, Fit, Kind, Lengths, Method, Precision, Setup, Speculation, Standing,
    StepTime, Trajectory, read_measured,
};

use super::{Books, played, request, setup};

const HEADER: &str =
    "source,model,gpu,n_gpu,tp,precision,engine,isl,osl,concurrency_or_rate,ttft_ms,itl_ms,notes\n";

/// One row of DeepSeek-R1 as InferenceX publishes it.
fn inferencex(gpu: &str, engine: &str, under_way: u32, day: &str) -> String {
    format!(
        "{HEADER}github:x,deepseek-ai/DeepSeek-R1,{gpu},8,8,fp8,{engine},1024,1024,conc={under_way},200,10,\
         closed loop; measured {day}; moe_tp=8 moe_ep=1\n"
    )
}

fn read(table: &str) -> fakeai_engine::serving::Measured {
    let (mut rows, unread) = read_measured(table, &[]);
    assert!(unread.is_empty(), "{unread:?}");
    rows.remove(0)
}

#[test]
fn a_run_has_the_flags_that_its_publisher_tells_of_its_series() {
    let looks = |gpu: &str, under_way: u32| {
        let table = inferencex(gpu, "sglang 0.5.9", under_way, "2026-03-25");
        read(&table).setup.setting.receive_interval
    };
    assert_eq!(
        [looks("B200", 4), looks("B200", 16), looks("B200", 64)],
        [10, 30, 30]
    );
    assert_eq!(looks("H200", 64), 1);
    let proposes = |gpu: &str, engine: &str, day: &str| {
        let how = read(&inferencex(gpu, engine, 4, day)).setup.speculation;
        how.map(|how| (how.method, how.tokens()))
    };
    let three = Some((Method::Mtp, 3));
    assert_eq!(
        proposes("B200", "trtllm 1.2.0rc6.post3", "2026-02-05"),
        three
    );
    assert_eq!(
        proposes("B200", "trtllm 1.2.0rc6.post2", "2026-02-03"),
        None
    );
    assert_eq!(
        proposes("H200", "trtllm 1.1.0rc2.post2", "2026-01-14"),
        three
    );
    assert_eq!(
        proposes("H200", "trtllm 1.1.0rc2.post2", "2025-12-15"),
        None
    );
}

#[test]
fn a_command_that_is_cut_off_counts_where_its_page_tells_it_whole() {
    let row = |source: &str| {
        let table = format!(
            "{HEADER}{source},Qwen/Qwen3-8B,H100-SXM,1,1,bf16,sglang,233,221,conc=1,34.7,2.67,\
             cmd: python3 -m sglang.launch_server \\; itl_ms=mean TPOT\n"
        );
        read(&table)
    };
    let whole = row("github:gpustack/gpustack docs/performance-lab/qwen3-8b/h100-latency.md@4");
    assert_eq!(whole.standing, Standing::Steady);
    assert_eq!(whole.setup.precision, Precision::Fp8);
    let how = whole.setup.speculation.map(|how| how.method);
    assert_eq!(how, Some(Method::Eagle3));
    let other = row("github:somebody/else");
    assert_eq!(other.standing, Standing::Uncertain);
    assert!(other.setup.speculation.is_none());
}

#[test]
fn sglang_looks_for_new_requests_once_in_some_steps_of_decodes() {
    let mut setup = setup(Kind::Sglang);
    let first_of = |books: &Books, id: u64| {
        let ended = books.finished.iter().find(|ended| ended.id.0 == id);
        ended.unwrap().first_token
    };
    // The second comes in the fifth step of decodes of the first, the third while the prompt of the
    // second is computed.
    let alone = played(&setup, &[request(0, 100, 60, Vec::new())]);
    let at = alone.ends[5].0 - 1;
    let after_second = |setup: &_| {
        let two = [
            request(0, 100, 60, Vec::new()),
            request(at, 100, 30, Vec::new()),
        ];
        let books = played(setup, &two);
        let first = first_of(&books, 1);
        let steps = books.ends.iter().filter(|end| **end < first).count();
        (steps, books)
    };
    let (at_once, books) = after_second(&setup);
    let during = books.ends[at_once - 1].0 + 1;
    setup.setting.receive_interval = 20;
    let (later, books) = after_second(&setup);
    // It looks after the prompt of the first, and then after twenty steps.
    assert_eq!([at_once, later], [6, 21]);
    assert_eq!(books.finished.len(), 2);
    let three = [
        request(0, 100, 60, Vec::new()),
        request(at, 100, 30, Vec::new()),
        request(
            during + books.ends[later - 1].0 - books.ends[at_once - 1].0,
            100,
            30,
            Vec::new(),
        ),
    ];
    let books = played(&setup, &three);
    let place = |id: u64| {
        books
            .ends
            .iter()
            .position(|end| *end == first_of(&books, id))
    };
    assert_eq!(
        place(2),
        place(1).map(|place| place + 1),
        "a prompt is followed by a look"
    );
    // With nothing under way it looks at once.
    let calm = played(&setup, &[request(50_000_000, 100, 2, Vec::new())]);
    assert_eq!(calm.ends.len(), 2);
    assert_eq!(calm.ends[0].0 - 50_000_000, alone.ends[0].0);
}

#[test]
fn a_load_that_its_publisher_does_not_run_does_not_count() {
    let of = |gpu: &str, under_way: u32| {
        let table = format!(
            "{HEADER}github:x,openai/gpt-oss-120b,{gpu},4,4,fp4,vllm 0.11.2,1024,1024,conc={under_way},\
             19976,4.7,closed loop; measured 2025-12-05\n"
        );
        read(&table).standing
    };
    assert_eq!(of("H100", 64), Standing::Steady);
    assert_eq!(of("H100", 512), Standing::OtherLoad);
    assert_eq!(of("H200", 512), Standing::Steady);
}

/// How far a share is from one.
fn off(share: f64) -> f64 {
    (share - 1.0).abs()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn runs_that_no_constant_was_fitted_to_come_out_near_what_was_measured() {
    let (rows, unread) = read_measured(UNSEEN, &[]);
    assert!(unread.is_empty() && rows.len() >= 15, "{unread:?}");
    let rows = rows.into_iter().map(|row| (row, 1.0));
    let fit = Fit::of(rows, Constants::shipped());
    let (mut tpot, mut ttft) = (Vec::new(), Vec::new());
    for (row, means) in fit.means(Constants::shipped()) {
        tpot.push(off(means.tpot_ms / row.tpot_ms));
        ttft.push(off(means.ttft_ms / row.ttft_ms));
    }
    assert!(mean(&tpot) < 0.12, "{tpot:?}");
    assert!(tpot.iter().all(|error| *error < 0.25), "{tpot:?}");
    assert!(mean(&ttft) < 0.35, "{ttft:?}");
}

#[test]
fn proposals_make_answers_faster_by_as_much_as_was_measured() {
    let table: toml::Table = toml::from_str(SPEEDUPS).unwrap();
    let mut errors = Vec::new();
    for run in table["run"].as_array().unwrap() {
        let texts: HashMap<&str, &str> = ["model", "gpu", "engine", "precision", "method"]
            .map(|name| (name, run[name].as_str().unwrap()))
            .into();
        let whole = |name: &str| run[name].as_integer().unwrap() as u32;
        let (shape, gpu) = (shape(texts["model"]).unwrap(), gpu(texts["gpu"]).unwrap());
        let kind = Kind::parse(texts["engine"]).unwrap();
        let precision = Precision::parse(texts["precision"]).unwrap();
        let plain = Setup::new(shape, gpu, whole("tp"), kind, precision);
        let mut with = plain.clone();
        let method = Method::parse(texts["method"]).unwrap();
        with.speculation = Some(Speculation::new(method, whole("tokens"), &plain, None));
        let of = |length: u32| Lengths {
            low: length,
            high: length,
        };
        let load = ClosedLoop {
            concurrency: whole("under_way"),
            requests: whole("under_way"),
            warm_up: 0,
            prompts: None,
            prompt: of(whole("prompt")),
            output: of(whole("output").min(400)),
        };
        let tpot = |setup: &Setup| {
            let trajectory = Trajectory::of(setup, &load, &mut Seed(1).rng()).unwrap();
            trajectory.means(&StepTime::new(setup)).tpot_ms
        };
        let measured = run["plain_ms"].as_float().unwrap() / run["with_ms"].as_float().unwrap();
        errors.push(off(tpot(&plain) / tpot(&with) / measured));
    }
    assert!(errors.len() >= 10 && mean(&errors) < 0.25, "{errors:?}");
}

const UNSEEN: &str = include_str!("../../../../data/hardware/unseen.csv");
const SPEEDUPS: &str = include_str!("../../../../data/hardware/speedups.toml");
