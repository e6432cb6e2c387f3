//! A chat completion as one object. It keeps the pieces as they will be written, so that the end
//! only strings them together.

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    CallKind, Delta, Encoder, Finish, Keep, PartHead, Screening, Seed, TokenId, Usage, Vocabulary,
};

use super::answer::{Answer, call_id, completion_id, moderation};
use super::citations::Citations;
use super::spoken::Spoken;
use crate::JsonWriter;
use crate::azure::screening;
use crate::openai::logprobs::{Cursor, Piece};
use crate::openai::token_ids::token_ids;
use crate::openai::usage;

/// Folds the answer's deltas into a `chat.completion`.
pub(super) struct Fold {
    answer: Answer,
    ids: Seed,
    created: u64,
    vocabulary: Option<&'static dyn Vocabulary>,
    screening: Option<Arc<Screening>>,
    /// The prompt's tokens, where they are told.
    prompt: Vec<TokenId>,
    choices: Vec<Choice>,
    moderation: BytesMut,
    kept: Vec<Keep>,
}

/// Where the pieces of the open part go.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Nowhere,
    Content,
    Refusal,
    Reasoning,
    Spoken,
    Call,
}

#[derive(Default)]
struct Choice {
    place: Place,
    content: Option<BytesMut>,
    refusal: Option<BytesMut>,
    reasoning: Option<BytesMut>,
    calls: BytesMut,
    calls_made: u32,
    cursor: Cursor,
    content_logprobs: BytesMut,
    refusal_logprobs: BytesMut,
    citations: Citations,
    spoken: Option<Box<Spoken>>,
    finish: Finish,
    /// All that was generated, where it is told.
    ids: Vec<TokenId>,
}

impl Fold {
    pub(super) fn new(answer: Answer) -> Self {
        Self {
            answer,
            ids: Seed(0),
            created: 0,
            vocabulary: None,
            screening: None,
            prompt: Vec::new(),
            choices: Vec::new(),
            moderation: BytesMut::new(),
            kept: Vec::new(),
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index as usize;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn open(&mut self, index: u32, part: PartHead<'_>) {
        let (ids, created, old_style) = (self.ids, self.created, self.answer.old_style);
        let shows_reasoning = self.answer.shows_reasoning;
        let choice = self.choice(index);
        choice.cursor = Cursor::default();
        choice.place = match part {
            PartHead::Text | PartHead::Echo => {
                choice.content.get_or_insert_default();
                Place::Content
            }
            PartHead::Refusal => {
                choice.refusal.get_or_insert_default();
                Place::Refusal
            }
            PartHead::Spoken => {
                choice.spoken = Some(Box::new(Spoken::new(ids, index, created)));
                Place::Spoken
            }
            PartHead::Reasoning if shows_reasoning => {
                choice.reasoning.get_or_insert_default();
                Place::Reasoning
            }
            PartHead::Call { name, kind } => {
                choice.open_call(
                    name,
                    kind,
                    &call_id(ids, index, choice.calls_made),
                    old_style,
                );
                Place::Call
            }
            PartHead::Hosted(call) => {
                choice.citations.add(call);
                Place::Nowhere
            }
            PartHead::Reasoning | PartHead::Summary => Place::Nowhere,
        };
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        out.raw(&completion_id(self.ids));
        out.raw("\",\"object\":\"chat.completion\",\"created\":");
        out.number(self.created);
        out.raw(",\"model\":");
        out.string(&self.answer.model);
        out.raw(",\"choices\":[");
        for (index, choice) in self.choices.iter().enumerate() {
            if index > 0 {
                out.raw(",");
            }
            choice.write(index, &self.answer, out);
            if let Some(screening) = &self.screening {
                out.raw(",");
                screening::write_choice(screening, Some(index as u32), out);
            }
            out.raw("}");
        }
        out.raw("],");
        if self.answer.tells_ids {
            token_ids("prompt_token_ids", &self.prompt, out);
            out.raw(",");
        }
        if let Some(screening) = &self.screening {
            screening::write_prompts(screening, out);
            out.raw(",");
        }
        out.raw("\"usage\":");
        usage::write(usage, out);
        if !self.moderation.is_empty() {
            out.raw(",\"moderation\":");
            out.extend_from_slice(&self.moderation);
        }
        out.raw(",\"service_tier\":\"");
        out.raw(self.answer.tier);
        out.raw("\",\"system_fingerprint\":\"");
        out.raw(&self.answer.fingerprint);
        out.raw("\"}");
    }
}

impl Choice {
    fn open_call(&mut self, name: &str, kind: CallKind, id: &str, old_style: bool) {
        let calls = &mut self.calls;
        if self.calls_made > 0 {
            calls.raw(",");
        }
        self.calls_made += 1;
        if old_style {
            calls.raw("{\"name\":");
            calls.string(name);
            return calls.raw(",\"arguments\":\"");
        }
        let (kind, text) = match kind {
            CallKind::Function => ("function", "arguments"),
            CallKind::Custom => ("custom", "input"),
        };
        for piece in [
            "{\"id\":\"",
            id,
            "\",\"type\":\"",
            kind,
            "\",\"",
            kind,
            "\":{\"name\":",
        ] {
            calls.raw(piece);
        }
        calls.string(name);
        for piece in [",\"", text, "\":\""] {
            calls.raw(piece);
        }
    }

    fn piece(&mut self, text: &str, piece: Piece<'_>, vocabulary: Option<&'static dyn Vocabulary>) {
        let (place, logprobs) = match self.place {
            Place::Nowhere => return,
            Place::Content => (&mut self.content, Some(&mut self.content_logprobs)),
            Place::Refusal => (&mut self.refusal, Some(&mut self.refusal_logprobs)),
            Place::Reasoning => (&mut self.reasoning, None),
            Place::Spoken => {
                if let Some(spoken) = &mut self.spoken {
                    spoken.say(text);
                }
                return;
            }
            Place::Call => return self.calls.escaped(text),
        };
        if matches!(self.place, Place::Content) {
            self.citations.pass(text);
        }
        if let Some(place) = place {
            place.escaped(text);
        }
        if let Some(logprobs) = logprobs.filter(|_| !piece.logprobs.is_empty()) {
            let before = logprobs.len();
            if before > 0 {
                logprobs.raw(",");
            }
            if !self.cursor.write(piece, vocabulary, logprobs) {
                logprobs.truncate(before);
            }
        }
    }

    fn close(&mut self, old_style: bool) {
        if matches!(self.place, Place::Call) {
            self.calls.raw(if old_style { "\"}" } else { "\"}}" });
        }
        self.place = Place::Nowhere;
    }

    /// Appends all of it but its end.
    fn write(&self, index: usize, answer: &Answer, out: &mut BytesMut) {
        out.raw("{\"index\":");
        out.number(index as u64);
        out.raw(",\"message\":{\"role\":\"assistant\",\"content\":");
        // Where a limit left room for reasoning only, the provider says nothing, not null.
        let says_nothing = self.content.is_none()
            && self.calls_made == 0
            && self.refusal.is_none()
            && self.spoken.is_none();
        match says_nothing {
            true => out.raw("\"\""),
            false => nullable(self.content.as_ref(), out),
        }
        if let Some(reasoning) = &self.reasoning {
            out.raw(",\"reasoning_content\":");
            nullable(Some(reasoning), out);
        }
        if let Some(spoken) = &self.spoken {
            out.raw(",\"audio\":");
            spoken.write(out);
        }
        if self.calls_made > 0 {
            let (before, after) = match answer.old_style {
                true => (",\"function_call\":", ""),
                false => (",\"tool_calls\":[", "]"),
            };
            out.raw(before);
            out.extend_from_slice(&self.calls);
            out.raw(after);
        }
        out.raw(",\"refusal\":");
        nullable(self.refusal.as_ref(), out);
        out.raw(",\"annotations\":");
        self.citations.write(out);
        out.raw("},\"logprobs\":");
        self.write_logprobs(out);
        out.raw(",\"finish_reason\":\"");
        out.raw(answer.finish(self.finish));
        out.raw("\"");
        if answer.tells_ids {
            out.raw(",");
            token_ids("token_ids", &self.ids, out);
        }
    }

    fn write_logprobs(&self, out: &mut BytesMut) {
        if self.content_logprobs.is_empty() && self.refusal_logprobs.is_empty() {
            return out.raw("null");
        }
        out.raw("{\"content\":");
        list(&self.content_logprobs, out);
        out.raw(",\"refusal\":");
        list(&self.refusal_logprobs, out);
        out.raw("}");
    }
}

fn nullable(text: Option<&BytesMut>, out: &mut BytesMut) {
    let Some(text) = text else {
        return out.raw("null");
    };
    out.raw("\"");
    out.extend_from_slice(text);
    out.raw("\"");
}

fn list(items: &BytesMut, out: &mut BytesMut) {
    if items.is_empty() {
        return out.raw("null");
    }
    out.raw("[");
    out.extend_from_slice(items);
    out.raw("]");
}

impl Encoder for Fold {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => {
                self.ids = start.ids;
                self.created = start.created.whole_seconds();
                self.vocabulary = start.vocabulary;
                self.screening.clone_from(&start.screening);
                self.prompt = start.prompts.first().cloned().unwrap_or_default();
            }
            Delta::Open { choice, part } => self.open(choice, part),
            Delta::Piece {
                choice,
                text,
                ids,
                ends,
                logprobs,
            } => {
                let (vocabulary, tells_ids) = (self.vocabulary, self.answer.tells_ids);
                let choice = self.choice(choice);
                if tells_ids {
                    choice.ids.extend_from_slice(ids);
                }
                choice.piece(
                    text,
                    Piece {
                        ids,
                        ends,
                        logprobs,
                    },
                    vocabulary,
                );
            }
            Delta::Close { choice } => {
                let old_style = self.answer.old_style;
                self.choice(choice).close(old_style);
            }
            Delta::Finish { choice, reason } => self.choice(choice).finish = reason,
            Delta::Sound {
                choice,
                bytes,
                tokens,
            } => {
                if let Some(spoken) = &mut self.choice(choice).spoken {
                    spoken.record(bytes, tokens);
                }
            }
            Delta::Verdicts(verdicts) => {
                if let Some(judge) = &self.answer.judge {
                    moderation(judge, verdicts, &mut self.moderation);
                }
            }
            Delta::End { usage, .. } => {
                self.body(usage, out);
                let spoken = self
                    .choices
                    .iter()
                    .filter_map(|choice| choice.spoken.as_ref());
                self.kept = spoken.map(|spoken| spoken.keep()).collect();
            }
            Delta::Vectors(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }

    fn takes_runs(&self) -> bool {
        true
    }

    fn tells_prompts(&self) -> bool {
        self.answer.tells_ids
    }

    fn keep(&mut self) -> Vec<Keep> {
        std::mem::take(&mut self.kept)
    }
}
