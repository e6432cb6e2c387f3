//! The GPUs of an engine obey what binds their figures: energy is the integral of power, memory
//! adds up, what is idle draws what idle GPUs draw, and prompts and answers load a GPU as they do in
//! published measurements.

use fakeai_canon::Micros;
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    Batch, Cluster, Gpus, Kind, Layout, Power, Precision, Request, Setup, StepTime, play,
};

fn setup(model: &str, on: &str, tensor: u32) -> Setup {
    let kind = Kind::Vllm;
    Setup::new(
        shape(model).unwrap(),
        gpu(on).unwrap(),
        tensor,
        kind,
        Precision::Bf16,
    )
}

fn decode(sequences: u32, context: u32) -> Batch {
    Batch {
        decodes: sequences,
        context: u64::from(sequences) * u64::from(context),
        rows: sequences,
        ..Batch::default()
    }
}

fn prefill(tokens: u32) -> Batch {
    Batch {
        chunks: vec![(tokens, 0)],
        rows: 1,
        ..Batch::default()
    }
}

fn share_of_limit(setup: &Setup, batch: &Batch) -> f64 {
    let power = Power::of(setup);
    let seconds = StepTime::new(setup).seconds(batch);
    power.watts(&power.activity(batch, seconds)) / power.limit_watts()
}

#[test]
fn energy_is_the_integral_of_power() {
    let setup = setup("meta-llama/Llama-3.1-8B", "h100", 2);
    let (power, times) = (Power::of(&setup), StepTime::new(&setup));
    let mut gpus = Gpus::new(&setup, Micros::ZERO);
    gpus.watch(Micros::from_seconds(1.0), Micros::ZERO);
    let (mut at, mut joules) = (Micros::ZERO, 0.0);
    for round in 0..200_u32 {
        let batch = if round % 7 == 0 {
            prefill(2_000)
        } else {
            decode(1 + round, 900)
        };
        let pause = Micros(u64::from(round) * 137);
        joules += power.idle_watts() * pause.seconds();
        let start = at + pause;
        at = gpus.step(start, &batch, &times, 1.0);
        let full = Micros::from_seconds(times.seconds(&batch));
        assert_eq!(at, start + full, "nothing is too hot");
        let activity = power.activity(&batch, times.seconds(&batch));
        joules += power.watts(&activity) * full.seconds();
        // Reading in between changes nothing.
        if round % 3 == 0 {
            gpus.readings(start);
        }
    }
    let reading = gpus.readings(at)[0];
    assert!(
        (reading.joules - joules).abs() < joules * 1e-9,
        "{} {joules}",
        reading.joules
    );
    assert!((gpus.joules() - 2.0 * joules).abs() < joules * 1e-9);
    let later = at + Micros::from_seconds(100.0);
    let idle = gpus.readings(later)[0];
    let expected = reading.joules + 100.0 * power.idle_watts();
    assert!((idle.joules - expected).abs() < 1e-6 * expected);
    assert!(
        (idle.watts - power.idle_watts()).abs() < 1e-6,
        "{}",
        idle.watts
    );
    assert_eq!((idle.busy, idle.activity.memory), (0.0, 0.0));
    assert!(idle.processor_c < reading.processor_c);
    assert!(idle.processor_mhz < reading.processor_mhz);
}

#[test]
fn means_are_over_the_window_alone() {
    let setup = setup("meta-llama/Llama-3.1-8B", "h100", 1);
    let times = StepTime::new(&setup);
    let mut gpus = Gpus::new(&setup, Micros::ZERO);
    gpus.watch(Micros::from_seconds(2.0), Micros::ZERO);
    // Half of the time busy, for ten seconds.
    let batch = decode(32, 500);
    let mut at = Micros::ZERO;
    while at < Micros(10_000_000) {
        let end = gpus.step(at, &batch, &times, 1.0);
        at = end + Micros(end.since(at).0);
    }
    let half = gpus.readings(at)[0];
    assert!((half.busy - 0.5).abs() < 0.02, "{}", half.busy);
    let quarter = gpus.readings(at + Micros(1_000_000))[0];
    assert!((quarter.busy - 0.25).abs() < 0.03, "{}", quarter.busy);
    assert_eq!(gpus.readings(at + Micros(3_000_000))[0].busy, 0.0);
}

/// Splitwise, "Efficient generative LLM inference using phase splitting" (2024), figures of power:
/// Llama-2-70B on eight A100 of 80 GB.
#[test]
fn prompts_and_answers_load_gpus_as_measured() {
    let setup = setup("meta-llama/Llama-3.1-70B", "a100", 8);
    for sequences in [1, 4, 16] {
        let share = share_of_limit(&setup, &decode(sequences, 1_000));
        assert!((0.30..0.50).contains(&share), "decode {sequences}: {share}");
    }
    let shares: Vec<f64> = [128, 512, 2_048, 8_192]
        .map(|tokens| share_of_limit(&setup, &prefill(tokens)))
        .into();
    assert!(shares.is_sorted(), "{shares:?}");
    assert!(shares[3] > 0.7, "{shares:?}");

    let power = Power::of(&setup);
    let times = StepTime::new(&setup);
    let of = |batch: &Batch| power.activity(batch, times.seconds(batch));
    let (answers, prompts) = (of(&decode(64, 1_000)), of(&prefill(8_192)));
    assert!((0.01..0.2).contains(&answers.tensor), "{answers:?}");
    assert!(answers.memory > 0.4, "{answers:?}");
    assert!((0.3..0.8).contains(&prompts.tensor), "{prompts:?}");
    assert!(prompts.memory < answers.memory, "{prompts:?}");
    assert!(prompts.link_bytes > answers.link_bytes && answers.link_bytes > 0.0);
}

#[test]
fn a_hot_gpu_slows_its_replica_and_settles() {
    let setup = setup("meta-llama/Llama-3.1-8B", "h100", 2);
    let times = StepTime::new(&setup);
    let batch = prefill(8_000);
    let mut gpus = Gpus::new(&setup, Micros::ZERO);
    assert!(gpus.set_ambient(1, 75.0, Micros::ZERO));
    assert!(!gpus.set_ambient(2, 75.0, Micros::ZERO), "there are two");
    let cool = times.seconds(&batch);
    let mut at = Micros::ZERO;
    let mut last = 0.0;
    while at < Micros::from_seconds(600.0) {
        let end = gpus.step(at, &batch, &times, 1.0);
        last = end.since(at).seconds();
        at = end;
    }
    let answers = decode(16, 500);
    let end = gpus.step(at, &answers, &times, 1.0);
    let readings = gpus.readings(at);
    let (beside, hot) = (readings[0], readings[1]);
    assert!(hot.processor_c > beside.processor_c + 30.0, "{hot:?}");
    assert!((80.0..100.0).contains(&hot.processor_c), "{hot:?}");
    assert!(hot.slowed_seconds > 100.0, "{hot:?}");
    let share = hot.processor_mhz / f64::from(setup.gpu.sm_mhz);
    assert!(share < 0.95, "{hot:?}");
    assert_eq!(hot.processor_mhz % 15.0, 0.0, "{hot:?}");
    assert_eq!(beside.processor_mhz, hot.processor_mhz, "they work in step");
    assert!(hot.watts < Power::of(&setup).limit_watts());
    // What is computed takes as much longer as clocks are lower; what memory carries does not.
    let stretch = last / cool;
    assert!(
        stretch > 1.1 && stretch <= 1.0 / share + 0.01,
        "{stretch} {share}"
    );
    let carried = end.since(at).seconds() / times.seconds(&answers);
    assert!((carried - 1.0).abs() < 0.02, "{carried}");
}

#[test]
fn a_hot_room_slows_prompts_more_than_answers_and_a_cool_one_nothing() {
    let cool = setup("meta-llama/Llama-3.1-8B", "h100", 1);
    let run = |ambient: f64, prompt: u32, output: u32| {
        let setup = Setup {
            ambient_celsius: ambient,
            ..cool.clone()
        };
        let mut cluster = Cluster::new(&setup, Layout::of(1), None).unwrap();
        let requests = (0..400).map(|number| Request {
            arrived: Micros(number * 1_000),
            prompt,
            output,
            ..Request::default()
        });
        play(&mut cluster, requests, None, &mut |_| true)
    };
    let usual = cool.ambient_celsius;
    let prompts = [usual, usual + 10.0, 80.0].map(|ambient| run(ambient, 16_000, 1));
    assert_eq!(
        prompts[0].seconds, prompts[1].seconds,
        "nothing is too hot yet"
    );
    let computed = prompts[2].seconds / prompts[0].seconds;
    assert!(computed > 1.03, "{computed}");
    let answers = [usual, 80.0].map(|ambient| run(ambient, 16, 400));
    let carried = answers[1].seconds / answers[0].seconds - 1.0;
    assert!(
        (-1e-3..0.5 * (computed - 1.0)).contains(&carried),
        "{carried} {computed}"
    );
}

#[test]
fn memory_holds_what_the_engine_takes() {
    for (model, on, tensor) in [
        ("meta-llama/Llama-3.1-8B", "l4", 1),
        ("meta-llama/Llama-3.1-70B", "h100", 4),
    ] {
        let mut setup = setup(model, on, tensor);
        setup.precision = Precision::Fp8;
        let memory = Gpus::new(&setup, Micros::ZERO).memory();
        let taken = memory.weights + memory.cache + memory.beside;
        let may = setup.memory_bytes() * setup.memory_share();
        let block = setup.cache_bytes_a_token() * f64::from(setup.setting.block_tokens);
        assert!(
            taken <= may && taken > may - 2.0 * block,
            "{taken} of {may}"
        );
    }
}
