//! Wakes at instants of the machine's clock, to some fifty microseconds. The runtime's own timers
//! count in milliseconds and round up, so that a stream which only they wake is late by up to two of
//! them. Where many wait, one round wakes all that came due since the last: a round costs more than
//! a wake.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::clock::machine_now;

/// From one round of wakes to the next at least: what a token may be late where thousands a second
/// are due. One that comes alone is on time.
const BETWEEN_ROUNDS: Duration = Duration::from_micros(100);

/// Who waits, the earliest first.
struct Wakes {
    waiting: Mutex<Waiting>,
    /// There is an earlier instant than the one that is waited for.
    earlier: Condvar,
}

#[derive(Default)]
struct Waiting {
    heap: BinaryHeap<Reverse<Entry>>,
    order: u64,
    thread: Thread,
}

/// What the thread that wakes is at.
#[derive(Default, Clone, Copy)]
enum Thread {
    /// Nobody waits, so it waits for whoever comes.
    #[default]
    Idle,
    /// It sleeps until then; whoever is due earlier has to tell it.
    Sleeps(Instant),
    /// It looks again before it sleeps.
    Looks,
}

struct Entry {
    at: Instant,
    order: u64,
    who: Who,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// Whom an entry wakes; nobody any more once it is taken.
type Who = Arc<Mutex<Option<Waker>>>;

/// Somebody to be woken, again and again. Dropped, it keeps nothing of its task: what is left until
/// the instant is a few words.
#[derive(Default)]
pub(crate) struct Wake {
    who: Option<Who>,
    set_for: Option<Instant>,
}

impl Wake {
    /// Wakes the task at that instant, or soon where it has passed. False where nobody can: the
    /// thread that wakes could not be started.
    pub(crate) fn set(&mut self, at: Instant, cx: &Context<'_>) -> bool {
        static WAKES: OnceLock<Option<&'static Wakes>> = OnceLock::new();
        let Some(wakes) = WAKES.get_or_init(started) else {
            return false;
        };
        let who = self.who.get_or_insert_default();
        match &mut *who.lock() {
            Some(known) => known.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        if self.set_for != Some(at) {
            self.set_for = Some(at);
            wakes.add(at, who.clone());
        }
        true
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(who) = &self.who {
            who.lock().take();
        }
    }
}

/// The thread that wakes.
fn started() -> Option<&'static Wakes> {
    let wakes: &'static Wakes = Box::leak(Box::new(Wakes {
        waiting: Mutex::default(),
        earlier: Condvar::new(),
    }));
    let thread = std::thread::Builder::new().name("wakes".to_owned());
    thread.spawn(|| wakes.run()).ok().map(|_| wakes)
}

impl Wakes {
    fn add(&self, at: Instant, who: Who) {
        let mut waiting = self.waiting.lock();
        let has_to_tell = match waiting.thread {
            Thread::Idle => true,
            Thread::Sleeps(until) => at < until,
            Thread::Looks => false,
        };
        if has_to_tell {
            waiting.thread = Thread::Looks;
        }
        let order = waiting.order;
        waiting.order += 1;
        waiting.heap.push(Reverse(Entry { at, order, who }));
        drop(waiting);
        if has_to_tell {
            self.earlier.notify_one();
        }
    }

    fn run(&self) {
        let mut due = Vec::new();
        loop {
            self.wait(&mut due);
            // Who sends tokens is not to wait for whoever else registers.
            for who in due.drain(..) {
                let waker = who.lock().take();
                waker.into_iter().for_each(Waker::wake);
            }
            // Those who are due soon gather.
            std::thread::sleep(BETWEEN_ROUNDS);
        }
    }

    /// Sleeps until someone is due, and hands over all that are.
    fn wait(&self, due: &mut Vec<Who>) {
        let mut waiting = self.waiting.lock();
        loop {
            let now = machine_now();
            while waiting
                .heap
                .peek()
                .is_some_and(|Reverse(first)| first.at <= now)
            {
                due.extend(waiting.heap.pop().map(|Reverse(entry)| entry.who));
            }
            if !due.is_empty() {
                waiting.thread = Thread::Looks;
                return;
            }
            match waiting.heap.peek().map(|Reverse(first)| first.at) {
                Some(at) => {
                    waiting.thread = Thread::Sleeps(at);
                    self.earlier.wait_until(&mut waiting, at);
                }
                None => {
                    waiting.thread = Thread::Idle;
                    self.earlier.wait(&mut waiting);
                }
            }
        }
    }
}
