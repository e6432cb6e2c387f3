//! The two halves of the measurements that constants are fitted on and held against: groups of one
//! model on one GPU, in the order of GPUs and then of models, go to one half and the other by
//! turns, so that each half has each GPU.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use fakeai_engine::serving::{Constants, Fit, Means, Measured, knobs};

use super::weighted;

/// Rounds that a fit takes at most.
const ROUNDS: u32 = 45;

/// A half of the groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    First,
    Second,
}

/// The group that a row is of.
pub(crate) fn group(row: &Measured) -> String {
    format!("{} on {}", row.setup.shape.model, row.setup.gpu.name)
}

/// The rows of a half.
pub(crate) fn of(rows: &[Measured], half: Half) -> Vec<Measured> {
    let key = |row: &Measured| (row.setup.gpu.name.clone(), row.setup.shape.model.clone());
    let groups: BTreeSet<(String, String)> = rows.iter().map(key).collect();
    let is_in = |row: &&Measured| {
        let place = groups.iter().position(|name| *name == key(row));
        place.is_some_and(|place| place.is_multiple_of(2) == (half == Half::First))
    };
    rows.iter().filter(is_in).cloned().collect()
}

/// Where every fit starts: what was known of GPUs before any of these rows was looked at.
pub(crate) fn start() -> Result<Constants, String> {
    Constants::whole(include_str!("start.toml"))
}

/// The constants that come nearest to these rows.
pub(crate) fn fitted(rows: &[Measured], tell: impl FnMut(u32, f64)) -> Result<Constants, String> {
    let mut fit = Fit::of(weighted(rows));
    Ok(fit.search(&start()?, &knobs(rows, true), ROUNDS, tell))
}

/// What came of fits.
pub(crate) struct Fitted {
    /// Of all rows.
    pub(crate) all: Constants,
    /// Of each half.
    first: Constants,
    second: Constants,
}

impl Fitted {
    /// What ships, or what a fit has written into a folder.
    pub(crate) fn of(folder: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let start = start()?;
        let Some(folder) = folder else {
            return Ok(Self {
                all: Constants::shipped().clone(),
                first: start.with(include_str!("first.toml"))?,
                second: start.with(include_str!("second.toml"))?,
            });
        };
        let read = |name: &str| -> Result<Constants, Box<dyn Error>> {
            Ok(start.with(&fs::read_to_string(folder.join(name))?)?)
        };
        Ok(Self {
            all: read("all.toml")?,
            first: read("first.toml")?,
            second: read("second.toml")?,
        })
    }
}

/// Each row with what constants make of it that were fitted on the half that it is not in.
pub(crate) fn held_out(rows: &[Measured], fitted: &Fitted) -> Vec<(Measured, Means)> {
    let mut results = Vec::new();
    for (half, constants) in [(Half::Second, &fitted.first), (Half::First, &fitted.second)] {
        let fit = Fit::of(weighted(&of(rows, half)));
        results.extend(
            fit.means(constants)
                .map(|(row, means)| (row.clone(), means)),
        );
    }
    results
}
