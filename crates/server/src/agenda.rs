//! The deadlines of a world's objects: jobs that walk their states, objects that expire. One run
//! for each world, as long as something is due some day.

use std::sync::{Arc, Weak};
use std::task::Waker;

use fakeai_canon::{Micros, Pull};
use fakeai_resources::only_expires;
use parking_lot::Mutex;

use crate::clock::WorldClock;
use crate::gateway::Gateway;
use crate::resource;
use crate::run::Run;
use crate::tasks;
use crate::world::World;

/// Whether a world's run is under way, and until when it sleeps.
#[derive(Default)]
pub(crate) struct Agenda {
    sleep: Mutex<Option<Sleep>>,
}

struct Sleep {
    until: Micros,
    waker: Option<Waker>,
}

/// How long after a failure of the store it is asked again.
const AGAIN: Micros = Micros(5_000_000);

/// Makes sure that somebody wakes when the world's next object is due.
pub(crate) fn keep(gateway: &Gateway, world: &Arc<World>) {
    let Some(due) = next_due(world) else {
        return;
    };
    let mut sleep = world.agenda.sleep.lock();
    match &mut *sleep {
        Some(asleep) if asleep.until <= due => {}
        Some(asleep) => {
            asleep.until = due;
            if let Some(waker) = asleep.waker.take() {
                waker.wake();
            }
        }
        None => {
            *sleep = Some(Sleep {
                until: due,
                waker: None,
            });
            drop(sleep);
            (gateway.launch)(Run::Agenda(AgendaRun {
                world: Arc::downgrade(world),
                clock: Arc::clone(&world.clock),
            }));
        }
    }
}

/// Deadlines among which a virtual clock looks for one to jump to.
const LOOKED_AT: usize = 10_000;

/// When somebody has to wake. A virtual clock jumps there as soon as nothing else goes on, so it is
/// not told of what only expires: nobody would ever come in time.
fn next_due(world: &World) -> Option<Micros> {
    if !world.clock.is_virtual() {
        return world.store.next_due();
    }
    let due = world.store.due(Micros(u64::MAX), LOOKED_AT);
    let jobs = due.iter().filter(|record| !only_expires(record.family));
    jobs.filter_map(|record| record.due).next()
}

/// The run of a world's deadlines. It does not keep the world.
pub struct AgendaRun {
    world: Weak<World>,
    clock: Arc<WorldClock>,
}

impl AgendaRun {
    /// The world's clock.
    pub(crate) fn clock(&self) -> &Arc<WorldClock> {
        &self.clock
    }

    /// Lets what is due happen.
    pub(crate) fn advance(&mut self, gateway: &Gateway, waker: &Waker) -> Pull {
        let Some(world) = self.world.upgrade() else {
            return Pull::End;
        };
        tasks::aside_where(world.blocks(), || self.settle(gateway, &world, waker))
    }

    fn settle(&self, gateway: &Gateway, world: &Arc<World>, waker: &Waker) -> Pull {
        let failures = world.store.failures();
        resource::settle_whole(gateway, world);
        let mut sleep = world.agenda.sleep.lock();
        let next = next_due(world);
        let next = if world.store.failures() == failures {
            next
        } else {
            Some(world.now() + AGAIN)
        };
        let Some(until) = next else {
            *sleep = None;
            return Pull::End;
        };
        let waker = Some(waker.clone());
        *sleep = Some(Sleep { until, waker });
        Pull::DueAt(until)
    }
}
