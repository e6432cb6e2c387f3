//! The house rules that no compiler knows: sizes, headers, names, orphans, walls.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::command::root;

/// Lines that a file may have, tables and tests aside.
const FILE_LINES: usize = 500;

/// Lines that a function may have.
const FUNCTION_LINES: usize = 70;

/// Words that say nothing about what a file holds.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "manager", "common", "misc", "v2",
];

/// Functions over the limit, as `file: name`. The list can only shrink.
const LONG_FUNCTIONS: &[&str] = &["crates/contract/src/check/wording.rs: parts"];

/// Looks at every source file, and prints what breaks a rule.
pub(crate) fn run() -> Result<()> {
    let mut found = Vec::new();
    let mut files = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(&root().join(folder), &mut files)?;
    }
    files.sort();
    for path in &files {
        look(path, &mut found)?;
    }
    walls(&mut found)?;
    named_tests(&files, &mut found)?;
    for complaint in &found {
        println!("   {complaint}");
    }
    if !found.is_empty() {
        bail!("{} breaches of the house rules", found.len());
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn look(path: &Path, found: &mut Vec<String>) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    let shown = path
        .strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string();
    let is_test = shown.contains("/tests/");
    if !text.starts_with("//!") {
        found.push(format!(
            "{shown}: says not what it is (a first line with //!)"
        ));
    }
    let body = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = body.lines().count();
    if lines > FILE_LINES && !is_test {
        found.push(format!("{shown}: {lines} lines; at most {FILE_LINES}"));
    }
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if EMPTY_NAMES.contains(&stem.as_str()) {
        found.push(format!("{shown}: its name says nothing"));
    }
    let long = if is_test {
        Vec::new()
    } else {
        long_functions(&text)
    };
    for (name, length) in long {
        let entry = format!("{shown}: {name}");
        if !LONG_FUNCTIONS.contains(&entry.as_str()) {
            found.push(format!(
                "{entry} has {length} lines; at most {FUNCTION_LINES}"
            ));
        }
    }
    orphan(path, &shown, found)
}

/// Functions over the limit. Formatted code closes a function with a brace as far in as it began.
fn long_functions(text: &str) -> Vec<(String, usize)> {
    let mut long = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = function_name(code) else {
            continue;
        };
        // A function without a body, or with an empty one, ends with its line.
        if code.ends_with(';') || code.ends_with("{}") {
            continue;
        }
        let indent = line.len() - code.len();
        let closes = |line: &&str| {
            let inner = line.get(indent..).unwrap_or_default();
            inner == "}" || inner.starts_with(')') && inner.ends_with(';')
        };
        let length = lines[start..]
            .iter()
            .position(closes)
            .map_or(0, |end| end + 1);
        if length > FUNCTION_LINES {
            long.push((name.to_owned(), length));
        }
    }
    long
}

fn function_name(code: &str) -> Option<&str> {
    let mut rest = code;
    for word in ["pub(crate) ", "pub(super) ", "pub ", "const ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let rest = rest.strip_prefix("fn ")?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

/// A file that no module names is never compiled.
fn orphan(path: &Path, shown: &str, found: &mut Vec<String>) -> Result<()> {
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let folder = path.parent().unwrap_or(path);
    let is_root = ["lib", "main", "build", "mod"].contains(&stem.as_str())
        || ["tests", "examples", "benches", "fuzz_targets"]
            .iter()
            .any(|name| folder.file_name().is_some_and(|folder| folder == *name));
    if is_root {
        return Ok(());
    }
    let sibling = folder.with_extension("rs");
    let parents = [
        folder.join("mod.rs"),
        folder.join("lib.rs"),
        folder.join("main.rs"),
        sibling,
    ];
    let wanted = format!("mod {stem};");
    for parent in parents.iter().filter(|parent| parent.is_file()) {
        if std::fs::read_to_string(parent)?.contains(&wanted) {
            return Ok(());
        }
    }
    found.push(format!("{shown}: no module names it"));
    Ok(())
}

/// What a room's manifest may name of ours.
const WALLS: &[(&str, &[&str])] = &[
    ("canon", &[]),
    ("contract", &["canon"]),
    ("catalog", &["canon"]),
    ("tokens", &["canon"]),
    ("engine", FOUNDATIONS),
    ("content", FOUNDATIONS),
    ("dialects", FOUNDATIONS),
    ("resources", FOUNDATIONS),
    ("retrieval", &["canon", "tokens"]),
    ("telemetry", FOUNDATIONS),
];

const FOUNDATIONS: &[&str] = &["canon", "contract", "catalog", "tokens"];

fn walls(found: &mut Vec<String>) -> Result<()> {
    for (room, allowed) in WALLS {
        let manifest = root().join("crates").join(room).join("Cargo.toml");
        let text = std::fs::read_to_string(manifest)?;
        let dependencies = text.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for line in dependencies.lines() {
            let Some(name) = line.strip_prefix("fakeai-") else {
                continue;
            };
            let name = name.split(['.', ' ', '=']).next().unwrap_or_default();
            if !allowed.contains(&name) {
                found.push(format!("crates/{room} may not import fakeai-{name}"));
            }
        }
    }
    Ok(())
}

/// Every test that the architecture names as a guard is there.
fn named_tests(files: &[PathBuf], found: &mut Vec<String>) -> Result<()> {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md"))?;
    let guards = page.split("## Invariants").nth(1).unwrap_or_default();
    let quoted = guards.split('`').skip(1).step_by(2);
    let is_test = |name: &&str| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        name.bytes().all(is_part) && name.matches('_').count() > 1
    };
    let names = quoted.filter(is_test);
    let mut missing: Vec<String> = names.map(|name| format!("fn {name}(")).collect();
    for path in files {
        let text = std::fs::read_to_string(path)?;
        missing.retain(|name| !text.contains(name.as_str()));
    }
    for name in missing {
        found.push(format!(
            "ARCHITECTURE.md names a test that is not there: {name}"
        ));
    }
    Ok(())
}
