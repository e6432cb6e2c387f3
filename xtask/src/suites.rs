//! Other people's clients against a server of ours: the official Python SDK's own resource tests,
//! and our scenarios with the official SDKs. Makes the environments it needs below `target/`.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::check::Outcome;
use crate::command::{answers, root, run, target};
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
        "FAKEAI_WEBHOOKS_BASE_URL",
        &[
            "--webhook-url",
            "http://127.0.0.1:47811/",
            "--webhook-secret",
            "whsec_aG93IHRvIHNpZ24gYW4gZXZlbnQ=",
        ],
    ),
];

/// The groups of the official suite that have to pass whole. Those of evaluations and of realtime
/// are left out until what is made up for them suits the SDK's types.
const GROUPS: &[&str] = &[
    "admin",
    "audio",
    "batches",
    "beta",
    "chat",
    "completions",
    "containers",
    "content_provenance",
    "conversations",
    "embeddings",
    "files",
    "fine_tuning",
    "images",
    "models",
    "moderations",
    "responses",
    "skills",
    "uploads",
    "vector_stores",
    "videos",
    "webhooks",
];

/// Runs the official suite's groups against a server in mock mode.
pub(crate) fn official() -> Result<Outcome> {
    let groups: Vec<String> = GROUPS.iter().map(|group| (*group).to_owned()).collect();
    let (summary, checked) = mocked(&groups)?;
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
    let summary = junit(&report)?;
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
    let binary = serve::build()?;
    let start =
        |(name, flags): &(&'static str, &[&str])| Ok((*name, Server::start(&binary, flags)?));
    SERVERS.iter().map(start).collect()
}

/// Tells a command where the servers are.
fn serving<'a>(command: &'a mut Command, servers: &[(&'static str, Server)]) -> &'a mut Command {
    for (name, server) in servers {
        command.env(name, server.base_url());
    }
    command
}

/// How many answers were held against their contract.
fn verdicts(servers: &[(&'static str, Server)]) -> Result<u64> {
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

fn suite(groups: &[String], base_url: &str) -> Result<String> {
    let venv = environment()?;
    let source = sources(&venv)?;
    let tests = source.join("tests/api_resources");
    let report = target().join("sdk-suite.xml");
    let mut command = pytest(&venv, &report);
    command
        .args(["-n", "2", "--timeout", "30"])
        .current_dir(&source);
    let paths = test_paths(&tests, groups)?;
    command.args(paths).env("TEST_API_BASE_URL", base_url);
    println!("   openai-python {SDK}, tests/api_resources, against {base_url}");
    let ended = run(&mut command);
    let summary = junit(&report)?;
    ended.with_context(|| summary.clone())?;
    Ok(summary)
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

fn pytest(venv: &Path, report: &Path) -> Command {
    let mut command = Command::new(venv.join("bin/python"));
    command
        .args([
            "-m",
            "pytest",
            "-q",
            "--tb=short",
            "-o",
            "addopts=",
            "-p",
            "no:cacheprovider",
        ])
        .arg("--junitxml")
        .arg(report)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("OPENAI_API_KEY")
        .env_remove("OPENAI_BASE_URL")
        .env_remove("http_proxy")
        .env_remove("https_proxy")
        .env_remove("HTTP_PROXY")
        .env_remove("HTTPS_PROXY")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("DEFER_PYDANTIC_BUILD", "false");
    command
}

/// A Python environment with the SDK and what its tests need.
fn environment() -> Result<PathBuf> {
    let venv = target().join(format!("python-{SDK}"));
    let ready = venv.join(".ready");
    if ready.exists() {
        return Ok(venv);
    }
    println!("   making a Python environment in {}", venv.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    pip(
        &venv,
        &[
            "install",
            &format!("openai[realtime,aiohttp]=={SDK}"),
            "hatchling",
            "pytest>=9.0.3",
            "pytest-asyncio>=1.4.0",
            "pytest-xdist",
            "pytest-timeout",
            "rich",
            "inline-snapshot",
            "trio",
        ],
    )?;
    std::fs::write(&ready, SDK)?;
    Ok(venv)
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

fn pip(venv: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "--quiet", "--disable-pip-version-check"])
        .args(arguments))
}

/// The counts of a JUnit report, which pytest writes on one element.
fn junit(report: &Path) -> Result<String> {
    let text = std::fs::read_to_string(report)
        .with_context(|| format!("the suite left no report at {}", report.display()))?;
    let count = |name: &str| -> u64 {
        let start = text
            .find(&format!("{name}=\""))
            .map(|at| at + name.len() + 2);
        let digits = start.and_then(|start| text[start..].split('"').next());
        digits
            .and_then(|digits| digits.parse().ok())
            .unwrap_or_default()
    };
    let (tests, failed) = (count("tests"), count("failures") + count("errors"));
    let skipped = count("skipped");
    if tests == skipped {
        bail!("the suite ran no test");
    }
    Ok(format!(
        "{} passed, {failed} failed, {skipped} skipped",
        tests - failed - skipped
    ))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}
