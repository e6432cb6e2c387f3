//! Other people's clients against a server of ours: the official Python SDK's own resource tests,
//! and our scenarios with the official SDKs. Makes the environments it needs below `target/`.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::check::Outcome;
use crate::command::{answers, root, run, target};
use crate::junit::Report;
use crate::python::{self, pip, pytest};
use crate::serve::{self, KEY, Server};

/// The SDK release whose tests fit the contract.
const SDK: &str = "3.3.1";

/// What our scenarios are run against, in realistic mode: the environment variable that tells a
/// server's base URL, and its flags.
const SERVERS: &[(&str, &[&str])] = &[
    ("FAKEAI_BASE_URL", &["--seed", "7"]),
    (
        "FAKEAI_KEYED_BASE_URL",
        &["--api-key", KEY, "--strict-models"],
    ),
    (
        "FAKEAI_AZURE_BASE_URL",
        &[
            "--api-key",
            KEY,
            "--azure-deployment",
            "mine=gpt-4o",
            "--azure-deployment",
            "vectors=text-embedding-3-small",
        ],
    ),
    ("FAKEAI_SLOW_BASE_URL", &["--ttft", "60000"]),
    (
        "FAKEAI_FAULTY_BASE_URL",
        &["--fault-rate", "0.5", "--fault-status", "500"],
    ),
    (
        "FAKEAI_VIRTUAL_BASE_URL",
        &["--clock", "virtual", "--ttft", "3600000"],
    ),
    (
        "FAKEAI_LIMITED_BASE_URL",
        &["--rate-limit-enabled", "--rate-limit-rpm", "60"],
    ),
    (
        "FAKEAI_WEBHOOKS_BASE_URL",
        &[
            "--webhook-url",
            "http://127.0.0.1:47811/",
            "--webhook-secret",
            "whsec_aG93IHRvIHNpZ24gYW4gZXZlbnQ=",
        ],
    ),
];

/// Runs the whole official suite against a server in mock mode: every test, as its authors have it.
pub(crate) fn official() -> Result<Outcome> {
    let (summary, checked) = mocked(&[])?;
    Ok(Outcome::Passed(told(&summary, checked)))
}

/// Runs groups of the official suite against a server, ours unless one is named.
pub(crate) fn conformance(groups: &[String], base_url: Option<&str>) -> Result<()> {
    let summary = match base_url {
        Some(base_url) => suite(groups, base_url)?,
        None => {
            let (summary, checked) = mocked(groups)?;
            told(&summary, checked)
        }
    };
    println!("{summary}");
    Ok(())
}

/// Runs our scenarios with the Python SDK, and the examples for Python, curl and Rust.
pub(crate) fn python() -> Result<Outcome> {
    let venv = environment()?;
    let servers = servers()?;
    let report = target().join("sdk-python.xml");
    let mut command = pytest(&venv, &report);
    command
        .args(["--timeout", "120"])
        .arg(root().join("tests/sdk/python"));
    let ended = run(serving(&mut command, &servers));
    let summary = Report::read(&report)?.summary();
    ended.with_context(|| summary.clone())?;
    run(&mut Command::new(target().join("debug/examples/embedded")))?;
    Ok(Outcome::Passed(told(&summary, verdicts(&servers)?)))
}

/// Runs our scenarios with the Node SDK, and the examples for Node.
pub(crate) fn node() -> Result<Outcome> {
    if !answers("node", &["--version"]) || !answers("npm", &["--version"]) {
        return Ok(Outcome::Skipped(
            "node and npm are not installed".to_owned(),
        ));
    }
    let folder = target().join("sdk-node");
    copy_folder(&root().join("tests/sdk/node"), &folder)?;
    copy_folder(&root().join("examples/node"), &folder.join("examples"))?;
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--silent"])
        .current_dir(&folder))?;
    let servers = servers()?;
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=spec"])
        .current_dir(&folder);
    run(serving(&mut command, &servers))?;
    Ok(Outcome::Passed(told("all passed", verdicts(&servers)?)))
}

fn servers() -> Result<Vec<(&'static str, Server)>> {
    start(SERVERS)
}

/// Starts servers, each by its variable and flags.
pub(crate) fn start(servers: &[(&'static str, &[&str])]) -> Result<Vec<(&'static str, Server)>> {
    let binary = serve::build()?;
    let start =
        |(name, flags): &(&'static str, &[&str])| Ok((*name, Server::start(&binary, flags)?));
    servers.iter().map(start).collect()
}

/// Tells a command where the servers are.
pub(crate) fn serving<'a>(
    command: &'a mut Command,
    servers: &[(&'static str, Server)],
) -> &'a mut Command {
    for (name, server) in servers {
        command.env(name, server.base_url());
    }
    command
}

/// How many answers were held against their contract.
pub(crate) fn verdicts(servers: &[(&'static str, Server)]) -> Result<u64> {
    servers.iter().map(|(_, server)| server.verdict()).sum()
}

fn told(summary: &str, checked: u64) -> String {
    format!("{summary}; {checked} answers held against the contract")
}

/// Runs groups against a mock of ours: what came of it, and how many answers were checked.
fn mocked(groups: &[String]) -> Result<(String, u64)> {
    let server = Server::start(&serve::build()?, &["--mode", "mock"])?;
    let summary = suite(groups, &server.base_url())?;
    Ok((summary, server.verdict()?))
}

/// Runs groups of the official suite; an error where a test fails.
fn suite(groups: &[String], base_url: &str) -> Result<String> {
    let (report, ended) = official_tests(groups, base_url, &[], &[])?;
    let summary = report.summary();
    ended.with_context(|| summary.clone())?;
    Ok(summary)
}

/// The report of the official suite's groups, and whether pytest was content. `modules` are folders
/// with plugins.
pub(crate) fn official_tests(
    groups: &[String],
    base_url: &str,
    more: &[&str],
    modules: &[&Path],
) -> Result<(Report, Result<()>)> {
    let venv = environment()?;
    let source = sources(&venv)?;
    let tests = source.join("tests/api_resources");
    let report = target().join("sdk-suite.xml");
    // What an earlier run left says nothing about this one; there may be nothing to remove.
    let _ = std::fs::remove_file(&report);
    let mut command = pytest(&venv, &report);
    command
        .args(["-n", "2", "--timeout", "30"])
        .args(more)
        .args(test_paths(&tests, groups)?)
        .current_dir(&source)
        .env("PYTHONPATH", std::env::join_paths(modules)?)
        .env("TEST_API_BASE_URL", base_url);
    println!("   openai-python {SDK}, tests/api_resources, against {base_url}");
    let ended = run(&mut command);
    Ok((Report::read(&report)?, ended))
}

/// Test files and folders whose names begin as asked; everything where nothing is asked.
fn test_paths(tests: &Path, groups: &[String]) -> Result<Vec<PathBuf>> {
    if groups.is_empty() {
        return Ok(vec![tests.to_owned()]);
    }
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(tests)? {
        let path = entry?.path();
        let stem = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let name = stem.strip_prefix("test_").unwrap_or(&stem);
        if groups.iter().any(|group| group == name) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        bail!("no tests are called {}", groups.join(", "));
    }
    paths.sort();
    Ok(paths)
}

/// A Python environment with the SDK and what its tests need.
fn environment() -> Result<PathBuf> {
    let sdk = format!("openai[realtime,aiohttp]=={SDK}");
    let tests = ["pytest>=9.0.3", "pytest-asyncio>=1.4.0", "pytest-xdist"];
    let more = ["pytest-timeout", "rich", "inline-snapshot", "trio"];
    let packages = [&[sdk.as_str(), "hatchling"][..], &tests, &more].concat();
    python::environment(&format!("python-{SDK}"), &packages)
}

/// The SDK's source distribution, which holds its tests.
fn sources(venv: &Path) -> Result<PathBuf> {
    let folder = target().join(format!("openai-python-{SDK}"));
    let source = folder.join(format!("openai-{SDK}"));
    if source.join("tests/api_resources").is_dir() {
        return Ok(source);
    }
    println!("   fetching the source distribution of openai {SDK}");
    std::fs::create_dir_all(&folder)?;
    let into = folder.to_string_lossy().into_owned();
    let release = format!("openai=={SDK}");
    pip(
        venv,
        &[
            "download",
            "--no-deps",
            "--no-build-isolation",
            "--no-binary",
            ":all:",
            "-d",
            &into,
            &release,
        ],
    )?;
    let archive = folder.join(format!("openai-{SDK}.tar.gz"));
    run(Command::new("tar")
        .arg("-xzf")
        .arg(&archive)
        .arg("-C")
        .arg(&folder))?;
    if !source.join("tests/api_resources").is_dir() {
        bail!("the source distribution of openai {SDK} has no tests/api_resources");
    }
    Ok(source)
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}
