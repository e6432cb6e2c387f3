//! The fuzz targets, built and run with the stable compiler: libFuzzer is linked by its crate, and
//! what it wants to know of branches the compiler tells with flags that are stable. `cargo fuzz`
//! runs the same targets, and wants a nightly compiler for its sanitizers.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::check::Outcome;
use crate::command::{cargo, program, root, run, target};

/// The targets, by name.
const TARGETS: [&str; 2] = ["requests", "schemas"];

/// How long `cargo xtask check --full` runs each, in seconds.
const SECONDS: u32 = 60;

/// The flags that `cargo fuzz` sets too, without a sanitizer.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Ccodegen-units=1 --cfg=fuzzing";

/// An input that is not done after so many seconds is a finding, and so is a program that takes
/// more than so many MiB.
const LIMITS: [&str; 2] = ["-timeout=20", "-rss_limit_mb=2048"];

/// A minute of each target, as a step of the check.
pub(crate) fn brief() -> Result<Outcome> {
    let runs = all(&[], SECONDS)?;
    Ok(Outcome::Passed(format!("{SECONDS} s each: {runs}")))
}

/// Runs the targets of these names, all where there is none, for so many seconds each. What is
/// found is told by libFuzzer, and kept in `fuzz/artifacts`.
///
/// # Errors
/// A target that is unknown, does not build, or finds something.
pub(crate) fn all(names: &[String], seconds: u32) -> Result<String> {
    if let Some(unknown) = names.iter().find(|name| !TARGETS.contains(&name.as_str())) {
        bail!(
            "there is no target '{unknown}'; there are {}",
            TARGETS.join(", ")
        );
    }
    let folder = build()?;
    let chosen = TARGETS
        .into_iter()
        .filter(|target| names.is_empty() || names.iter().any(|name| name == target));
    let mut done = Vec::new();
    for name in chosen {
        let corpus = root().join("fuzz/corpus").join(name);
        let artifacts = root().join("fuzz/artifacts").join(name);
        for made in [&corpus, &artifacts] {
            std::fs::create_dir_all(made)
                .with_context(|| format!("can't make {}", made.display()))?;
        }
        let mut command = program(folder.join(name), &LIMITS);
        command
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .arg(format!("-dict={}", root().join("fuzz/json.dict").display()))
            .args(["-print_final_stats=1", "-print_funcs=0", "-verbosity=0"])
            .arg("-max_len=4096")
            // New inputs are kept in the first folder.
            .arg(&corpus)
            .arg(root().join("fuzz/seeds").join(name));
        run(&mut command)?;
        let kept = std::fs::read_dir(&corpus)?.count();
        done.push(format!("{name} ({kept} inputs kept)"));
    }
    Ok(done.join(", "))
}

/// Builds the targets with the versions that the workspace has locked, and gives their folder.
fn build() -> Result<PathBuf> {
    let lock = root().join("fuzz/Cargo.lock");
    std::fs::copy(root().join("Cargo.lock"), lock).context("can't copy Cargo.lock")?;
    let folder = target().join("fuzz");
    // With a target that is named, the flags leave out what runs while it is built.
    let host = host()?;
    run(
        cargo(&["build", "--release", "--manifest-path", "fuzz/Cargo.toml"])
            .args(["--target", &host, "--target-dir"])
            .arg(&folder)
            .env("RUSTFLAGS", FLAGS),
    )?;
    Ok(folder.join(host).join("release"))
}

/// The compiler's own target.
fn host() -> Result<String> {
    let output = program("rustc", &["-vV"]).output();
    let output = output.context("can't start `rustc -vV`")?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` tells no host")
}
