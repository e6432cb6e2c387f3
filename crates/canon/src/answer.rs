//! An answer on its way out: deltas from the player, and the encoders that write them.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use crate::{
    ApiError, CallKind, Finish, HostedCall, Micros, Ranked, Screening, Seed, Stopped, TokenId,
    TokenLogprob, Usage, Verdict, Vocabulary,
};

/// What an encoder learns before anything else.
#[derive(Clone)]
pub struct Start {
    /// The seed of this answer's ids; equal requests that leave objects behind get different
    /// ones.
    pub ids: Seed,
    /// The world's time at which the answer began.
    pub created: Micros,
    /// Prompt counts; the completion counts come with the end.
    pub usage: Usage,
    /// The vocabulary of the token ids; none for work that generates no text.
    pub vocabulary: Option<&'static dyn Vocabulary>,
    /// What a content filter found, where one has looked.
    pub screening: Option<Arc<Screening>>,
    /// The prompts' tokens, where the encoder tells them ([`Encoder::tells_prompts`]); else none.
    pub prompts: Vec<Vec<TokenId>>,
}

/// The head of a part, told before its first piece.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PartHead<'a> {
    /// Thinking.
    Reasoning,
    /// One part of a summary.
    Summary,
    /// A repeated prompt.
    Echo,
    /// Text.
    Text,
    /// A refusal.
    Refusal,
    /// A text that is spoken; its pieces are what is said, and sound comes between them.
    Spoken,
    /// A call; its pieces are its arguments.
    Call {
        /// The tool's name.
        name: &'a str,
        /// Function or custom tool.
        kind: CallKind,
    },
    /// A call that the provider ran; it has no pieces.
    Hosted(&'a HostedCall),
}

/// One step of an answer, in an order that every dialect can write: `Start`, then for each part
/// `Open`, `Piece`…, `Close`, then `Finish` for each choice, then `End`. Parts of one choice never
/// overlap; those of several choices do.
#[derive(Clone, Copy)]
pub enum Delta<'a> {
    /// The answer begins.
    Start(&'a Start),
    /// A part of a choice begins.
    Open {
        /// The choice's index.
        choice: u32,
        /// What begins.
        part: PartHead<'a>,
    },
    /// Whole characters of the part that is open.
    Piece {
        /// The choice's index.
        choice: u32,
        /// The text; empty for a token that sends none.
        text: &'a str,
        /// The tokens that it is made of.
        ids: &'a [TokenId],
        /// Where each token's bytes end, counted from the start of the part.
        ends: &'a [u32],
        /// Their logprobs, where asked for.
        logprobs: &'a [TokenLogprob],
    },
    /// Sound of the spoken part that is open.
    Sound {
        /// The choice's index.
        choice: u32,
        /// The bytes.
        bytes: &'a Bytes,
        /// The tokens that they are.
        tokens: u32,
    },
    /// The open part ends.
    Close {
        /// The choice's index.
        choice: u32,
    },
    /// A choice ends.
    Finish {
        /// The choice's index.
        choice: u32,
        /// Why.
        reason: Finish,
    },
    /// All vectors of an embedding.
    Vectors(&'a [Vec<f32>]),
    /// All verdicts of a moderation; of an answer that is judged, the verdict on what was asked and
    /// then that on each choice, told before the end.
    Verdicts(&'a [Verdict]),
    /// All passages of a ranking, best first.
    Ranked(&'a [Ranked]),
    /// All pieces of what was made.
    Made(&'a [Bytes]),
    /// The answer is whole; at `at` on the world's clock.
    End {
        /// All counts.
        usage: &'a Usage,
        /// When.
        at: Micros,
    },
    /// The application cancelled the answer here.
    Cancel {
        /// Counts of what was generated until then.
        usage: &'a Usage,
        /// When.
        at: Micros,
        /// Why.
        why: Stopped,
    },
    /// The answer fails here.
    Fail {
        /// Why.
        error: &'a ApiError,
        /// When.
        at: Micros,
    },
}

/// Writes an answer in one wire shape. One that folds appends nothing until `End`, and then the
/// whole body; one that streams appends a frame, or several, for a delta.
pub trait Encoder: Send {
    /// Appends what the delta says.
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut);

    /// The media type of a body that is not streamed.
    fn media(&self) -> &'static str {
        "application/json"
    }

    /// Whether tokens that are due together may come in one piece: so with one that folds, which
    /// shows nothing before the end. Default: each comes on its own.
    fn takes_runs(&self) -> bool {
        false
    }

    /// Whether it tells the tokens of the prompts. Default: it does not.
    fn tells_prompts(&self) -> bool {
        false
    }

    /// The objects that the answer leaves behind so far: asked for after `Start` and after
    /// `End` or `Fail`. Default: none.
    fn keep(&mut self) -> Vec<Keep> {
        Vec::new()
    }

    /// Whether that is stored without anybody having asked for it, so that it may go again when
    /// there is much of its kind. Default: it stays.
    fn is_unasked(&self) -> bool {
        false
    }

    /// What nobody stores but the connection may remember until the next answer, the answer's own
    /// object first: asked for after `End`. Default: none.
    fn remember(&mut self) -> Vec<Keep> {
        Vec::new()
    }
}

/// An object that an answer leaves in the store. A later one of the same family and id replaces
/// the earlier.
#[derive(Clone, Debug, PartialEq)]
pub struct Keep {
    /// The family, such as `responses`.
    pub family: &'static str,
    /// The object's id.
    pub id: String,
    /// The id of what it belongs to, such as a conversation.
    pub parent: Option<String>,
    /// The provider's wire JSON.
    pub object: Value,
}
