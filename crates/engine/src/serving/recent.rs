//! Means over the last span of time, in a fixed number of slots, so that what is kept does not grow
//! with the number of steps.

use fakeai_canon::Micros;

use super::power::Activity;

/// Slots of a window, and the one that is still being filled.
const SLOTS: u64 = 32;

/// What a stretch of time was like.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Span {
    /// 1 while a step is under way.
    pub(super) busy: f64,
    pub(super) activity: Activity,
    pub(super) watts: f64,
}

/// The last span of time.
#[derive(Clone, Debug)]
pub(super) struct Recent {
    /// Microseconds of a slot.
    slot: u64,
    slots: Vec<Slot>,
    started: Micros,
    now: Micros,
    busy_until: Micros,
}

/// Sums over the part of a slot that has passed, weighed by seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: u64,
    sum: Span,
}

impl Span {
    fn add(&mut self, other: &Span, weight: f64) {
        let (sum, more) = (&mut self.activity, &other.activity);
        self.busy += other.busy * weight;
        self.watts += other.watts * weight;
        sum.kernels += more.kernels * weight;
        sum.tensor += more.tensor * weight;
        sum.memory += more.memory * weight;
        sum.link_bytes += more.link_bytes * weight;
        sum.from_host_bytes += more.from_host_bytes * weight;
        sum.to_host_bytes += more.to_host_bytes * weight;
    }
}

impl Recent {
    /// A window of that length that begins now.
    pub(super) fn new(window: Micros, now: Micros) -> Self {
        Self {
            slot: (window.0 / SLOTS).max(1),
            slots: vec![Slot::default(); SLOTS as usize + 1],
            started: now,
            now,
            busy_until: now,
        }
    }

    /// It was like that from then until then; nothing is told twice, and nothing out of order.
    pub(super) fn add(&mut self, from: Micros, until: Micros, span: &Span) {
        self.now = until;
        if span.busy > 0.0 {
            self.busy_until = until;
        }
        // What is older than the window need not be written.
        let oldest = until.0.saturating_sub((SLOTS + 1) * self.slot);
        let mut at = from.0.max(oldest);
        while at < until.0 {
            let number = at / self.slot;
            let end = ((number + 1) * self.slot).min(until.0);
            let slot = &mut self.slots[(number % (SLOTS + 1)) as usize];
            if slot.number != number {
                *slot = Slot {
                    number,
                    sum: Span::default(),
                };
            }
            slot.sum.add(span, (end - at) as f64 / 1e6);
            at = end;
        }
    }

    /// What the window was like on average.
    pub(super) fn mean(&self) -> Span {
        let newest = self.now.0 / self.slot;
        let first = newest.saturating_sub(SLOTS);
        let from = self.started.0.max(first * self.slot);
        let seconds = (self.now.0 - from.min(self.now.0)) as f64 / 1e6;
        let mut mean = Span::default();
        if seconds > 0.0 {
            let fresh = self.slots.iter().filter(|slot| slot.number >= first);
            fresh.for_each(|slot| mean.add(&slot.sum, 1.0 / seconds));
        }
        mean
    }

    /// Seconds since a step was under way.
    pub(super) fn idle_seconds(&self) -> f64 {
        self.now.since(self.busy_until).seconds()
    }
}
