//! A chat completion as a stream of chunks. All that the chunks have in common is put together
//! once, so that a token costs a few copies.

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    CallKind, Delta, Encoder, Finish, Keep, PartHead, Rng, Screening, Seed, Start, TokenId, Usage,
    Verdict, Vocabulary,
};

use super::answer::{Answer, call_id, completion_id, moderation};
use super::spoken::{self, Spoken};
use crate::JsonWriter;
use crate::azure::screening;
use crate::openai::counts::Counts;
use crate::openai::logprobs::{Cursor, Piece};
use crate::openai::stream_options::StreamOptions;
use crate::openai::token_ids::token_ids;
use crate::openai::{error, usage};

/// Writes the answer's deltas as `chat.completion.chunk` events.
pub(super) struct Stream {
    answer: Answer,
    options: StreamOptions,
    ids: Seed,
    created: u64,
    vocabulary: Option<&'static dyn Vocabulary>,
    /// Everything of a chunk before the content of `choices`.
    head: Vec<u8>,
    /// Everything of a chunk after `choices`, padding aside.
    tail: &'static str,
    padding: Option<Rng>,
    counts: Option<Box<Counts>>,
    screening: Option<Arc<Screening>>,
    /// The prompt's tokens, where they are told.
    prompt: Vec<TokenId>,
    choices: Vec<Choice>,
}

/// What the open part is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Hidden,
    Content,
    Refusal,
    Reasoning,
    Spoken,
    Function,
    Custom,
}

#[derive(Default)]
struct Choice {
    /// Everything of a chunk before the text of a piece of the open part.
    before: Vec<u8>,
    /// What closes the delta after that text.
    close: &'static str,
    /// Everything of a chunk after that text, where it has neither logprobs nor padding.
    after: Vec<u8>,
    open: Open,
    greeted: bool,
    calls: u32,
    cursor: Cursor,
    spoken: Option<Box<Spoken>>,
    /// What was generated and is not yet told, where it is.
    ids: Vec<TokenId>,
}

/// What the first chunk says of a content that is still empty.
const EMPTY: &str = ",\"content\":\"\"";

const NO_FINISH: &str = ",\"logprobs\":null,\"finish_reason\":null";

impl Stream {
    pub(super) fn new(answer: Answer, options: StreamOptions) -> Self {
        Self {
            answer,
            options,
            ids: Seed(0),
            created: 0,
            vocabulary: None,
            head: Vec::new(),
            tail: if options.include_usage {
                ",\"usage\":null}\n\n"
            } else {
                "}\n\n"
            },
            padding: None,
            counts: None,
            screening: None,
            prompt: Vec::new(),
            // Most answers have one, and an open stream holds no room for more.
            choices: Vec::with_capacity(1),
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        if let Some(screening) = &start.screening {
            screening::write_opening(screening, out);
            self.screening = Some(Arc::clone(screening));
        }
        self.ids = start.ids;
        self.created = start.created.whole_seconds();
        self.vocabulary = start.vocabulary;
        self.prompt = start.prompts.first().cloned().unwrap_or_default();
        let counts = || Box::new(Counts::of(start.usage.prompt));
        self.counts = self.options.counts.then(counts);
        self.padding = self
            .options
            .obfuscate
            .then(|| start.ids.fork("obfuscation").rng());
        let mut head = BytesMut::with_capacity(256);
        head.raw("data: {\"id\":\"");
        head.raw(&completion_id(start.ids));
        head.raw("\",\"object\":\"chat.completion.chunk\",\"created\":");
        head.number(self.created);
        head.raw(",\"model\":");
        head.string(&self.answer.model);
        head.raw(",\"service_tier\":\"");
        head.raw(self.answer.tier);
        head.raw("\",\"system_fingerprint\":\"");
        head.raw(&self.answer.fingerprint);
        head.raw("\",\"choices\":[");
        self.head = head.to_vec();
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index as usize;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    /// Appends a chunk up to the inside of its delta. `says`: whether that says anything that a
    /// content filter looks at.
    #[inline]
    fn begin(&self, choice: u32, says: bool, out: &mut BytesMut) {
        out.extend_from_slice(&self.head);
        out.raw("{");
        if let Some(screening) = &self.screening {
            screening::write_choice(screening, says.then_some(choice), out);
            out.raw(",");
        }
        out.raw("\"index\":");
        out.number(u64::from(choice));
        out.raw(",\"delta\":{");
    }

    /// Appends the rest of a chunk whose delta is closed and that finishes nothing.
    #[inline]
    fn end(&mut self, out: &mut BytesMut) {
        out.raw(NO_FINISH);
        out.raw("}]");
        self.complete(out);
    }

    /// Appends what a chunk ends with.
    #[inline]
    fn complete(&mut self, out: &mut BytesMut) {
        self.pad(out);
        match &self.counts {
            None => out.raw(self.tail),
            Some(counts) => counts.write(out),
        }
    }

    fn count(&mut self, choice: u32, tokens: usize) {
        if let Some(counts) = &mut self.counts {
            counts.add(choice, tokens);
        }
    }

    fn pad(&mut self, out: &mut BytesMut) {
        if let Some(rng) = &mut self.padding {
            let padding = Seed(rng.next_u64());
            let length = 1 + rng.below(16);
            out.raw(",\"obfuscation\":\"");
            out.raw(&padding.id("", fakeai_canon::Alphabet::Alphanumeric, length));
            out.raw("\"");
        }
    }

    /// The first chunk of a choice tells its role.
    fn greet(&mut self, choice: u32, content: &str, out: &mut BytesMut) {
        if std::mem::replace(&mut self.choice(choice).greeted, true) {
            return;
        }
        self.begin(choice, false, out);
        out.raw("\"role\":\"assistant\"");
        out.raw(content);
        out.raw(",\"refusal\":null}");
        out.raw(NO_FINISH);
        out.raw("}]");
        if self.answer.tells_ids {
            out.raw(",");
            token_ids("prompt_token_ids", &self.prompt, out);
        }
        self.complete(out);
    }

    /// Appends what was generated since it was last told, where it is, and closes the choice.
    fn shut(&mut self, choice: u32, out: &mut BytesMut) {
        if self.answer.tells_ids {
            out.raw(",");
            token_ids("token_ids", &self.choice(choice).ids, out);
        }
        out.raw("}]");
    }

    fn open(&mut self, choice: u32, part: PartHead<'_>, out: &mut BytesMut) {
        self.count(choice, 0);
        let open = match part {
            PartHead::Text | PartHead::Echo => Open::Content,
            PartHead::Refusal => Open::Refusal,
            PartHead::Spoken => Open::Spoken,
            PartHead::Reasoning if self.answer.shows_reasoning => Open::Reasoning,
            PartHead::Call {
                kind: CallKind::Function,
                ..
            } => Open::Function,
            PartHead::Call {
                kind: CallKind::Custom,
                ..
            } => Open::Custom,
            PartHead::Reasoning | PartHead::Summary | PartHead::Hosted(_) => Open::Hidden,
        };
        let state = self.choice(choice);
        (state.open, state.cursor) = (open, Cursor::default());
        if open == Open::Hidden {
            return;
        }
        if let PartHead::Call { name, .. } = part {
            self.greet(choice, ",\"content\":null", out);
            self.open_call(choice, name, open, out);
        } else if open == Open::Spoken {
            // The provider says nothing of the content before the first words are there.
            self.greet(choice, "", out);
            let spoken = Spoken::new(self.ids, choice, self.created);
            self.choice(choice).spoken = Some(Box::new(spoken));
        } else {
            self.greet(choice, EMPTY, out);
        }
        self.prepare(choice);
    }

    fn open_call(&mut self, choice: u32, name: &str, open: Open, out: &mut BytesMut) {
        let state = self.choice(choice);
        let index = state.calls;
        state.calls += 1;
        self.begin(choice, false, out);
        if self.answer.old_style {
            out.raw("\"function_call\":{\"name\":");
            out.string(name);
            out.raw(",\"arguments\":\"\"}}");
            return self.end(out);
        }
        out.raw("\"tool_calls\":[{\"index\":");
        out.number(u64::from(index));
        out.raw(",\"id\":\"");
        out.raw(&call_id(self.ids, choice, index));
        let (before, after) = match open {
            Open::Custom => ("custom\",\"custom\":{\"name\":", ",\"input\":\"\"}}]}"),
            _ => (
                "function\",\"function\":{\"name\":",
                ",\"arguments\":\"\"}}]}",
            ),
        };
        out.raw("\",\"type\":\"");
        out.raw(before);
        out.string(name);
        out.raw(after);
        self.end(out);
    }

    /// Puts together what the chunks of the part that is now open have in common.
    fn prepare(&mut self, choice: u32) {
        let state = self.choice(choice);
        let (open, calls) = (state.open, state.calls);
        let (label, close) = self.frame(open);
        let mut before = BytesMut::with_capacity(self.head.len() + 64);
        self.begin(choice, true, &mut before);
        if matches!(open, Open::Function | Open::Custom) && !self.answer.old_style {
            before.raw("\"tool_calls\":[{\"index\":");
            before.number(u64::from(calls - 1));
        }
        before.raw(label);
        let after = [close, NO_FINISH, "}]", self.tail].concat().into_bytes();
        let state = self.choice(choice);
        (state.before, state.close, state.after) = (before.to_vec(), close, after);
    }

    #[inline]
    fn piece(&mut self, choice: u32, text: &str, piece: Piece<'_>, out: &mut BytesMut) {
        let is_bare = self.padding.is_none() && self.counts.is_none() && !self.answer.tells_ids;
        self.count(choice, piece.ids.len());
        if self.answer.tells_ids {
            self.choice(choice).ids.extend_from_slice(piece.ids);
        }
        let state = self.choice(choice);
        if state.open == Open::Hidden || (text.is_empty() && piece.logprobs.is_empty()) {
            return;
        }
        if state.open == Open::Spoken {
            return self.words(choice, text, out);
        }
        let mark = out.len();
        out.reserve(state.before.len() + text.len() + state.after.len());
        out.extend_from_slice(&state.before);
        out.escaped(text);
        if is_bare && piece.logprobs.is_empty() {
            return out.extend_from_slice(&state.after);
        }
        out.raw(state.close);
        let in_text = matches!(state.open, Open::Content | Open::Refusal);
        let written = if in_text && !piece.logprobs.is_empty() {
            self.logprobs(choice, piece, out)
        } else {
            out.raw(NO_FINISH);
            self.shut(choice, out);
            self.complete(out);
            false
        };
        match text.is_empty() && !written {
            true => out.truncate(mark),
            false => self.choice(choice).ids.clear(),
        }
    }

    /// Writes a chunk about the spoken part that is open.
    fn aloud(
        &mut self,
        choice: u32,
        out: &mut BytesMut,
        write: impl FnOnce(&mut Spoken, &mut BytesMut),
    ) {
        let mark = out.len();
        self.begin(choice, false, out);
        match &mut self.choice(choice).spoken {
            Some(spoken) => write(spoken, out),
            None => return out.truncate(mark),
        }
        self.end(out);
    }

    /// The first words tell the id of the recording.
    fn words(&mut self, choice: u32, text: &str, out: &mut BytesMut) {
        self.aloud(choice, out, |spoken, out| {
            spoken.say(text);
            if std::mem::replace(&mut spoken.is_announced, true) {
                out.raw("\"audio\":{\"transcript\":\"");
            } else {
                out.raw("\"content\":null,\"audio\":{\"id\":\"");
                out.raw(spoken.id());
                out.raw("\",\"transcript\":\"");
            }
            out.escaped(text);
            out.raw("\"}}");
        });
    }

    fn sound(&mut self, choice: u32, bytes: &[u8], tokens: u32, out: &mut BytesMut) {
        self.aloud(choice, out, |spoken, out| {
            spoken.sound(tokens);
            out.raw("\"audio\":{\"data\":\"");
            spoken::data(bytes, out);
            out.raw("\"}}");
        });
    }

    fn close(&mut self, choice: u32, out: &mut BytesMut) {
        if std::mem::take(&mut self.choice(choice).open) == Open::Spoken {
            self.aloud(choice, out, |spoken, out| {
                out.raw("\"audio\":{\"expires_at\":");
                out.number(spoken.expires_at());
                out.raw("}}");
            });
        }
    }

    /// The judgement on the conversation has a chunk of its own.
    fn judged(&mut self, verdicts: &[Verdict], out: &mut BytesMut) {
        let Some(judge) = &self.answer.judge else {
            return;
        };
        out.extend_from_slice(&self.head);
        out.raw("],\"moderation\":");
        moderation(judge, verdicts, out);
        self.complete(out);
    }

    /// What stands before and after the text of a piece.
    fn frame(&self, open: Open) -> (&'static str, &'static str) {
        match open {
            Open::Content | Open::Spoken | Open::Hidden => ("\"content\":\"", "\"}"),
            Open::Refusal => ("\"refusal\":\"", "\"}"),
            Open::Reasoning => ("\"reasoning_content\":\"", "\"}"),
            Open::Function | Open::Custom if self.answer.old_style => {
                ("\"function_call\":{\"arguments\":\"", "\"}}")
            }
            Open::Function => (",\"function\":{\"arguments\":\"", "\"}}]}"),
            Open::Custom => (",\"custom\":{\"input\":\"", "\"}}]}"),
        }
    }

    /// Appends the rest of a chunk with the logprobs of its tokens; false where it has none.
    fn logprobs(&mut self, choice: u32, piece: Piece<'_>, out: &mut BytesMut) -> bool {
        let vocabulary = self.vocabulary;
        let state = self.choice(choice);
        let (before, after) = match state.open {
            Open::Refusal => ("{\"content\":null,\"refusal\":[", "]}"),
            _ => ("{\"content\":[", "],\"refusal\":null}"),
        };
        out.raw(",\"logprobs\":");
        out.raw(before);
        let written = state.cursor.write(piece, vocabulary, out);
        out.raw(after);
        out.raw(",\"finish_reason\":null");
        self.shut(choice, out);
        self.complete(out);
        written
    }

    fn finish(&mut self, choice: u32, reason: Finish, out: &mut BytesMut) {
        self.count(choice, 0);
        self.greet(choice, EMPTY, out);
        self.begin(choice, false, out);
        out.raw("},\"logprobs\":null,\"finish_reason\":\"");
        out.raw(self.answer.finish(reason));
        out.raw("\"");
        self.shut(choice, out);
        self.complete(out);
    }

    fn finale(&mut self, counts: &Usage, out: &mut BytesMut) {
        if self.options.include_usage {
            out.extend_from_slice(&self.head);
            out.raw("],\"usage\":");
            usage::write(counts, out);
            self.pad(out);
            out.raw("}\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }
}

impl Encoder for Stream {
    #[inline]
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.start(start, out),
            Delta::Open { choice, part } => self.open(choice, part, out),
            Delta::Piece {
                choice,
                text,
                ids,
                ends,
                logprobs,
            } => {
                self.piece(
                    choice,
                    text,
                    Piece {
                        ids,
                        ends,
                        logprobs,
                    },
                    out,
                );
            }
            Delta::Sound {
                choice,
                bytes,
                tokens,
            } => self.sound(choice, bytes, tokens, out),
            Delta::Close { choice } => self.close(choice, out),
            Delta::Verdicts(verdicts) => self.judged(verdicts, out),
            Delta::Finish { choice, reason } => self.finish(choice, reason, out),
            Delta::End { usage, .. } => self.finale(usage, out),
            Delta::Fail { error, .. } => error::write_event(error, out),
            Delta::Vectors(_) | Delta::Ranked(_) | Delta::Made(_) | Delta::Cancel { .. } => {}
        }
    }

    fn tells_prompts(&self) -> bool {
        self.answer.tells_ids
    }

    /// What was said can be referred to once all of it is told.
    fn keep(&mut self) -> Vec<Keep> {
        let whole = |choice: &mut Choice| match choice.open {
            Open::Spoken => None,
            _ => choice.spoken.take(),
        };
        let spoken = self.choices.iter_mut().filter_map(whole);
        spoken.map(|spoken| spoken.keep()).collect()
    }
}
