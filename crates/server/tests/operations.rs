//! The table of all operations: what stands behind each, and the test that shows it. It is made
//! from the code and the tests, and stale when it differs from the page that is kept.

#![allow(
    clippy::unwrap_used,
    reason = "a test that meets what it did not expect fails"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use fakeai_contract::{Operation, openai};
use fakeai_server::support;

/// Where tests stand that call operations, those that say most about one first.
const TESTS: [&str; 5] = [
    "tests/sdk/python",
    "crates/resources/tests/objects",
    "crates/cli/tests/house",
    "crates/dialects/tests",
    "crates/server/tests",
];
/// Calls every operation of the contract in both modes.
const EVERY: &str = "crates/cli/tests/house/every_operation.rs";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All test files with their texts.
fn tests() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in TESTS {
        let mut names: Vec<_> = std::fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".rs") || name.ends_with(".py"))
            .collect();
        names.sort();
        for name in names {
            let path = format!("{folder}/{name}");
            let text = std::fs::read_to_string(root().join(&path)).unwrap();
            if path != EVERY && !path.ends_with("operations.rs") {
                files.push((path, text));
            }
        }
    }
    files
}

/// The name by which the Python SDK calls the resource: `/audio/voices/{id}` is `audio.voices`.
fn resource(path: &str) -> String {
    let parts = path
        .split('/')
        .filter(|part| !part.is_empty() && !part.starts_with('{'));
    format!("{}.", parts.collect::<Vec<_>>().join("."))
}

/// The first test that calls the operation's path, or calls its resource by the SDK.
fn shown_by<'a>(operation: &Operation, tests: &'a [(String, String)]) -> &'a str {
    let fixed = operation.path.split("/{").next().unwrap_or_default();
    let last = operation.path.rsplit('/').next().unwrap_or_default();
    let quoted = [
        format!("\"{fixed}\""),
        format!("\"{fixed}/"),
        format!("/v1{fixed}"),
    ];
    let resource = resource(fixed);
    let calls =
        |text: &str| quoted.iter().any(|path| text.contains(path)) || text.contains(&resource);
    let exact = |text: &str| calls(text) && (last.starts_with('{') || text.contains(last));
    let found = tests.iter().find(|(_, text)| exact(text));
    let found = found.or_else(|| tests.iter().find(|(_, text)| calls(text)));
    found.map_or(EVERY, |(path, _)| path)
}

fn page() -> String {
    let tests = tests();
    let operations = openai().operations();
    let mut page = "# Operations\n\nWhat stands behind each operation of the contract, and a test that calls it. \
        This page is made by `UPDATE=1 cargo test -p fakeai-server --test operations`.\n\n"
        .to_owned();
    let mut counts = std::collections::BTreeMap::new();
    let mut rows =
        "| operation | method | path | support | shown by |\n|---|---|---|---|---|\n".to_owned();
    for operation in operations {
        let words = support(operation).words();
        *counts.entry(words).or_insert(0) += 1;
        let beta = if operation.beta { "?beta=true" } else { "" };
        writeln!(
            rows,
            "| `{}` | {} | `{}{beta}` | {words} | `{}` |",
            operation.id,
            operation.method.as_str(),
            operation.path,
            shown_by(operation, &tests),
        )
        .unwrap();
    }
    for (words, count) in counts {
        writeln!(page, "- {words}: {count} of {}", operations.len()).unwrap();
    }
    format!("{page}\n{rows}{}", mounted(&tests))
}

/// Where operations stand besides, in the wires of others.
fn mounted(tests: &[(String, String)]) -> String {
    let mut page = "\n## In other wires\n\n".to_owned();
    let mut rows = "| operation | path | shown by |\n|---|---|---|\n".to_owned();
    for mount in openai().mounts() {
        let dated = if mount.dated {
            ", with an `api-version`"
        } else {
            ""
        };
        let prefix = mount.path_of("");
        if mount.operations.is_empty() {
            writeln!(page, "- `{prefix}`: all operations of OpenAI's{dated}").unwrap();
            continue;
        }
        writeln!(page, "- `{prefix}`: the operations below{dated}").unwrap();
        for id in &mount.operations {
            let operation = openai().operation(id).unwrap();
            let calls =
                |text: &str| text.contains(&mount.prefix) && text.contains(&*operation.path);
            let found = tests.iter().find(|(_, text)| calls(text));
            let shown = found.map_or("crates/contract/tests/routes.rs", |(path, _)| path);
            let path = mount.path_of(&operation.path);
            writeln!(rows, "| `{id}` | `{path}` | `{shown}` |").unwrap();
        }
    }
    format!("{page}\n{rows}")
}

#[test]
fn the_table_of_operations_is_up_to_date() {
    let path = root().join("docs/reference/operations.md");
    let page = page();
    if option_env!("UPDATE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/reference/operations.md is stale: run this test with UPDATE=1"
    );
}

#[test]
fn no_row_is_empty() {
    let tests = tests();
    for operation in openai().operations() {
        assert!(!support(operation).words().is_empty());
        assert!(root().join(shown_by(operation, &tests)).is_file());
    }
}
