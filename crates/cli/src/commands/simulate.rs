//! `fakeai simulate`: a workload on a simulated cluster, in virtual time.

use std::io::{self, IsTerminal, Write};

use fakeai_canon::{Micros, Seed};
use fakeai_catalog::hardware::gpu_price;
use fakeai_engine::serving::{Cluster, Order, Outcome, Role, Run, SleepLevel};
use serde_json::{Value, json};

use super::load::{Goal, Load};
use super::{Failure, effective, report};
use crate::arguments::SimulateArguments;

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
    for (at, order) in orders(arguments, &cluster)? {
        cluster.schedule(at, order);
    }
    let load = Load::read(&arguments.load)?;
    load.check(&cluster)?;
    let goals = Goal::all(&arguments.load)?;
    let done = load.play(&mut cluster, seed, &mut progress(load.count()));
    let price = arguments.load.gpu_price;
    let price = price.or_else(|| gpu_price(&setup.gpu).map(|price| price.dollars_an_hour));
    let summary = summary(&cluster, &done, &goals, price);
    if let Some(path) = &arguments.html {
        let written = std::fs::write(path, report::page(&summary, &done));
        written.map_err(|error| Failure::Words(format!("{}: {error}", path.display())))?;
    }
    if arguments.json {
        writeln!(out, "{summary:#}")?;
        return Ok(());
    }
    table(&summary, out)
}

/// A flag with what it was given, and what it makes of a replica.
type Kind<'a> = (&'static str, &'a [String], fn(u32) -> Order);

/// What happens to replicas, and when.
fn orders(
    arguments: &SimulateArguments,
    cluster: &Cluster,
) -> Result<Vec<(Micros, Order)>, Failure> {
    let kinds: [Kind<'_>; 3] = [
        ("--fail", &arguments.fail, Order::Fail),
        ("--drain", &arguments.drain, Order::Drain),
        ("--restore", &arguments.restore, Order::Restore),
    ];
    let there = cluster.workers().count() + arguments.add.len();
    let mut orders = Vec::new();
    for (flag, texts, order) in kinds {
        for text in texts {
            let parts = text.split_once('@');
            let parts = parts.and_then(|(number, at)| Some((number.parse().ok()?, seconds(at)?)));
            match parts {
                Some((number, at)) if (number as usize) < there => {
                    orders.push((at, order(number)));
                }
                _ => {
                    return Err(Failure::Words(format!(
                        "{flag} '{text}' is no replica below {there} and a second, as in 0@30"
                    )));
                }
            }
        }
    }
    let role = cluster
        .workers()
        .last()
        .map_or(Role::Whole, |last| last.role);
    let level = match arguments.sleep_level {
        1 => SleepLevel::One,
        _ => SleepLevel::Two,
    };
    let timed = [
        ("--add", &arguments.add, Order::Add(role)),
        ("--sleep", &arguments.sleep, Order::Sleep(level)),
        ("--wake", &arguments.wake, Order::Wake),
    ];
    for (flag, times, order) in timed {
        for at in times {
            if !at.is_finite() || *at < 0.0 {
                return Err(Failure::Words(format!("{flag} {at} is no second")));
            }
            orders.push((Micros::from_seconds(*at), order));
        }
    }
    // An engine that nobody wakes answers nobody.
    let last = |times: &[f64]| times.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if last(&arguments.sleep) > last(&arguments.wake) {
        let words = "--sleep without a later --wake leaves requests waiting forever";
        return Err(Failure::Words(words.to_owned()));
    }
    Ok(orders)
}

fn seconds(text: &str) -> Option<Micros> {
    let seconds: f64 = text.parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| Micros::from_seconds(seconds))
}

/// Tells people who watch how far a run is; nobody where errors go into a file.
fn progress(all: usize) -> impl FnMut(&Run) -> bool {
    let is_watched = io::stderr().is_terminal();
    let mut told = 0;
    move |run: &Run| {
        let share = run.outcomes.len() * 100 / all.max(1);
        if is_watched && share > told {
            told = share;
            let end = if share >= 100 { "\n" } else { "\r" };
            // Where this can't be written, the run goes on all the same.
            let _ = write!(
                io::stderr(),
                "{share:3} % of {all} requests, {:.0} s{end}",
                run.seconds
            );
        }
        true
    }
}

/// What came of a run, as it is printed and shown.
pub(super) fn summary(cluster: &Cluster, done: &Run, goals: &[Goal], price: Option<f64>) -> Value {
    let (setup, outcomes) = (cluster.setup(), &done.outcomes);
    let seconds = done.seconds.max(1e-9);
    let sum = |of: fn(&Outcome) -> u32| outcomes.iter().map(|o| u64::from(of(o))).sum::<u64>();
    let (prompt, cached, output) = (sum(|o| o.prompt), sum(|o| o.cached), sum(|o| o.output));
    let good = outcomes
        .iter()
        .filter(|outcome| goals.iter().all(|goal| goal.is_met(outcome)))
        .count();
    // Who got no answer, or half of one, is not served well.
    let asked = outcomes.len() as u64 + done.refused + done.failed + done.unfinished;
    let replicas = cluster.workers().count() as u32;
    let gpus = replicas * setup.gpus();
    let cost = price.map(|price| price * f64::from(gpus) * seconds / 3_600.0);
    let mut summary = json!({
        "model": setup.shape.model,
        "gpus": format!("{gpus} x {} in {replicas} replicas", setup.gpu.name),
        "engine": setup.setting.kind.name(),
        "kv_blocks": cluster.workers().next().map_or(0, |worker| worker.blocks),
        "requests": outcomes.len(),
        "refused": done.refused,
        "failed": done.failed,
        "unfinished": done.unfinished,
        "displaced": done.displaced,
        "seconds": rounded(seconds),
        "steps": done.steps,
        "busy_share": rounded(done.busy / seconds / f64::from(replicas)),
        "preemptions": done.preemptions,
        "ttft_ms": spread(outcomes, |o| Some(o.ttft)),
        "tpot_ms": spread(outcomes, |o| o.tpot),
        "itl_ms": {
            "mean": rounded(done.gaps.mean() * 1e3),
            "p50": rounded(done.gaps.quantile(0.5) * 1e3),
            "p90": rounded(done.gaps.quantile(0.9) * 1e3),
            "p99": rounded(done.gaps.quantile(0.99) * 1e3),
        },
        "e2e_ms": spread(outcomes, |o| Some(o.latency)),
        "queue_ms": spread(outcomes, |o| Some(o.queued)),
        "requests_per_second": rounded(outcomes.len() as f64 / seconds),
        "output_tokens_per_second": rounded(output as f64 / seconds),
        "total_tokens_per_second": rounded((prompt + output) as f64 / seconds),
        "cache_hit_rate": rounded(cached as f64 / prompt.max(1) as f64),
        "goodput_requests_per_second": rounded(good as f64 / seconds),
        "good_share": rounded(good as f64 / asked.max(1) as f64),
    });
    if let Some(how) = &setup.speculation {
        summary["speculation"] = json!(format!(
            "{}, {} tokens a step",
            how.method.name(),
            how.tokens()
        ));
        summary["mean_acceptance_length"] = json!(rounded(done.mean_acceptance_length()));
        let (proposed, held) = done.proposed;
        summary["acceptance_rate"] = json!(rounded(held as f64 / proposed.max(1) as f64));
    }
    if cluster.layout().prefill > 0 {
        summary["handed_over_gb"] = json!(rounded(cluster.moved_bytes() / 1e9));
    }
    summary["kilowatt_hours"] = json!((done.joules / 3.6).round() / 1e6);
    summary["joules_per_output_token"] = json!(rounded(done.joules / (output as f64).max(1.0)));
    if let Some(cost) = cost {
        summary["dollars"] = json!(rounded(cost));
        let millions = (output as f64 / 1e6).max(1e-9);
        summary["dollars_per_million_output_tokens"] = json!(rounded(cost / millions));
    }
    summary
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
                writeln!(out, "{name:34} {}", parts.collect::<Vec<_>>().join("   "))?;
            }
            Value::String(text) => writeln!(out, "{name:34} {text}")?,
            value => writeln!(out, "{name:34} {value}")?,
        }
    }
    Ok(())
}
