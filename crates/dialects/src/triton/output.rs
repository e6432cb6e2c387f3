//! What Triton answers: one object, or an event for each piece of the text. Not here: how the request is
//! read.

use bytes::BytesMut;
use fakeai_canon::{Delta, Encoder, PartHead, TokenLogprob};

use crate::JsonWriter;

/// How an answer is to look.
pub(super) struct Shape {
    /// The model as the path names it.
    pub(super) model: String,
    pub(super) logprobs: bool,
    /// Whether each piece has an event of its own.
    pub(super) in_pieces: bool,
    /// Whether each event repeats all that was said before.
    pub(super) accumulates: bool,
    pub(super) stream: bool,
}

/// Writes an answer.
pub(super) struct Output {
    shape: Shape,
    /// What is said, or with events what the next of them is to say.
    text: String,
    logprobs: BytesMut,
    sum: f64,
    is_hidden: bool,
}

impl Output {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            text: String::new(),
            logprobs: BytesMut::new(),
            sum: 0.0,
            is_hidden: false,
        }
    }

    fn piece(&mut self, text: &str, logprobs: &[TokenLogprob], out: &mut BytesMut) {
        if self.is_hidden {
            return;
        }
        self.text.push_str(text);
        for token in logprobs.iter().filter(|_| self.shape.logprobs) {
            self.logprobs.raw(match self.logprobs.is_empty() {
                true => "",
                false => ",",
            });
            self.logprobs.single(token.logprob);
            self.sum += f64::from(token.logprob);
        }
        if self.shape.in_pieces && !text.is_empty() {
            self.event(out);
            self.logprobs.clear();
            if !self.shape.accumulates {
                self.text.clear();
            }
        }
    }

    fn event(&self, out: &mut BytesMut) {
        out.raw("data: ");
        self.object(out);
        out.raw("\n\n");
    }

    fn object(&self, out: &mut BytesMut) {
        out.raw("{");
        if self.shape.logprobs {
            out.raw("\"cum_log_probs\":");
            out.float(self.sum);
            out.raw(",");
        }
        out.raw("\"model_name\":");
        out.string(&self.shape.model);
        out.raw(",\"model_version\":\"1\",");
        if self.shape.logprobs {
            out.raw("\"output_log_probs\":[");
            out.extend_from_slice(&self.logprobs);
            out.raw("],");
        }
        out.raw("\"sequence_end\":false,\"sequence_id\":0,\"sequence_index\":0,");
        out.raw("\"sequence_start\":false,\"text_output\":");
        out.string(&self.text);
        out.raw("}");
    }

    fn end(&self, out: &mut BytesMut) {
        match (self.shape.stream, self.shape.in_pieces) {
            (false, _) => self.object(out),
            (true, false) => self.event(out),
            (true, true) => {}
        }
    }
}

impl Encoder for Output {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Open { part, .. } => self.is_hidden = !matches!(part, PartHead::Text),
            Delta::Piece { text, logprobs, .. } => self.piece(text, logprobs, out),
            Delta::End { .. } => self.end(out),
            Delta::Fail { error, .. } if self.shape.stream => {
                out.raw("data: ");
                super::error::write(error, out);
                out.raw("\n\n");
            }
            Delta::Start(_)
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }

    fn takes_runs(&self) -> bool {
        !self.shape.in_pieces
    }
}
