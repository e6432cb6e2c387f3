//! `fakeai plan`: the cheapest cluster that serves a workload within a goal. What can't be is left
//! out by arithmetic; the rest is simulated, the cheapest first.

use std::io::Write;

use fakeai_canon::Seed;
use fakeai_catalog::hardware::{Gpu, gpu, gpu_price, gpus};
use fakeai_engine::serving::{Batch, Cluster, Layout, Setup, StepTime};
use fakeai_server::config::{Config, Conflict};
use serde_json::{Value, json};

use super::Failure;
use super::load::{Goal, Load};
use crate::arguments::PlanArguments;
use crate::config::{Origin, Surroundings, resolve_unchecked};

/// GPUs that share each layer, as far as machines have so many.
const PARALLEL: [u32; 4] = [1, 2, 4, 8];

/// Tokens of a step that are tried beside the engine's own default (0).
const BATCHES: [u32; 2] = [0, 2_048];

/// A cluster that may do.
struct Candidate {
    setup: Setup,
    replicas: u32,
    /// US dollars an hour for all.
    cost: f64,
    /// Tokens that a step with proposals made, where it speculates and was run.
    acceptance: Option<f64>,
}

impl Candidate {
    fn name(&self) -> String {
        let setup = &self.setup;
        format!(
            "{} x {} (tp {}, {} replicas, {} tokens a step)",
            self.replicas * setup.gpus(),
            setup.gpu.name,
            setup.tensor_parallel,
            self.replicas,
            setup.setting.max_batched_tokens
        )
    }

    fn shown(&self) -> Value {
        json!({
            "gpu": self.setup.gpu.name,
            "gpus": self.replicas * self.setup.gpus(),
            "tensor_parallel_size": self.setup.tensor_parallel,
            "replicas": self.replicas,
            "max_num_batched_tokens": self.setup.setting.max_batched_tokens,
            "dollars_per_hour": cents(self.cost),
        })
    }
}

/// What came of a run.
struct Attained {
    /// The share of requests that meet the goals, of those that were run.
    share: f64,
    /// Whether all were: a run that has missed its goal is not run to its end.
    whole: bool,
    /// How many tokens a step with proposals made.
    length: Option<f64>,
}

/// Settings that a search finds, and their flags.
const FOUND: [(&str, &str); 3] = [
    ("serving.gpus", "--gpus"),
    ("serving.replicas", "--replicas"),
    ("serving.prefill_replicas", "--prefill-replicas"),
];

/// What is searched for.
struct Search<'a> {
    arguments: &'a PlanArguments,
    /// The only GPU to look at, and how many share a layer, where flags say so.
    gpu: Option<String>,
    tensor: Option<u32>,
    config: Config,
    load: Load,
    goals: Vec<Goal>,
    rejected: Vec<(String, String)>,
}

pub(super) fn run(arguments: &PlanArguments, out: &mut dyn Write) -> Result<(), Failure> {
    // Which GPUs there are is what is searched for, so that it does not matter what fits on which.
    let resolved = resolve_unchecked(&arguments.flags, &Surroundings::real())?;
    let is_flag = |setting: &str| matches!(resolved.origin_of(setting), Origin::Flag(_));
    for (setting, flag) in FOUND {
        if is_flag(setting) {
            return Err(Failure::Words(format!(
                "{flag} is what is searched for; --max-gpus bounds it"
            )));
        }
    }
    if !(arguments.attain > 0.0 && arguments.attain <= 1.0) {
        let words = "--attain has to be a share above 0 and up to 1";
        return Err(Failure::Words(words.to_owned()));
    }
    let config = &resolved.config;
    let goals = Goal::all(&arguments.load)?;
    if config.serving.engine.is_none() || goals.is_empty() {
        return Err(Failure::Words(
            "which engine, and which goal? Try `--engine vllm --rate 10 --slo ttft:500 --slo tpot:30`"
                .to_owned(),
        ));
    }
    let load = Load::read(&arguments.load)?;
    let mut search = Search {
        arguments,
        gpu: is_flag("serving.gpu").then(|| config.serving.gpu.clone()),
        tensor: is_flag("serving.tensor_parallel_size")
            .then_some(config.serving.tensor_parallel_size),
        config: resolved.config,
        load,
        goals,
        rejected: Vec::new(),
    };
    let mut candidates = search.candidates()?;
    candidates.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let best = search.cheapest(candidates)?;
    search.tell(best.as_ref(), out)
}

impl Search<'_> {
    /// All clusters of the fewest replicas that arithmetic does not rule out.
    fn candidates(&mut self) -> Result<Vec<Candidate>, Failure> {
        let mut candidates = Vec::new();
        for gpu in self.gpus()? {
            let known = gpu_price(gpu).map(|price| price.dollars_an_hour);
            let Some(price) = self.arguments.load.gpu_price.or(known) else {
                self.reject(
                    gpu.name.clone(),
                    "its price is not known; --gpu-price gives one",
                );
                continue;
            };
            let parallel = self.tensor.map_or(PARALLEL.to_vec(), |tensor| vec![tensor]);
            for tensor in parallel {
                let mut tried = Vec::new();
                for tokens in BATCHES {
                    let name = format!("{} (tp {tensor})", gpu.name);
                    match self.setup(gpu, tensor, tokens) {
                        // Some engines take so many on this GPU anyway.
                        Ok(setup) if tried.contains(&setup.setting.max_batched_tokens) => {}
                        Ok(setup) => {
                            tried.push(setup.setting.max_batched_tokens);
                            if let Some(candidate) = self.prune(name, setup, price) {
                                candidates.push(candidate);
                            }
                        }
                        Err(conflict) => {
                            // What does not fit, does not fit with other steps either.
                            self.reject(name, &conflict.to_string());
                            break;
                        }
                    }
                }
            }
        }
        Ok(candidates)
    }

    fn gpus(&self) -> Result<Vec<&'static Gpu>, Failure> {
        let named = match (&self.gpu, self.arguments.among.as_slice()) {
            (Some(only), []) => std::slice::from_ref(only),
            (_, among) => among,
        };
        if named.is_empty() {
            let priced = gpus().iter().filter(|gpu| gpu_price(gpu).is_some());
            return Ok(priced.collect());
        }
        let named = named.iter().map(|name| {
            let unknown =
                || Failure::Words(format!("no GPU is called '{name}'; see `fakeai gpus`"));
            gpu(name).ok_or_else(unknown)
        });
        named.collect()
    }

    fn setup(&self, gpu: &Gpu, tensor: u32, tokens: u32) -> Result<Setup, Conflict> {
        let mut serving = self.config.serving.clone();
        serving.gpu.clone_from(&gpu.name);
        serving.tensor_parallel_size = tensor;
        (serving.gpus, serving.replicas, serving.prefill_replicas) = (0, 0, 0);
        if tokens > 0 {
            serving.max_num_batched_tokens = tokens;
        }
        match serving.setup()? {
            Some((setup, _)) => Ok(setup),
            None => Err(Conflict {
                setting: "serving.engine",
                problem: "is needed".into(),
            }),
        }
    }

    /// The fewest replicas that could do; none where the goal is out of reach of a single request.
    fn prune(&mut self, name: String, setup: Setup, price: f64) -> Option<Candidate> {
        let times = StepTime::new(&setup);
        let (prompt, output) = self.load.lengths();
        let alone = Batch {
            chunks: vec![(prompt as u32, 0)],
            rows: 1,
            ..Batch::default()
        };
        let first = (times.seconds(&alone) + times.request_seconds(prompt as u32, 0)) * 1e3;
        let token = times.seconds(&decodes(1, prompt, proposed(&setup))) * 1e3;
        // At best all that is proposed holds.
        let token = token / f64::from(1 + proposed(&setup));
        for goal in &self.goals {
            let least = match goal.name.as_str() {
                "ttft" => first,
                "e2e" => first + token * (output - 1.0).max(0.0),
                _ => token,
            };
            if least > goal.milliseconds && self.arguments.load.shared_prefix == 0 {
                let why = format!(
                    "a request that runs alone has a {} of {least:.1} ms, and {:.1} are wanted",
                    goal.name, goal.milliseconds
                );
                self.reject(name, &why);
                return None;
            }
        }
        let replicas = match self.load.rate() {
            Some(rate) => (rate / most_requests(&setup, &times, prompt, output)).ceil(),
            None => 1.0,
        };
        let replicas = (replicas as u32).max(1);
        let gpus = replicas.saturating_mul(setup.gpus());
        if gpus > self.arguments.max_gpus {
            let why = format!(
                "{replicas} replicas at least are needed, which are {gpus} GPUs of {} at most",
                self.arguments.max_gpus
            );
            self.reject(name, &why);
            return None;
        }
        Some(Candidate {
            cost: f64::from(gpus) * price,
            acceptance: None,
            setup,
            replicas,
        })
    }

    /// Simulates the cheapest first; one that misses the goal comes again with one more replica.
    fn cheapest(&mut self, mut queue: Vec<Candidate>) -> Result<Option<(Candidate, f64)>, Failure> {
        while !queue.is_empty() {
            let mut candidate = queue.remove(0);
            let Attained {
                share,
                whole,
                length,
            } = self.attained(&candidate)?;
            if share >= self.arguments.attain {
                candidate.acceptance = length;
                return Ok(Some((candidate, share)));
            }
            let why = match whole {
                true => format!("{:.1} % of requests meet the goals", share * 100.0),
                false => format!(
                    "less than {:.1} % of requests meet the goals",
                    self.arguments.attain * 100.0
                ),
            };
            self.reject(candidate.name(), &why);
            let one = candidate.cost / f64::from(candidate.replicas);
            // The nearer it was, the smaller the next step.
            let more = if share < 0.5 {
                candidate.replicas.div_ceil(4)
            } else {
                1
            };
            candidate.replicas += more;
            candidate.cost = one * f64::from(candidate.replicas);
            if candidate.replicas * candidate.setup.gpus() <= self.arguments.max_gpus {
                let place = queue.partition_point(|other| other.cost <= candidate.cost);
                queue.insert(place, candidate);
            }
        }
        Ok(None)
    }

    /// How many requests meet the goals.
    fn attained(&self, candidate: &Candidate) -> Result<Attained, Failure> {
        let seed = Seed(self.config.server.seed);
        let layout = Layout {
            router: self.config.serving.router(),
            ..Layout::of(candidate.replicas)
        };
        let mut cluster = Cluster::new(&candidate.setup, layout, Some(seed))
            .map_err(|misfit| Failure::Words(misfit.to_string()))?;
        let all = self.load.count();
        let most_bad = ((1.0 - self.arguments.attain) * all as f64) as usize;
        let (mut seen, mut bad) = (0, 0);
        let goals = &self.goals;
        // A run that has missed its goal already is not run to its end.
        let run = self.load.play(&mut cluster, seed, &mut |run| {
            let fresh = run.outcomes.iter().skip(seen);
            bad += fresh
                .filter(|outcome| !goals.iter().all(|goal| goal.is_met(outcome)))
                .count();
            seen = run.outcomes.len();
            bad <= most_bad
        });
        let good = run
            .outcomes
            .iter()
            .filter(|outcome| goals.iter().all(|goal| goal.is_met(outcome)))
            .count();
        let whole = run.outcomes.len() >= all || bad <= most_bad;
        let asked = if whole { all } else { run.outcomes.len() };
        let speculates = candidate.setup.speculation.is_some();
        let length = speculates.then(|| run.mean_acceptance_length());
        Ok(Attained {
            share: good as f64 / asked.max(1) as f64,
            whole,
            length,
        })
    }

    fn reject(&mut self, name: String, why: &str) {
        // What several settings of a step have in common is told once.
        let row = (name, why.to_owned());
        if !self.rejected.contains(&row) {
            self.rejected.push(row);
        }
    }

    fn tell(&self, best: Option<&(Candidate, f64)>, out: &mut dyn Write) -> Result<(), Failure> {
        if self.arguments.json {
            let rejected = self.rejected.iter();
            let rejected: Vec<Value> = rejected
                .map(|(name, why)| json!({"candidate": name, "why": why}))
                .collect();
            let best = best.map(|(candidate, share)| {
                let mut shown = candidate.shown();
                shown["good_share"] = json!((share * 1e3).round() / 1e3);
                if let Some(length) = candidate.acceptance {
                    shown["mean_acceptance_length"] = json!((length * 1e3).round() / 1e3);
                }
                shown
            });
            let answer = json!({"best": best, "rejected": rejected});
            writeln!(out, "{answer:#}")?;
            return Ok(());
        }
        match best {
            Some((candidate, share)) => {
                writeln!(
                    out,
                    "{}: {:.2} dollars an hour, {:.1} % of requests meet the goals",
                    candidate.name(),
                    candidate.cost,
                    share * 100.0
                )?;
                if let Some(length) = candidate.acceptance {
                    writeln!(out, "mean acceptance length {length:.2}")?;
                }
            }
            None => writeln!(out, "nothing with {} GPUs does", self.arguments.max_gpus)?,
        }
        writeln!(out, "\nrejected:")?;
        for (name, why) in &self.rejected {
            writeln!(out, "  {name}: {why}")?;
        }
        if best.is_none() {
            return Err(Failure::Silent);
        }
        Ok(())
    }
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

/// Tokens that are proposed for each sequence of a step.
fn proposed(setup: &Setup) -> u32 {
    setup.speculation.as_ref().map_or(0, |how| how.tokens())
}

/// Sequences that each gain a token, halfway through answers, with so many proposals for each.
fn decodes(count: u32, context: f64, proposed: u32) -> Batch {
    Batch {
        decodes: count,
        proposed: count * proposed,
        context: (f64::from(count) * context) as u64,
        rows: count,
        ..Batch::default()
    }
}

/// Requests a second that one replica could serve if its batch were always as full as it can be.
fn most_requests(setup: &Setup, times: &StepTime, prompt: f64, output: f64) -> f64 {
    let context = prompt + output / 2.0;
    let cache = f64::from(setup.blocks().unwrap_or(1)) * f64::from(setup.setting.block_tokens);
    let fits = (cache / context).max(1.0);
    let batch = fits.min(f64::from(setup.setting.max_sequences)) as u32;
    let step = times.seconds(&decodes(batch, context, 0));
    let how = setup.speculation.as_ref();
    let gained = how.map_or(1.0, |how| 1.0 + how.proposes * (how.mean_length() - 1.0));
    f64::from(batch) * gained / (step * output)
}
