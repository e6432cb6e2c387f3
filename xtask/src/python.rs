//! Python environments below `target/`, each made once, and pytest in them.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::command::{run, target};

/// An environment by its name, with these packages. The name tells the release that counts, so
/// that another release makes another environment.
pub(crate) fn environment(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let venv = target().join(name);
    let ready = venv.join(".ready");
    if ready.exists() {
        return Ok(venv);
    }
    println!("   making a Python environment in {}", venv.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    pip(&venv, &[&["install"], packages].concat())?;
    std::fs::write(&ready, name)?;
    Ok(venv)
}

/// `pip` of an environment.
pub(crate) fn pip(venv: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "--quiet", "--disable-pip-version-check"])
        .args(arguments))
}

/// `pytest` of an environment, without the settings of whoever runs this, that leaves a report.
pub(crate) fn pytest(venv: &Path, report: &Path) -> Command {
    let mut command = Command::new(venv.join("bin/python"));
    command
        .args(["-m", "pytest", "-q", "--tb=short", "-o", "addopts="])
        .args(["-p", "no:cacheprovider", "--junitxml"])
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
