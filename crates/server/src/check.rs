//! The response check: what leaves is held against its contract, in debug builds and in every
//! test. A violation turns the answer into an error that names it, so that no test can pass by.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, ErrorKind, Frames, Micros, Pull, Reply, ReplyBody, Stopped};
use fakeai_contract::{Api, Contract, Operation, Violation};
use http::{HeaderValue, StatusCode};
use parking_lot::Mutex;
use serde_json::{Value, json};

/// Fields that a flavour may add to the contract's.
const EXTRAS: &[&str] = &[
    "reasoning_content",
    "obfuscation",
    "root",
    "parent",
    "token_ids",
    "prompt_token_ids",
];

/// Violations of which the text is kept.
const REMEMBERED: usize = 50;

/// What was checked since the start.
#[derive(Default)]
pub struct Checks {
    checked: AtomicU64,
    violations: AtomicU64,
    panics: AtomicU64,
    texts: Mutex<Vec<String>>,
}

impl Checks {
    /// Bodies and stream events that were checked.
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::Relaxed)
    }

    /// Those that broke their contract.
    pub fn violations(&self) -> u64 {
        self.violations.load(Ordering::Relaxed)
    }

    /// Panics that were caught at the edge.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// The first violations, in words.
    pub fn texts(&self) -> Vec<String> {
        self.texts.lock().clone()
    }

    /// Counts a panic and makes an error of it that gives nothing away.
    pub(crate) fn panicked(&self) -> ApiError {
        self.panics.fetch_add(1, Ordering::Relaxed);
        tracing::error!("an answer panicked");
        ApiError::new(
            ErrorKind::Server,
            "The server had an error while processing your request. Sorry about that!",
        )
    }

    /// Holds the body of an error against the one shape that errors of its wire have.
    pub(crate) fn refusal(&self, contract: &Contract, api: Api, reply: &Reply) {
        let ReplyBody::Whole(body) = &reply.body else {
            return;
        };
        self.checked.fetch_add(1, Ordering::Relaxed);
        let value: Value = serde_json::from_slice(body).unwrap_or_default();
        let shape = contract.error_schema(api);
        let fits = shape.is_none_or(|shape| contract.check_schema(shape, &value, &[]).is_ok());
        if !fits {
            self.remember(format!("an error breaks its contract: {value}"));
        }
    }

    /// Holds an event that a session tells against its contract.
    pub(crate) fn told(&self, contract: &Contract, operation: &str, event: &str) {
        self.checked.fetch_add(1, Ordering::Relaxed);
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let found = contract
            .operation(operation)
            .map(|operation| contract.check_event(operation, &event, &[]));
        if let Some(Err(violations)) = found {
            let words: Vec<String> = violations.iter().take(3).map(|one| one.message()).collect();
            self.remember(format!("{} breaks its contract: {event}", words.join("; ")));
        }
    }

    /// Holds the body of a webhook's event against its contract.
    pub(crate) fn webhook(&self, contract: &Contract, event: &str, body: &Value) {
        self.checked.fetch_add(1, Ordering::Relaxed);
        let fits = contract
            .webhook(event)
            .map(|webhook| contract.check_schema(webhook.schema, body, &[]).is_ok());
        if fits != Some(true) {
            self.remember(format!("an event breaks its contract: {body}"));
        }
    }

    fn remember(&self, text: String) {
        self.violations.fetch_add(1, Ordering::Relaxed);
        tracing::error!("{text}");
        let mut texts = self.texts.lock();
        if texts.len() < REMEMBERED {
            texts.push(text);
        }
    }

    fn judge(&self, operation: &Operation, found: Result<(), Vec<Violation>>) -> Option<ApiError> {
        self.checked.fetch_add(1, Ordering::Relaxed);
        let violations = found.err()?;
        let words: Vec<String> = violations
            .iter()
            .take(3)
            .map(|v| format!("{}: {}", v.param, v.message()))
            .collect();
        let text = format!("{} breaks its contract: {}", operation.id, words.join("; "));
        self.remember(text.clone());
        Some(ApiError::new(ErrorKind::Server, text).code("contract_violation"))
    }
}

/// Checks the answer of one call.
pub(crate) struct Checked {
    checks: Arc<Checks>,
    contract: &'static Contract,
    operation: &'static Operation,
    api: Api,
    /// Fields that may stand there besides.
    extras: Vec<&'static str>,
}

impl Checked {
    /// A check by the contract of `operation`.
    pub(crate) fn new(
        checks: Arc<Checks>,
        contract: &'static Contract,
        operation: &'static Operation,
        api: Api,
    ) -> Self {
        Self {
            checks,
            contract,
            operation,
            api,
            extras: EXTRAS
                .iter()
                .copied()
                .chain(contract.added_fields(api))
                .collect(),
        }
    }

    /// Checks a whole body.
    pub(crate) fn whole(
        &self,
        status: StatusCode,
        content_type: &HeaderValue,
        body: &Bytes,
    ) -> Result<(), ApiError> {
        let media = content_type.to_str().unwrap_or_default();
        if !media.starts_with("application/json") || body.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| ApiError::new(ErrorKind::Server, format!("no JSON: {error}")))?;
        let documented = self.operation.success_status();
        if status.is_success() && status != documented {
            let text = format!("{} answers {status}, not {documented}", self.operation.id);
            self.checks.remember(text.clone());
            return Err(ApiError::new(ErrorKind::Server, text).code("contract_violation"));
        }
        let found = self.contract.check_response(
            self.operation,
            status.as_u16(),
            "application/json",
            &value,
            &self.extras,
        );
        let found = found.and_then(|()| self.contract.check_added(self.api, &value));
        self.checks.judge(self.operation, found).map_or(Ok(()), Err)
    }

    /// Checks a folded body when it is whole.
    pub(crate) fn fold(self, frames: Box<dyn Frames>) -> Box<dyn Frames> {
        Box::new(CheckedFold {
            check: self,
            frames,
        })
    }

    /// Checks every event of a stream.
    pub(crate) fn stream(self, frames: Box<dyn Frames>) -> Box<dyn Frames> {
        Box::new(CheckedStream {
            check: self,
            frames,
            name: Vec::new(),
            broken: false,
        })
    }

    fn is_opening(&self, event: &Value) -> bool {
        self.contract.is_opening(self.api, self.operation, event)
    }

    /// Checks the data of an event of that name.
    fn event(&self, name: &[u8], data: &[u8]) -> Option<ApiError> {
        let is_done = data == b"[DONE]";
        if is_done && !self.operation.event_pairs {
            return None;
        }
        let read = match is_done {
            true => Ok(Value::from("[DONE]")),
            false => serde_json::from_slice(data),
        };
        let found = match read {
            Ok(data) if self.operation.event_pairs => {
                let pair = json!({"event": String::from_utf8_lossy(name), "data": data});
                self.contract
                    .check_event(self.operation, &pair, &self.extras)
            }
            Ok(event) if is_bare_error(&event) => return None,
            Ok(event) if self.is_opening(&event) => Ok(()),
            Ok(event) => {
                let found = self
                    .contract
                    .check_event(self.operation, &event, &self.extras);
                found.and_then(|()| self.contract.check_added(self.api, &event))
            }
            Err(error) => {
                let text = format!("a stream event is no JSON: {error}");
                return Some(ApiError::new(ErrorKind::Server, text));
            }
        };
        self.checks.judge(self.operation, found)
    }
}

/// The event by which a stream of chunks fails: the error object alone.
fn is_bare_error(event: &Value) -> bool {
    event
        .as_object()
        .is_some_and(|object| object.len() == 1 && object.contains_key("error"))
}

struct CheckedFold {
    check: Checked,
    frames: Box<dyn Frames>,
}

impl Frames for CheckedFold {
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        let pull = self.frames.pull(now, out, waker);
        if pull != Pull::End {
            return pull;
        }
        let body = out.clone().freeze();
        let json = HeaderValue::from_static("application/json");
        match self.check.whole(StatusCode::OK, &json, &body) {
            Ok(()) => Pull::End,
            Err(error) => {
                out.clear();
                Pull::Failed(Box::new(error))
            }
        }
    }

    fn abort(&mut self, error: &ApiError, out: &mut BytesMut) {
        self.frames.abort(error, out);
    }
}

struct CheckedStream {
    check: Checked,
    frames: Box<dyn Frames>,
    /// The name of the event whose data come next.
    name: Vec<u8>,
    broken: bool,
}

impl Frames for CheckedStream {
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        if self.broken {
            return Pull::End;
        }
        let start = out.len();
        let pull = self.frames.pull(now, out, waker);
        let fresh = out[start..].to_vec();
        for line in fresh.split(|byte| *byte == b'\n') {
            if let Some(name) = line.strip_prefix(b"event: ") {
                self.name = name.to_vec();
            }
            let data = line.strip_prefix(b"data: ");
            if let Some(error) = data.and_then(|data| self.check.event(&self.name, data)) {
                self.broken = true;
                out.truncate(start);
                out.extend_from_slice(b"data: ");
                fakeai_dialects::error::write(self.check.api, &error, out);
                out.extend_from_slice(b"\n\n");
                return Pull::End;
            }
        }
        pull
    }

    fn abort(&mut self, error: &ApiError, out: &mut BytesMut) {
        self.frames.abort(error, out);
    }

    fn cancel(&mut self, why: Stopped, out: &mut BytesMut) {
        self.frames.cancel(why, out);
    }
}
