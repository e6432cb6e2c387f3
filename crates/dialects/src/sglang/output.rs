//! What SGLang's native generation answers: one object, a list of them, or events that each repeat all
//! of a choice that has been said. Not here: how the request is read.

use bytes::BytesMut;
use fakeai_canon::{
    Alphabet, ApiError, Delta, Encoder, Finish, Micros, PartHead, RawPrompt, Seed, Start, TokenId,
    TokenLogprob, Usage, Vocabulary,
};

use crate::JsonWriter;

/// How an answer is to look.
pub(super) struct Shape {
    /// Whether the answers are a list.
    pub(super) is_list: bool,
    /// Answers a prompt.
    pub(super) choices: u32,
    pub(super) logprobs: bool,
    /// Whether the most probable tokens are told too.
    pub(super) alternatives: bool,
    /// The prompt's token from which on logprobs are told; none where none are.
    pub(super) input_from: Option<usize>,
    /// Whether logprobs spell their tokens.
    pub(super) spells: bool,
    pub(super) prompts: Vec<RawPrompt>,
    /// Texts and tokens that end an answer.
    pub(super) stop: Vec<String>,
    pub(super) stop_ids: Vec<TokenId>,
    pub(super) vocabulary: &'static dyn Vocabulary,
}

/// Writes an answer.
pub(super) struct Output {
    shape: Shape,
    stream: bool,
    ids: Seed,
    started: Micros,
    /// Tokens of each prompt.
    lengths: Vec<u64>,
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    text: String,
    ids: Vec<TokenId>,
    finish: Option<Finish>,
    is_echo: bool,
    /// Logprobs as they are written: of the prompt, of the answer.
    input: List,
    output: List,
}

/// Logprobs, and the most probable tokens at the same places.
#[derive(Default)]
struct List {
    drawn: BytesMut,
    top: BytesMut,
}

impl Output {
    pub(super) fn new(shape: Shape, stream: bool) -> Self {
        Self {
            shape,
            stream,
            ids: Seed(0),
            started: Micros::ZERO,
            lengths: Vec::new(),
            choices: Vec::new(),
        }
    }

    fn start(&mut self, start: &Start) {
        self.ids = start.ids;
        self.started = start.created;
        self.lengths = match &*self.shape.prompts {
            [_] => vec![start.usage.prompt],
            prompts => prompts.iter().map(|prompt| self.length(prompt)).collect(),
        };
        let answers = self.lengths.len() * self.shape.choices as usize;
        self.choices.resize_with(answers, Choice::default);
    }

    fn length(&self, prompt: &RawPrompt) -> u64 {
        match prompt {
            RawPrompt::Text(text) => self.shape.vocabulary.count(text) as u64,
            RawPrompt::Tokens(ids) => ids.len() as u64,
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index as usize;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn piece(&mut self, index: u32, text: &str, ids: &[TokenId], logprobs: &[TokenLogprob]) {
        let (vocabulary, spells) = (self.shape.vocabulary, self.shape.spells);
        let choice = self.choice(index);
        let list = match choice.is_echo {
            true => &mut choice.input,
            false => {
                choice.text.push_str(text);
                choice.ids.extend_from_slice(ids);
                &mut choice.output
            }
        };
        for (id, logprob) in ids.iter().zip(logprobs) {
            list.add(*id, logprob, spells.then_some(vocabulary));
        }
    }

    /// Appends what is known of a choice.
    fn one(&self, index: usize, at: Option<Micros>, cached: u64, out: &mut BytesMut) {
        let choice = &self.choices[index];
        out.raw("{\"text\":");
        out.string(&choice.text);
        out.raw(",\"output_ids\":[");
        for (place, id) in choice.ids.iter().enumerate() {
            out.raw(if place > 0 { "," } else { "" });
            out.number(u64::from(*id));
        }
        out.raw("],\"meta_info\":{\"id\":\"");
        out.raw(&self.ids.nth(index as u64).id("", Alphabet::Hex, 32));
        out.raw("\",\"finish_reason\":");
        self.finish(choice, out);
        let prompt = self.lengths.get(index / self.shape.choices.max(1) as usize);
        out.raw(",\"prompt_tokens\":");
        out.number(prompt.copied().unwrap_or(0));
        out.raw(",\"weight_version\":\"default\",\"completion_tokens\":");
        out.number(choice.ids.len() as u64);
        out.raw(",\"cached_tokens\":");
        out.number(cached);
        if self.shape.logprobs {
            self.logprobs(choice, out);
        }
        if let Some(at) = at {
            let took = at.0.saturating_sub(self.started.0);
            out.raw(",\"e2e_latency\":");
            out.float(took as f64 / 1e6);
        }
        out.raw("}");
        if self.stream && self.shape.is_list {
            out.raw(",\"index\":");
            out.number(index as u64);
        }
        out.raw("}");
    }

    fn logprobs(&self, choice: &Choice, out: &mut BytesMut) {
        for (name, list) in [("input", &choice.input), ("output", &choice.output)] {
            out.raw(",\"");
            out.raw(name);
            out.raw("_token_logprobs\":[");
            out.extend_from_slice(&list.drawn);
            out.raw("]");
            if self.shape.alternatives {
                out.raw(",\"");
                out.raw(name);
                out.raw("_top_logprobs\":[");
                out.extend_from_slice(&list.top);
                out.raw("]");
            }
        }
    }

    /// Why a choice has ended; null where it has not. A length is that of the answer.
    fn finish(&self, choice: &Choice, out: &mut BytesMut) {
        match choice.finish {
            None => out.raw("null"),
            Some(Finish::Length) => {
                out.raw("{\"type\":\"length\",\"length\":");
                out.number(choice.ids.len() as u64);
                out.raw("}");
            }
            Some(Finish::Stop | Finish::ToolCalls | Finish::ContentFilter) => {
                out.raw("{\"type\":\"stop\",\"matched\":");
                self.matched(&choice.ids, out);
                out.raw("}");
            }
        }
    }

    /// The stop token or the stop text that ended an answer. The token that ends a text by itself is
    /// none of the vocabulary's texts.
    fn matched(&self, ids: &[TokenId], out: &mut BytesMut) {
        let stops = || stopped(ids, &self.shape.stop, self.shape.vocabulary);
        match ids.last().filter(|last| self.shape.stop_ids.contains(last)) {
            Some(last) => out.number(u64::from(*last)),
            None => match stops() {
                Some(text) => out.string(text),
                None => out.raw("null"),
            },
        }
    }

    fn event(&self, index: u32, at: Option<Micros>, out: &mut BytesMut) {
        out.raw("data: ");
        self.one(index as usize, at, 0, out);
        out.raw("\n\n");
    }

    fn end(&self, usage: &Usage, at: Micros, out: &mut BytesMut) {
        if self.stream {
            return out.raw("data: [DONE]\n\n");
        }
        let cached = match self.lengths.len() {
            1 => usage.cached,
            _ => 0,
        };
        out.raw(if self.shape.is_list { "[" } else { "" });
        for index in 0..self.choices.len() {
            out.raw(if index > 0 { "," } else { "" });
            self.one(index, Some(at), cached, out);
        }
        out.raw(if self.shape.is_list { "]" } else { "" });
    }

    fn fail(&self, error: &ApiError, out: &mut BytesMut) {
        out.raw("data: ");
        super::error::write(error, out);
        out.raw("\n\n");
    }
}

/// Of several texts the one that tokens end at: that which begins first.
fn stopped<'s>(
    ids: &[TokenId],
    stops: &'s [String],
    vocabulary: &dyn Vocabulary,
) -> Option<&'s str> {
    if stops.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = ids
        .iter()
        .flat_map(|id| vocabulary.piece(*id))
        .copied()
        .collect();
    let found = stops.iter().filter_map(|stop| {
        let mut stretches = bytes.windows(stop.len());
        let at = stretches.position(|stretch| stretch == stop.as_bytes())?;
        Some((at, stop.as_str()))
    });
    found.min().map(|(_, stop)| stop)
}

impl List {
    fn add(&mut self, id: TokenId, logprob: &TokenLogprob, spells: Option<&dyn Vocabulary>) {
        let first = self.drawn.is_empty();
        self.drawn.raw(if first { "" } else { "," });
        entry(logprob.logprob, id, spells, &mut self.drawn);
        self.top.raw(if first { "[" } else { ",[" });
        for (place, other) in logprob.top.iter().enumerate() {
            self.top.raw(if place > 0 { "," } else { "" });
            entry(other.logprob, other.id, spells, &mut self.top);
        }
        self.top.raw("]");
    }
}

/// `[-0.1, 42, " text"]`
fn entry(logprob: f32, id: TokenId, spells: Option<&dyn Vocabulary>, out: &mut BytesMut) {
    out.raw("[");
    out.single(logprob);
    out.raw(",");
    out.number(u64::from(id));
    out.raw(",");
    match spells {
        Some(vocabulary) => out.string(&String::from_utf8_lossy(vocabulary.piece(id))),
        None => out.raw("null"),
    }
    out.raw("]");
}

impl Encoder for Output {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.start(start),
            Delta::Open { choice, part } => {
                self.choice(choice).is_echo = matches!(part, PartHead::Echo);
            }
            Delta::Piece {
                choice,
                text,
                ids,
                logprobs,
                ..
            } => {
                self.piece(choice, text, ids, logprobs);
                if self.stream && !self.choice(choice).is_echo {
                    self.event(choice, None, out);
                }
            }
            Delta::Finish { choice, reason } => {
                self.choice(choice).finish = Some(reason);
                if self.stream {
                    self.event(choice, None, out);
                }
            }
            Delta::End { usage, at } => self.end(usage, at, out),
            Delta::Fail { error, .. } if self.stream => self.fail(error, out),
            Delta::Close { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
