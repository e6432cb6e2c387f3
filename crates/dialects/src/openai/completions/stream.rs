//! A completion as a stream of chunks in the shape of the whole.

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{
    Delta, Encoder, Finish, PartHead, Screening, Start, TokenId, Usage, Vocabulary,
};

use super::fold::is_hidden;
use super::logprobs::Lists;
use super::{Answer, completion_id, finish_name};
use crate::JsonWriter;
use crate::azure::screening;
use crate::openai::counts::Counts;
use crate::openai::logprobs::Piece;
use crate::openai::stream_options::StreamOptions;
use crate::openai::token_ids::token_ids;
use crate::openai::{error, usage};

/// Writes the answer's deltas as `text_completion` events.
pub(super) struct Stream {
    answer: Answer,
    options: StreamOptions,
    counts: Option<Counts>,
    vocabulary: Option<&'static dyn Vocabulary>,
    /// Everything of a chunk before the content of `choices`.
    head: Vec<u8>,
    /// Everything of a chunk after `choices`, its usage aside.
    model: Vec<u8>,
    screening: Option<Arc<Screening>>,
    /// The prompts' tokens, where they are told.
    prompts: Vec<Vec<TokenId>>,
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    lists: Lists,
    hidden: bool,
    is_echo: bool,
    /// What was generated and is not yet told, where it is.
    ids: Vec<TokenId>,
    /// Whether the prompt's tokens are told.
    is_begun: bool,
}

impl Stream {
    pub(super) fn new(answer: Answer, options: StreamOptions) -> Self {
        Self {
            answer,
            options,
            counts: None,
            vocabulary: None,
            head: Vec::new(),
            model: Vec::new(),
            screening: None,
            prompts: Vec::new(),
            choices: Vec::new(),
        }
    }

    fn start(&mut self, start: &Start, out: &mut BytesMut) {
        if let Some(screening) = &start.screening {
            screening::write_opening(screening, out);
            self.screening = Some(Arc::clone(screening));
        }
        self.vocabulary = start.vocabulary;
        self.prompts.clone_from(&start.prompts);
        let counts = || Counts::of(start.usage.prompt);
        self.counts = self.options.counts.then(counts);
        let mut head = BytesMut::with_capacity(128);
        head.raw("data: {\"id\":\"");
        head.raw(&completion_id(start.ids));
        head.raw("\",\"object\":\"text_completion\",\"created\":");
        head.number(start.created.whole_seconds());
        head.raw(",\"choices\":[");
        self.head = head.to_vec();
        let mut model = BytesMut::with_capacity(64);
        model.raw("],\"model\":");
        model.string(&self.answer.model);
        self.model = model.to_vec();
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index as usize;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn piece(&mut self, index: u32, text: &str, piece: Piece<'_>, out: &mut BytesMut) {
        self.count(index, piece.ids.len());
        if self.answer.tells_ids.is_some() && !self.choice(index).is_echo {
            self.choice(index).ids.extend_from_slice(piece.ids);
        }
        if self.choice(index).hidden || (text.is_empty() && self.answer.offsets.is_none()) {
            return;
        }
        out.reserve(self.head.len() + text.len() + self.model.len() + 96);
        self.begin(Some(index), out);
        out.raw("\"text\":\"");
        out.escaped(text);
        out.raw("\",\"index\":");
        out.number(u64::from(index));
        out.raw(",\"logprobs\":");
        let lists = &mut self.choices[index as usize].lists;
        match &self.answer.offsets {
            Some(offsets) => {
                lists.add(offsets, index, text, piece, self.vocabulary);
                lists.write(out);
                lists.clear();
            }
            None => out.raw("null"),
        }
        out.raw(",\"finish_reason\":null");
        self.shut(index, out);
        self.end(out);
    }

    /// Appends what was generated since it was last told, where it is, and closes the choice.
    fn shut(&mut self, index: u32, out: &mut BytesMut) {
        if let Some(choices) = self.answer.tells_ids {
            let choice = self.choice(index);
            let ids = std::mem::take(&mut choice.ids);
            let is_first = !std::mem::replace(&mut choice.is_begun, true);
            out.raw(",");
            token_ids("token_ids", &ids, out);
            let prompt = self.prompts.get((index / choices.max(1)) as usize);
            if let Some(prompt) = prompt.filter(|_| is_first) {
                out.raw(",");
                token_ids("prompt_token_ids", prompt, out);
            }
        }
        out.raw("}");
    }

    fn finish(&mut self, index: u32, reason: Finish, out: &mut BytesMut) {
        self.count(index, 0);
        self.begin(None, out);
        out.raw("\"text\":\"\",\"index\":");
        out.number(u64::from(index));
        out.raw(",\"logprobs\":null,\"finish_reason\":\"");
        out.raw(finish_name(reason));
        out.raw("\"");
        self.shut(index, out);
        self.end(out);
    }

    fn count(&mut self, choice: u32, tokens: usize) {
        if let Some(counts) = &mut self.counts {
            counts.add(choice, tokens);
        }
    }

    /// Appends a chunk up to the inside of its choice; `says`: which choice says something.
    fn begin(&self, says: Option<u32>, out: &mut BytesMut) {
        out.extend_from_slice(&self.head);
        out.raw("{");
        if let Some(screening) = &self.screening {
            screening::write_choice(screening, says, out);
            out.raw(",");
        }
    }

    /// Appends what follows the choices of a chunk.
    fn end(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.model);
        match &self.counts {
            Some(counts) => counts.write(out),
            None if self.options.include_usage => out.raw(",\"usage\":null}\n\n"),
            None => out.raw("}\n\n"),
        }
    }

    fn finale(&mut self, counts: &Usage, out: &mut BytesMut) {
        if self.options.include_usage {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(&self.model);
            out.raw(",\"usage\":");
            usage::write(counts, out);
            out.raw("}\n\n");
        }
        out.raw("data: [DONE]\n\n");
    }
}

impl Encoder for Stream {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.start(start, out),
            Delta::Open { choice, part } => {
                let choice = self.choice(choice);
                choice.hidden = is_hidden(part);
                choice.is_echo = matches!(part, PartHead::Echo);
                choice.lists.open();
            }
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
            Delta::Finish { choice, reason } => self.finish(choice, reason, out),
            Delta::End { usage, .. } => self.finale(usage, out),
            Delta::Fail { error, .. } => error::write_event(error, out),
            Delta::Close { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. } => {}
        }
    }

    fn tells_prompts(&self) -> bool {
        self.answer.tells_ids.is_some()
    }
}
