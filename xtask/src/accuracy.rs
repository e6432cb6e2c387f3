//! `cargo xtask accuracy`: builds the program that holds the simulated engine against published
//! measurements, runs it, and writes `docs/ACCURACY.md`.

use std::path::Path;

use anyhow::{Result, bail};

use crate::command::{cargo, program, root, run, target};

/// What is said where nothing can be measured.
const NEEDED: &str = "accuracy needs measurements: `--from FOLDER`, where FOLDER holds \
     serving_results.csv (columns model, gpu, n_gpu, tp, precision, engine, isl, osl, \
     concurrency_or_rate, ttft_ms, itl_ms, notes) and traces/ (NAME.jsonl beside \
     NAME.meta.json). Nothing was measured.";

/// Measures, or fits the constants again and writes them into a folder.
pub(crate) fn measure(from: Option<&Path>, fit: Option<&Path>) -> Result<()> {
    let Some(from) = from else {
        bail!("{NEEDED}");
    };
    if !from.join("serving_results.csv").is_file() {
        bail!("{} has no serving_results.csv. {NEEDED}", from.display());
    }
    let from = from.canonicalize()?;
    run(&mut cargo(&[
        "build",
        "--release",
        "-p",
        "fakeai-engine",
        "--example",
        "accuracy",
    ]))?;
    let measure = target().join("release/examples/accuracy");
    let mut command = program(measure, &[]);
    command.arg(from);
    match fit {
        Some(out) => command.arg("--fit").arg(std::path::absolute(out)?),
        None => command.arg("--report").arg(root().join("docs/ACCURACY.md")),
    };
    run(&mut command)
}
