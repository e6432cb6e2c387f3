//! Schemathesis over our own OpenAPI document: requests made from the contract, answers held
//! against it by somebody else's reading of it. Makes the environment it needs below `target/`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::check::Outcome;
use crate::command::{root, run, target};
use crate::python;
use crate::serve::{self, Server};

/// The release that was read and tried.
const RELEASE: &str = "4.32.5";
/// What is checked. The conformance of statuses is not: it takes every refusal for a fault.
const CHECKS: &str = "not_a_server_error,content_type_conformance,response_schema_conformance";
/// Cases are asked for by the operation; so many operations there are about.
const OPERATIONS: u32 = 290;

/// A thousand cases.
pub(crate) fn brief() -> Result<Outcome> {
    cases(1_000)
}

/// Ten thousand cases.
pub(crate) fn full() -> Result<Outcome> {
    cases(10_000)
}

fn cases(count: u32) -> Result<Outcome> {
    let venv = environment()?;
    let server = Server::start(&serve::build()?, &["--seed", "7"])?;
    let origin = server.base_url().trim_end_matches("/v1").to_owned();
    let each = count.div_ceil(OPERATIONS).to_string();
    let tests = root().join("tests/schemathesis");
    run(Command::new(venv.join("bin/schemathesis"))
        .arg("--config-file")
        .arg(tests.join("schemathesis.toml"))
        .args(["run", &format!("{origin}/openapi.json")])
        .args(["--url", &server.base_url()])
        .args(["--checks", CHECKS, "--phases", "fuzzing"])
        .args(["--max-examples", &each, "--seed", "7", "--no-color"])
        // One after the other: what a case meets depends on those before it. What an earlier run has
        // found and the order of sets are out of it too, so that every run sends the same cases.
        .args(["--request-timeout", "30", "--workers", "1"])
        .args(["--generation-database", "none"])
        .env("PYTHONHASHSEED", "0")
        .env("SCHEMATHESIS_HOOKS", tests.join("events.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(target()))?;
    let checked = server.verdict()?;
    Ok(Outcome::Passed(format!(
        "about {count} cases; {checked} answers held against the contract"
    )))
}

/// A Python environment with the tool.
fn environment() -> Result<PathBuf> {
    let package = format!("schemathesis=={RELEASE}");
    python::environment(&format!("schemathesis-{RELEASE}"), &[&package])
}
