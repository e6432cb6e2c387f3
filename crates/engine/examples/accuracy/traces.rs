//! Replays of recorded requests: `NAME.jsonl` with arrival, lengths and times of each request, and
//! `NAME.meta.json` with what served them. The GPU is what the name begins with. Runs of which only
//! means are known are in `data/hardware/recorded.toml`.

use std::error::Error;
use std::fs;
use std::path::Path;

use fakeai_canon::Micros;
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    Cluster, Constants, Kind, Layout, Precision, Request, Run, Setup, replay,
};
use serde::Deserialize;
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
    /// Errors request by request, where each was recorded.
    pub(crate) each: Option<Each>,
}

/// Errors request by request.
pub(crate) struct Each {
    pub(crate) ttft: Spread,
    pub(crate) tpot: Spread,
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
pub(crate) fn replay_all(
    folder: &Path,
    constants: &Constants,
) -> Result<Vec<Replayed>, Box<dyn Error>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned()))
        .collect();
    names.sort();
    names
        .iter()
        .map(|name| replay_one(folder, name, constants))
        .collect()
}

/// What served a trace.
fn setup(name: &str, meta: &Value, constants: &Constants) -> Result<Setup, Box<dyn Error>> {
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
    in_engine(&mut setup, constants);
    if let Some(share) = arguments["gpu_memory_utilization"].as_f64() {
        setup.setting.memory_share = Some(share);
    }
    Ok(setup)
}

/// Recorded times are taken in the engine: nothing of server and client is in them.
fn in_engine(setup: &mut Setup, constants: &Constants) {
    // vLLM took 0.9 of the memory before release 0.22.
    setup.setting.memory_share = Some(0.9);
    let numbers = constants.of(&setup.gpu.name, setup.setting.kind.name());
    setup.efficiency = numbers.without_server();
}

/// The requests of a trace, in the order in which they came.
fn recorded(folder: &Path, name: &str) -> Result<Vec<Recorded>, Box<dyn Error>> {
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
    Ok(recorded)
}

/// What becomes of requests of these arrivals (in seconds) and lengths.
fn simulated(
    setup: &Setup,
    requests: impl Iterator<Item = (f64, u32, u32)>,
) -> Result<Run, Box<dyn Error>> {
    let requests = requests.map(|(at, prompt, output)| Request {
        arrived: Micros::from_seconds(at),
        prompt,
        output,
        ..Request::default()
    });
    let mut cluster = Cluster::new(setup, Layout::of(1), None)?;
    Ok(replay(&mut cluster, requests.collect()))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

fn replay_one(
    folder: &Path,
    name: &str,
    constants: &Constants,
) -> Result<Replayed, Box<dyn Error>> {
    let meta = fs::read_to_string(folder.join(format!("{name}.meta.json")))?;
    let setup = setup(name, &serde_json::from_str(&meta)?, constants)?;
    let recorded = recorded(folder, name)?;
    let first = recorded.first().map_or(0.0, |request| request.queued);
    let requests = recorded
        .iter()
        .map(|request| (request.queued - first, request.input, request.output));
    let mut run = simulated(&setup, requests)?;
    run.outcomes.sort_by(|a, b| a.arrived.total_cmp(&b.arrived));
    let pairs = || recorded.iter().zip(&run.outcomes);
    let each_ttft = pairs().map(|(real, ours)| ours.ttft / (real.first - real.queued) - 1.0);
    let each_tpot = pairs().filter_map(|(real, ours)| Some(ours.tpot? / real.tpot()? - 1.0));
    let real = Means {
        ttft: mean(recorded.iter().map(|r| r.first - r.queued)),
        tpot: mean(recorded.iter().filter_map(Recorded::tpot)),
        latency: mean(recorded.iter().map(|r| r.last - r.queued)),
    };
    let each = Each {
        ttft: Spread::of(each_ttft.collect()),
        tpot: Spread::of(each_tpot.collect()),
    };
    Ok(real.beside(name, &run, Some(each)))
}

/// Measured means, in seconds.
struct Means {
    ttft: f64,
    tpot: f64,
    latency: f64,
}

impl Means {
    fn beside(&self, name: &str, run: &Run, each: Option<Each>) -> Replayed {
        Replayed {
            name: name.to_owned(),
            requests: run.outcomes.len(),
            preemptions: run.preemptions,
            ttft: (self.ttft, run.mean(|outcome| Some(outcome.ttft))),
            tpot: (self.tpot, run.mean(|outcome| outcome.tpot)),
            latency: (self.latency, run.mean(|outcome| Some(outcome.latency))),
            each,
        }
    }
}

/// Runs of which only means are known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    run: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    /// Whose arrivals it has, and whose lengths unless it has its own.
    trace: String,
    model: String,
    gpu: String,
    tensor_parallel: u32,
    max_sequences: u32,
    max_batched_tokens: u32,
    blocks: Option<u32>,
    ttft_s: f64,
    tpot_ms: f64,
    latency_s: f64,
    lengths: Option<Vec<(u32, u32)>>,
}

/// Replays the runs of which only means are known, on arrivals of a trace of the folder; those
/// whose trace is not there are left out.
pub(crate) fn replay_means(
    folder: &Path,
    constants: &Constants,
) -> Result<Vec<Replayed>, Box<dyn Error>> {
    let table: Table = toml::from_str(RECORDED)?;
    let is_there = |row: &&Row| folder.join(format!("{}.jsonl", row.trace)).is_file();
    let rows = table.run.iter().filter(is_there);
    rows.map(|row| replay_mean(folder, row, constants))
        .collect()
}

const RECORDED: &str = include_str!("../../../../data/hardware/recorded.toml");

fn replay_mean(
    folder: &Path,
    row: &Row,
    constants: &Constants,
) -> Result<Replayed, Box<dyn Error>> {
    let shape = shape(&row.model).ok_or_else(|| format!("no shape of {}", row.model))?;
    let hardware = gpu(&row.gpu).ok_or_else(|| format!("no GPU {}", row.gpu))?;
    let mut setup = Setup::new(
        shape,
        hardware,
        row.tensor_parallel,
        Kind::Vllm,
        Precision::Bf16,
    );
    in_engine(&mut setup, constants);
    setup.setting.max_sequences = row.max_sequences;
    setup.setting.max_batched_tokens = row.max_batched_tokens;
    setup.setting.blocks = row.blocks;
    let recorded = recorded(folder, &row.trace)?;
    let first = recorded.first().map_or(0.0, |request| request.queued);
    let lengths = row.lengths.as_deref();
    let requests = recorded.iter().enumerate().map(|(place, request)| {
        let own = lengths.and_then(|lengths| lengths.get(place)).copied();
        let (prompt, output) = own.unwrap_or((request.input, request.output));
        (request.queued - first, prompt, output)
    });
    let run = simulated(&setup, requests)?;
    let real = Means {
        ttft: row.ttft_s,
        tpot: row.tpot_ms * 1e-3,
        latency: row.latency_s,
    };
    Ok(real.beside(&row.name, &run, None))
}
