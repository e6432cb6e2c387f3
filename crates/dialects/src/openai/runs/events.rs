//! Frames of a run's stream: `event: NAME` and `data: OBJECT`, ended by `event: done` and
//! `data: [DONE]`. Deltas are written without a tree in between.

use bytes::BytesMut;
use serde_json::Value;

use crate::JsonWriter;

/// Writes events; writes none where nobody asked for a stream.
pub(super) struct Events {
    on: bool,
}

impl Events {
    /// Events of a stream, or none.
    pub(super) fn new(on: bool) -> Self {
        Self { on }
    }

    /// An event that carries an object.
    pub(super) fn tell(&self, name: &str, object: &Value, out: &mut BytesMut) {
        if self.on {
            head(name, out);
            out.value(object);
            out.raw("\n\n");
        }
    }

    /// The end of the stream.
    pub(super) fn done(&self, out: &mut BytesMut) {
        if self.on {
            out.raw("event: done\ndata: [DONE]\n\n");
        }
    }

    /// A piece of a message's text or refusal: the part's place, type and new characters.
    #[inline]
    pub(super) fn message_delta(&self, piece: MessagePiece<'_>, out: &mut BytesMut) {
        if !self.on {
            return;
        }
        head("thread.message.delta", out);
        out.raw("{\"id\":\"");
        out.raw(piece.message);
        out.raw("\",\"object\":\"thread.message.delta\",\"delta\":{\"content\":[{\"index\":");
        out.number(piece.index as u64);
        if piece.is_refusal {
            out.raw(",\"type\":\"refusal\",\"refusal\":");
            out.string(piece.text);
        } else {
            out.raw(",\"type\":\"text\",\"text\":{\"value\":");
            out.string(piece.text);
            if piece.is_first {
                out.raw(",\"annotations\":[]");
            }
            out.raw("}");
        }
        out.raw("}]}}\n\n");
    }

    /// Characters of the arguments of a function.
    #[inline]
    pub(super) fn arguments_delta(&self, step: &str, index: usize, text: &str, out: &mut BytesMut) {
        if !self.on {
            return;
        }
        step_head(step, out);
        out.raw("{\"index\":");
        out.number(index as u64);
        out.raw(",\"type\":\"function\",\"function\":{\"arguments\":");
        out.string(text);
        out.raw("}}");
        step_tail(out);
    }

    /// Anything else that is new of a call.
    pub(super) fn call_delta(&self, step: &str, call: &Value, out: &mut BytesMut) {
        if self.on {
            step_head(step, out);
            out.value(call);
            step_tail(out);
        }
    }
}

/// A piece of a message.
pub(super) struct MessagePiece<'a> {
    /// The message's id.
    pub(super) message: &'a str,
    /// The part's place in its content.
    pub(super) index: usize,
    /// Whether it is a refusal.
    pub(super) is_refusal: bool,
    /// Whether nothing of the part has been told yet.
    pub(super) is_first: bool,
    /// The characters.
    pub(super) text: &'a str,
}

fn head(name: &str, out: &mut BytesMut) {
    out.raw("event: ");
    out.raw(name);
    out.raw("\ndata: ");
}

fn step_head(step: &str, out: &mut BytesMut) {
    head("thread.run.step.delta", out);
    out.raw("{\"id\":\"");
    out.raw(step);
    out.raw("\",\"object\":\"thread.run.step.delta\",\"delta\":{\"step_details\":{\"type\":\"tool_calls\",\"tool_calls\":[");
}

fn step_tail(out: &mut BytesMut) {
    out.raw("]}}}\n\n");
}
