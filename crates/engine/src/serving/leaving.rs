//! How well the tokens of steps keep time on their way out: who sends one says so, and observers are
//! told of a step once later ones leave.

use std::collections::VecDeque;

use fakeai_canon::Micros;

/// Steps of which tokens may still leave: those of several replicas, and of a client that is slow.
const OPEN: usize = 16;

/// Tokens of one step that have left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) due: Micros,
    /// How late the first and the last of them were.
    pub(super) first: Micros,
    pub(super) last: Micros,
    pub(super) tokens: u32,
}

/// The steps of which tokens leave, the latest last.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    open: VecDeque<Left>,
    /// Steps up to this one have been told.
    told: Micros,
}

impl Leaving {
    /// Tokens that were due then leave now. Gives back a step that is told with that.
    pub(super) fn note(&mut self, due: Micros, now: Micros, tokens: u32) -> Option<Left> {
        let late = now.since(due);
        // Most tokens are of the step that began to leave last.
        if let Some(step) = self.open.iter_mut().rev().find(|step| step.due == due) {
            step.last = step.last.max(late);
            step.tokens += tokens;
            return None;
        }
        if due <= self.told {
            return None;
        }
        let place = self.open.partition_point(|step| step.due < due);
        let left = Left {
            due,
            first: late,
            last: late,
            tokens,
        };
        self.open.insert(place, left);
        if self.open.len() <= OPEN {
            return None;
        }
        let told = self.open.pop_front()?;
        self.told = told.due;
        Some(told)
    }
}
