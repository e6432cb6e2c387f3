//! The streams that are open: how many there may be, and how they learn that the server stops.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;

/// All open streams of a server.
pub(crate) struct OpenStreams {
    most: usize,
    open: AtomicUsize,
    numbers: AtomicU64,
    closing: AtomicBool,
    waiting: Mutex<HashMap<u64, Waker>>,
}

impl OpenStreams {
    /// Room for `most` streams.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            open: AtomicUsize::new(0),
            numbers: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            waiting: Mutex::default(),
        }
    }

    /// Opens a stream and gives it a number; none where there is no room.
    pub(crate) fn open(&self) -> Option<u64> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(self.numbers.fetch_add(1, Ordering::Relaxed))
    }

    /// Ends a stream.
    pub(crate) fn close(&self, number: u64) {
        self.waiting.lock().remove(&number);
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// True once the server stops.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Remembers whom to wake when the server stops.
    pub(crate) fn wait(&self, number: u64, waker: &Waker) {
        self.waiting.lock().insert(number, waker.clone());
    }

    /// Tells every stream that the server stops.
    pub(crate) fn shut(&self) {
        self.closing.store(true, Ordering::Release);
        for (_, waker) in self.waiting.lock().drain() {
            waker.wake();
        }
    }
}
