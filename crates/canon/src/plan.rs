//! What is said: the whole answer, known before its first token is due.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::{CallKind, Ranked, Screening, Tokens, Usage, Verdict, Vocabulary};

/// A planned answer.
pub enum Plan {
    /// Text and calls.
    Generation(Generation),
    /// Vectors, one an input, each of unit length.
    Vectors {
        /// The vectors.
        vectors: Vec<Vec<f32>>,
        /// Tokens of the inputs.
        usage: Usage,
    },
    /// Verdicts, one an input.
    Verdicts {
        /// The verdicts.
        verdicts: Vec<Verdict>,
        /// Tokens of the inputs.
        usage: Usage,
    },
    /// Passages, best first.
    Ranking {
        /// The passages.
        ranked: Vec<Ranked>,
        /// Tokens of the pairs of query and passage.
        usage: Usage,
    },
    /// Files, or pieces of one, in the order in which they are sent.
    Made {
        /// The bytes.
        pieces: Vec<Bytes>,
        /// All tokens, of the prompt and of what was made.
        usage: Usage,
    },
    /// Only a count of the prompt.
    Count(Usage),
}

/// Planned text and calls.
pub struct Generation {
    /// The vocabulary of all token ids.
    pub vocabulary: &'static dyn Vocabulary,
    /// The choices: all of the first prompt, then all of the second …
    pub choices: Vec<Choice>,
    /// Tokens drawn for candidates that are not sent; billed as completion.
    pub discarded: u64,
    /// Of each choice its tokens that the prediction had, in order: stretches of what is generated
    /// for it. None at all where nothing was predicted.
    pub foretold: Vec<Vec<Range<u32>>>,
    /// Predicted tokens thrown away, over all choices; billed as completion.
    pub rejected_prediction: u64,
    /// Tokens that were read beside the prompt: what a search has found. Billed as prompt.
    pub read: u64,
    /// The judgement on what was asked and then on each choice, where they are judged; else none.
    pub verdicts: Vec<Verdict>,
    /// What a content filter found, where one has looked.
    pub screening: Option<Arc<Screening>>,
}

impl Generation {
    /// These choices, with nothing drawn or predicted besides.
    pub fn of(vocabulary: &'static dyn Vocabulary, choices: Vec<Choice>) -> Self {
        Self {
            vocabulary,
            choices,
            discarded: 0,
            foretold: Vec::new(),
            rejected_prediction: 0,
            read: 0,
            verdicts: Vec::new(),
            screening: None,
        }
    }

    /// Completion tokens: what the usage reports, before the counts of the prompt are added.
    pub fn usage(&self) -> Usage {
        let foretold = self.foretold.iter().flatten();
        let mut usage = Usage {
            completion: self.discarded + self.rejected_prediction,
            accepted_prediction: foretold.map(|stretch| stretch.len() as u64).sum(),
            rejected_prediction: self.rejected_prediction,
            ..Usage::default()
        };
        for segment in self.choices.iter().flat_map(|choice| &choice.segments) {
            let tokens = segment.generated() as u64;
            usage.completion += tokens;
            if matches!(segment, Segment::Reasoning(_)) {
                usage.reasoning += tokens;
            }
            if let Segment::Spoken(spoken) = segment {
                usage.completion_audio += u64::from(spoken.sound);
            }
        }
        usage
    }
}

/// One choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Its segments, in the order in which they are generated.
    pub segments: Vec<Segment>,
    /// Why it ends.
    pub finish: Finish,
}

impl Choice {
    /// How many tokens the model generated for it, as billed and as timed.
    pub fn generated(&self) -> usize {
        self.segments.iter().map(Segment::generated).sum()
    }
}

/// A stretch of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// Thinking; whether it is shown is the dialect's matter.
    Reasoning(Tokens),
    /// One part of a summary of the reasoning before it. Shown, not counted.
    Summary(Tokens),
    /// A prompt that a completion repeats. Shown, counted as prompt.
    Echo(Tokens),
    /// Text.
    Text(Tokens),
    /// A refusal.
    Refusal(Tokens),
    /// A text that is spoken.
    Spoken(Spoken),
    /// A call of one of the request's tools.
    Call(PlannedCall),
    /// A call of a tool that the provider runs, with its outcome.
    Hosted(HostedCall),
}

impl Segment {
    /// The tokens that it is made of, shown or not; none for a hosted call.
    pub fn tokens(&self) -> Option<&Tokens> {
        match self {
            Segment::Reasoning(tokens)
            | Segment::Summary(tokens)
            | Segment::Echo(tokens)
            | Segment::Text(tokens)
            | Segment::Refusal(tokens) => Some(tokens),
            Segment::Spoken(spoken) => Some(&spoken.transcript),
            Segment::Call(call) => Some(&call.arguments),
            Segment::Hosted(_) => None,
        }
    }

    /// How many tokens the model generated for it, as billed and as timed.
    pub fn generated(&self) -> usize {
        match self {
            Segment::Reasoning(tokens) | Segment::Text(tokens) | Segment::Refusal(tokens) => {
                tokens.len()
            }
            Segment::Spoken(spoken) => spoken.transcript.len() + spoken.sound as usize,
            Segment::Call(call) => call.arguments.len() + call.overhead as usize,
            Segment::Hosted(call) => call.overhead as usize,
            Segment::Summary(_) | Segment::Echo(_) => 0,
        }
    }
}

/// A text that is spoken: the words run ahead of the sound, a token of each in turn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// What is said.
    pub transcript: Tokens,
    /// The recording, in the format that was asked for.
    pub recording: Bytes,
    /// How many tokens of sound it is made of.
    pub sound: u32,
}

impl Spoken {
    /// How many tokens of text and of sound have been made after so many of both.
    pub fn made(&self, tokens: usize) -> (usize, u32) {
        let behind = tokens.saturating_sub(self.sound as usize);
        let text = tokens.div_ceil(2).max(behind).min(self.transcript.len());
        (text, (tokens - text) as u32)
    }

    /// The bytes of the tokens of sound from `first` to before `end`, cut between samples of 16
    /// bits.
    pub fn bytes(&self, first: u32, end: u32) -> Bytes {
        let samples = self.recording.len() as u64 / 2;
        let at = |token: u32| {
            if token >= self.sound {
                return self.recording.len();
            }
            (samples * u64::from(token) / u64::from(self.sound) * 2) as usize
        };
        self.recording.slice(at(first)..at(end))
    }
}

/// A call of one of the request's tools.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCall {
    /// The name.
    pub name: String,
    /// Function or custom tool.
    pub kind: CallKind,
    /// The arguments: JSON text, or the free input.
    pub arguments: Tokens,
    /// Tokens generated for the name and the marks around the call; timed before the arguments.
    pub overhead: u32,
}

/// A call of a tool that the provider runs.
#[derive(Clone, Debug, PartialEq)]
pub struct HostedCall {
    /// The tool's wire type, such as `web_search`.
    pub kind: String,
    /// What was asked of it, such as the query, and what came of it.
    pub detail: Value,
    /// Tokens generated to make the call.
    pub overhead: u32,
}

/// Why a choice ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Finish {
    /// All was said, or a stop text came.
    #[default]
    Stop,
    /// The limit of tokens was reached.
    Length,
    /// It waits for the result of calls.
    ToolCalls,
    /// A filter cut it.
    ContentFilter,
}
