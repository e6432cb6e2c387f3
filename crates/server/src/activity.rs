//! Whether something goes on in a world: a run that works, or has been woken to, or a call that is being
//! handled. A virtual clock doesn't jump before it rests. Not here: who waits for what.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Wake, Waker};

use parking_lot::Mutex;

use crate::clock::WorldClock;

const RESTS: u8 = 0;
const WORKS: u8 = 1;
/// Woken while it worked.
const GOES_ON: u8 = 2;

/// The activity of one run on a virtual clock.
pub(crate) struct Activity(Arc<State>);

struct State {
    clock: Arc<WorldClock>,
    state: AtomicU8,
    task: Mutex<Option<Waker>>,
}

impl Activity {
    /// That of a run which is to begin. None on a clock that waits for nobody.
    pub(crate) fn new(clock: &Arc<WorldClock>) -> Option<Self> {
        clock.is_virtual().then(|| {
            clock.busier();
            Self(Arc::new(State {
                clock: Arc::clone(clock),
                state: AtomicU8::new(WORKS),
                task: Mutex::default(),
            }))
        })
    }

    /// The run works now; what is returned wakes it as `waker` does.
    pub(crate) fn works(&self, waker: &Waker) -> Waker {
        *self.0.task.lock() = Some(waker.clone());
        if self.0.state.swap(WORKS, Ordering::AcqRel) == RESTS {
            self.0.clock.busier();
        }
        Waker::from(Arc::clone(&self.0))
    }

    /// The run has nothing to do until it is woken.
    pub(crate) fn rests(&self) {
        let rests =
            (self.0.state).compare_exchange(WORKS, RESTS, Ordering::AcqRel, Ordering::Acquire);
        if rests.is_ok() {
            self.0.clock.calmer();
        }
    }
}

/// A call that is being handled: what it has stored may want a run that is not begun yet.
pub(crate) struct Handling(Option<Arc<WorldClock>>);

impl Handling {
    /// That of a call which has come in. Nothing on a clock that waits for nobody.
    pub(crate) fn begin(clock: &Arc<WorldClock>) -> Self {
        let clock = clock.is_virtual().then(|| Arc::clone(clock));
        clock.iter().for_each(|clock| clock.busier());
        Self(clock)
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        self.0.iter().for_each(|clock| clock.calmer());
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        if self.0.state.swap(GOES_ON, Ordering::AcqRel) != RESTS {
            self.0.clock.calmer();
        }
    }
}

impl Wake for State {
    fn wake(self: Arc<Self>) {
        Self::wake_by_ref(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(GOES_ON, Ordering::AcqRel) == RESTS {
            self.clock.busier();
        }
        if let Some(task) = &*self.task.lock() {
            task.wake_by_ref();
        }
    }
}
