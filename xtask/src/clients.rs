//! The clients that applications and gateways are written with, against servers of ours: their
//! scenarios below `tests/clients`, each in an environment below `target/` with pinned releases.
//! Not here: the official SDKs, which are in `suites`.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::check::Outcome;
use crate::command::{answers, root, run, target};
use crate::junit::Report;
use crate::python::{self, pytest};
use crate::serve::KEY;
use crate::suites::{copy_folder, serving, start, verdicts};

/// What the scenarios are run against: the variable that tells a base URL, and the server's flags.
const SERVERS: &[(&str, &[&str])] = &[
    ("FAKEAI_BASE_URL", &["--seed", "7"]),
    (
        "FAKEAI_KEYED_BASE_URL",
        &["--api-key", KEY, "--strict-models"],
    ),
    ("FAKEAI_SLOW_BASE_URL", &["--ttft", "60000"]),
    (
        "FAKEAI_FAULTY_BASE_URL",
        &["--fault-rate", "0.5", "--fault-status", "500"],
    ),
];

/// Python environments, by the file of their releases below `tests/clients/python`, and what runs
/// in each. The clients of the second want an older release of the official SDK.
const ENVIRONMENTS: &[(&str, &[&str])] = &[
    (
        "newest",
        &[
            "test_langchain.py",
            "test_openai_agents.py",
            "test_openai_agents_realtime.py",
            "test_pydantic_ai.py",
            "test_litellm.py",
            "test_litellm_proxy.py",
            "test_others.py",
        ],
    ),
    ("older", &["test_instructor.py", "test_llama_index.py"]),
    ("agents", &["test_text_agents.py"]),
];

/// Runs all scenarios.
pub(crate) fn scenarios() -> Result<Outcome> {
    let servers = start(SERVERS)?;
    let mut told = Vec::new();
    for (name, files) in ENVIRONMENTS {
        let folder = root().join("tests/clients/python");
        let venv = environment(&folder.join(format!("{name}.txt")), name)?;
        let report = target().join(format!("clients-{name}.xml"));
        let mut command = pytest(&venv, &report);
        command
            .args(["--timeout", "120", "-W", "ignore"])
            .args(files.iter().map(|file| folder.join(file)))
            .arg("--rootdir")
            .arg(&folder)
            .current_dir(target());
        let ended = run(serving(&mut command, &servers));
        let summary = Report::read(&report)?.summary();
        ended.with_context(|| summary.clone())?;
        told.push(format!("{name}: {summary}"));
    }
    if !answers("node", &["--version"]) || !answers("npm", &["--version"]) {
        bail!("node and npm are not installed");
    }
    let folder = target().join("clients-node");
    copy_folder(&root().join("tests/clients/node"), &folder)?;
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--silent"])
        .current_dir(&folder))?;
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=dot"])
        .current_dir(&folder);
    run(serving(&mut command, &servers))?;
    told.push("node: all passed".to_owned());
    let checked = verdicts(&servers)?;
    Ok(Outcome::Passed(format!(
        "{}; {checked} answers held against the contract",
        told.join("; ")
    )))
}

/// An environment with exactly the releases that a file lists: another list makes another one.
fn environment(list: &Path, name: &str) -> Result<PathBuf> {
    let text =
        std::fs::read_to_string(list).with_context(|| format!("reading {}", list.display()))?;
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let name = format!("clients-{name}-{:08x}", hasher.finish() as u32);
    let list = list.to_string_lossy();
    python::environment(&name, &["--no-deps", "-r", &list])
}
