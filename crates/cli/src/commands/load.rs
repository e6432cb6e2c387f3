//! The load of `fakeai simulate` and `fakeai plan`: what requests come, and what counts as good.

use std::path::Path;

use fakeai_canon::{Micros, Seed};
use fakeai_engine::serving::{
    Arrivals, Cluster, Lengths, Outcome, Request, Run, Shared, Workload, play,
};
use serde_json::Value;

use super::Failure;
use crate::arguments::LoadArguments;

/// Requests under way where neither a rate nor a concurrency is given.
const CONCURRENCY: u32 = 16;

/// What requests come.
pub(super) enum Load {
    /// Those of a kind.
    Drawn(Workload),
    /// Those of a file, in order of their arrival.
    Traced(Vec<Traced>),
}

impl Load {
    pub(super) fn read(arguments: &LoadArguments) -> Result<Self, Failure> {
        let is_price = |price: f64| price.is_finite() && price >= 0.0;
        if arguments.gpu_price.is_some_and(|price| !is_price(price)) {
            let words = "--gpu-price has to be a number of dollars, 0 or more";
            return Err(Failure::Words(words.to_owned()));
        }
        match &arguments.trace {
            Some(path) => Ok(Self::Traced(trace(path)?)),
            None => Ok(Self::Drawn(workload(arguments)?)),
        }
    }

    /// Refuses requests of which not even the shortest can be served there.
    pub(super) fn check(&self, cluster: &Cluster) -> Result<(), Failure> {
        let Self::Drawn(workload) = self else {
            return Ok(());
        };
        if workload.adapters > 0 && cluster.setup().setting.max_adapters.is_none() {
            let words = "--adapters are requests with adapters (LoRA), which an engine with --enable-lora serves";
            return Err(Failure::Words(words.to_owned()));
        }
        let prefix = workload.shared.map_or(0, |shared| shared.tokens);
        let (prompt, output) = (workload.prompt.low, workload.output.low);
        let all = u64::from(prefix) + u64::from(prompt) + u64::from(output);
        let longest = cluster.longest_served();
        if all <= u64::from(longest) {
            return Ok(());
        }
        let setup = cluster.setup();
        let cache = cluster.longest();
        Err(Failure::Words(format!(
            "requests of {prefix} + {prompt} tokens and {output} of an answer are {all}, and a sequence has at most \
             {longest}: the cache holds {cache}, {} knows {} and --max-model-len says {}",
            setup.shape.model,
            setup.shape.context,
            setup.setting.max_context.unwrap_or(0),
        )))
    }

    /// How many requests there are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Drawn(workload) => workload.requests as usize,
            Self::Traced(requests) => requests.len(),
        }
    }

    /// Runs them on a fresh cluster.
    pub(super) fn play(
        &self,
        cluster: &mut Cluster,
        seed: Seed,
        watch: &mut dyn FnMut(&Run) -> bool,
    ) -> Run {
        let size = cluster.setup().setting.block_tokens;
        match self {
            Self::Drawn(workload) => {
                let requests = workload.requests(size, seed.fork("workload").rng());
                play(cluster, requests, workload.concurrency(), watch)
            }
            Self::Traced(requests) => {
                let requests = requests.iter().map(|request| request.with_blocks_of(size));
                play(cluster, requests, None, watch)
            }
        }
    }

    /// The mean lengths of prompts and answers.
    pub(super) fn lengths(&self) -> (f64, f64) {
        let middle = |lengths: Lengths| f64::from(lengths.low + lengths.high) / 2.0;
        match self {
            Self::Drawn(workload) => {
                let shared = workload.shared.map_or(0, |shared| shared.tokens);
                let prompt = middle(workload.prompt) + f64::from(shared);
                (prompt, middle(workload.output))
            }
            Self::Traced(requests) => {
                let mean = |of: fn(&Traced) -> u32| {
                    let sum: f64 = requests.iter().map(|request| f64::from(of(request))).sum();
                    sum / requests.len().max(1) as f64
                };
                (
                    mean(|request| request.prompt),
                    mean(|request| request.output),
                )
            }
        }
    }

    /// Requests a second, where they come by themselves.
    pub(super) fn rate(&self) -> Option<f64> {
        match self {
            Self::Drawn(workload) => match workload.arrivals {
                Arrivals::Closed { .. } => None,
                Arrivals::Poisson { rate } | Arrivals::Gamma { rate, .. } => Some(rate),
            },
            Self::Traced(requests) => {
                let last = requests.last()?.arrived.seconds();
                (last > 0.0).then(|| requests.len() as f64 / last)
            }
        }
    }
}

fn workload(arguments: &LoadArguments) -> Result<Workload, Failure> {
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
            concurrency: arguments.concurrency.unwrap_or(CONCURRENCY),
        },
    };
    if arguments.requests == 0 || arguments.concurrency == Some(0) {
        let words = "--requests and --concurrency have to be above 0";
        return Err(Failure::Words(words.to_owned()));
    }
    Ok(Workload {
        arrivals,
        requests: arguments.requests,
        prompt: lengths("--input-len", &arguments.input_len)?,
        output: lengths("--output-len", &arguments.output_len)?,
        shared: (arguments.shared_prefix > 0).then_some(Shared {
            tokens: arguments.shared_prefix,
            groups: arguments.shared_groups.max(1),
        }),
        adapters: arguments.adapters,
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

/// A request of a trace.
pub(super) struct Traced {
    arrived: Micros,
    prompt: u32,
    output: u32,
    /// Ids of stretches of the prompt, as a Mooncake trace has them.
    ids: Vec<u64>,
}

/// The latest time and the longest prompt or answer of a trace.
const LATEST: f64 = 1e12;
const LONGEST: f64 = 1e9;

/// The tokens that one id of a Mooncake trace stands for.
const MOONCAKE_BLOCK: u32 = 512;

impl Traced {
    fn read(value: &Value) -> Result<Self, &'static str> {
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
        if seconds > LATEST || prompt.max(output) > LONGEST {
            return Err("a time above 10^12 seconds, or a length above 10^9");
        }
        let ids = match &value["hash_ids"] {
            Value::Null => Vec::new(),
            Value::Array(ids) => {
                let ids: Option<Vec<u64>> = ids.iter().map(Value::as_u64).collect();
                ids.ok_or("hash_ids has to be a list of whole numbers")?
            }
            _ => return Err("hash_ids has to be a list of whole numbers"),
        };
        Ok(Self {
            arrived: Micros::from_seconds(seconds),
            prompt: prompt as u32,
            output: output as u32,
            ids,
        })
    }

    /// The request, with the hashes of blocks of that size.
    fn with_blocks_of(&self, size: u32) -> Request {
        let parts = u64::from((MOONCAKE_BLOCK / size).max(1));
        let ids = self.ids.iter();
        let hashes = ids.flat_map(|id| {
            let first = id.wrapping_mul(parts);
            (0..parts).map(move |part| first.wrapping_add(part))
        });
        Request {
            arrived: self.arrived,
            prompt: self.prompt,
            hashes: hashes.take((self.prompt / size) as usize).collect(),
            output: self.output,
            ..Request::default()
        }
    }
}

/// The requests of a trace from its first on, each wrong line named by its number.
fn trace(path: &Path) -> Result<Vec<Traced>, Failure> {
    let words = |error: std::io::Error| Failure::Words(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(words)?;
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.trim().is_empty());
    let requests = lines.map(|(number, line)| {
        let why = |why: &str| Failure::Words(format!("{}:{}: {why}", path.display(), number + 1));
        let value: Value = serde_json::from_str(line).map_err(|_| why("this is no JSON"))?;
        Traced::read(&value).map_err(why)
    });
    let mut requests = requests.collect::<Result<Vec<Traced>, Failure>>()?;
    requests.sort_by_key(|request| request.arrived);
    let Some(first) = requests.first().map(|first| first.arrived) else {
        let why = format!("{}: there is no request in it", path.display());
        return Err(Failure::Words(why));
    };
    for request in &mut requests {
        request.arrived = request.arrived.since(first);
    }
    Ok(requests)
}

/// A goal that a good request meets.
pub(super) struct Goal {
    /// What it is about, by the name on the command line.
    pub(super) name: String,
    of: fn(&Outcome) -> Option<f64>,
    /// The most that is good.
    pub(super) milliseconds: f64,
}

impl Goal {
    /// All goals of a command line.
    pub(super) fn all(arguments: &LoadArguments) -> Result<Vec<Self>, Failure> {
        arguments.slo.iter().map(|text| Self::read(text)).collect()
    }

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
        let milliseconds: f64 = value.parse().map_err(|_| wrong())?;
        if milliseconds.is_nan() || milliseconds <= 0.0 {
            return Err(wrong());
        }
        Ok(Self {
            name: name.to_owned(),
            of,
            milliseconds,
        })
    }

    /// Whether a request meets it.
    pub(super) fn is_met(&self, outcome: &Outcome) -> bool {
        (self.of)(outcome).is_none_or(|seconds| seconds * 1e3 <= self.milliseconds)
    }
}
