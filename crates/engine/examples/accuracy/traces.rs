//! Replays of recorded requests: `NAME.jsonl` with arrival, lengths and times of each request, and
//! `NAME.meta.json` with what served them. The GPU is what the name begins with.

use std::error::Error;
use std::fs;
use std::path::Path;

use fakeai_canon::Micros;
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{Cluster, Kind, Layout, Precision, Request, Setup, replay};
use serde_json::Value;

use super::errors::Spread;

/// A replayed trace: measured and simulated means, in seconds.
pub(crate) struct Replayed {
    pub(crate) name: String,
    pub(crate) requests: usize,
    pub(crate) preemptions: u64,
    pub(crate) ttft: (f64, f64),
    pub(crate) tpot: (f64, f64),
    pub(crate) latency: (f64, f64),
    /// Errors request by request.
    pub(crate) each_ttft: Spread,
    pub(crate) each_tpot: Spread,
}

/// A recorded request.
struct Recorded {
    queued: f64,
    first: f64,
    last: f64,
    input: u32,
    output: u32,
}

impl Recorded {
    fn read(line: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(line).ok()?;
        let number = |name: &str| value[name].as_f64();
        Some(Self {
            queued: number("queued_ts")?,
            first: number("first_token_ts")?,
            last: number("last_token_ts")?,
            input: number("input_toks")? as u32,
            output: number("output_toks")? as u32,
        })
    }

    fn tpot(&self) -> Option<f64> {
        let rest = f64::from(self.output) - 1.0;
        (rest > 0.0).then(|| (self.last - self.first) / rest)
    }
}

/// Replays all traces of a folder, in the order of their names.
pub(crate) fn replay_all(folder: &Path) -> Result<Vec<Replayed>, Box<dyn Error>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned()))
        .collect();
    names.sort();
    names.iter().map(|name| replay_one(folder, name)).collect()
}

/// What served a trace. Its times are taken in the engine, so nothing of server and client is in
/// them.
fn setup(name: &str, meta: &Value) -> Result<Setup, Box<dyn Error>> {
    let arguments = &meta["engine_kwargs"];
    let model = arguments["model"].as_str().or(meta["model"].as_str());
    let model = model.ok_or("no model")?;
    let shape = shape(model).ok_or_else(|| format!("the shape of {model} is not known"))?;
    let parts: Vec<&str> = name.split(['-', '_']).collect();
    let named = (1..=parts.len()).rev().map(|count| parts[..count].concat());
    let hardware = named.flat_map(|name| gpu(&name)).next();
    let hardware = hardware.ok_or_else(|| format!("{name} begins with no known GPU"))?;
    let whole = |name: &str| arguments[name].as_u64().map(|value| value as u32);
    let tensor = whole("tensor_parallel_size").unwrap_or(1);
    let mut setup = Setup::new(shape, hardware, tensor, Kind::Vllm, Precision::Bf16);
    let setting = &mut setup.setting;
    setting.max_sequences = whole("max_num_seqs").unwrap_or(setting.max_sequences);
    let tokens = whole("max_num_batched_tokens");
    setting.max_batched_tokens = tokens.unwrap_or(setting.max_batched_tokens);
    // vLLM took 0.9 of the memory before release 0.22.
    setting.memory_share = arguments["gpu_memory_utilization"].as_f64().unwrap_or(0.9);
    let costs = &mut setup.efficiency.engine;
    (
        costs.request_us,
        costs.prompt_token_us,
        costs.concurrency_us,
    ) = (0.0, 0.0, 0.0);
    Ok(setup)
}

fn replay_one(folder: &Path, name: &str) -> Result<Replayed, Box<dyn Error>> {
    let meta = fs::read_to_string(folder.join(format!("{name}.meta.json")))?;
    let setup = setup(name, &serde_json::from_str(&meta)?)?;
    let text = fs::read_to_string(folder.join(format!("{name}.jsonl")))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let mut recorded = Vec::new();
    for (place, line) in lines {
        let why = || format!("{name}.jsonl:{}: not a recorded request", place + 1);
        recorded.push(Recorded::read(line).ok_or_else(why)?);
    }
    recorded.sort_by(|a, b| a.queued.total_cmp(&b.queued));
    let first = recorded.first().map_or(0.0, |request| request.queued);
    let requests = recorded.iter().map(|request| Request {
        arrived: Micros::from_seconds(request.queued - first),
        prompt: request.input,
        output: request.output,
        ..Request::default()
    });
    let mut cluster = Cluster::new(&setup, Layout::of(1), None)?;
    let mut run = replay(&mut cluster, requests.collect());
    run.outcomes.sort_by(|a, b| a.arrived.total_cmp(&b.arrived));
    let pairs = || recorded.iter().zip(&run.outcomes);
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let each_ttft = pairs().map(|(real, ours)| ours.ttft / (real.first - real.queued) - 1.0);
    let each_tpot = pairs().filter_map(|(real, ours)| Some(ours.tpot? / real.tpot()? - 1.0));
    Ok(Replayed {
        name: name.to_owned(),
        requests: recorded.len(),
        preemptions: run.preemptions,
        ttft: (
            mean(recorded.iter().map(|r| r.first - r.queued).collect()),
            run.mean(|outcome| Some(outcome.ttft)),
        ),
        tpot: (
            mean(recorded.iter().filter_map(Recorded::tpot).collect()),
            run.mean(|outcome| outcome.tpot),
        ),
        latency: (
            mean(recorded.iter().map(|r| r.last - r.queued).collect()),
            run.mean(|outcome| Some(outcome.latency)),
        ),
        each_ttft: Spread::of(each_ttft.collect()),
        each_tpot: Spread::of(each_tpot.collect()),
    })
}
