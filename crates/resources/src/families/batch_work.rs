//! The work on a batch: a few lines are under way at a time, and what comes back is written in the
//! order of the input, piece by piece, so that the memory it takes does not grow with the batch.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Seed};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::batches::FAMILY;
use super::lines::{Lines, Mark};
use super::{pieces, wording};
use crate::apply::Moment;
use crate::store::{Blobs, Change, Parent, Record};
use crate::{Effect, Errand, Returned, ids};

pub(super) const PIECES: &str = "batches.pieces";

/// Lines under way at most; more are sent once half of them have come back.
const UNDER_WAY: usize = 16;

/// How far ahead of the oldest unanswered line another one may be sent.
const AHEAD: u64 = 64;

/// Bytes of written lines that are kept in the record before they become a piece.
const PIECE: usize = 32 << 10;

/// How far a batch has come: what it remembers and shows to nobody.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Work {
    /// Seconds after which the files that come of it go.
    pub(super) expires_after: Option<u64>,
    /// How many requests there are.
    total: u64,
    /// Where the next line to be sent begins.
    mark: Mark,
    /// Lines that were sent.
    sent: u64,
    /// Lines that were written: all before this one.
    written: u64,
    /// The `custom_id` of the lines under way, by their place in the input.
    under_way: BTreeMap<u64, String>,
    /// Answers that wait for those of earlier lines.
    waiting: BTreeMap<u64, Written>,
    /// What was written since the last piece.
    output: String,
    errors: String,
    /// How many pieces there are.
    pieces: u64,
}

/// A line of the output or of the errors.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    succeeded: bool,
    line: String,
}

/// What sending lines came to.
pub(super) struct Sent {
    pub(super) effects: Vec<Effect>,
}

impl Work {
    /// Fresh work on so many requests.
    pub(super) fn on(total: u64, expires_after: Option<u64>) -> Self {
        Self {
            total,
            expires_after,
            ..Self::default()
        }
    }

    /// What the record remembers.
    pub(super) fn of(record: &Record) -> Self {
        Self::deserialize(&record.private).unwrap_or_default()
    }

    /// For the record to remember.
    pub(super) fn remembered(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether no line is under way.
    pub(super) fn rests(&self) -> bool {
        self.under_way.is_empty()
    }

    /// Whether every line was answered.
    pub(super) fn is_done(&self) -> bool {
        self.written == self.total
    }

    /// Sends as many lines as may be under way.
    ///
    /// # Errors
    /// The input can't be read.
    pub(super) fn send(
        &mut self,
        record: &Record,
        blobs: &dyn Blobs,
        input: &str,
    ) -> Result<Sent, ApiError> {
        let mut sent = Sent {
            effects: Vec::new(),
        };
        if self.under_way.len() > UNDER_WAY / 2 || self.sent == self.total {
            return Ok(sent);
        }
        let path = record.object["endpoint"].as_str().unwrap_or_default();
        let mut lines = Lines::from(blobs, input, self.mark);
        while self.under_way.len() < UNDER_WAY && self.sent < self.written + AHEAD {
            let Some(line) = lines.next()? else {
                break;
            };
            let request: Value = serde_json::from_slice(&line.bytes).unwrap_or_default();
            sent.effects.push(Effect::Send(Errand {
                project: None,
                family: FAMILY,
                id: record.id.clone(),
                tag: self.sent.to_string(),
                path: path.to_owned(),
                body: Bytes::from(request["body"].to_string()),
            }));
            self.under_way.insert(self.sent, custom_id(&request));
            self.sent += 1;
            self.mark = lines.mark();
        }
        Ok(sent)
    }

    /// Takes an answer over; whether it was a success, or none where nobody waits for it.
    pub(super) fn take(&mut self, answer: &Returned, seed: Seed) -> Option<bool> {
        let place: u64 = answer.tag.parse().ok()?;
        let custom_id = self.under_way.remove(&place)?;
        let succeeded = (200..300).contains(&answer.status);
        let response = format!(
            r#"{{"status_code":{},"request_id":{},"body":{}}}"#,
            answer.status,
            json!(answer.request_id),
            one_line(&answer.body),
        );
        let line = line(seed, &custom_id, &response, "null");
        self.waiting.insert(place, Written { succeeded, line });
        while let Some(next) = self.waiting.remove(&self.written) {
            self.write(&next);
        }
        Some(succeeded)
    }

    fn write(&mut self, next: &Written) {
        let text = match next.succeeded {
            true => &mut self.output,
            false => &mut self.errors,
        };
        text.push_str(&next.line);
        self.written += 1;
    }

    /// Makes pieces of what was written, where that is enough for one.
    ///
    /// # Errors
    /// The blobs are full.
    pub(super) fn set_aside(
        &mut self,
        record: &Record,
        blobs: &dyn Blobs,
    ) -> Result<Vec<Change>, ApiError> {
        let mut changes = Vec::new();
        for (kind, text) in [("output", &mut self.output), ("errors", &mut self.errors)] {
            if text.len() < PIECE {
                continue;
            }
            let mut writer = blobs.create()?;
            writer.write(Bytes::from(std::mem::take(text)))?;
            let piece = piece(record, self.pieces, kind, writer.finish()?);
            changes.push(Change::Put(piece));
            self.pieces += 1;
        }
        Ok(changes)
    }

    /// Writes what waits although earlier lines were never answered; those are given up, each as a
    /// line with this error where there is one. How many were given up.
    ///
    /// # Errors
    /// The input can't be read, or the blobs are full.
    pub(super) fn give_up(
        &mut self,
        moment: &Moment<'_>,
        input: Option<&str>,
        code: Option<&str>,
    ) -> Result<u64, ApiError> {
        self.under_way.clear();
        let blobs = moment.means.services.blobs();
        let (mut place, mut given_up) = (self.written, 0);
        let mut lines = input.map(|input| Lines::new(blobs, input));
        let skipped = place;
        for _ in 0..skipped {
            if let Some(lines) = &mut lines {
                lines.next()?;
            }
        }
        while place < self.total {
            let read = lines.as_mut().map(Lines::next).transpose()?.flatten();
            match self.waiting.remove(&place) {
                Some(next) => self.write(&next),
                None => {
                    given_up += 1;
                    if let (Some(code), Some(read)) = (code, read) {
                        let request: Value =
                            serde_json::from_slice(&read.bytes).unwrap_or_default();
                        let seed = moment.context.seed.nth(place);
                        self.errors
                            .push_str(&unanswered(seed, &custom_id(&request), code));
                    }
                }
            }
            place += 1;
        }
        Ok(given_up)
    }

    /// One blob of all that was written of a kind, and its size; none where there is nothing.
    ///
    /// # Errors
    /// The blobs are full.
    pub(super) fn joined(
        &self,
        moment: &Moment<'_>,
        record: &Record,
        kind: &str,
    ) -> Result<Option<(String, u64)>, ApiError> {
        let blobs = moment.means.services.blobs();
        let rest = match kind {
            "output" => &self.output,
            _ => &self.errors,
        };
        let all = pieces::below(moment.means.store, PIECES, &record.id);
        let mut ids = all
            .iter()
            .filter(|piece| piece.object["kind"] == kind)
            .peekable();
        if rest.is_empty() && ids.peek().is_none() {
            return Ok(None);
        }
        let mut writer = blobs.create()?;
        for id in ids.filter_map(|piece| piece.blob.as_deref()) {
            pieces::copy(blobs, id, |bytes| writer.write(bytes))?;
        }
        writer.write(Bytes::from(rest.clone()))?;
        let blob = writer.finish()?;
        let bytes = blobs.size(&blob).unwrap_or_default();
        Ok(Some((blob, bytes)))
    }
}

/// Adds an answer's usage to a batch's.
pub(super) fn add_usage(total: &mut Value, body: &Value) {
    let usage = &body["usage"];
    let first = |names: &[&str]| {
        let mut found = names
            .iter()
            .filter_map(|name| usage.pointer(name)?.as_u64());
        found.next().unwrap_or_default()
    };
    let input = first(&["/input_tokens", "/prompt_tokens"]);
    let output = first(&["/output_tokens", "/completion_tokens"]);
    let cached = first(&[
        "/input_tokens_details/cached_tokens",
        "/prompt_tokens_details/cached_tokens",
    ]);
    let reasoning = first(&[
        "/output_tokens_details/reasoning_tokens",
        "/completion_tokens_details/reasoning_tokens",
    ]);
    for (place, more) in [
        ("/input_tokens", input),
        ("/input_tokens_details/cached_tokens", cached),
        ("/output_tokens", output),
        ("/output_tokens_details/reasoning_tokens", reasoning),
        ("/total_tokens", input + output),
    ] {
        if let Some(sum) = total.pointer_mut(place) {
            *sum = json!(sum.as_u64().unwrap_or_default() + more);
        }
    }
}

fn custom_id(request: &Value) -> String {
    request["custom_id"].as_str().unwrap_or_default().to_owned()
}

/// A body as it was sent, on one line.
fn one_line(body: &Bytes) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if body.contains(&b'\n') => value.to_string(),
        Ok(_) => String::from_utf8_lossy(body).into_owned(),
        Err(_) => json!(String::from_utf8_lossy(body)).to_string(),
    }
}

/// The line of a request that was never run.
fn unanswered(seed: Seed, custom_id: &str, code: &str) -> String {
    let family = wording::family(FAMILY);
    let error = json!({"code": code, "message": family.wording(code)});
    line(seed, custom_id, "null", &error.to_string())
}

fn line(seed: Seed, custom_id: &str, response: &str, error: &str) -> String {
    let id = ids::of("batch_request", seed).unwrap_or_default();
    let (id, custom_id) = (json!(id), json!(custom_id));
    format!("{{\"id\":{id},\"custom_id\":{custom_id},\"response\":{response},\"error\":{error}}}\n")
}

fn piece(record: &Record, number: u64, kind: &str, blob: String) -> Record {
    Record {
        project: None,
        family: &wording::family(PIECES).name,
        id: format!("{number:08}"),
        parent: Some(Parent {
            family: record.family,
            id: record.id.clone(),
        }),
        created: record.created,
        object: Arc::new(json!({"kind": kind})),
        private: Value::Null,
        due: None,
        blob: Some(blob),
    }
}
