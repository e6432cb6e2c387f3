//! The ledger: counts and times of all calls of a world, by operation, model and status, in a
//! bounded number of series.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fakeai_canon::{Closed, EngineEvent, Event, Micros, Observer};
use parking_lot::RwLock;

use crate::histogram::{Histogram, fine_bounds};
use crate::series::{Series, Totals};

/// The model of calls whose own is one too many.
const OTHER: &str = "other";
/// The operation of calls that matched none.
pub(crate) const UNMATCHED: &str = "unmatched";
/// A longer model name is no label.
const LONGEST_MODEL: usize = 128;

/// How much a ledger tells apart. What goes beyond is counted under the model `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerLimits {
    /// Distinct models.
    pub models: usize,
    /// Distinct combinations of operation, model and status; calls under `other` may add to it.
    pub series: usize,
}

impl Default for LedgerLimits {
    fn default() -> Self {
        Self {
            models: 100,
            series: 2_000,
        }
    }
}

/// The counts of one world.
pub struct Ledger {
    limits: LedgerLimits,
    started: Micros,
    opened: AtomicU64,
    closed: AtomicU64,
    table: RwLock<Table>,
    steps: Steps,
}

/// How well the steps of a simulated engine keep time: how long after a step's end its tokens left.
pub(crate) struct Steps {
    /// The first of each step, and the last.
    pub(crate) first: Histogram,
    pub(crate) last: Histogram,
    /// Tokens that left after the first of their step, and how long all steps took for it.
    rest: AtomicU64,
    draining: AtomicU64,
}

impl Steps {
    fn new() -> Self {
        Self {
            first: Histogram::new(fine_bounds()),
            last: Histogram::new(fine_bounds()),
            rest: AtomicU64::new(0),
            draining: AtomicU64::new(0),
        }
    }

    fn add(&self, first_late: Micros, last_late: Micros, tokens: u32) {
        self.first.add(first_late);
        self.last.add(last_late);
        self.rest
            .fetch_add(u64::from(tokens.saturating_sub(1)), Relaxed);
        self.draining
            .fetch_add(last_late.since(first_late).0, Relaxed);
    }

    /// Tokens a second that left after the first ones of their steps.
    pub(crate) fn drained_a_second(&self) -> Option<f64> {
        let micros = self.draining.load(Relaxed);
        (micros > 0).then(|| self.rest.load(Relaxed) as f64 * 1e6 / micros as f64)
    }
}

#[derive(Default)]
struct Table {
    models: HashSet<String>,
    series: HashMap<(&'static str, u16), HashMap<String, Series>>,
    count: usize,
}

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) operation: &'static str,
    pub(crate) model: String,
    pub(crate) status: u16,
}

impl Ledger {
    /// An empty ledger of a world that began at `started`.
    pub fn new(limits: LedgerLimits, started: Micros) -> Self {
        Self {
            limits,
            started,
            opened: AtomicU64::new(0),
            closed: AtomicU64::new(0),
            table: RwLock::default(),
            steps: Steps::new(),
        }
    }

    /// Calls that are being answered.
    pub fn active_requests(&self) -> u64 {
        let closed = self.closed.load(Relaxed);
        self.opened.load(Relaxed).saturating_sub(closed)
    }

    /// Calls that have been answered.
    pub fn requests(&self) -> u64 {
        self.closed.load(Relaxed)
    }

    pub(crate) fn steps(&self) -> &Steps {
        &self.steps
    }

    pub(crate) fn started(&self) -> Micros {
        self.started
    }

    /// All series at `now`, in the order of their keys.
    pub(crate) fn totals(&self, now: Micros) -> Vec<(Key, Totals)> {
        let table = self.table.read();
        let mut totals = Vec::with_capacity(table.count);
        for ((operation, status), models) in &table.series {
            for (model, series) in models {
                let key = Key {
                    operation,
                    model: model.clone(),
                    status: *status,
                };
                totals.push((key, series.totals(now)));
            }
        }
        drop(table);
        totals.sort_by(|(one, _), (other, _)| one.cmp(other));
        totals
    }

    fn count(&self, closed: &Closed) {
        self.closed.fetch_add(1, Relaxed);
        let place = (closed.operation.unwrap_or(UNMATCHED), closed.status);
        let model = closed.model.as_deref().unwrap_or_default();
        if let Some(series) = self.table.read().find(place, model, self.limits) {
            return series.add(closed);
        }
        let mut table = self.table.write();
        table.make(place, model, self.limits).add(closed);
    }
}

impl Observer for Ledger {
    fn observe(&self, event: &Event) {
        match event {
            Event::Opened(_) => {
                self.opened.fetch_add(1, Relaxed);
            }
            Event::Closed(closed) => self.count(closed),
            Event::Engine(EngineEvent::StepLeft {
                first_late,
                last_late,
                tokens,
            }) => self.steps.add(*first_late, *last_late, *tokens),
            Event::Engine(_) => {}
        }
    }
}

impl Table {
    fn find(
        &self,
        place: (&'static str, u16),
        model: &str,
        limits: LedgerLimits,
    ) -> Option<&Series> {
        let models = self.series.get(&place)?;
        models
            .get(model)
            .or_else(|| models.get(OTHER).filter(|_| !self.admits(model, limits)))
    }

    /// Whether a new series may bear the model's name.
    fn admits(&self, model: &str, limits: LedgerLimits) -> bool {
        let known = model.is_empty() || self.models.contains(model);
        let fits = self.models.len() < limits.models && model.len() <= LONGEST_MODEL;
        (known || fits) && self.count < limits.series
    }

    fn make(&mut self, place: (&'static str, u16), model: &str, limits: LedgerLimits) -> &Series {
        let known = self
            .series
            .get(&place)
            .is_some_and(|models| models.contains_key(model));
        let model = if known || self.admits(model, limits) {
            model
        } else {
            OTHER
        };
        if !model.is_empty() && model != OTHER {
            self.models.insert(model.to_owned());
        }
        let models = self.series.entry(place).or_default();
        if !models.contains_key(model) {
            self.count += 1;
        }
        models.entry(model.to_owned()).or_insert_with(Series::new)
    }
}
