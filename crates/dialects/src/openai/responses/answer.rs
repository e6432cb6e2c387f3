//! Writes a response: as typed events, or folded into one object. Both come from the same steps,
//! so that they can't differ. What the answer leaves in the store is told here too.

use bytes::BytesMut;
use fakeai_canon::{
    Alphabet, ApiError, CallKind, Delta, Encoder, Finish, HostedCall, Keep, Micros, PartHead, Seed,
    Start, Usage, Verdict, Vocabulary,
};
use serde_json::{Value, json};

use super::super::logprobs::Piece;
use super::super::moderations;
use super::events::{Events, Padding, about_item};
use super::hosted::{Hosted, Wanted};
use super::input;
use super::item::{Body, Call, Item, Reasoning};
use super::kept::{self, Places};
use super::object::{self, End, Object};
use super::part::{Kind, Part};
use crate::JsonWriter;

/// What the request decides about its answer.
pub(super) struct Setup {
    /// Whether events are written.
    pub(super) streams: bool,
    /// Whether nobody waits for the answer.
    pub(super) background: bool,
    /// Whether it is stored.
    pub(super) store: bool,
    /// Whether it is so only because the request doesn't say.
    pub(super) unasked: bool,
    /// Whether deltas are padded.
    pub(super) obfuscate: bool,
    /// Whether the model's reasoning is shown.
    pub(super) shows_reasoning: bool,
    /// The key of sealed blobs.
    pub(super) key: Seed,
    /// Whether reasoning is sealed into its items.
    pub(super) seals_reasoning: bool,
    /// Whether the answer is a compaction of what came before.
    pub(super) compacts: bool,
    /// The number of prompt tokens from which the conversation is compacted, and what is then kept
    /// of it.
    pub(super) compaction: Option<(u64, String)>,
    /// What is shown of hosted calls.
    pub(super) wanted: Wanted,
    /// The container in which programs run that name none of their own, once there is one.
    pub(super) container: Option<String>,
    /// Stored files that the conversation shows, where a program may want them.
    pub(super) files: Vec<String>,
    /// The conversation that it is added to.
    pub(super) conversation: Option<String>,
    /// Whether it is not stored, but remembered by the connection.
    pub(super) remembers: bool,
    /// The items before those of the request, where it is remembered.
    pub(super) before: Vec<Value>,
    /// The items of the request.
    pub(super) input: Vec<Value>,
    /// Tool names and the namespaces that they lie in.
    pub(super) namespaces: Vec<(String, String)>,
    /// The model that judges the conversation, where one does.
    pub(super) judge: Option<String>,
}

/// How far the answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Running,
    Ended,
}

/// The encoder of a response.
pub(super) struct Answer {
    setup: Setup,
    object: Object,
    events: Events,
    padding: Option<Padding>,
    phase: Phase,
    /// Whether the objects of the present phase were handed over.
    kept: bool,
    ids: Seed,
    vocabulary: Option<&'static dyn Vocabulary>,
    output: Vec<Value>,
    item: Option<Item>,
    part: Option<Part>,
    /// Where the text that comes next is from.
    citations: Vec<Value>,
    finish: Finish,
    /// What the connection is to remember.
    remembered: Vec<Keep>,
}

impl Answer {
    /// An answer that begins as `object`.
    pub(super) fn new(setup: Setup, object: Object) -> Self {
        Self {
            events: Events::new(setup.streams),
            setup,
            object,
            padding: None,
            phase: Phase::Waiting,
            kept: false,
            ids: Seed(0),
            vocabulary: None,
            output: Vec::new(),
            item: None,
            part: None,
            citations: Vec::new(),
            finish: Finish::Stop,
            remembered: Vec::new(),
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        self.phase = Phase::Running;
        self.ids = start.ids;
        self.vocabulary = start.vocabulary;
        self.padding = self.setup.obfuscate.then(|| Padding::new(start.ids));
        self.object["id"] = start
            .ids
            .id("resp_", Alphabet::Hex, input::ID_LENGTH)
            .into();
        self.object["created_at"] = start.created.whole_seconds().into();
        if self.setup.background {
            self.object["status"] = "queued".into();
            self.about_response("response.created", out);
            self.about_response("response.queued", out);
            self.object["status"] = "in_progress".into();
            self.about_response("response.in_progress", out);
            // Whoever asked gets the object as it was when it was queued.
            self.object["status"] = "queued".into();
        } else {
            self.about_response("response.created", out);
            self.about_response("response.in_progress", out);
        }
        match self.setup.compaction.take() {
            Some((threshold, digest)) if start.usage.prompt >= threshold => {
                self.begin_item(Body::Compaction(digest), out);
                self.end_item("completed", out);
            }
            _ => {}
        }
    }

    /// Writes an event with the whole object.
    fn about_response(&mut self, name: &str, out: &mut BytesMut) {
        self.events.write(out, name, |out| {
            out.raw(",\"response\":");
            object::whole(&self.object, out);
        });
    }

    fn open(&mut self, head: PartHead<'_>, out: &mut BytesMut) {
        if self.object["status"] == "queued" {
            self.object["status"] = "in_progress".into();
            self.kept = false;
        }
        if self.setup.compacts {
            if self.item.is_none() {
                self.begin_item(Body::Compaction(String::new()), out);
            }
            self.begin_part(Kind::Silent, 0, out);
            return;
        }
        match head {
            PartHead::Reasoning => {
                let index = self.reasoning(out).content.len();
                let kind = if self.setup.shows_reasoning {
                    Kind::Thought
                } else {
                    Kind::Silent
                };
                self.begin_part(kind, index, out);
            }
            PartHead::Summary => {
                let index = self.reasoning(out).summary.len();
                self.begin_part(Kind::Summary, index, out);
            }
            PartHead::Text | PartHead::Echo | PartHead::Spoken => {
                let index = self.message(out).len();
                self.begin_part(Kind::Text, index, out);
            }
            PartHead::Refusal => {
                let index = self.message(out).len();
                self.begin_part(Kind::Refusal, index, out);
            }
            PartHead::Call { name, kind } => self.call(name, kind, out),
            PartHead::Hosted(call) => self.hosted(call, out),
        }
    }

    fn call(&mut self, name: &str, kind: CallKind, out: &mut BytesMut) {
        let ids = self.ids.nth(self.place() as u64);
        let mut namespaces = self.setup.namespaces.iter();
        let namespace = namespaces
            .find(|(tool, _)| tool == name)
            .map(|(_, space)| space.clone());
        self.begin_item(
            Body::Call(Call {
                kind,
                call_id: ids.id("call_", Alphabet::Alphanumeric, 24),
                name: name.to_owned(),
                namespace,
                text: String::new(),
            }),
            out,
        );
        let kind = match kind {
            CallKind::Function => Kind::Arguments,
            CallKind::Custom => Kind::Input,
        };
        self.begin_part(kind, 0, out);
    }

    fn hosted(&mut self, call: &HostedCall, out: &mut BytesMut) {
        let ids = self.ids.nth(self.place() as u64);
        // Pages are cited as they were found, files where the text says something of them.
        let lists = ["citations", "results"].map(|name| call.detail[name].as_array());
        let sources = lists.into_iter().flatten().flatten();
        let named = |one: &&Value| one["url"].is_string() || one["index"].is_u64();
        self.citations.extend(sources.filter(named).cloned());
        let runs = call.kind == "code_interpreter";
        let former = self.setup.container.as_deref().filter(|_| runs);
        let container = object::container(&self.object, &call.kind).or(former);
        let hosted = Hosted::of(call, self.setup.wanted, container, ids);
        if runs {
            self.setup.container = hosted.container().map(str::to_owned);
        }
        self.begin_item(Body::Hosted(Box::new(hosted)), out);
        if let Some(Item {
            id,
            body: Body::Hosted(hosted),
        }) = &self.item
        {
            hosted.progress(id, self.output.len(), &mut self.events, out);
        }
    }

    /// Where the next item goes.
    fn place(&self) -> usize {
        self.output.len() + usize::from(self.item.is_some())
    }

    /// The reasoning that is open, or a new one.
    fn reasoning(&mut self, out: &mut BytesMut) -> &mut Reasoning {
        if !matches!(
            self.item,
            Some(Item {
                body: Body::Reasoning(_),
                ..
            })
        ) {
            self.begin_item(Body::Reasoning(Reasoning::default()), out);
        }
        match &mut self.item {
            Some(Item {
                body: Body::Reasoning(reasoning),
                ..
            }) => reasoning,
            _ => unreachable!("it was begun where there was none"),
        }
    }

    /// The parts of the message that is open, or of a new one.
    fn message(&mut self, out: &mut BytesMut) -> &mut Vec<Value> {
        if !matches!(
            self.item,
            Some(Item {
                body: Body::Message(_),
                ..
            })
        ) {
            self.begin_item(Body::Message(Vec::new()), out);
        }
        match &mut self.item {
            Some(Item {
                body: Body::Message(content),
                ..
            }) => content,
            _ => unreachable!("it was begun where there was none"),
        }
    }

    fn begin_item(&mut self, body: Body, out: &mut BytesMut) {
        self.end_item("completed", out);
        let place = self.output.len();
        let item = Item {
            id: input::item_id(self.ids, body.prefix(), place),
            body,
        };
        if self.events.on {
            about_item(
                "response.output_item.added",
                &item.announced(),
                place,
                &mut self.events,
                out,
            );
        }
        self.item = Some(item);
    }

    fn end_item(&mut self, status: &str, out: &mut BytesMut) {
        let Some(item) = self.item.take() else { return };
        let item = item.done(status, self.setup.key, self.setup.seals_reasoning);
        let place = self.output.len();
        about_item(
            "response.output_item.done",
            &item,
            place,
            &mut self.events,
            out,
        );
        self.output.push(item);
    }

    fn begin_part(&mut self, kind: Kind, index: usize, out: &mut BytesMut) {
        let id = self.item.as_ref().map_or("", |item| item.id.as_str());
        let place = self.output.len();
        self.part = Some(Part::open(kind, id, place, index, &mut self.events, out));
    }

    fn close(&mut self, out: &mut BytesMut) {
        let place = self.output.len();
        let Some(item) = &mut self.item else { return };
        let events = &mut self.events;
        match (&mut item.body, self.part.take()) {
            (Body::Hosted(hosted), _) => hosted.outcome(&item.id, place, events, out),
            (Body::Message(content), Some(mut part)) => {
                if part.kind == Kind::Text {
                    part.cite(std::mem::take(&mut self.citations));
                }
                content.push(part.close(None, events, out));
            }
            (Body::Compaction(text), Some(part)) => {
                text.push_str(&string(part.close(None, events, out)));
            }
            (Body::Call(call), Some(part)) => {
                call.text = string(part.close(Some(&call.name), events, out));
            }
            (Body::Reasoning(reasoning), Some(part)) => reasoning.close(part, events, out),
            (Body::Message(_) | Body::Compaction(_) | Body::Call(_) | Body::Reasoning(_), None) => {
            }
        }
    }

    fn end(&mut self, end: End<'_>, usage: Option<&Usage>, at: Micros, out: &mut BytesMut) {
        self.close(out);
        self.end_item(
            if end.status() == "completed" {
                "completed"
            } else {
                "incomplete"
            },
            out,
        );
        self.phase = Phase::Ended;
        self.kept = false;
        if let End::Failed(_) = end {
            // Nobody learns the id of a folded answer that failed, and no conversation grows by
            // what was not answered.
            self.setup.store &= self.events.on;
            self.setup.conversation = None;
        }
        object::end(&mut self.object, end, std::mem::take(&mut self.output), at);
        if let Some(usage) = usage {
            self.object.insert("usage".to_owned(), object::usage(usage));
        }
        if self.events.on {
            if let Some(event) = end.event() {
                self.about_response(event, out);
            }
        } else if !matches!(end, End::Failed(_)) {
            object::whole(&self.object, out);
        }
    }

    /// What was asked and what is answered have been judged.
    fn judged(&mut self, verdicts: &[Verdict]) {
        if let (Some(judge), [asked, answered, ..]) = (&self.setup.judge, verdicts) {
            let judgement = moderations::both(asked, answered, judge);
            self.object.insert("moderation".to_owned(), judgement);
        }
    }

    /// An answer that never began: there is no response to tell of.
    fn fail_early(&mut self, error: &ApiError, out: &mut BytesMut) {
        self.phase = Phase::Ended;
        self.setup.store = false;
        self.events.write(out, "error", |out| {
            out.raw(",\"code\":");
            out.value(&json!(error.code));
            out.raw(",\"message\":");
            out.string(&error.message);
            out.raw(",\"param\":");
            out.value(&json!(error.param));
        });
    }

    /// All that the ended answer leaves behind.
    fn left(&mut self) -> Vec<Keep> {
        let places = Places {
            response: self.object["id"].as_str().unwrap_or_default(),
            conversation: self.setup.conversation.as_deref(),
            store: self.setup.store,
        };
        let input = std::mem::take(&mut self.setup.input);
        if self.setup.remembers {
            let before = std::mem::take(&mut self.setup.before);
            let ids = self.ids.fork("input");
            self.remembered = kept::remembered(self.object.clone(), before, &input, ids);
        }
        let mut below = places.given(input, self.ids.fork("input"));
        below.extend(places.made(&self.object["output"]));
        below.extend(kept::containers(&self.object, &self.setup.files));
        if !self.setup.store {
            return below;
        }
        // The response first: the others lie below it.
        let mut keeps = vec![kept::response(std::mem::take(&mut self.object))];
        keeps.append(&mut below);
        keeps
    }
}

impl Encoder for Answer {
    #[inline]
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Piece {
                choice: _,
                text,
                ids,
                ends,
                logprobs,
            } => {
                if let Some(part) = &mut self.part {
                    let piece = Piece {
                        ids,
                        ends,
                        logprobs,
                    };
                    let telling = (&mut self.events, self.padding.as_ref());
                    part.write(text, piece, self.vocabulary, telling, out);
                }
            }
            Delta::Start(start) => self.start(start, out),
            Delta::Open { choice: _, part } => self.open(part, out),
            Delta::Close { choice: _ } => self.close(out),
            Delta::Finish { choice: _, reason } => {
                self.finish = reason;
                self.end_item(object::item_status(reason), out);
            }
            Delta::Verdicts(verdicts) => self.judged(verdicts),
            Delta::Vectors(_) | Delta::Ranked(_) | Delta::Made(_) | Delta::Sound { .. } => {}
            Delta::End { usage, at } => self.end(End::Finished(self.finish), Some(usage), at, out),
            Delta::Cancel { usage, at, .. } => self.end(End::Cancelled, Some(usage), at, out),
            Delta::Fail { error, at: _ } if self.phase == Phase::Waiting => {
                self.fail_early(error, out);
            }
            Delta::Fail { error, at } => self.end(End::Failed(error), None, at, out),
        }
    }

    fn takes_runs(&self) -> bool {
        !self.setup.streams
    }

    fn remember(&mut self) -> Vec<Keep> {
        std::mem::take(&mut self.remembered)
    }

    fn is_unasked(&self) -> bool {
        self.setup.unasked
    }

    /// A response that is streamed or runs in the background can be asked for while it runs; a
    /// folded one is known to nobody until it ends.
    fn keep(&mut self) -> Vec<Keep> {
        let running = self.setup.streams && self.setup.store;
        if std::mem::replace(&mut self.kept, true) {
            return Vec::new();
        }
        match self.phase {
            Phase::Ended => self.left(),
            Phase::Running if running => vec![kept::response(self.object.clone())],
            Phase::Running | Phase::Waiting => Vec::new(),
        }
    }
}

fn string(value: Value) -> String {
    match value {
        Value::String(text) => text,
        _ => String::new(),
    }
}
