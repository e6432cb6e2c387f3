//! A distribution of times that takes the same memory however many there are: counted in classes
//! that are one per cent wide.

/// The width of a class: each begins where the one before it begins, times this.
const WIDTH: f64 = 1.01;
/// Where the first class ends, in seconds: a microsecond.
const FIRST: f64 = 1e-6;
/// Classes up to about twelve days.
const CLASSES: usize = 2_800;

/// A distribution of times in seconds.
#[derive(Clone, Debug)]
pub struct Digest {
    classes: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            classes: vec![0; CLASSES],
            count: 0,
            sum: 0.0,
        }
    }
}

impl Digest {
    /// Counts a time.
    pub fn add(&mut self, seconds: f64) {
        self.add_many(seconds, 1);
    }

    /// Counts a time that came so often.
    pub fn add_many(&mut self, seconds: f64, times: u64) {
        let place = ((seconds.max(FIRST) / FIRST).ln() / WIDTH.ln()) as usize;
        self.classes[place.min(CLASSES - 1)] += times;
        self.count += times;
        self.sum += seconds * times as f64;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; 0 where there are none.
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// The time that this share of them does not exceed, within half a per cent; 0 where there are
    /// none.
    pub fn quantile(&self, share: f64) -> f64 {
        let rank = (share * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (place, count) in self.classes.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return FIRST * WIDTH.powf(place as f64 + 0.5);
            }
        }
        0.0
    }

    /// Points of its cumulative distribution: seconds, and the share that does not exceed them.
    pub fn curve(&self) -> Vec<(f64, f64)> {
        let mut seen = 0;
        let classes = self.classes.iter().enumerate();
        let filled = classes.filter(|(_, count)| **count > 0);
        filled
            .map(|(place, count)| {
                seen += count;
                let seconds = FIRST * WIDTH.powf(place as f64 + 0.5);
                (seconds, seen as f64 / self.count as f64)
            })
            .collect()
    }
}
