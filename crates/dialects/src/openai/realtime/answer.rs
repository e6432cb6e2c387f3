//! An answer of a session as events: the response's beginning, each item that it adds to the
//! conversation, its text, its words and its sound as they come, and its end with the counts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use fakeai_canon::{
    Alphabet, ApiError, Delta, Encoder, Finish, PartHead, Seed, Start, Stopped, Usage,
};
use serde_json::{Value, json};

use super::g711::{CompandingLaw, Telephone};
use super::response::{Response, Status};
use crate::JsonWriter;

/// Writes the answer's deltas as events of the session.
pub(super) struct Answer {
    response: Response,
    /// The item before the first that this answer adds.
    previous: Option<String>,
    telephone: Option<Telephone>,
    ids: Seed,
    id: String,
    /// How many events there have been, for their ids.
    events: u64,
    output: Vec<Value>,
    open: Option<Open>,
    reason: Finish,
}

/// The item that is being told.
struct Open {
    id: String,
    index: usize,
    kind: Kind,
    /// What has been told of it.
    text: String,
}

enum Kind {
    Text,
    Audio,
    Call { name: String, call_id: String },
}

impl Answer {
    /// An answer; `law` where its sound goes out as on a telephone.
    pub(super) fn new(
        response: Response,
        previous: Option<String>,
        law: Option<CompandingLaw>,
    ) -> Self {
        Self {
            response,
            previous,
            telephone: law.map(Telephone::new),
            ids: Seed(0),
            id: String::new(),
            events: 0,
            output: Vec::new(),
            open: None,
            reason: Finish::Stop,
        }
    }

    /// Appends an event up to its own fields.
    fn event(&mut self, kind: &str, out: &mut BytesMut) {
        let seed = self.ids.fork("event").nth(self.events);
        self.events += 1;
        out.raw("data: {\"type\":\"");
        out.raw(kind);
        out.raw("\",\"event_id\":\"");
        out.raw(&seed.id("event_", Alphabet::Alphanumeric, 21));
        out.raw("\"");
    }

    /// Appends an event of the response as a whole.
    fn whole(
        &mut self,
        kind: &str,
        status: &Status<'_>,
        usage: Option<&Usage>,
        out: &mut BytesMut,
    ) {
        self.event(kind, out);
        out.raw(",\"response\":");
        self.response
            .write(&self.id, status, &self.output, usage, out);
        out.raw("}\n\n");
    }

    /// Appends an event about the open item, up to its own fields.
    fn of_item(&mut self, kind: &str, out: &mut BytesMut) {
        self.event(kind, out);
        let Some(open) = &self.open else { return };
        out.raw(",\"response_id\":\"");
        out.raw(&self.id);
        out.raw("\",\"item_id\":\"");
        out.raw(&open.id);
        out.raw("\",\"output_index\":");
        out.number(open.index as u64);
        out.raw(match open.kind {
            Kind::Text | Kind::Audio => ",\"content_index\":0",
            Kind::Call { .. } => "",
        });
        if let Kind::Call { call_id, .. } = &open.kind {
            out.raw(",\"call_id\":\"");
            out.raw(call_id);
            out.raw("\"");
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        self.ids = start.ids;
        self.id = start.ids.id("resp_", Alphabet::Alphanumeric, 21);
        self.whole("response.created", &Status::InProgress, None, out);
    }

    fn open(&mut self, part: PartHead<'_>, out: &mut BytesMut) {
        self.close(true, out);
        let index = self.output.len();
        let seed = self.ids.fork("item").nth(index as u64);
        let kind = match part {
            PartHead::Text | PartHead::Refusal | PartHead::Echo => Kind::Text,
            PartHead::Spoken => Kind::Audio,
            PartHead::Call { name, .. } => Kind::Call {
                name: name.to_owned(),
                call_id: seed.id("call_", Alphabet::Alphanumeric, 16),
            },
            PartHead::Reasoning | PartHead::Summary | PartHead::Hosted(_) => return,
        };
        let open = Open {
            id: seed.id("item_", Alphabet::Alphanumeric, 21),
            index,
            kind,
            text: String::new(),
        };
        let item = open.item("in_progress");
        let part = open.part();
        self.open = Some(open);
        self.item("response.output_item.added", index, &item, out);
        self.in_conversation("conversation.item.added", &item, out);
        if let Some(part) = part {
            self.of_item("response.content_part.added", out);
            out.raw(",\"part\":");
            out.value(&part);
            out.raw("}\n\n");
        }
    }

    fn item(&mut self, kind: &str, index: usize, item: &Value, out: &mut BytesMut) {
        self.event(kind, out);
        out.raw(",\"response_id\":\"");
        out.raw(&self.id);
        out.raw("\",\"output_index\":");
        out.number(index as u64);
        out.raw(",\"item\":");
        out.value(item);
        out.raw("}\n\n");
    }

    /// The same of the conversation, where the answer is added to it.
    fn in_conversation(&mut self, kind: &str, item: &Value, out: &mut BytesMut) {
        if !self.response.is_in_conversation() {
            return;
        }
        self.event(kind, out);
        out.raw(",\"previous_item_id\":");
        match &self.previous {
            Some(previous) => out.string(previous),
            None => out.raw("null"),
        }
        out.raw(",\"item\":");
        out.value(item);
        out.raw("}\n\n");
    }

    fn piece(&mut self, text: &str, out: &mut BytesMut) {
        let Some(open) = &mut self.open else { return };
        if text.is_empty() {
            return;
        }
        open.text.push_str(text);
        let kind = match open.kind {
            Kind::Text => "response.output_text.delta",
            Kind::Audio => "response.output_audio_transcript.delta",
            Kind::Call { .. } => "response.function_call_arguments.delta",
        };
        self.of_item(kind, out);
        out.raw(",\"delta\":");
        out.string(text);
        out.raw("}\n\n");
    }

    fn sound(&mut self, bytes: &Bytes, out: &mut BytesMut) {
        let telephone = self.telephone.as_mut();
        let told = telephone.map_or_else(|| bytes.clone(), |line| Bytes::from(line.take(bytes)));
        if told.is_empty() || self.open.is_none() {
            return;
        }
        self.of_item("response.output_audio.delta", out);
        out.raw(",\"delta\":\"");
        out.raw(&STANDARD.encode(&told));
        out.raw("\"}\n\n");
    }

    /// Ends the open item, where there is one.
    fn close(&mut self, is_whole: bool, out: &mut BytesMut) {
        let Some(open) = &self.open else { return };
        let status = if is_whole { "completed" } else { "incomplete" };
        let (item, part, index) = (open.item(status), open.part(), open.index);
        let text = open.text.clone();
        match &open.kind {
            Kind::Text => self.told("response.output_text.done", "text", &text, out),
            Kind::Audio => {
                self.of_item("response.output_audio.done", out);
                out.raw("}\n\n");
                let kind = "response.output_audio_transcript.done";
                self.told(kind, "transcript", &text, out);
            }
            Kind::Call { name, .. } => {
                let name = name.clone();
                self.of_item("response.function_call_arguments.done", out);
                out.raw(",\"name\":");
                out.string(&name);
                out.raw(",\"arguments\":");
                out.string(&text);
                out.raw("}\n\n");
            }
        }
        if let Some(part) = part {
            self.of_item("response.content_part.done", out);
            out.raw(",\"part\":");
            out.value(&part);
            out.raw("}\n\n");
        }
        self.in_conversation("conversation.item.done", &item, out);
        self.item("response.output_item.done", index, &item, out);
        self.previous = self.open.take().map(|open| open.id);
        self.output.push(item);
    }

    fn told(&mut self, kind: &str, name: &str, text: &str, out: &mut BytesMut) {
        self.of_item(kind, out);
        out.raw(",\"");
        out.raw(name);
        out.raw("\":");
        out.string(text);
        out.raw("}\n\n");
    }

    fn end(&mut self, usage: &Usage, out: &mut BytesMut) {
        let status = match self.reason {
            Finish::Length => Status::Incomplete("max_output_tokens"),
            Finish::ContentFilter => Status::Incomplete("content_filter"),
            Finish::Stop | Finish::ToolCalls => Status::Completed,
        };
        self.close(matches!(status, Status::Completed), out);
        self.whole("response.done", &status, Some(usage), out);
    }

    fn stop(&mut self, why: Stopped, usage: &Usage, out: &mut BytesMut) {
        self.close(false, out);
        let reason = match why {
            Stopped::ByClient => "client_cancelled",
            Stopped::ByTurn => "turn_detected",
        };
        self.whole(
            "response.done",
            &Status::Cancelled(reason),
            Some(usage),
            out,
        );
    }

    fn fail(&mut self, error: &ApiError, out: &mut BytesMut) {
        self.close(false, out);
        let nothing = Usage::default();
        self.whole("response.done", &Status::Failed(error), Some(&nothing), out);
    }
}

impl Open {
    /// The item as it stands.
    fn item(&self, status: &str) -> Value {
        let mut item = json!({"id": self.id, "object": "realtime.item"});
        match &self.kind {
            Kind::Text | Kind::Audio => {
                let (kind, name) = match self.kind {
                    Kind::Text => ("output_text", "text"),
                    _ => ("output_audio", "transcript"),
                };
                item["type"] = json!("message");
                item["status"] = json!(status);
                item["role"] = json!("assistant");
                item["content"] = match status {
                    "in_progress" => json!([]),
                    _ => json!([{"type": kind, name: self.text}]),
                };
            }
            Kind::Call { name, call_id } => {
                item["type"] = json!("function_call");
                item["status"] = json!(status);
                item["name"] = json!(name);
                item["call_id"] = json!(call_id);
                item["arguments"] = json!(self.text);
            }
        }
        item
    }

    /// Its content, where it has any.
    fn part(&self) -> Option<Value> {
        match self.kind {
            Kind::Text => Some(json!({"type": "text", "text": self.text})),
            Kind::Audio => Some(json!({"type": "audio", "transcript": self.text})),
            Kind::Call { .. } => None,
        }
    }
}

impl Encoder for Answer {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.start(start, out),
            Delta::Open { part, .. } => self.open(part, out),
            Delta::Piece { text, .. } => self.piece(text, out),
            Delta::Sound { bytes, .. } => self.sound(bytes, out),
            Delta::Finish { reason, .. } => self.reason = reason,
            Delta::End { usage, .. } => self.end(usage, out),
            Delta::Cancel { usage, why, .. } => self.stop(why, usage, out),
            Delta::Fail { error, .. } => self.fail(error, out),
            // An item ends when it is known whether all of it was said.
            Delta::Close { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_) => {}
        }
    }
}
