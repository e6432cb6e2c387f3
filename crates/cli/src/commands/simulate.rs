//! `fakeai simulate`: a workload on a simulated engine, in virtual time.

use std::io::Write;
use std::path::Path;

use fakeai_canon::{Micros, Seed};
use fakeai_engine::serving::{
    Arrivals, Cluster, Lengths, Outcome, Request, Run, Setup, Workload, replay, run as play,
};
use serde_json::{Value, json};

use super::{Failure, effective};
use crate::arguments::SimulateArguments;

/// Requests under way where neither a rate nor a concurrency is given.
const CONCURRENCY: u32 = 16;

pub(super) fn run(arguments: &SimulateArguments, out: &mut dyn Write) -> Result<(), Failure> {
    let config = effective(&arguments.flags)?.config;
    let refused = |conflict: fakeai_server::config::Conflict| Failure::Words(conflict.to_string());
    let Some((setup, layout)) = config.serving.setup().map_err(refused)? else {
        return Err(Failure::Words(
            "which engine? Try `--engine vllm --gpu h100 --served-model meta-llama/Llama-3.1-8B`"
                .to_owned(),
        ));
    };
    let seed = Seed(config.server.seed);
    let words = |misfit: fakeai_engine::serving::Misfit| Failure::Words(misfit.to_string());
    let mut cluster = Cluster::new(&setup, layout, Some(seed)).map_err(words)?;
    let done = match &arguments.trace {
        Some(path) => replay(&mut cluster, trace(path)?),
        None => play(
            &mut cluster,
            &workload(arguments)?,
            &mut seed.fork("workload").rng(),
        ),
    };
    let slo = arguments.slo.iter().map(|text| Goal::read(text));
    let slo = slo.collect::<Result<Vec<Goal>, Failure>>()?;
    let summary = summary(&setup, &done, &slo);
    if arguments.json {
        writeln!(out, "{summary:#}")?;
        return Ok(());
    }
    table(&summary, out)
}

fn workload(arguments: &SimulateArguments) -> Result<Workload, Failure> {
    let arrivals = match arguments.rate {
        Some(rate) if rate > 0.0 && arguments.variation == 1.0 => Arrivals::Poisson { rate },
        Some(rate) if rate > 0.0 && arguments.variation > 0.0 => Arrivals::Gamma {
            rate,
            variation: arguments.variation,
        },
        Some(_) => {
            let words = "--rate and --variation have to be above 0";
            return Err(Failure::Words(words.to_owned()));
        }
        None => Arrivals::Closed {
            concurrency: arguments.concurrency.unwrap_or(CONCURRENCY).max(1),
        },
    };
    Ok(Workload {
        arrivals,
        requests: arguments.requests,
        prompt: lengths("--input-len", &arguments.input_len)?,
        output: lengths("--output-len", &arguments.output_len)?,
        shared: None,
    })
}

fn lengths(flag: &str, text: &str) -> Result<Lengths, Failure> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    match (low.trim().parse(), high.trim().parse()) {
        (Ok(low), Ok(high)) if 0 < low && low <= high => Ok(Lengths { low, high }),
        _ => Err(Failure::Words(format!(
            "{flag} '{text}' is no number of tokens and no span such as 256-1024"
        ))),
    }
}

/// The requests of a trace, each wrong line named by its number.
fn trace(path: &Path) -> Result<Vec<Request>, Failure> {
    let words = |error: std::io::Error| Failure::Words(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(words)?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let requests = lines.map(|(number, line)| {
        let why = |why: &str| Failure::Words(format!("{}:{}: {why}", path.display(), number + 1));
        let value: Value = serde_json::from_str(line).map_err(|_| why("this is no JSON"))?;
        request(&value).map_err(why)
    });
    requests.collect()
}

/// The tokens that one id of a Mooncake trace stands for.
const MOONCAKE_BLOCK: u64 = 512;
/// The tokens of our blocks that its ids are spread over.
const BLOCK: u64 = 16;

fn request(value: &Value) -> Result<Request, &'static str> {
    let number = |names: &[&str]| names.iter().find_map(|name| value[*name].as_f64());
    let seconds = number(&["arrival_time", "arrived_at", "arrival"]);
    let seconds = seconds.or(number(&["timestamp"]).map(|milliseconds| milliseconds / 1e3));
    let prompt = number(&[
        "input_length",
        "input_tokens",
        "input_toks",
        "prompt_tokens",
    ]);
    let output = number(&[
        "output_length",
        "output_tokens",
        "output_toks",
        "completion_tokens",
    ]);
    let (Some(seconds), Some(prompt), Some(output)) = (seconds, prompt, output) else {
        return Err("needs arrival_time or timestamp, input_length and output_length");
    };
    if seconds < 0.0 || prompt < 1.0 || output < 1.0 {
        return Err("a time below 0, or a length below 1");
    }
    let ids = value["hash_ids"].as_array().map_or(&[][..], Vec::as_slice);
    let hashes = ids.iter().filter_map(Value::as_u64).flat_map(|id| {
        let parts = MOONCAKE_BLOCK / BLOCK;
        (0..parts).map(move |part| id.wrapping_mul(parts).wrapping_add(part))
    });
    let full = (prompt as u64 / BLOCK) as usize;
    Ok(Request {
        arrived: Micros::from_seconds(seconds),
        prompt: prompt as u32,
        hashes: hashes.take(full).collect(),
        output: output as u32,
        ..Request::default()
    })
}

/// A goal that a good request meets.
struct Goal {
    of: fn(&Outcome) -> Option<f64>,
    milliseconds: f64,
}

impl Goal {
    fn read(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::Words(format!(
                "--slo '{text}' is not `ttft:`, `tpot:` or `e2e:` with milliseconds"
            ))
        };
        let (name, value) = text.split_once(':').ok_or_else(wrong)?;
        let of: fn(&Outcome) -> Option<f64> = match name {
            "ttft" => |outcome| Some(outcome.ttft),
            "tpot" | "itl" => |outcome| outcome.tpot,
            "e2e" => |outcome| Some(outcome.latency),
            _ => return Err(wrong()),
        };
        let milliseconds = value.parse().map_err(|_| wrong())?;
        Ok(Self { of, milliseconds })
    }

    fn is_met(&self, outcome: &Outcome) -> bool {
        (self.of)(outcome).is_none_or(|seconds| seconds * 1e3 <= self.milliseconds)
    }
}

fn summary(setup: &Setup, done: &Run, slo: &[Goal]) -> Value {
    let outcomes = &done.outcomes;
    let seconds = done.seconds.max(1e-9);
    let sum = |of: fn(&Outcome) -> u32| outcomes.iter().map(|o| u64::from(of(o))).sum::<u64>();
    let (prompt, cached, output) = (sum(|o| o.prompt), sum(|o| o.cached), sum(|o| o.output));
    let good = outcomes
        .iter()
        .filter(|o| slo.iter().all(|goal| goal.is_met(o)))
        .count();
    json!({
        "model": setup.shape.model,
        "gpus": format!("{} x {}", setup.gpus(), setup.gpu.name),
        "engine": setup.setting.kind.name(),
        "kv_blocks": setup.blocks().unwrap_or(0),
        "requests": outcomes.len(),
        "seconds": rounded(seconds),
        "steps": done.steps,
        "preemptions": done.preemptions,
        "ttft_ms": spread(outcomes, |o| Some(o.ttft)),
        "tpot_ms": spread(outcomes, |o| o.tpot),
        "e2e_ms": spread(outcomes, |o| Some(o.latency)),
        "requests_per_second": rounded(outcomes.len() as f64 / seconds),
        "output_tokens_per_second": rounded(output as f64 / seconds),
        "total_tokens_per_second": rounded((prompt + output) as f64 / seconds),
        "cache_hit_rate": rounded(cached as f64 / prompt.max(1) as f64),
        "goodput_requests_per_second": rounded(good as f64 / seconds),
    })
}

fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// Mean and percentiles in milliseconds.
fn spread(outcomes: &[Outcome], of: fn(&Outcome) -> Option<f64>) -> Value {
    let mut values: Vec<f64> = outcomes.iter().filter_map(of).map(|s| s * 1e3).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = ((values.len() as f64 - 1.0) * share).round().max(0.0) as usize;
        values.get(place).copied().map_or(0.0, rounded)
    };
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    json!({"mean": rounded(mean), "p50": at(0.5), "p90": at(0.9), "p99": at(0.99)})
}

fn table(summary: &Value, out: &mut dyn Write) -> Result<(), Failure> {
    let entries = summary.as_object().into_iter().flatten();
    for (name, value) in entries {
        match value {
            Value::Object(spread) => {
                let parts = spread.iter().map(|(name, value)| format!("{name} {value}"));
                writeln!(out, "{name:28} {}", parts.collect::<Vec<_>>().join("   "))?;
            }
            Value::String(text) => writeln!(out, "{name:28} {text}")?,
            value => writeln!(out, "{name:28} {value}")?,
        }
    }
    Ok(())
}
