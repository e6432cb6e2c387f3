//! Writes a run: its events where it is streamed, and the objects that it leaves in the store as it
//! goes on.

use bytes::BytesMut;
use fakeai_canon::{
    ApiError, Delta, Encoder, ErrorKind, Finish, HostedCall, Keep, Micros, PartHead, Seed, Start,
    Usage,
};
use serde_json::{Value, json};

use super::events::Events;
use super::run::{self, LIFE_SECONDS, Object};
use super::shelf::{MESSAGES, NOTES, RUNS, THREADS};
use super::spent::{Counter, Spent};
use super::step::{Ending, Step, kept_step, text};

/// What a request wants of the writing.
pub(super) struct Setup {
    /// Whether events are written.
    pub(super) streams: bool,
    /// The thread that is made for the run.
    pub(super) thread: Option<NewThread>,
    /// Messages that the request adds to the thread, as they were sent.
    pub(super) sent: Vec<Value>,
    /// The step whose outputs have come, for a run that goes on.
    pub(super) resumed: Option<Value>,
    /// What the run has used before.
    pub(super) spent: Spent,
    /// What the run remembers and does not show.
    pub(super) notes: Value,
}

/// A thread that is made for a run.
pub(super) struct NewThread {
    /// Its object, without what only its making tells.
    pub(super) object: Value,
    /// Whether its making is told.
    pub(super) is_told: bool,
}

/// The part that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Thinking: counted, not shown.
    Silent,
    /// Neither counted nor shown.
    Uncounted,
    Text,
    Refusal,
    Arguments,
    Hosted,
}

/// How the work ends.
#[derive(Clone, Copy)]
enum End<'a> {
    Finished,
    Cancelled,
    Expired,
    Failed(&'a ApiError),
}

/// The encoder of a run.
pub(super) struct Answer {
    setup: Setup,
    run: Object,
    events: Events,
    ids: Seed,
    has_begun: bool,
    steps: u64,
    calls: u64,
    step: Option<Step>,
    part: Option<Part>,
    counter: Counter,
    /// Where the text that comes next is from.
    citations: Vec<Value>,
    finish: Finish,
    /// Whether the prompt alone is more than the run may use.
    is_over: bool,
    /// When the answer began, in seconds.
    now: u64,
    news: Vec<Keep>,
}

impl Answer {
    /// An answer that begins, or goes on with, this run.
    pub(super) fn new(setup: Setup, run: Object) -> Self {
        Self {
            events: Events::new(setup.streams),
            setup,
            run,
            ids: Seed(0),
            has_begun: false,
            steps: 0,
            calls: 0,
            step: None,
            part: None,
            counter: Counter::default(),
            citations: Vec::new(),
            finish: Finish::Stop,
            is_over: false,
            now: 0,
            news: Vec::new(),
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        self.has_begun = true;
        self.ids = start.ids;
        self.now = start.created.whole_seconds();
        self.counter.prompt(start.usage.prompt);
        let most = self.run["max_prompt_tokens"].as_u64();
        let used = self.setup.spent.prompt + start.usage.prompt;
        self.is_over = most.is_some_and(|most| used > most);
        let thread = self.new_thread(out);
        match self.setup.resumed.take() {
            Some(step) => self.resume(step, out),
            None => self.begin(out),
        }
        self.tell_run("thread.run.queued", out);
        self.run["status"] = json!("in_progress");
        self.tell_run("thread.run.in_progress", out);
        // Whoever does not wait gets the run as it was when it was queued.
        self.run["status"] = json!("queued");
        let step = self.news.pop();
        self.keep_run();
        self.news.extend(thread);
        self.news.extend(step);
        self.keep_sent();
    }

    /// Makes the thread, where one is to be made.
    fn new_thread(&mut self, out: &mut BytesMut) -> Option<Keep> {
        let NewThread {
            mut object,
            is_told,
        } = self.setup.thread.take()?;
        if object["id"].is_null() {
            object["id"] = json!(run::id("thread_", self.ids.fork("thread")));
        }
        object["created_at"] = json!(self.now);
        self.run["thread_id"] = object["id"].clone();
        if is_told {
            self.events.tell("thread.created", &object, out);
        }
        Some(Keep {
            family: THREADS,
            id: text(&object["id"]),
            parent: None,
            object,
        })
    }

    fn begin(&mut self, out: &mut BytesMut) {
        if self.run["id"].is_null() {
            self.run["id"] = json!(run::id("run_", self.ids.fork("run")));
        }
        self.run["created_at"] = json!(self.now);
        self.run["expires_at"] = json!(self.now as i64 + LIFE_SECONDS);
        self.tell_run("thread.run.created", out);
    }

    fn resume(&mut self, mut step: Value, out: &mut BytesMut) {
        // Whatever is asked next, its ids are none of those before.
        self.ids = self.ids.fork(step["id"].as_str().unwrap_or_default());
        step["completed_at"] = json!(self.now);
        self.events.tell("thread.run.step.completed", &step, out);
        self.news.push(kept_step(step));
    }

    fn keep_sent(&mut self) {
        let thread = text(&self.run["thread_id"]);
        let ids = self.ids.fork("sent");
        let sent = std::mem::take(&mut self.setup.sent);
        let keeps = sent.into_iter().enumerate().map(|(index, object)| Keep {
            family: MESSAGES,
            id: run::id("msg_", ids.nth(index as u64)),
            parent: Some(thread.clone()),
            object,
        });
        self.news.extend(keeps);
    }

    fn tell_run(&self, name: &str, out: &mut BytesMut) {
        // Objects are cheap beside their being written.
        self.events
            .tell(name, &Value::Object(self.run.clone()), out);
    }

    fn keep_run(&mut self) {
        self.news.push(Keep {
            family: RUNS,
            id: text(&self.run["id"]),
            parent: Some(text(&self.run["thread_id"])),
            object: Value::Object(self.run.clone()),
        });
    }

    fn open(&mut self, head: PartHead<'_>, out: &mut BytesMut) {
        self.is_seen_to_run();
        self.part = Some(match head {
            PartHead::Reasoning => Part::Silent,
            PartHead::Summary | PartHead::Echo => Part::Uncounted,
            PartHead::Text | PartHead::Spoken => Part::Text,
            PartHead::Refusal => Part::Refusal,
            PartHead::Call { name, kind: _ } => {
                self.call(name, out);
                Part::Arguments
            }
            PartHead::Hosted(call) => {
                self.hosted(call, out);
                Part::Hosted
            }
        });
    }

    fn is_seen_to_run(&mut self) {
        if self.run["status"] == "queued" {
            self.run["status"] = json!("in_progress");
            self.run["started_at"] = json!(self.now);
            self.keep_run();
        }
    }

    /// The next id of a step.
    fn step_id(&mut self) -> String {
        self.steps += 1;
        run::id("step_", self.ids.fork("step").nth(self.steps))
    }

    fn call_id(&mut self) -> String {
        self.calls += 1;
        run::id("call_", self.ids.fork("call").nth(self.calls))
    }

    fn call(&mut self, name: &str, out: &mut BytesMut) {
        if self.step.as_ref().is_none_or(Step::is_message) {
            self.end_step(out);
            let id = self.step_id();
            self.step = Some(Step::calls(&self.run, &id, &self.events, out));
        }
        let id = self.call_id();
        if let Some(step) = &mut self.step {
            step.call(id, name, &self.events, out);
            self.news.extend(step.keeps());
        }
    }

    /// A call that the provider ran is a step of its own.
    fn hosted(&mut self, call: &HostedCall, out: &mut BytesMut) {
        self.end_step(out);
        self.counter.add(call.overhead as usize);
        let citations = call.detail["citations"].as_array();
        self.citations
            .extend(citations.into_iter().flatten().cloned());
        let (step, id) = (self.step_id(), self.call_id());
        let mut step = Step::calls(&self.run, &step, &self.events, out);
        step.hosted(&self.run, id, call, &self.events, out);
        self.news.extend(step.keeps());
        self.step = Some(step);
    }

    #[inline]
    fn piece(&mut self, said: &str, tokens: usize, out: &mut BytesMut) {
        match self.part {
            Some(part @ (Part::Text | Part::Refusal)) => {
                if !self.step.as_ref().is_some_and(Step::is_message) {
                    self.begin_message(out);
                }
                self.counter.add(tokens);
                if let Some(step) = &mut self.step {
                    step.write(said, part == Part::Refusal, &self.events, out);
                }
            }
            Some(Part::Arguments) => {
                self.counter.add(tokens);
                if let Some(step) = &mut self.step {
                    step.arguments(said, &self.events, out);
                }
            }
            Some(Part::Silent) => self.counter.add(tokens),
            Some(Part::Hosted | Part::Uncounted) | None => {}
        }
    }

    fn begin_message(&mut self, out: &mut BytesMut) {
        self.end_step(out);
        let id = self.step_id();
        let message = run::id("msg_", self.ids.fork("message").nth(self.steps));
        let mut step = Step::message(&self.run, (id, message), &self.events, out);
        self.news.extend(step.keeps());
        self.step = Some(step);
    }

    /// Ends a step behind which another one comes.
    fn end_step(&mut self, out: &mut BytesMut) {
        let Some(mut step) = self.step.take() else {
            return;
        };
        let spent = self.counter.charge();
        step.end(Ending::Completed, spent, self.now, &self.events, out);
        self.news.extend(step.keeps());
    }

    fn close(&mut self, out: &mut BytesMut) {
        match self.part.take() {
            Some(Part::Hosted) => self.end_step(out),
            Some(Part::Text | Part::Refusal) => {
                let citations = std::mem::take(&mut self.citations);
                if let Some(step) = &mut self.step {
                    step.end_part(&citations, &self.events, out);
                }
            }
            Some(Part::Silent | Part::Uncounted | Part::Arguments) | None => {}
        }
    }

    fn end(&mut self, end: End<'_>, usage: Option<&Usage>, at: Micros, out: &mut BytesMut) {
        self.is_seen_to_run();
        let at = at.whole_seconds();
        let used = usage.map(Spent::from).unwrap_or_default();
        let spent = self.setup.spent.and(used);
        let wanted = self.step.as_ref().map(Step::wanted).unwrap_or_default();
        let is_cut = self.finish == Finish::Length;
        if matches!(end, End::Finished) && !is_cut && !wanted.is_empty() {
            self.wait(wanted, spent, used, out);
        } else {
            self.run_ends(end, spent, used, at, out);
        }
        self.keep_run();
        self.events.done(out);
    }

    /// The run waits for the outputs of its functions.
    fn wait(&mut self, wanted: Vec<Value>, spent: Spent, used: Spent, out: &mut BytesMut) {
        self.run["status"] = json!("requires_action");
        self.run["required_action"] = json!({
            "type": "submit_tool_outputs",
            "submit_tool_outputs": {"tool_calls": wanted},
        });
        self.tell_run("thread.run.requires_action", out);
        let step = self.counter.rest(used);
        let mut notes = std::mem::take(&mut self.setup.notes);
        notes["spent"] = spent.value();
        notes["step"] = step.value();
        if let Some(step) = &mut self.step {
            self.news.extend(step.keeps());
        }
        let id = text(&self.run["id"]);
        self.news.push(Keep {
            family: NOTES,
            parent: Some(id.clone()),
            id,
            object: notes,
        });
    }

    fn run_ends(&mut self, end: End<'_>, spent: Spent, used: Spent, at: u64, out: &mut BytesMut) {
        let error = match end {
            End::Failed(error) => last_error(error),
            End::Finished | End::Cancelled | End::Expired => Value::Null,
        };
        let (word, ending) = match end {
            End::Finished if self.is_over || self.finish == Finish::Length => {
                ("incomplete", Ending::Cut("max_tokens"))
            }
            End::Finished if self.finish == Finish::ContentFilter => {
                ("completed", Ending::Cut("content_filter"))
            }
            End::Finished => ("completed", Ending::Completed),
            End::Cancelled => (
                "cancelled",
                Ending::With("cancelled", "run_cancelled", None),
            ),
            End::Expired => ("expired", Ending::With("expired", "run_expired", None)),
            End::Failed(_) => ("failed", Ending::With("failed", "run_failed", Some(&error))),
        };
        if word == "cancelled" {
            self.run["status"] = json!("cancelling");
            self.tell_run("thread.run.cancelling", out);
        }
        if let Some(mut step) = self.step.take() {
            let rest = self.counter.rest(used);
            step.end(ending, rest, at, &self.events, out);
            self.news.extend(step.keeps());
        }
        let run = &mut self.run;
        run["status"] = json!(word);
        run["usage"] = spent.value();
        if word == "incomplete" {
            let reason = if self.is_over {
                "max_prompt_tokens"
            } else {
                "max_completion_tokens"
            };
            run["incomplete_details"] = json!({ "reason": reason });
        } else if word != "expired" {
            run[format!("{word}_at").as_str()] = json!(at);
        }
        if word != "expired" {
            run["expires_at"] = Value::Null;
        }
        run["last_error"] = error;
        self.tell_run(&format!("thread.run.{word}"), out);
    }

    /// A run that never began.
    fn fail_early(&self, error: &ApiError, out: &mut BytesMut) {
        let told = json!({
            "code": error.code,
            "message": error.message,
            "param": error.param,
            "type": "server_error",
        });
        self.events.tell("error", &told, out);
    }

    /// Whether the run's time was over at that second.
    fn is_late(&self, at: Micros) -> bool {
        let expiry = self.run["expires_at"].as_u64();
        expiry.is_some_and(|expiry| at.whole_seconds() >= expiry)
    }
}

fn last_error(error: &ApiError) -> Value {
    let code = match error.kind {
        ErrorKind::RateLimit | ErrorKind::TokenLimit | ErrorKind::Quota => "rate_limit_exceeded",
        ErrorKind::InvalidRequest | ErrorKind::ContentFilter(_) | ErrorKind::Unprocessable => {
            "invalid_prompt"
        }
        ErrorKind::Authentication
        | ErrorKind::Permission
        | ErrorKind::NotFound
        | ErrorKind::MethodNotAllowed(_)
        | ErrorKind::Conflict
        | ErrorKind::PayloadTooLarge
        | ErrorKind::UnsupportedMediaType
        | ErrorKind::Server
        | ErrorKind::NotImplemented
        | ErrorKind::Overloaded
        | ErrorKind::Timeout
        | ErrorKind::Injected(_) => "server_error",
    };
    json!({"code": code, "message": error.message})
}

impl Encoder for Answer {
    #[inline]
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Piece {
                choice: _,
                text,
                ids,
                ends: _,
                logprobs: _,
            } => self.piece(text, ids.len(), out),
            Delta::Start(start) => self.start(start, out),
            Delta::Open { choice: _, part } => self.open(part, out),
            Delta::Close { choice: _ } => self.close(out),
            Delta::Finish { choice: _, reason } => self.finish = reason,
            Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. } => {}
            Delta::End { usage, at } => self.end(End::Finished, Some(usage), at, out),
            Delta::Cancel { usage, at, .. } if self.is_late(at) => {
                self.end(End::Expired, Some(usage), at, out);
            }
            Delta::Cancel { usage, at, .. } => self.end(End::Cancelled, Some(usage), at, out),
            Delta::Fail { error, at: _ } if !self.has_begun => self.fail_early(error, out),
            Delta::Fail { error, at } => self.end(End::Failed(error), None, at, out),
        }
    }

    fn keep(&mut self) -> Vec<Keep> {
        std::mem::take(&mut self.news)
    }
}
