//! What happened in the last minute, in slots of five seconds of the world's clock. Counts of the
//! moment in which a slot is taken over may be lost; totals are kept elsewhere.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fakeai_canon::Micros;

const SLOT_SECONDS: u64 = 5;
/// A minute, and the slot that is still being filled.
const SLOTS: usize = 13;

/// Counts of the last minute.
#[derive(Default)]
pub(crate) struct Window {
    slots: [Slot; SLOTS],
}

#[derive(Default)]
struct Slot {
    /// The number of the five seconds that the counts are of, plus one; 0 is never.
    number: AtomicU64,
    requests: AtomicU64,
    errors: AtomicU64,
    tokens: AtomicU64,
}

/// Sums over the last minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Recent {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) tokens: u64,
}

impl Recent {
    pub(crate) fn merge(&mut self, other: &Recent) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.tokens += other.tokens;
    }
}

fn number(at: Micros) -> u64 {
    at.whole_seconds() / SLOT_SECONDS + 1
}

/// The seconds that [`Window::recent`] covers at `now` in a world that began at `started`.
pub(crate) fn covered_seconds(started: Micros, now: Micros) -> f64 {
    let first = number(now).saturating_sub(SLOTS as u64);
    let from = Micros::from_millis(first * SLOT_SECONDS * 1_000).max(started);
    now.since(from).seconds().max(1.0)
}

impl Window {
    /// Counts one answered call.
    pub(crate) fn add(&self, at: Micros, failed: bool, tokens: u64) {
        let number = number(at);
        let slot = &self.slots[(number % SLOTS as u64) as usize];
        let found = slot.number.load(Relaxed);
        if found > number {
            return;
        }
        if found < number
            && slot
                .number
                .compare_exchange(found, number, Relaxed, Relaxed)
                .is_ok()
        {
            slot.requests.store(0, Relaxed);
            slot.errors.store(0, Relaxed);
            slot.tokens.store(0, Relaxed);
        }
        slot.requests.fetch_add(1, Relaxed);
        slot.errors.fetch_add(u64::from(failed), Relaxed);
        slot.tokens.fetch_add(tokens, Relaxed);
    }

    /// The sums at `now`.
    pub(crate) fn recent(&self, now: Micros) -> Recent {
        let newest = number(now);
        let mut recent = Recent::default();
        for slot in &self.slots {
            let number = slot.number.load(Relaxed);
            if number <= newest && number + SLOTS as u64 > newest {
                recent.requests += slot.requests.load(Relaxed);
                recent.errors += slot.errors.load(Relaxed);
                recent.tokens += slot.tokens.load(Relaxed);
            }
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_minute_counts() {
        let window = Window::default();
        for second in 0..600 {
            window.add(Micros::from_seconds(f64::from(second)), second % 2 == 0, 3);
        }
        let now = Micros::from_seconds(599.0);
        let recent = window.recent(now);
        assert_eq!(
            (recent.requests, recent.errors, recent.tokens),
            (65, 32, 195)
        );
        let rate = recent.requests as f64 / covered_seconds(Micros::ZERO, now);
        assert!((rate - 1.0).abs() < 0.05, "{rate}");
        let later = Micros::from_seconds(700.0);
        assert_eq!(window.recent(later), Recent::default());
    }
}
