//! What became of a world's events: the last of them, and how many still wait.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use fakeai_canon::Micros;
use http::Uri;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Deliveries that are remembered after their end.
const KEPT: usize = 500;

/// A world's deliveries.
#[derive(Default)]
pub(crate) struct Deliveries {
    events: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    entries: VecDeque<Entry>,
    next: u64,
    waiting: usize,
}

struct Entry {
    number: u64,
    event: &'static str,
    id: String,
    url: String,
    created: Micros,
    attempts: u16,
    status: &'static str,
    last_status: Option<u16>,
    last_error: Option<String>,
    next_attempt: Option<Micros>,
}

/// What an attempt came to.
pub(super) enum Attempt {
    /// The receiver answered with this status.
    Answered(u16),
    /// It did not answer.
    Failed(String),
}

impl Attempt {
    /// Whether the receiver has taken the event.
    pub(super) fn succeeded(&self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }
}

impl Deliveries {
    /// The number of this event in the world, from 0.
    pub(super) fn count_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed)
    }

    /// Notes a delivery that begins; none where `most` wait already.
    pub(super) fn open(
        &self,
        event: &'static str,
        id: &str,
        url: &Uri,
        most: usize,
        now: Micros,
    ) -> Option<u64> {
        let mut table = self.table.lock();
        let full = table.waiting >= most;
        let number = table.next;
        table.next += 1;
        table.waiting += usize::from(!full);
        table.entries.push_back(Entry {
            number,
            event,
            id: id.to_owned(),
            url: url.to_string(),
            created: now,
            attempts: 0,
            status: if full { "dropped" } else { "pending" },
            last_status: None,
            last_error: None,
            next_attempt: None,
        });
        // Those that still wait are never more than `most` and the newest.
        while table.entries.len() > KEPT.max(most) {
            table.entries.pop_front();
        }
        (!full).then_some(number)
    }

    /// Notes an attempt, and when the next one is; none where this was the last.
    pub(super) fn tried(&self, number: u64, attempt: &Attempt, next: Option<Micros>) {
        let mut table = self.table.lock();
        if next.is_none() {
            table.waiting = table.waiting.saturating_sub(1);
        }
        let mut newest = table.entries.iter_mut().rev();
        let Some(entry) = newest.find(|entry| entry.number == number) else {
            return;
        };
        entry.attempts += 1;
        entry.next_attempt = next;
        entry.status = match (attempt.succeeded(), next) {
            (true, _) => "delivered",
            (false, Some(_)) => "pending",
            (false, None) => "failed",
        };
        (entry.last_status, entry.last_error) = match attempt {
            Attempt::Answered(status) => (Some(*status), None),
            Attempt::Failed(error) => (None, Some(error.clone())),
        };
    }

    /// The deliveries, the newest first.
    pub(crate) fn list(&self) -> Vec<Value> {
        let table = self.table.lock();
        table.entries.iter().rev().map(Entry::shown).collect()
    }
}

impl Entry {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "type": self.event,
            "url": self.url,
            "status": self.status,
            "attempts": self.attempts,
            "last_status": self.last_status,
            "last_error": self.last_error,
            "created_at": self.created.seconds(),
            "next_attempt_at": self.next_attempt.map(Micros::seconds),
        })
    }
}
