//! The one wrapper around every call: what is opened here is closed here, so that nothing escapes
//! the journal, the counters and the ledger, not even a client that hangs up.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Closed, Event, Head, Intervals, Micros, Opened, Usage};
use fakeai_contract::{Api, Operation};
use http::HeaderMap;

use crate::gate::Taken;
use crate::world::World;

/// Bytes of a body that are kept for the journal.
const KEPT_BODY: usize = 4 << 10;

/// A call under way.
pub(crate) struct Visit {
    world: Arc<World>,
    /// Whose wire the call is of.
    pub(crate) api: Api,
    record: Option<Arc<Closed>>,
    /// What it has taken of the caller's limits.
    taken: Option<Box<Taken>>,
    /// What the answer's head tells of them.
    limits: Option<Box<HeaderMap>>,
}

impl Visit {
    /// Opens the record of a call.
    pub(crate) fn open(world: &Arc<World>, head: &Head, body: &Bytes, request_id: String) -> Self {
        let now = world.now();
        world.emit(&Event::Opened(Opened { at: now }));
        let record = Closed {
            request_id,
            world: Arc::clone(&world.name),
            method: head.method.clone(),
            path: head.path.clone(),
            operation: None,
            model: None,
            caller: None,
            billed: None,
            status: 200,
            error: None,
            started: now,
            first_token: None,
            ended: now,
            usage: Usage::default(),
            intervals: Intervals::default(),
            lateness: Intervals::default(),
            streamed: false,
            abandoned: true,
            fault: false,
            request_body: kept(body),
            request_bytes: body.len(),
            reply_body: Bytes::new(),
            reply_bytes: 0,
        };
        Self {
            world: Arc::clone(world),
            api: Api::OpenAi,
            record: Some(Arc::new(record)),
            taken: None,
            limits: None,
        }
    }

    /// When the call arrived.
    pub(crate) fn started(&self) -> Micros {
        self.record
            .as_ref()
            .map_or(Micros::ZERO, |record| record.started)
    }

    /// Notes what is learned of the call on its way.
    pub(crate) fn note(&mut self, note: impl FnOnce(&mut Closed)) {
        // Nobody else has it before it is closed.
        if let Some(record) = self.record.as_mut().and_then(Arc::get_mut) {
            note(record);
        }
    }

    /// Notes what the call has taken of the caller's limits; the rest is given back at its end.
    pub(crate) fn takes(&mut self, taken: Taken) {
        self.limits = Some(Box::new(taken.headers(self.world.now())));
        self.taken = Some(Box::new(taken));
    }

    /// What the answer's head tells of the caller's limits, where there are any.
    pub(crate) fn limits(&mut self) -> Option<HeaderMap> {
        self.limits.take().map(|limits| *limits)
    }

    /// Notes the operation that the call reached.
    pub(crate) fn reached(&mut self, operation: &'static Operation) {
        self.note(|record| record.operation = Some(&operation.id));
    }

    /// Notes what a played answer cost and how well it kept time.
    pub(crate) fn played(
        &mut self,
        usage: Usage,
        first_token: Option<Micros>,
        intervals: &Intervals,
        lateness: &Intervals,
    ) {
        self.note(|record| {
            record.usage = usage;
            record.first_token = first_token;
            record.intervals = intervals.clone();
            record.lateness = lateness.clone();
        });
    }

    /// Notes the body of an answer that is sent as one piece.
    pub(crate) fn replied(&mut self, body: &[u8]) {
        self.note(|record| {
            if !record.streamed {
                record.reply_body = kept(body);
                record.reply_bytes = body.len();
            }
        });
    }

    /// Hands the record over to work that outlives the call. What is left of this visit leaves
    /// no trace.
    pub(crate) fn hand_over(&mut self) -> Visit {
        Visit {
            world: Arc::clone(&self.world),
            api: self.api,
            record: self.record.take(),
            taken: self.taken.take(),
            limits: None,
        }
    }

    /// The call was answered to its end.
    pub(crate) fn close(mut self, error: Option<&ApiError>) {
        self.note(|record| {
            record.abandoned = false;
            if let Some(error) = error {
                record.error = Some(error_name(error));
            }
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let now = self.world.now();
        self.note(|record| record.ended = now);
        if let Some(record) = self.record.take() {
            if let Some(taken) = self.taken.take() {
                taken.settle(record.usage.total());
            }
            self.world.emit(&Event::Closed(record));
        }
    }
}

/// What a journal may want of a body, on its own: a part of the body would hold on to all that was
/// read with it.
fn kept(body: &[u8]) -> Bytes {
    Bytes::copy_from_slice(&body[..body.len().min(KEPT_BODY)])
}

/// The name by which an error is counted: its code, or its type.
fn error_name(error: &ApiError) -> String {
    match &error.code {
        Some(code) => code.to_string(),
        None => fakeai_dialects::openai::error::kind(error).to_owned(),
    }
}
