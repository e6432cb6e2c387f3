//! Running other programs, and where things are.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().map(PathBuf::from).unwrap_or(manifest)
}

/// The folder of everything that is made.
#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells its target folder this way"
)]
pub(crate) fn target() -> PathBuf {
    match std::env::var("CARGO_TARGET_DIR") {
        Ok(folder) => root().join(folder),
        Err(_) => root().join("target"),
    }
}

/// A program that runs in the root.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// `cargo` with these arguments.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program("cargo", arguments)
}

/// Runs a program to its end; an error where it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("can't start `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Whether a program is there and answers.
pub(crate) fn answers(name: &str, arguments: &[&str]) -> bool {
    program(name, arguments)
        .output()
        .is_ok_and(|output| output.status.success())
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
