//! The folds of the measurements that constants are fitted on and held against: groups of one model
//! on one GPU, in the order of GPUs and then of models, go to the folds by turns. Models of the same
//! shape are one, since the same run may be published under the names of both.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use fakeai_engine::serving::{Constants, Fit, Means, Measured, Progress, knobs};

use super::weighted;

/// Rounds that a fit takes at most.
const ROUNDS: u32 = 45;

/// How many folds there are.
pub(crate) const FOLDS: usize = 4;

/// A number that no run says enough of: it is set (docs/ACCURACY.md says why).
const PINNED: (&str, &str) = ("H200", "memory_bf16");

/// What ships of each.
const SHIPPED: [&str; FOLDS] = [
    include_str!("folds/1.toml"),
    include_str!("folds/2.toml"),
    include_str!("folds/3.toml"),
    include_str!("folds/4.toml"),
];

/// The group that a row is told of with.
pub(crate) fn group(row: &Measured) -> String {
    format!("{} on {}", row.setup.shape.model, row.setup.gpu.name)
}

/// The rows of a fold, and the others.
pub(crate) fn split(rows: &[Measured], fold: usize) -> (Vec<Measured>, Vec<Measured>) {
    let key = |row: &Measured| {
        let shape = &row.setup.shape;
        let size = (shape.layers, shape.hidden, shape.experts);
        (row.setup.gpu.name.clone(), size)
    };
    let groups: BTreeSet<_> = rows.iter().map(key).collect();
    let is_in = |row: &Measured| {
        let place = groups.iter().position(|name| *name == key(row));
        place.is_some_and(|place| place % FOLDS == fold)
    };
    rows.iter().cloned().partition(is_in)
}

/// Where every fit starts: what was known of GPUs before any of these rows was looked at.
pub(crate) fn start() -> Result<Constants, String> {
    Constants::whole(include_str!("start.toml"))
}

/// The constants that come nearest to these rows.
pub(crate) fn fitted(rows: &[Measured], tell: impl FnMut(Progress)) -> Result<Constants, String> {
    let start = start()?;
    let mut fit = Fit::of(weighted(rows), &start);
    let mut knobs = knobs(rows, true);
    knobs.retain(|knob| (knob.row.as_str(), knob.field) != PINNED);
    Ok(fit.search(&start, &knobs, ROUNDS, tell))
}

/// What came of fits.
pub(crate) struct Fitted {
    /// Of all rows.
    pub(crate) all: Constants,
    /// Of all but each fold.
    without: Vec<Constants>,
}

impl Fitted {
    /// What ships, or what a fit has written into a folder.
    pub(crate) fn of(folder: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let start = start()?;
        let Some(folder) = folder else {
            let without = SHIPPED.iter().map(|text| start.with(text));
            return Ok(Self {
                all: Constants::shipped().clone(),
                without: without.collect::<Result<_, _>>()?,
            });
        };
        let read = |name: &str| -> Result<Constants, Box<dyn Error>> {
            Ok(start.with(&fs::read_to_string(folder.join(name))?)?)
        };
        let without = (1..=FOLDS).map(|fold| read(&format!("{fold}.toml")));
        Ok(Self {
            all: read("all.toml")?,
            without: without.collect::<Result<_, _>>()?,
        })
    }
}

/// Each row with what constants make of it that were fitted without its fold.
pub(crate) fn held_out(rows: &[Measured], fitted: &Fitted) -> Vec<(Measured, Means)> {
    let mut results = Vec::new();
    for (fold, constants) in fitted.without.iter().enumerate() {
        let fit = Fit::of(weighted(&split(rows, fold).0), constants);
        results.extend(
            fit.means(constants)
                .map(|(row, means)| (row.clone(), means)),
        );
    }
    results
}
