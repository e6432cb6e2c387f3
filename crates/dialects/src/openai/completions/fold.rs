//! A completion as one object.

use std::sync::Arc;

use bytes::BytesMut;
use fakeai_canon::{Delta, Encoder, Finish, PartHead, Screening, Seed, TokenId, Usage, Vocabulary};

use super::logprobs::Lists;
use super::{Answer, completion_id, finish_name};
use crate::JsonWriter;
use crate::azure::screening;
use crate::openai::logprobs::Piece;
use crate::openai::token_ids::token_ids;
use crate::openai::usage;

/// Folds the answer's deltas into a `text_completion`.
pub(super) struct Fold {
    answer: Answer,
    ids: Seed,
    created: u64,
    vocabulary: Option<&'static dyn Vocabulary>,
    screening: Option<Arc<Screening>>,
    /// The prompts' tokens, where they are told.
    prompts: Vec<Vec<TokenId>>,
    choices: Vec<Choice>,
}

#[derive(Default)]
struct Choice {
    text: BytesMut,
    lists: Lists,
    hidden: bool,
    is_echo: bool,
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
            prompts: Vec::new(),
            choices: Vec::new(),
        }
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let index = index as usize;
        if self.choices.len() <= index {
            self.choices.resize_with(index + 1, Choice::default);
        }
        &mut self.choices[index]
    }

    fn piece(&mut self, index: u32, text: &str, piece: Piece<'_>) {
        let vocabulary = self.vocabulary;
        self.choice(index);
        let choice = &mut self.choices[index as usize];
        if self.answer.tells_ids.is_some() && !choice.is_echo {
            choice.ids.extend_from_slice(piece.ids);
        }
        if choice.hidden {
            return;
        }
        choice.text.escaped(text);
        if let Some(offsets) = &self.answer.offsets {
            choice.lists.add(offsets, index, text, piece, vocabulary);
        }
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        out.raw(&completion_id(self.ids));
        out.raw("\",\"object\":\"text_completion\",\"created\":");
        out.number(self.created);
        out.raw(",\"model\":");
        out.string(&self.answer.model);
        out.raw(",\"choices\":[");
        for (index, choice) in self.choices.iter().enumerate() {
            out.raw(if index > 0 {
                ",{\"text\":\""
            } else {
                "{\"text\":\""
            });
            out.extend_from_slice(&choice.text);
            out.raw("\",\"index\":");
            out.number(index as u64);
            out.raw(",\"logprobs\":");
            match self.answer.offsets {
                Some(_) => choice.lists.write(out),
                None => out.raw("null"),
            }
            out.raw(",\"finish_reason\":\"");
            out.raw(finish_name(choice.finish));
            out.raw("\"");
            if let Some(choices) = self.answer.tells_ids {
                let prompt = self.prompts.get(index / choices.max(1) as usize);
                out.raw(",");
                token_ids("token_ids", &choice.ids, out);
                out.raw(",");
                token_ids("prompt_token_ids", prompt.map_or(&[], |ids| ids), out);
            }
            if let Some(screening) = &self.screening {
                out.raw(",");
                screening::write_choice(screening, Some(index as u32), out);
            }
            out.raw("}");
        }
        out.raw("],");
        if let Some(screening) = &self.screening {
            screening::write_prompts(screening, out);
            out.raw(",");
        }
        out.raw("\"usage\":");
        usage::write(usage, out);
        out.raw("}");
    }
}

/// Whether a part is no text of a completion.
pub(super) fn is_hidden(part: PartHead<'_>) -> bool {
    match part {
        PartHead::Text | PartHead::Echo | PartHead::Refusal | PartHead::Spoken => false,
        PartHead::Reasoning | PartHead::Summary | PartHead::Call { .. } | PartHead::Hosted(_) => {
            true
        }
    }
}

impl Encoder for Fold {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => {
                self.ids = start.ids;
                self.created = start.created.whole_seconds();
                self.vocabulary = start.vocabulary;
                self.screening.clone_from(&start.screening);
                self.prompts.clone_from(&start.prompts);
            }
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
                );
            }
            Delta::Finish { choice, reason } => self.choice(choice).finish = reason,
            Delta::End { usage, .. } => self.body(usage, out),
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

    fn tells_prompts(&self) -> bool {
        self.answer.tells_ids.is_some()
    }

    /// Offsets are counted from the start of a piece, which is quick for short ones only.
    fn takes_runs(&self) -> bool {
        self.answer.offsets.is_none()
    }
}
