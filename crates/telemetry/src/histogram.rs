//! The one histogram: spans of time counted in classes, by many threads at once.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fakeai_canon::{Intervals, Micros};

/// Upper bounds of classes for whole answers, in microseconds: tens up to 100, then fourteen
/// classes a power of ten up to 1,000 seconds, so that a quantile is off by a tenth at most.
pub(crate) fn fine_bounds() -> &'static [u64] {
    static BOUNDS: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let steps = [
            100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 700, 800, 900,
        ];
        let scaled = (0..7).flat_map(|power| steps.map(|step| step * 10u64.pow(power)));
        (10..100)
            .step_by(10)
            .chain(scaled)
            .chain([1_000_000_000])
            .collect()
    });
    &BOUNDS
}

/// Counts of spans.
pub(crate) struct Histogram {
    bounds: &'static [u64],
    classes: Box<[AtomicU64]>,
    sum: AtomicU64,
    longest: AtomicU64,
}

impl Histogram {
    /// An empty histogram; a class includes its upper bound, and the last has none.
    pub(crate) fn new(bounds: &'static [u64]) -> Self {
        Self {
            bounds,
            classes: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }

    /// An empty histogram with the classes of [`Intervals`].
    pub(crate) fn of_intervals() -> Self {
        Self::new(&Intervals::BOUNDS)
    }

    /// Counts one span.
    pub(crate) fn add(&self, span: Micros) {
        let class = self.bounds.partition_point(|bound| *bound < span.0);
        self.classes[class].fetch_add(1, Relaxed);
        self.sum.fetch_add(span.0, Relaxed);
        self.longest.fetch_max(span.0, Relaxed);
    }

    /// Counts spans that are counted already, in a histogram made for them.
    pub(crate) fn add_intervals(&self, intervals: &Intervals) {
        if intervals.count == 0 {
            return;
        }
        for (class, count) in self.classes.iter().zip(intervals.classes) {
            if count > 0 {
                class.fetch_add(u64::from(count), Relaxed);
            }
        }
        self.sum.fetch_add(intervals.sum.0, Relaxed);
        self.longest.fetch_max(intervals.longest.0, Relaxed);
    }

    /// The counts as they are now.
    pub(crate) fn counts(&self) -> Counts {
        let classes = self.classes.iter();
        Counts {
            bounds: self.bounds,
            classes: classes.map(|class| class.load(Relaxed)).collect(),
            sum: self.sum.load(Relaxed),
            longest: self.longest.load(Relaxed),
        }
    }
}

/// A histogram at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) bounds: &'static [u64],
    pub(crate) classes: Vec<u64>,
    sum: u64,
    longest: u64,
}

impl Counts {
    /// Adds another of the same classes.
    pub(crate) fn merge(&mut self, other: &Counts) {
        for (class, more) in self.classes.iter_mut().zip(&other.classes) {
            *class += more;
        }
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
    }

    /// How many spans.
    pub(crate) fn count(&self) -> u64 {
        self.classes.iter().sum()
    }

    /// All spans together, in seconds.
    pub(crate) fn sum_seconds(&self) -> f64 {
        Micros(self.sum).seconds()
    }

    /// How many spans are no longer than one of the bounds.
    pub(crate) fn up_to(&self, bound: u64) -> u64 {
        let classes = self.bounds.partition_point(|other| *other <= bound);
        self.classes[..classes].iter().sum()
    }

    /// The span that the given share of spans does not exceed, in seconds: straight between the
    /// bounds of its class, and never beyond the longest.
    pub(crate) fn quantile(&self, share: f64) -> Option<f64> {
        let count = self.count();
        let rank = share * count as f64;
        let mut below = 0;
        for (class, spans) in self.classes.iter().enumerate() {
            if *spans > 0 && (below + spans) as f64 >= rank {
                let low = class.checked_sub(1).map_or(0, |class| self.bounds[class]);
                let high = self.bounds.get(class).copied().unwrap_or(self.longest);
                let part = (rank - below as f64) / *spans as f64;
                let micros = low as f64 + part * high.saturating_sub(low) as f64;
                return Some(micros.min(self.longest as f64) / 1e6);
            }
            below += spans;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_close_to_the_true_ones() {
        let histogram = Histogram::new(fine_bounds());
        for millis in 1..=1000 {
            histogram.add(Micros::from_millis(millis));
        }
        let counts = histogram.counts();
        for (share, truth) in [(0.5, 0.5), (0.9, 0.9), (0.99, 0.99), (1.0, 1.0)] {
            let found = counts.quantile(share).unwrap();
            assert!((found - truth).abs() < 0.02, "{share}: {found}");
        }
        assert_eq!(counts.count(), 1000);
        assert_eq!(counts.up_to(100_000), 100);
    }

    #[test]
    fn no_quantile_exceeds_the_longest_span() {
        let histogram = Histogram::new(fine_bounds());
        histogram.add(Micros(37));
        let counts = histogram.counts();
        assert_eq!(counts.quantile(0.99), Some(0.000_037));
        assert_eq!(Histogram::of_intervals().counts().quantile(0.5), None);
    }

    #[test]
    fn bounds_rise() {
        assert!(fine_bounds().is_sorted_by(|low, high| low < high));
    }
}
