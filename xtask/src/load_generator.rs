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
/// What is served, and on what: a model large enough that the milliseconds which machine and tool
/// add of their own are little beside its own.
const MODEL: &str = "meta-llama/Llama-3.3-70B-Instruct";
const ENGINE: &[&str] = &[
    "--engine",
    "vllm",
    "--gpu",
    "a100",
    "--tp",
    "4",
    "--served-model",
    MODEL,
];
/// How far a measured figure may be from the simulated one.
const TOLERANCE: f64 = 0.03;
/// A busy machine disturbs whoever measures, never the other way round: so many runs may be.
const RUNS: u32 = 3;

/// Requests as they come at random, three in four seconds, in a form that both replay.
const TRACE: &str = include_str!("load_generator.jsonl");

/// What requests come.
#[derive(Clone, Copy)]
enum Load {
    /// One client that asks again and again.
    Client,
    /// Those of the trace.
    Trace,
}

const LOADS: &[Load] = &[Load::Client, Load::Trace];

/// Of one client.
const REQUESTS: &str = "24";
const PROMPT: &str = "2048";
const ANSWER: &str = "128";

impl Load {
    fn name(self) -> &'static str {
        match self {
            Load::Client => "one client",
            Load::Trace => "a trace",
        }
    }

    fn requests(self) -> f64 {
        match self {
            Load::Client => 24.0,
            Load::Trace => TRACE.lines().count() as f64,
        }
    }

    /// What the tool is told.
    fn asked(self, folder: &Path) -> Result<Vec<String>> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Ok(match self {
            Load::Client => words(&[
                "--concurrency",
                "1",
                "--request-count",
                REQUESTS,
                "--isl",
                PROMPT,
                "--isl-stddev",
                "0",
                "--osl",
                ANSWER,
                "--osl-stddev",
                "0",
            ]),
            Load::Trace => {
                let trace = folder.join("trace.jsonl");
                std::fs::write(&trace, TRACE)?;
                let trace = trace.display().to_string();
                words(&[
                    "--input-file",
                    &trace,
                    "--custom-dataset-type",
                    "mooncake_trace",
                    "--fixed-schedule",
                ])
            }
        })
    }

    /// What the simulation is told; the server has counted the prompts, what a chat puts around
    /// them included.
    fn simulated(self, folder: &Path, prompt: f64) -> Result<Vec<String>> {
        Ok(match self {
            Load::Client => {
                let prompt = prompt.round().to_string();
                ["--concurrency", "1", "--requests", REQUESTS, "--input-len"]
                    .map(str::to_owned)
                    .into_iter()
                    .chain([prompt, "--output-len".to_owned(), ANSWER.to_owned()])
                    .collect()
            }
            Load::Trace => {
                let path = folder.join("simulated.jsonl");
                std::fs::write(&path, lengthened(prompt)?)?;
                vec!["--trace".to_owned(), path.display().to_string()]
            }
        })
    }
}

/// The trace with prompts of this mean.
fn lengthened(mean: f64) -> Result<String> {
    let lines = TRACE.lines().map(serde_json::from_str);
    let mut lines = lines.collect::<Result<Vec<Value>, _>>()?;
    let length = |line: &Value| line["input_length"].as_f64().unwrap_or_default();
    let more = mean - lines.iter().map(length).sum::<f64>() / lines.len() as f64;
    for line in &mut lines {
        line["input_length"] = (length(line) + more.round()).into();
    }
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// The file under which the tool's tokenizer looks for the vocabulary: the SHA-1 of its address.
const VOCABULARY: &str = "fb374d419588a4632f3f557e76b4b70aebbca790";

/// A measured figure beside the simulated one, in milliseconds.
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
    let binary = serve::build_release()?;
    let told = LOADS
        .iter()
        .map(|load| held(*load, &venv, &folder, &binary));
    Ok(Outcome::Passed(
        told.collect::<Result<Vec<_>>>()?.join("; "),
    ))
}

/// What was measured of a load, where one of the runs came near enough.
fn held(load: Load, venv: &Path, folder: &Path, binary: &Path) -> Result<String> {
    let mut told = String::new();
    for _ in 0..RUNS {
        let report = measured(load, venv, folder, binary)?;
        let pairs = beside(&report, &simulated(load, folder, binary, &report)?)?;
        let shown = pairs.iter().map(shown).collect::<Vec<_>>().join(", ");
        told = format!("{}: {shown}", load.name());
        println!("   {told}");
        if pairs.iter().all(|pair| pair.error().abs() <= TOLERANCE) {
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
fn measured(load: Load, venv: &Path, folder: &Path, binary: &Path) -> Result<Value> {
    let server = Server::start(binary, ENGINE)?;
    let origin = server.base_url().trim_end_matches("/v1").to_owned();
    let artifacts = folder.join("artifacts");
    let mut command = Command::new(venv.join("bin/aiperf"));
    command
        .args(["profile", "--model", MODEL, "--url", &origin])
        .args(["--endpoint-type", "chat", "--streaming"])
        .args(["--tokenizer", "builtin", "--ui", "none"])
        .args(load.asked(folder)?)
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
    if average(&report, "request_count")? < load.requests() {
        bail!("some requests failed");
    }
    Ok(report)
}

fn average(report: &Value, name: &str) -> Result<f64> {
    let average = report[name]["avg"].as_f64();
    average.with_context(|| format!("the tool's report has no {name}"))
}

/// The same workload in virtual time.
fn simulated(load: Load, folder: &Path, binary: &Path, report: &Value) -> Result<Value> {
    let prompt = average(report, "usage_prompt_tokens")?;
    let output = Command::new(binary)
        .arg("simulate")
        .args(ENGINE)
        .args(load.simulated(folder, prompt)?)
        .arg("--json")
        .output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The figures that are held: means, and the median of what varies most.
fn beside(report: &Value, summary: &Value) -> Result<Vec<Pair>> {
    let figures = [
        ("TTFT", "time_to_first_token", "ttft_ms", ["avg", "mean"]),
        (
            "its median",
            "time_to_first_token",
            "ttft_ms",
            ["p50", "p50"],
        ),
        ("ITL", "inter_token_latency", "tpot_ms", ["avg", "mean"]),
        ("end to end", "request_latency", "e2e_ms", ["avg", "mean"]),
    ];
    let number = |value: &Value, name: &str, of: &str| {
        let number = value[name][of].as_f64();
        number.with_context(|| format!("no {of} of {name}"))
    };
    let pair = |(name, theirs, ours, of): (&'static str, &str, &str, [&str; 2])| {
        Ok(Pair {
            name,
            measured: number(report, theirs, of[0])?,
            simulated: number(summary, ours, of[1])?,
        })
    };
    figures.into_iter().map(pair).collect()
}
