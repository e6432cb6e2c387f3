//! One series: what is counted for one operation, model and status.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use fakeai_canon::{Closed, Micros, Usage};
use parking_lot::Mutex;

use crate::histogram::{Counts, Histogram, fine_bounds};
use crate::window::{Recent, Window};

/// Distinct error codes that are told apart in one series; a fault may ask for any.
const CODES: usize = 32;

/// The kinds of tokens, by the names of their label.
pub(crate) const TOKEN_TYPES: [&str; 9] = [
    "prompt",
    "cached",
    "prompt_audio",
    "prompt_image",
    "completion",
    "reasoning",
    "completion_audio",
    "accepted_prediction",
    "rejected_prediction",
];

fn by_type(usage: &Usage) -> [u64; TOKEN_TYPES.len()] {
    [
        usage.prompt,
        usage.cached,
        usage.prompt_audio,
        usage.prompt_image,
        usage.completion,
        usage.reasoning,
        usage.completion_audio,
        usage.accepted_prediction,
        usage.rejected_prediction,
    ]
}

pub(crate) struct Series {
    requests: AtomicU64,
    streamed: AtomicU64,
    abandoned: AtomicU64,
    faults: AtomicU64,
    tokens: [AtomicU64; TOKEN_TYPES.len()],
    errors: Mutex<BTreeMap<String, u64>>,
    duration: Histogram,
    first_token: Histogram,
    between_tokens: Histogram,
    lateness: Histogram,
    window: Window,
}

impl Series {
    pub(crate) fn new() -> Self {
        Self {
            requests: AtomicU64::new(0),
            streamed: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            tokens: Default::default(),
            errors: Mutex::default(),
            duration: Histogram::new(fine_bounds()),
            first_token: Histogram::new(fine_bounds()),
            between_tokens: Histogram::of_intervals(),
            lateness: Histogram::of_intervals(),
            window: Window::default(),
        }
    }

    /// Counts one answered call.
    pub(crate) fn add(&self, closed: &Closed) {
        self.requests.fetch_add(1, Relaxed);
        for (flag, count) in [
            (closed.streamed, &self.streamed),
            (closed.abandoned, &self.abandoned),
            (closed.fault, &self.faults),
        ] {
            if flag {
                count.fetch_add(1, Relaxed);
            }
        }
        for (count, tokens) in self.tokens.iter().zip(by_type(&closed.usage)) {
            if tokens > 0 {
                count.fetch_add(tokens, Relaxed);
            }
        }
        self.duration.add(closed.ended.since(closed.started));
        if let Some(first) = closed.first_token {
            self.first_token.add(first.since(closed.started));
        }
        self.between_tokens.add_intervals(&closed.intervals);
        self.lateness.add_intervals(&closed.lateness);
        let failed = closed.error.is_some() || closed.status >= 400;
        if failed {
            self.add_error(closed.error.as_deref().unwrap_or("unknown"));
        }
        self.window.add(closed.ended, failed, closed.usage.total());
    }

    fn add_error(&self, code: &str) {
        let mut errors = self.errors.lock();
        let full = errors.len() >= CODES && !errors.contains_key(code);
        let code = if full { "other" } else { code };
        *errors.entry(code.to_owned()).or_default() += 1;
    }

    /// The counts as they are at `now`.
    pub(crate) fn totals(&self, now: Micros) -> Totals {
        Totals {
            requests: self.requests.load(Relaxed),
            streamed: self.streamed.load(Relaxed),
            abandoned: self.abandoned.load(Relaxed),
            faults: self.faults.load(Relaxed),
            tokens: std::array::from_fn(|kind| self.tokens[kind].load(Relaxed)),
            errors: self.errors.lock().clone(),
            duration: self.duration.counts(),
            first_token: self.first_token.counts(),
            between_tokens: self.between_tokens.counts(),
            lateness: self.lateness.counts(),
            recent: self.window.recent(now),
        }
    }
}

/// A series, or several together, at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Totals {
    pub(crate) requests: u64,
    pub(crate) streamed: u64,
    pub(crate) abandoned: u64,
    pub(crate) faults: u64,
    pub(crate) tokens: [u64; TOKEN_TYPES.len()],
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) duration: Counts,
    pub(crate) first_token: Counts,
    pub(crate) between_tokens: Counts,
    pub(crate) lateness: Counts,
    pub(crate) recent: Recent,
}

impl Totals {
    pub(crate) fn merge(&mut self, other: &Totals) {
        self.requests += other.requests;
        self.streamed += other.streamed;
        self.abandoned += other.abandoned;
        self.faults += other.faults;
        for (count, more) in self.tokens.iter_mut().zip(other.tokens) {
            *count += more;
        }
        for (code, more) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += more;
        }
        self.duration.merge(&other.duration);
        self.first_token.merge(&other.first_token);
        self.between_tokens.merge(&other.between_tokens);
        self.lateness.merge(&other.lateness);
        self.recent.merge(&other.recent);
    }
}
