//! Somebody else's load generator against a server with a simulated engine: it counts the tokens
//! that were asked for, and measures the times that `fakeai simulate` tells of the same workload.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::check::Outcome;
use crate::command::{root, run, target};
use crate::python;
use crate::serve::{self, Server};

/// The release that was read and tried.
const RELEASE: &str = "0.13.0";
/// What is served, and on what.
const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";
const ENGINE: &[&str] = &["--engine", "vllm", "--gpu", "h100", "--served-model", MODEL];
const PROMPT: &str = "512";
const ANSWER: &str = "128";
/// How far a measured mean may be from the simulated one.
const TOLERANCE: f64 = 0.03;
/// A busy machine disturbs whoever measures, never the other way round: so many runs may be.
const RUNS: u32 = 3;

/// A number of clients, how often they ask together, and which figures are held against the
/// simulation. The first token is told only: machine and tool add milliseconds of their own to it,
/// and simulated clients keep step with one another where real ones drift apart.
struct Load {
    clients: &'static str,
    requests: &'static str,
    held: &'static [&'static str],
}

const LOADS: &[Load] = &[
    Load {
        clients: "1",
        requests: "24",
        held: &["ITL", "end to end"],
    },
    Load {
        clients: "16",
        requests: "160",
        held: &["end to end"],
    },
];

/// The file under which the tool's tokenizer looks for the vocabulary: the SHA-1 of its address.
const VOCABULARY: &str = "fb374d419588a4632f3f557e76b4b70aebbca790";

/// A measured mean beside the simulated one, in milliseconds.
struct Pair {
    name: &'static str,
    measured: f64,
    simulated: f64,
}

impl Pair {
    fn error(&self) -> f64 {
        (self.measured - self.simulated) / self.simulated
    }
}

/// Runs the tool, and holds what it measured against the simulation.
pub(crate) fn aiperf() -> Result<Outcome> {
    let package = format!("aiperf=={RELEASE}");
    let venv = python::environment(&format!("aiperf-{RELEASE}"), &[&package])?;
    let folder = target().join("aiperf");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(VOCABULARY), vocabulary()?)?;
    let binary = serve::build()?;
    let told = LOADS.iter().map(|load| held(load, &venv, &folder, &binary));
    Ok(Outcome::Passed(
        told.collect::<Result<Vec<_>>>()?.join("; "),
    ))
}

/// What was measured of a load, where one of the runs came near enough.
fn held(load: &Load, venv: &Path, folder: &Path, binary: &Path) -> Result<String> {
    let mut told = String::new();
    for _ in 0..RUNS {
        let report = measured(load, venv, folder, binary)?;
        let pairs = beside(&report, &simulated(load, binary, &report)?)?;
        let shown = pairs.iter().map(shown).collect::<Vec<_>>().join(", ");
        told = format!("{} clients: {shown}", load.clients);
        println!("   {told}");
        let mut held = pairs.iter().filter(|pair| load.held.contains(&pair.name));
        if held.all(|pair| pair.error().abs() <= TOLERANCE) {
            return Ok(told);
        }
    }
    bail!("in {RUNS} runs no one came within {TOLERANCE} of the simulation; the last: {told}")
}

fn shown(pair: &Pair) -> String {
    let Pair { name, measured, .. } = pair;
    format!("{name} {measured:.1} ms ({:+.1} %)", 100.0 * pair.error())
}

/// The vocabulary in the form in which the tool's tokenizer reads it.
fn vocabulary() -> Result<Vec<u8>> {
    let bytes = std::fs::read(root().join("data/tokens/o200k_base.pieces"))?;
    let (count, rest) = bytes.split_first_chunk().context("a count of pieces")?;
    let (lengths, mut pieces) = rest
        .split_at_checked(u32::from_le_bytes(*count) as usize)
        .context("the lengths of pieces")?;
    let mut lines = String::new();
    for (id, length) in lengths
        .iter()
        .enumerate()
        .filter(|(_, length)| **length > 0)
    {
        let (piece, after) = pieces
            .split_at_checked(usize::from(*length))
            .context("a piece")?;
        pieces = after;
        lines.push_str(&format!("{} {id}\n", BASE64_STANDARD.encode(piece)));
    }
    Ok(lines.into_bytes())
}

/// What the tool measured of a fresh server, where it has no complaint about tokens.
fn measured(load: &Load, venv: &Path, folder: &Path, binary: &Path) -> Result<Value> {
    let server = Server::start(binary, ENGINE)?;
    let origin = server.base_url().trim_end_matches("/v1").to_owned();
    let artifacts = folder.join("artifacts");
    let mut command = Command::new(venv.join("bin/aiperf"));
    command
        .args(["profile", "--model", MODEL, "--url", &origin])
        .args(["--endpoint-type", "chat", "--streaming"])
        .args(["--tokenizer", "builtin", "--ui", "none"])
        .args(["--concurrency", load.clients])
        .args(["--request-count", load.requests])
        .args(["--isl", PROMPT, "--isl-stddev", "0"])
        .args(["--osl", ANSWER, "--osl-stddev", "0"])
        .args(["--extra-inputs", "ignore_eos:true", "--random-seed", "7"])
        .args([
            "--no-server-metrics",
            "--no-gpu-telemetry",
            "--artifact-dir",
        ])
        .arg(&artifacts)
        .env("TIKTOKEN_CACHE_DIR", folder)
        .stdout(std::process::Stdio::null());
    run(&mut command)?;
    server.verdict()?;
    let report: PathBuf = artifacts.join("profile_export_aiperf.json");
    let report: Value = serde_json::from_slice(&std::fs::read(report)?)?;
    for complaint in ["osl_mismatch_count", "usage_discrepancy_count"] {
        if average(&report, complaint)? > 0.0 {
            bail!("the tool counts other tokens than were asked for or told: {complaint}");
        }
    }
    if average(&report, "request_count")? < load.requests.parse::<f64>()? {
        bail!("some requests failed");
    }
    Ok(report)
}

fn average(report: &Value, name: &str) -> Result<f64> {
    let average = report[name]["avg"].as_f64();
    average.with_context(|| format!("the tool's report has no {name}"))
}

/// The same workload in virtual time.
fn simulated(load: &Load, binary: &Path, report: &Value) -> Result<Value> {
    let prompt = average(report, "usage_prompt_tokens")?.round().to_string();
    let output = Command::new(binary)
        .arg("simulate")
        .args(ENGINE)
        .args(["--concurrency", load.clients, "--requests", load.requests])
        .args(["--input-len", &prompt, "--output-len", ANSWER, "--json"])
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn beside(report: &Value, summary: &Value) -> Result<Vec<Pair>> {
    let names = [
        ("TTFT", "time_to_first_token", "ttft_ms"),
        ("ITL", "inter_token_latency", "tpot_ms"),
        ("end to end", "request_latency", "e2e_ms"),
    ];
    let pair = |(name, theirs, ours): (&'static str, &str, &str)| {
        let simulated = summary[ours]["mean"].as_f64();
        Ok(Pair {
            name,
            measured: average(report, theirs)?,
            simulated: simulated.with_context(|| format!("the simulation tells no {ours}"))?,
        })
    };
    names.into_iter().map(pair).collect()
}
