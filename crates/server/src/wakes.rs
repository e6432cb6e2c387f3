//! Wakes at instants of the machine's clock, to some fifty microseconds. The runtime's own timers
//! count in milliseconds and round up, so that a stream which only they wake is late by up to two of
//! them. Not for long waits: whoever waits here is kept until its instant.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::task::Waker;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use crate::clock::machine_now;

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
}

struct Entry {
    at: Instant,
    order: u64,
    waker: Waker,
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

/// Wakes whoever this is at that instant, or soon where it has passed. False where nobody can: the
/// thread that wakes could not be started.
pub(crate) fn wake_at(at: Instant, waker: Waker) -> bool {
    static WAKES: OnceLock<Option<&'static Wakes>> = OnceLock::new();
    let Some(wakes) = WAKES.get_or_init(started) else {
        return false;
    };
    let mut waiting = wakes.waiting.lock();
    let is_earliest = waiting
        .heap
        .peek()
        .is_none_or(|Reverse(first)| at < first.at);
    let order = waiting.order;
    waiting.order += 1;
    waiting.heap.push(Reverse(Entry { at, order, waker }));
    drop(waiting);
    if is_earliest {
        wakes.earlier.notify_one();
    }
    true
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
    fn run(&self) {
        let mut due = Vec::new();
        loop {
            let mut waiting = self.waiting.lock();
            let now = machine_now();
            while waiting
                .heap
                .peek()
                .is_some_and(|Reverse(first)| first.at <= now)
            {
                due.extend(waiting.heap.pop().map(|Reverse(entry)| entry.waker));
            }
            if due.is_empty() {
                match waiting.heap.peek().map(|Reverse(first)| first.at) {
                    Some(at) => {
                        self.earlier.wait_until(&mut waiting, at);
                    }
                    None => self.earlier.wait(&mut waiting),
                }
                continue;
            }
            drop(waiting);
            // Who sends tokens is not to wait for whoever else registers.
            due.drain(..).for_each(Waker::wake);
        }
    }
}
