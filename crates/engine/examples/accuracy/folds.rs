//! The folds of the measurements that constants are fitted on and held against. Four of groups of one
//! model on one GPU, which go to them by turns in the order of GPUs and then of models; models of the
//! same shape are one, since the same run may be published under the names of both. And two of rows,
//! which go to them by turns.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use fakeai_engine::serving::{Constants, Fit, Means, Measured, Progress, knobs};

use super::weighted;

/// Rounds that a fit takes at most.
const ROUNDS: u32 = 45;

/// A part of the rows that is held out.
pub(crate) struct Fold {
    /// The file of the constants that were fitted without it.
    pub(crate) name: &'static str,
    /// What ships of these.
    shipped: &'static str,
    cut: Cut,
    place: usize,
}

/// How rows come into folds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// With all of their model and GPU.
    Groups,
    /// Each by itself.
    Rows,
}

macro_rules! folds {
    ($($name:literal of $cut:ident at $place:literal),* $(,)?) => {
        /// All folds.
        pub(crate) const FOLDS: &[Fold] = &[$(Fold {
            name: $name,
            shipped: include_str!(concat!("folds/", $name, ".toml")),
            cut: Cut::$cut,
            place: $place,
        }),*];
    };
}

folds![
    "1" of Groups at 0,
    "2" of Groups at 1,
    "3" of Groups at 2,
    "4" of Groups at 3,
    "even" of Rows at 0,
    "odd" of Rows at 1,
];

/// A number that no run says enough of: it is set (docs/ACCURACY.md says why).
const PINNED: (&str, &str) = ("H200", "memory_bf16");

/// The group that a row is told of with.
pub(crate) fn group(row: &Measured) -> String {
    format!("{} on {}", row.setup.shape.model, row.setup.gpu.name)
}

/// The rows of a fold, and the others.
pub(crate) fn split(rows: &[Measured], fold: &Fold) -> (Vec<Measured>, Vec<Measured>) {
    let all = FOLDS.iter().filter(|other| other.cut == fold.cut).count();
    let key = |row: &Measured| {
        let shape = &row.setup.shape;
        let size = (shape.layers, shape.hidden, shape.experts);
        (row.setup.gpu.name.clone(), size)
    };
    let groups: BTreeSet<_> = rows.iter().map(key).collect();
    let place = |number: usize, row: &Measured| match fold.cut {
        Cut::Rows => Some(number),
        Cut::Groups => groups.iter().position(|name| *name == key(row)),
    };
    let numbered = rows.iter().enumerate();
    let (of, others): (Vec<_>, Vec<_>) = numbered
        .partition(|(number, row)| place(*number, row).is_some_and(|at| at % all == fold.place));
    let only =
        |rows: Vec<(usize, &Measured)>| rows.into_iter().map(|(_, row)| row.clone()).collect();
    (only(of), only(others))
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
            let without = FOLDS.iter().map(|fold| start.with(fold.shipped));
            return Ok(Self {
                all: Constants::shipped().clone(),
                without: without.collect::<Result<_, _>>()?,
            });
        };
        let read = |name: &str| -> Result<Constants, Box<dyn Error>> {
            Ok(start.with(&fs::read_to_string(folder.join(name))?)?)
        };
        let without = FOLDS
            .iter()
            .map(|fold| read(&format!("{}.toml", fold.name)));
        Ok(Self {
            all: read("all.toml")?,
            without: without.collect::<Result<_, _>>()?,
        })
    }
}

/// Each row with what constants make of it that were fitted without its fold of such a cut.
pub(crate) fn held_out(rows: &[Measured], cut: Cut, fitted: &Fitted) -> Vec<(Measured, Means)> {
    let mut results = Vec::new();
    let folds = FOLDS.iter().zip(&fitted.without);
    for (fold, constants) in folds.filter(|(fold, _)| fold.cut == cut) {
        let fit = Fit::of(weighted(&split(rows, fold).0), constants);
        results.extend(
            fit.means(constants)
                .map(|(row, means)| (row.clone(), means)),
        );
    }
    results
}
