//! `cargo xtask bench`: builds the server and the measuring program for release, measures, and
//! writes `docs/PERFORMANCE.md`.

use anyhow::Result;

use crate::command::{cargo, program, root, run, target};

/// Measures, with this many streams held open.
pub(crate) fn measure(streams: usize) -> Result<()> {
    let packages = ["-p", "fakeai-cli", "-p", "fakeai-bench"];
    run(cargo(&["build", "--release"]).args(packages))?;
    let release = target().join("release");
    let binary = release.join("fakeai").display().to_string();
    let report = root().join("docs/PERFORMANCE.md").display().to_string();
    let count = streams.to_string();
    // Sockets are files, and most systems allow a thousand unless asked.
    let script = "ulimit -n $(ulimit -H -n) && exec \"$@\"";
    let bench = release.join("fakeai-bench").display().to_string();
    run(&mut program(
        "sh",
        &[
            "-c",
            script,
            "sh",
            &bench,
            "run",
            "--binary",
            &binary,
            "--report",
            &report,
            "--streams",
            &count,
        ],
    ))?;
    let folder = target().join("bench-stores");
    // It is not there but after a run that was broken off.
    let _ = std::fs::remove_dir_all(&folder);
    let there = folder.display().to_string();
    let arguments = ["--binary", &binary, "--report", &report, "--folder", &there];
    let measured = run(program(&bench, &["stores"]).args(arguments));
    let _ = std::fs::remove_dir_all(&folder);
    measured
}
