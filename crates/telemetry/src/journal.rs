//! The journal: the last calls and their answers, bounded in number and bytes. For people who
//! look what a client did; nothing is computed from it.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Closed, Event, Micros, Observer};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// How much a journal holds; the oldest entries go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalLimits {
    /// Entries.
    pub entries: usize,
    /// Bytes of all entries.
    pub bytes: usize,
    /// Bytes kept of each body.
    pub body_bytes: usize,
}

impl Default for JournalLimits {
    fn default() -> Self {
        Self {
            entries: 1_000,
            bytes: 16 << 20,
            body_bytes: 4_096,
        }
    }
}

/// The last calls of one world.
pub struct Journal {
    limits: JournalLimits,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: u64,
}

/// One call, with its bodies cut to size.
#[derive(Clone)]
struct Entry {
    closed: Arc<Closed>,
    bytes: usize,
}

/// Which entries are asked for. Everything that is given must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFilter {
    /// The model asked for.
    pub model: Option<String>,
    /// The operation's id.
    pub operation: Option<String>,
    /// The status sent.
    pub status: Option<u16>,
    /// Ended then or later.
    pub since: Option<Micros>,
    /// At most so many, the newest.
    pub limit: usize,
}

impl Default for JournalFilter {
    fn default() -> Self {
        Self {
            model: None,
            operation: None,
            status: None,
            since: None,
            limit: 100,
        }
    }
}

impl JournalFilter {
    /// Reads a filter from decoded query parameters; `since` is in seconds of the Unix epoch.
    /// Parameters of other names are ignored.
    ///
    /// # Errors
    /// A parameter that is no number where one is needed (400).
    pub fn from_query(query: &[(String, String)]) -> Result<Self, ApiError> {
        let mut filter = Self::default();
        for (name, value) in query {
            match name.as_str() {
                "model" => filter.model = Some(value.clone()),
                "operation" => filter.operation = Some(value.clone()),
                "status" => filter.status = Some(number(name, value)?),
                "since" => filter.since = Some(Micros::from_seconds(number(name, value)?)),
                "limit" => filter.limit = number(name, value)?,
                _ => {}
            }
        }
        Ok(filter)
    }

    fn holds(&self, closed: &Closed) -> bool {
        fn is<T: PartialEq + ?Sized>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.model.as_deref(), closed.model.as_deref())
            && is(self.operation.as_deref(), closed.operation)
            && is(self.status.as_ref(), Some(&closed.status))
            && self.since.is_none_or(|since| closed.ended >= since)
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, ApiError> {
    value.parse().map_err(|_| {
        let message = format!("Invalid '{name}': expected a number, but got '{value}' instead.");
        ApiError::invalid(message).param(name).code("invalid_value")
    })
}

impl Journal {
    /// An empty journal.
    pub fn new(limits: JournalLimits) -> Self {
        Self {
            limits,
            log: Mutex::default(),
        }
    }

    /// How many entries it holds.
    pub fn len(&self) -> usize {
        self.log.lock().entries.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all entries.
    pub fn clear(&self) {
        let log = std::mem::take(&mut *self.log.lock());
        drop(log);
    }

    /// The entries that a filter selects, newest first.
    pub fn list(&self, filter: &JournalFilter) -> Value {
        let (found, held, dropped) = {
            let log = self.log.lock();
            let newest = log.entries.iter().rev();
            let found = newest.filter(|entry| filter.holds(&entry.closed));
            let found = found.take(filter.limit).cloned().collect::<Vec<_>>();
            (found, log.entries.len(), log.dropped)
        };
        json!({
            "object": "list",
            "data": found.iter().map(|entry| entry.json()).collect::<Vec<_>>(),
            "held": held,
            "dropped": dropped,
        })
    }

    fn add(&self, closed: &Arc<Closed>) {
        let entry = Entry::new(closed, self.limits.body_bytes);
        let mut gone = Vec::new();
        let mut log = self.log.lock();
        log.bytes += entry.bytes;
        log.entries.push_back(entry);
        while log.entries.len() > self.limits.entries || log.bytes > self.limits.bytes {
            let Some(oldest) = log.entries.pop_front() else {
                break;
            };
            log.bytes -= oldest.bytes;
            log.dropped += 1;
            gone.push(oldest);
        }
        // Freed when nobody waits for the lock.
        drop(log);
        drop(gone);
    }
}

impl Observer for Journal {
    fn observe(&self, event: &Event) {
        match event {
            Event::Opened(_) | Event::Engine(_) => {}
            // Whoever reads the journal does not want to find that in it.
            Event::Closed(closed) if closed.path.contains("/_fakeai/") => {}
            Event::Closed(closed) => self.add(closed),
        }
    }
}

/// The beginning of a body in memory of its own: a slice would keep the whole alive.
fn cut(body: &mut Bytes, limit: usize) {
    if body.len() > limit {
        *body = Bytes::copy_from_slice(&body[..limit]);
    }
}

/// The beginning of a text from a client, which may be of any length.
fn cut_text(text: &mut String, limit: usize) {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if end < text.len() {
        *text = text[..end].to_owned();
    }
}

/// The most bytes of a model's name.
const MODEL_BYTES: usize = 256;

impl Entry {
    fn new(closed: &Arc<Closed>, limit: usize) -> Self {
        let path_bytes = limit.max(256);
        let fits = closed.request_body.len() <= limit
            && closed.reply_body.len() <= limit
            && closed.path.len() <= path_bytes
            && closed
                .model
                .as_ref()
                .is_none_or(|model| model.len() <= MODEL_BYTES);
        let mut closed = Arc::clone(closed);
        if !fits {
            let call = Arc::make_mut(&mut closed);
            cut(&mut call.request_body, limit);
            cut(&mut call.reply_body, limit);
            cut_text(&mut call.path, path_bytes);
            if let Some(model) = &mut call.model {
                cut_text(model, MODEL_BYTES);
            }
        }
        let model = closed.model.as_ref().map_or(0, String::len);
        let text = closed.request_id.len() + closed.path.len() + model;
        let bodies = closed.request_body.len() + closed.reply_body.len();
        Self {
            bytes: size_of::<Self>() + size_of::<Closed>() + text + bodies,
            closed,
        }
    }

    fn json(&self) -> Value {
        let closed = &self.closed;
        let usage = &closed.usage;
        let first_token = closed.first_token;
        json!({
            "request_id": closed.request_id,
            "world": &*closed.world,
            "started": closed.started.seconds(),
            "duration_seconds": closed.ended.since(closed.started).seconds(),
            "time_to_first_token_seconds":
                first_token.map(|first| first.since(closed.started).seconds()),
            "longest_pause_seconds": closed.intervals.longest.seconds(),
            "longest_lateness_seconds": closed.lateness.longest.seconds(),
            "method": closed.method.as_str(),
            "path": closed.path,
            "operation": closed.operation,
            "model": closed.model,
            "project": closed.caller.as_ref().map(|caller| &caller.project),
            "api_key": closed.caller.as_ref().and_then(|caller| Some(&caller.key.as_ref()?.id)),
            "status": closed.status,
            "error": closed.error,
            "streamed": closed.streamed,
            "abandoned": closed.abandoned,
            "fault": closed.fault,
            "usage": {
                "prompt_tokens": usage.prompt,
                "cached_tokens": usage.cached,
                "completion_tokens": usage.completion,
                "reasoning_tokens": usage.reasoning,
            },
            "request": String::from_utf8_lossy(&closed.request_body),
            "request_bytes": closed.request_bytes,
            "reply": String::from_utf8_lossy(&closed.reply_body),
            "reply_bytes": closed.reply_bytes,
        })
    }
}
