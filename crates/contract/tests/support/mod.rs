//! A source of values from a seed, shared by the tests.
#![allow(dead_code)]

use fakeai_contract::{Hint, Source};

/// SplitMix64 behind the trait. `full` takes optional fields and lists too.
pub(crate) struct Seeded {
    state: u64,
    full: bool,
}

impl Seeded {
    pub(crate) fn new(seed: u64, full: bool) -> Self {
        Self { state: seed, full }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

impl Source for Seeded {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        format!("{} {}", hint.name, self.pick(1000))
    }

    fn integer(&mut self, _hint: &Hint<'_>, low: i64, high: i64) -> i64 {
        let low = low.max(-50);
        low.saturating_add(self.pick(200) as i64).min(high)
    }

    fn number(&mut self, _hint: &Hint<'_>, low: f64, high: f64) -> f64 {
        low.max(-5.0).min(high) + self.pick(1000) as f64 / 100.0
    }

    fn boolean(&mut self, _hint: &Hint<'_>) -> bool {
        self.pick(2) == 0
    }

    fn pick(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn length(&mut self, _hint: &Hint<'_>, low: usize, high: usize) -> usize {
        if self.full {
            low.saturating_add(self.pick(3)).min(high)
        } else {
            low
        }
    }

    fn include(&mut self, hint: &Hint<'_>) -> bool {
        self.full && hint.depth < 6 && self.pick(2) == 0
    }

    fn null(&mut self, _hint: &Hint<'_>) -> bool {
        !self.full || self.pick(2) == 0
    }
}
