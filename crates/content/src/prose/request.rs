//! What is asked of the generator: the form, the length, the seed and the sampling. Not here: how
//! it is met (see `speak`).

use fakeai_canon::{Sampling, Seed, Verbosity};

use super::{Language, Topic};

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An answer of the kind that the topic asks for.
    Answer,
    /// Thinking aloud before the answer.
    Reasoning,
    /// One part of a summary of that thinking: a bold headline and a paragraph.
    ReasoningSummary,
    /// A refusal.
    Refusal,
    /// Filler text.
    Lorem,
}

/// How long a text is to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Length {
    /// The plan of the text: 20 to 60, 60 to 180, 150 to 400 tokens or so.
    pub verbosity: Verbosity,
    /// About how many tokens; the text still ends with a sentence.
    pub target: Option<u32>,
    /// The hard limit, in tokens.
    pub max: Option<u32>,
}

/// How a text is to be made.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where all choices come from.
    pub seed: Seed,
    /// How tokens are drawn.
    pub sampling: &'a Sampling,
    /// How long it is to be.
    pub length: Length,
    /// How many alternatives to list a token, where logprobs are wanted.
    pub logprobs: Option<u8>,
}

impl Form {
    /// The language it is in: models think in English whatever they are asked in.
    pub(crate) fn language(self, topic: &Topic) -> Language {
        match self {
            Form::Answer | Form::Refusal => topic.language,
            Form::Reasoning | Form::ReasoningSummary => Language::English,
            Form::Lorem => Language::Lorem,
        }
    }
}
