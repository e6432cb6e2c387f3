//! The part of an answer that is being written: its text so far, and the frames of its deltas.
//! This is the hot path of a stream: all that does not change from token to token is spelt once.

use bytes::{BufMut, BytesMut};
use fakeai_canon::{TokenId, TokenLogprob, Vocabulary};
use serde_json::{Value, json};

use super::super::logprobs::{Cursor, Piece, finite, spelled};
use super::events::{Events, Padding, head, place};
use crate::JsonWriter;

/// What a part is on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Not sent.
    Silent,
    /// Reasoning that is shown.
    Thought,
    /// Part of a summary.
    Summary,
    /// Text.
    Text,
    /// A refusal.
    Refusal,
    /// Arguments of a function.
    Arguments,
    /// Input of a custom tool.
    Input,
}

impl Kind {
    /// The stem of its events: `.delta` and `.done` follow.
    fn stem(self) -> &'static str {
        match self {
            Kind::Silent => "",
            Kind::Thought => "response.reasoning_text",
            Kind::Summary => "response.reasoning_summary_text",
            Kind::Text => "response.output_text",
            Kind::Refusal => "response.refusal",
            Kind::Arguments => "response.function_call_arguments",
            Kind::Input => "response.custom_tool_call_input",
        }
    }

    /// The field of the done event that holds the whole text.
    fn whole(self) -> &'static str {
        match self {
            Kind::Silent | Kind::Thought | Kind::Summary | Kind::Text => "text",
            Kind::Refusal => "refusal",
            Kind::Arguments => "arguments",
            Kind::Input => "input",
        }
    }

    /// The field that counts parts within their item, where there can be several.
    fn index(self) -> Option<&'static str> {
        match self {
            Kind::Thought | Kind::Text | Kind::Refusal => Some("content_index"),
            Kind::Summary => Some("summary_index"),
            Kind::Silent | Kind::Arguments | Kind::Input => None,
        }
    }

    /// The stem of the events that frame the part.
    fn frame(self) -> Option<&'static str> {
        match self {
            Kind::Thought | Kind::Text | Kind::Refusal => Some("response.content_part"),
            Kind::Summary => Some("response.reasoning_summary_part"),
            Kind::Silent | Kind::Arguments | Kind::Input => None,
        }
    }

    /// The part as an object.
    fn value(self, text: String, annotations: &[Value], logprobs: Value) -> Value {
        match self {
            Kind::Text => json!({
                "type": "output_text",
                "annotations": annotations,
                "logprobs": logprobs,
                "text": text,
            }),
            Kind::Refusal => json!({"type": "refusal", "refusal": text}),
            Kind::Thought => json!({"type": "reasoning_text", "text": text}),
            Kind::Summary => json!({"type": "summary_text", "text": text}),
            Kind::Silent | Kind::Arguments | Kind::Input => Value::String(text),
        }
    }
}

/// A part that is open.
pub(super) struct Part {
    /// What it is.
    pub(super) kind: Kind,
    text: String,
    annotations: Vec<Value>,
    /// The item and place in it, as fields.
    place: BytesMut,
    /// A delta's frame up to its number.
    head: String,
    /// From behind the number up to the delta itself.
    middle: BytesMut,
    /// Logprobs with bytes, as items have them.
    kept: BytesMut,
    /// Logprobs without bytes, as events have them.
    told: BytesMut,
    cursor: Cursor,
    end: u32,
}

impl Part {
    /// Opens a part; `id` and `output` are its item's id and place, `index` its place in it.
    pub(super) fn open(
        kind: Kind,
        id: &str,
        output: usize,
        index: usize,
        events: &mut Events,
        out: &mut BytesMut,
    ) -> Self {
        let mut part = Self {
            kind,
            text: String::new(),
            annotations: Vec::new(),
            place: BytesMut::new(),
            head: String::new(),
            middle: BytesMut::new(),
            kept: BytesMut::new(),
            told: BytesMut::new(),
            cursor: Cursor::default(),
            end: 0,
        };
        if kind == Kind::Silent || !events.on {
            return part;
        }
        place(&mut part.place, id, output);
        if let Some(name) = kind.index() {
            part.place.raw(",\"");
            part.place.raw(name);
            part.place.raw("\":");
            part.place.number(index as u64);
        }
        part.head = head(&format!("{}.delta", kind.stem()));
        part.middle.extend_from_slice(&part.place);
        part.middle.raw(",\"delta\":\"");
        if let Some(frame) = kind.frame() {
            let empty = kind.value(String::new(), &[], json!([]));
            events.write(out, &format!("{frame}.added"), |out| {
                out.extend_from_slice(&part.place);
                out.raw(",\"part\":");
                out.value(&empty);
            });
        }
        part
    }

    /// Appends a piece; one without text is not told.
    #[inline]
    pub(super) fn write(
        &mut self,
        text: &str,
        piece: Piece<'_>,
        vocabulary: Option<&'static dyn Vocabulary>,
        (events, padding): (&mut Events, Option<&Padding>),
        out: &mut BytesMut,
    ) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        if !piece.logprobs.is_empty() {
            comma(&mut self.kept);
            self.cursor.write(piece, vocabulary, &mut self.kept);
        }
        if !events.on || self.kind == Kind::Silent {
            return;
        }
        let number = events.number();
        out.reserve(self.head.len() + self.middle.len() + 2 * text.len() + 48);
        out.raw(&self.head);
        out.number(number);
        out.extend_from_slice(&self.middle);
        out.escaped(text);
        if self.kind == Kind::Text {
            out.raw("\",\"logprobs\":[");
            self.tell(piece, vocabulary, out);
            out.raw("]");
        } else {
            out.raw("\"");
        }
        if let Some(padding) = padding {
            out.raw(",\"obfuscation\":\"");
            out.raw(padding.of(number, text.len()));
            out.raw("\"");
        }
        out.raw("}\n\n");
    }

    /// Appends logprobs in the form that events have, and keeps them for the done event.
    fn tell(
        &mut self,
        piece: Piece<'_>,
        vocabulary: Option<&'static dyn Vocabulary>,
        out: &mut BytesMut,
    ) {
        if piece.logprobs.is_empty() {
            return;
        }
        let start = out.len();
        for ((id, end), logprob) in piece.ids.iter().zip(piece.ends).zip(piece.logprobs) {
            if *end > self.end {
                if out.len() > start {
                    out.put_u8(b',');
                }
                told(*id, logprob, vocabulary, out);
            }
            self.end = *end;
        }
        comma(&mut self.told);
        self.told.extend_from_slice(&out[start..]);
    }

    /// Says what the text is from: pages, for all of it, and files whose place in it was reached.
    pub(super) fn cite(&mut self, citations: Vec<Value>) {
        let length = self.text.chars().count() as u64;
        let cited = citations.into_iter().filter_map(|citation| {
            if citation["url"].is_string() {
                return Some(json!({
                    "type": "url_citation",
                    "start_index": 0,
                    "end_index": length,
                    "title": citation["title"],
                    "url": citation["url"],
                }));
            }
            let index = citation["index"]
                .as_u64()
                .filter(|index| *index <= length)?;
            Some(json!({
                "type": "file_citation",
                "index": index,
                "file_id": citation["file_id"],
                "filename": citation["filename"],
            }))
        });
        self.annotations = cited.collect();
    }

    /// Writes an event for each source that is cited.
    fn tell_citations(&self, events: &mut Events, out: &mut BytesMut) {
        for (number, annotation) in self.annotations.iter().enumerate() {
            events.write(out, "response.output_text.annotation.added", |out| {
                out.extend_from_slice(&self.place);
                out.raw(",\"annotation_index\":");
                out.number(number as u64);
                out.raw(",\"annotation\":");
                out.value(annotation);
            });
        }
    }

    /// Ends the part: writes its done events, and gives it as an object (or as plain text, where
    /// it is a call's). `name` is that of a function.
    pub(super) fn close(
        self,
        name: Option<&str>,
        events: &mut Events,
        out: &mut BytesMut,
    ) -> Value {
        let told = self.kind != Kind::Silent && events.on;
        if told {
            self.tell_citations(events, out);
            events.write(out, &format!("{}.done", self.kind.stem()), |out| {
                out.extend_from_slice(&self.place);
                if let (Kind::Arguments, Some(name)) = (self.kind, name) {
                    out.raw(",\"name\":");
                    out.string(name);
                }
                out.raw(",\"");
                out.raw(self.kind.whole());
                out.raw("\":");
                out.string(&self.text);
                if self.kind == Kind::Text {
                    out.raw(",\"logprobs\":[");
                    out.extend_from_slice(&self.told);
                    out.raw("]");
                }
            });
        }
        let value = self
            .kind
            .value(self.text, &self.annotations, array(&self.kept));
        if let (true, Some(frame)) = (told, self.kind.frame()) {
            events.write(out, &format!("{frame}.done"), |out| {
                out.extend_from_slice(&self.place);
                out.raw(",\"part\":");
                out.value(&value);
            });
        }
        value
    }
}

/// A comma where something stands already.
fn comma(list: &mut BytesMut) {
    if !list.is_empty() {
        list.put_u8(b',');
    }
}

/// JSON items with commas between them, as an array.
fn array(items: &BytesMut) -> Value {
    if items.is_empty() {
        return json!([]);
    }
    let text = [b"[", &items[..], b"]"].concat();
    serde_json::from_slice(&text).unwrap_or_else(|_| json!([]))
}

fn told(
    id: TokenId,
    logprob: &TokenLogprob,
    vocabulary: Option<&'static dyn Vocabulary>,
    out: &mut BytesMut,
) {
    token(id, logprob.logprob, vocabulary, out);
    out.raw(",\"top_logprobs\":[");
    for (index, alternative) in logprob.top.iter().enumerate() {
        if index > 0 {
            out.put_u8(b',');
        }
        token(alternative.id, alternative.logprob, vocabulary, out);
        out.raw("}");
    }
    out.raw("]}");
}

fn token(
    id: TokenId,
    logprob: f32,
    vocabulary: Option<&'static dyn Vocabulary>,
    out: &mut BytesMut,
) {
    out.raw("{\"token\":\"");
    spelled(
        vocabulary.map_or(&b""[..], |vocabulary| vocabulary.piece(id)),
        out,
    );
    out.raw("\",\"logprob\":");
    out.single(finite(logprob));
}
