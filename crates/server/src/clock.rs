//! The clocks of worlds: real, scaled and virtual. The only file that reads the machine's clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fakeai_canon::{Clock, Micros};
use parking_lot::Mutex;

use crate::gateway::Gateway;
use crate::wakes::Wake;

/// Where virtual time begins unless told otherwise: 2026-01-01T00:00:00Z.
pub const VIRTUAL_EPOCH: Micros = Micros(1_767_225_600_000_000);

/// A world's clock.
pub enum WorldClock {
    /// The machine's time, run `scale` times as fast from the moment it was made.
    Real {
        /// The machine's monotonic time when the clock was made.
        base: Instant,
        /// The world's time at that moment.
        epoch: Micros,
        /// World seconds a machine second.
        scale: f64,
    },
    /// A time that moves only when told.
    Virtual(Mutex<VirtualTime>),
}

/// The state of a virtual clock.
pub struct VirtualTime {
    now: Micros,
    /// Runs that work.
    busy: usize,
    order: u64,
    sleepers: BinaryHeap<Reverse<Sleeper>>,
}

struct Sleeper {
    due: Micros,
    order: u64,
    waker: Waker,
}

impl PartialEq for Sleeper {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.order) == (other.due, other.order)
    }
}

impl Eq for Sleeper {}

impl PartialOrd for Sleeper {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Sleeper {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl WorldClock {
    /// The machine's time, run `scale` times as fast.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    pub fn real(scale: f64) -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self::Real {
            base: Instant::now(),
            epoch: Micros(since_epoch.as_micros() as u64),
            scale,
        }
    }

    /// A clock that stands at `epoch`.
    pub fn virtual_from(epoch: Micros) -> Self {
        Self::Virtual(Mutex::new(VirtualTime {
            now: epoch,
            busy: 0,
            order: 0,
            sleepers: BinaryHeap::new(),
        }))
    }

    /// Moves a virtual clock to `to`, never back, and wakes whoever waited for that. Real clocks
    /// go their own way.
    pub fn advance(&self, to: Micros) {
        let Self::Virtual(time) = self else { return };
        let mut due = Vec::new();
        {
            let mut time = time.lock();
            time.now = time.now.max(to);
            while time
                .sleepers
                .peek()
                .is_some_and(|Reverse(next)| next.due <= time.now)
            {
                due.extend(time.sleepers.pop().map(|Reverse(sleeper)| sleeper.waker));
            }
        }
        due.into_iter().for_each(Waker::wake);
    }

    /// One run more works in the world of a virtual clock.
    pub(crate) fn busier(&self) {
        if let Self::Virtual(time) = self {
            time.lock().busy += 1;
        }
    }

    /// One run less works.
    pub(crate) fn calmer(&self) {
        if let Self::Virtual(time) = self {
            let mut time = time.lock();
            time.busy = time.busy.saturating_sub(1);
        }
    }

    /// Whether runs work, so that it is too early to jump.
    fn is_busy(&self) -> bool {
        match self {
            Self::Real { .. } => false,
            Self::Virtual(time) => time.lock().busy > 0,
        }
    }

    /// The earliest instant that somebody waits for on a virtual clock.
    pub fn next_due(&self) -> Option<Micros> {
        match self {
            Self::Real { .. } => None,
            Self::Virtual(time) => time.lock().sleepers.peek().map(|Reverse(next)| next.due),
        }
    }

    /// True for a virtual clock.
    pub fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// The machine's instant at which a real clock shows `at`.
    fn deadline(&self, at: Micros) -> Option<Instant> {
        let Self::Real { base, epoch, scale } = self else {
            return None;
        };
        let span = at.since(*epoch).0 as f64 / scale;
        let ahead = Duration::from_micros(span.min(1e15) as u64);
        Some(*base + ahead)
    }
}

impl Clock for WorldClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the file that reads the clock"
    )]
    fn now(&self) -> Micros {
        match self {
            Self::Real { base, epoch, scale } => {
                let run = Instant::now().duration_since(*base);
                *epoch + Micros((run.as_micros() as f64 * scale) as u64)
            }
            Self::Virtual(time) => time.lock().now,
        }
    }
}

/// A wait on a world's clock that can be set again without a new timer.
pub struct Alarm {
    clock: Arc<WorldClock>,
    /// The runtime's timer, and what it is set for.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    set_for: Option<Micros>,
    /// Wakes more closely, for what comes soon.
    near: Wake,
}

/// A longer wait than between two tokens is left to the runtime's timer, but for its end: that is
/// how early it is.
const NEAR: Duration = Duration::from_secs(2);
const EARLY: Duration = Duration::from_millis(4);

/// The machine's monotonic time.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the file that reads the clock"
)]
pub(crate) fn machine_now() -> Instant {
    Instant::now()
}

impl Alarm {
    /// An alarm that is not set.
    pub fn new(clock: Arc<WorldClock>) -> Self {
        Self {
            clock,
            timer: None,
            set_for: None,
            near: Wake::default(),
        }
    }

    /// Ready when the clock shows `at`.
    pub fn poll_until(&mut self, at: Micros, cx: &mut Context<'_>) -> Poll<()> {
        match &*self.clock {
            WorldClock::Virtual(time) => {
                let mut time = time.lock();
                if time.now >= at {
                    return Poll::Ready(());
                }
                let order = time.order;
                time.order += 1;
                let waker = cx.waker().clone();
                time.sleepers.push(Reverse(Sleeper {
                    due: at,
                    order,
                    waker,
                }));
                Poll::Pending
            }
            WorldClock::Real { .. } => self.poll_timer(at, cx),
        }
    }

    fn poll_timer(&mut self, at: Micros, cx: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.clock.deadline(at) else {
            return Poll::Ready(());
        };
        let left = deadline.saturating_duration_since(machine_now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        if left > NEAR {
            // The runtime's timer is set to be too early, since it is coarse. It has not fired yet:
            // what is left is more than it is early by.
            return self.poll_coarse(at, deadline - EARLY, cx);
        }
        if !self.near.set(deadline, cx) {
            self.set_for = None;
            return self.poll_coarse(at, deadline, cx);
        }
        Poll::Pending
    }

    fn poll_coarse(&mut self, at: Micros, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let deadline = tokio::time::Instant::from_std(deadline);
        match &mut self.timer {
            Some(timer) if self.set_for != Some(at) => timer.as_mut().reset(deadline),
            Some(_) => {}
            None => self.timer = Some(Box::pin(tokio::time::sleep_until(deadline))),
        }
        self.set_for = Some(at);
        match &mut self.timer {
            Some(timer) => timer.as_mut().poll(cx),
            None => Poll::Ready(()),
        }
    }

    /// Waits until the clock shows `at`.
    pub async fn until(&mut self, at: Micros) {
        std::future::poll_fn(|cx| self.poll_until(at, cx)).await;
    }
}

/// Lets the virtual clock of every world jump to the next due time whenever nothing else has work
/// to do. Never ends; run it as a task.
pub(crate) async fn jump_when_idle(gateway: Arc<Gateway>) {
    loop {
        // Real time passes here only so that sockets are looked at between two jumps.
        tokio::time::sleep(Duration::from_millis(1)).await;
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        for world in gateway.worlds.alive() {
            if world.clock.is_busy() {
                continue;
            }
            if let Some(due) = world.clock.next_due() {
                world.clock.advance(due);
            }
        }
    }
}
