//! The book: lines of usage by minute, and, where they grow too many, by hour and by day.

use std::collections::{BTreeMap, HashMap};

use fakeai_canon::{Billed, Closed, Event, Observer};
use parking_lot::Mutex;

use super::costs::Spending;
use super::line::{Amounts, Line, entries};

/// How much a book holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageLimits {
    /// Lines of all buckets together. Beyond it the oldest minutes become hours, then the oldest
    /// hours days, and at last the oldest days are forgotten.
    pub lines: usize,
}

impl Default for UsageLimits {
    fn default() -> Self {
        Self { lines: 100_000 }
    }
}

/// Seconds of the buckets that lines are kept in, the finest first.
const WIDTHS: [u64; 3] = [60, 3_600, 86_400];

/// The usage of one world.
pub struct UsageBook {
    limits: UsageLimits,
    none: Billed,
    buckets: Mutex<Buckets>,
    pub(super) spending: Mutex<Spending>,
}

type Lines = HashMap<u64, (Line, Amounts)>;

#[derive(Default)]
struct Buckets {
    /// By their first second, for each of the widths.
    of: [BTreeMap<u64, Lines>; 3],
    lines: usize,
}

impl UsageBook {
    /// An empty book.
    pub fn new(limits: UsageLimits) -> Self {
        Self {
            limits,
            none: Billed {
                tier: "default".to_owned(),
                ..Billed::default()
            },
            buckets: Mutex::default(),
            spending: Mutex::default(),
        }
    }

    fn add(&self, closed: &Closed) {
        let entries = entries(closed, &self.none);
        if entries.is_empty() {
            return;
        }
        let at = closed.ended.whole_seconds();
        let mut spending = self.spending.lock();
        for entry in &entries {
            spending.add(entry.project(), &entry.priced(), &entry.amounts, at);
        }
        drop(spending);
        let mut buckets = self.buckets.lock();
        for entry in entries {
            let hash = entry.hash();
            buckets.add(0, at, hash, || entry.line(), &entry.amounts);
        }
        buckets.shrink(self.limits.lines);
    }

    /// Every line from `start` up to `end` that `fits`, with the first second of its bucket.
    pub(super) fn lines(
        &self,
        (start, end): (u64, u64),
        fits: impl Fn(&Line) -> bool,
    ) -> Vec<(u64, Line, Amounts)> {
        let buckets = self.buckets.lock();
        let within = buckets
            .of
            .iter()
            .flat_map(|of| of.range(start..end.max(start)));
        let mut found = Vec::new();
        for (at, lines) in within {
            let lines = lines.values().filter(|(line, _)| fits(line));
            found.extend(lines.map(|(line, amounts)| (*at, line.clone(), *amounts)));
        }
        found
    }
}

impl Observer for UsageBook {
    fn observe(&self, event: &Event) {
        match event {
            Event::Opened(_) | Event::Engine(_) => {}
            Event::Closed(closed) => self.add(closed),
        }
    }
}

impl Buckets {
    fn add(
        &mut self,
        width: usize,
        at: u64,
        hash: u64,
        line: impl FnOnce() -> Line,
        amounts: &Amounts,
    ) {
        let start = at - at % WIDTHS[width];
        let lines = self.of[width].entry(start).or_default();
        let mut fresh = 0;
        let (_, sum) = lines.entry(hash).or_insert_with(|| {
            fresh = 1;
            (line(), Amounts::default())
        });
        sum.add(amounts);
        self.lines += fresh;
    }

    /// Makes coarser what is oldest, until no more lines are left than may be.
    fn shrink(&mut self, most: usize) {
        while self.lines > most {
            // The newest bucket of a width is still being written.
            let finest = (0..WIDTHS.len()).find(|width| self.of[*width].len() > 1);
            let Some(width) = finest else { return };
            let Some((start, lines)) = self.of[width].pop_first() else {
                return;
            };
            self.lines -= lines.len();
            if width + 1 < WIDTHS.len() {
                for (hash, (line, amounts)) in lines {
                    self.add(width + 1, start, hash, || line, &amounts);
                }
            }
        }
    }
}
