//! What goes on in a world although nobody waits for it: whoever drives it pulls it like frames.

use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{Micros, Pull};

use crate::agenda::AgendaRun;
use crate::background::BackgroundRun;
use crate::clock::WorldClock;
use crate::errand::ErrandRun;
use crate::gateway::Gateway;
use crate::webhooks::{self, DeliveryRun};

/// Something that goes on in the background.
pub enum Run {
    /// An answer that nobody waits for.
    Answer(Box<BackgroundRun>),
    /// A call that a stored object sends.
    Errand(Box<ErrandRun>),
    /// The deadlines of a world's objects.
    Agenda(AgendaRun),
    /// An event that is told to a receiver.
    Delivery(Box<DeliveryRun>),
}

impl Run {
    /// Does what is due at `now` and says how to go on.
    pub fn advance(&mut self, gateway: &Gateway, now: Micros, waker: &Waker) -> Pull {
        match self {
            Run::Answer(run) => {
                let pull = run.advance(now, waker);
                if matches!(pull, Pull::End | Pull::Cut | Pull::Failed(_)) {
                    webhooks::announce_response(gateway, run.world(), run.id());
                }
                pull
            }
            Run::Errand(run) => run.advance(gateway, now, waker),
            Run::Agenda(run) => run.advance(gateway, waker),
            Run::Delivery(run) => run.advance(now, waker),
        }
    }

    /// The clock that it goes by.
    pub fn clock(&self) -> &Arc<WorldClock> {
        match self {
            Run::Answer(run) => &run.world().clock,
            Run::Errand(run) => run.clock(),
            Run::Agenda(run) => run.clock(),
            Run::Delivery(run) => run.clock(),
        }
    }
}
