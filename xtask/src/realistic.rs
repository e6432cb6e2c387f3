//! The official suite in realistic mode. Its tests know nothing of state: they ask for objects that
//! nobody made, with cursors that nobody gave out, and send what can't go together. So many of them
//! have to fail, each for one of a few reasons. The list of them is data, held in both directions:
//! a test that is not on it has to pass, one that is on it has to fail, and for its reason.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::check::Outcome;
use crate::command::root;
use crate::junit::{Case, End, Report};
use crate::serve::{self, Server};
use crate::suites;

/// The list, and what gives every test a world of its own.
const FOLDER: &str = "tests/sdk/official";
/// Complaints that are printed.
const SHOWN: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    reason: BTreeMap<String, Reason>,
}

/// Why tests fail, and which.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    /// Parts of messages, one of which the failure has to have.
    says: Vec<String>,
    /// By module, names of tests without what they all have: `retrieve` for
    /// `test_method_retrieve`, `test_raw_response_retrieve` and `test_streaming_response_retrieve`,
    /// of all classes and with all clients; `retrieve[strict]` with one.
    tests: BTreeMap<String, Vec<String>>,
}

/// Runs the whole suite and holds it to the list.
pub(crate) fn held() -> Result<Outcome> {
    let folder = root().join(FOLDER);
    let text = std::fs::read_to_string(folder.join("realistic.toml"))?;
    let expected: Expected = toml::from_str(&text).context("the list does not fit")?;
    let server = Server::start(&serve::build()?, &["--seed", "7"])?;
    let arguments = ["-p", "own_world", "--tb=no", "-r", ""];
    // That tests fail is what is expected: the report says which.
    let (report, _) =
        suites::official_tests(&[], &server.base_url(), &arguments, &[folder.as_path()])?;
    let complaints = complaints(&expected, &report);
    for complaint in complaints.iter().take(SHOWN) {
        println!("   {complaint}");
    }
    if !complaints.is_empty() {
        let count = complaints.len();
        bail!("{count} tests end otherwise than {FOLDER}/realistic.toml says");
    }
    let checked = server.verdict()?;
    Ok(Outcome::Passed(format!(
        "{}, each as listed; {checked} answers held against the contract",
        report.summary()
    )))
}

fn complaints(expected: &Expected, report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    let mut met: BTreeSet<(&str, &str)> = BTreeSet::new();
    for case in &report.0 {
        let Some((module, test, client)) = place(case) else {
            found.push(format!("{}: a name of another form", case.name));
            continue;
        };
        let mut rows = expected.reason.iter().filter_map(|(name, reason)| {
            let mut tests = reason.tests.get(module)?.iter();
            let listed = tests.find(|listed| {
                let of_client = listed.strip_prefix(test);
                of_client.is_some_and(|rest| rest.is_empty() || rest == client)
            })?;
            Some((name, reason, listed))
        });
        let listed = rows.next();
        if let Some((_, _, test)) = listed {
            met.insert((module, test));
        }
        match (&case.end, listed) {
            (End::Skipped, _) | (End::Passed, None) => {}
            (End::Failed(why), None) => found.push(format!("{} fails: {why}", case.name)),
            (End::Passed, Some((reason, _, _))) => {
                found.push(format!("{} passes in spite of {reason}", case.name));
            }
            (End::Failed(why), Some((name, reason, _))) => {
                if !reason.says.iter().any(|words| why.contains(words)) {
                    found.push(format!("{} fails, but not for {name}: {why}", case.name));
                }
            }
        }
    }
    for (reason, row) in &expected.reason {
        for (module, tests) in &row.tests {
            let gone = tests
                .iter()
                .filter(|test| !met.contains(&(module.as_str(), test.as_str())));
            found.extend(gone.map(|test| format!("{module} {test} ({reason}): no such test")));
        }
    }
    found
}

/// The module below `tests.api_resources`, the test's name as the list has it, and the client.
fn place(case: &Case) -> Option<(&str, &str, &str)> {
    let name = case.name.strip_prefix("tests.api_resources.")?;
    let (name, client) = name.split_at(name.find('[').unwrap_or(name.len()));
    let (above, test) = name.rsplit_once('.')?;
    let (module, class) = above.rsplit_once('.').unwrap_or((above, ""));
    // A test that stands outside of a class has the module before it.
    let module = if class.starts_with("Test") {
        module
    } else {
        above
    };
    let forms = ["method_", "raw_response_", "streaming_response_"];
    let test = test.strip_prefix("test_")?;
    let short = forms.iter().find_map(|form| test.strip_prefix(form));
    Some((module, short.unwrap_or(test), client))
}
