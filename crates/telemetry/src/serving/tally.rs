//! A distribution, counted in classes that all pages can be written from: the bounds of a quantity
//! are those of all rows that show it.

use std::sync::LazyLock;

use super::page::pages;
use super::vocabulary::{CallSpread, Quantity, WorkerSpread};

/// Counts of values.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    bounds: &'static [f64],
    classes: Box<[u64]>,
    sum: f64,
}

impl Tally {
    /// An empty one of the quantity.
    pub(super) fn of(quantity: Quantity) -> Self {
        let bounds = bounds_of(quantity);
        Self {
            bounds,
            classes: vec![0; bounds.len() + 1].into_boxed_slice(),
            sum: 0.0,
        }
    }

    /// Counts a value so many times.
    pub(super) fn add(&mut self, value: f64, times: u64) {
        let class = self.bounds.partition_point(|bound| *bound < value);
        self.classes[class] += times;
        self.sum += value * times as f64;
    }

    /// Adds another of the same quantity.
    pub(super) fn merge(&mut self, other: &Tally) {
        for (class, more) in self.classes.iter_mut().zip(&other.classes) {
            *class += more;
        }
        self.sum += other.sum;
    }

    /// How many values.
    pub(super) fn count(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// All values together.
    pub(super) fn sum(&self) -> f64 {
        self.sum
    }

    /// How many values are not above a bound of a row.
    pub(super) fn up_to(&self, bound: f64) -> u64 {
        let classes = self.bounds.partition_point(|other| *other <= bound);
        self.classes[..classes].iter().sum()
    }
}

/// The bounds of all rows that show the quantity, in its own unit.
fn bounds_of(quantity: Quantity) -> &'static [f64] {
    static WORKER: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
        let all = WorkerSpread::ALL.into_iter();
        all.map(|spread| gather(Quantity::WorkerSpread(spread)))
            .collect()
    });
    static CALLS: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| {
        let all = CallSpread::ALL.into_iter();
        all.map(|spread| gather(Quantity::CallSpread(spread)))
            .collect()
    });
    match quantity {
        Quantity::WorkerSpread(spread) => &WORKER[spread as usize],
        Quantity::CallSpread(spread) => &CALLS[spread as usize],
        Quantity::Worker(_)
        | Quantity::Moves(_)
        | Quantity::Proposals(_)
        | Quantity::Calls(_)
        | Quantity::Fact(_)
        | Quantity::Gpu(_) => &[],
    }
}

fn gather(quantity: Quantity) -> Vec<f64> {
    let mut bounds = Vec::new();
    for page in pages() {
        for metric in &page.metric {
            if metric.quantities().any(|value| value == quantity) {
                let own = page.bounds(metric, None);
                bounds.extend(own.iter().map(|bound| bound / metric.scale));
            }
        }
    }
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    bounds
}
