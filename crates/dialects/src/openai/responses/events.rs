//! Frames of a response's stream: typed events, numbered from 0, each as
//! `event: TYPE` and `data: {"type":TYPE,"sequence_number":N,…}`. No `[DONE]` ends them.

use bytes::BytesMut;
use fakeai_canon::{Alphabet, Seed};
use serde_json::Value;

use crate::JsonWriter;

/// Numbers and writes events; writes none where the answer is folded.
pub(super) struct Events {
    /// Whether events are written.
    pub(super) on: bool,
    sequence: u64,
}

impl Events {
    /// No event so far.
    pub(super) fn new(on: bool) -> Self {
        Self { on, sequence: 0 }
    }

    /// The number of the next event.
    #[inline]
    pub(super) fn number(&mut self) -> u64 {
        let number = self.sequence;
        self.sequence += 1;
        number
    }

    /// Writes an event; `fields` appends `,"name":value` for all but type and number.
    pub(super) fn write(
        &mut self,
        out: &mut BytesMut,
        name: &str,
        fields: impl FnOnce(&mut BytesMut),
    ) {
        if !self.on {
            return;
        }
        let head = head(name);
        out.raw(&head);
        out.number(self.number());
        fields(out);
        out.raw("}\n\n");
    }

    /// Writes an event that tells only of an item and its place.
    pub(super) fn about(&mut self, out: &mut BytesMut, name: &str, id: &str, index: usize) {
        self.write(out, name, |out| place(out, id, index));
    }
}

/// A frame up to its number.
pub(super) fn head(name: &str) -> String {
    format!("event: {name}\ndata: {{\"type\":\"{name}\",\"sequence_number\":")
}

/// Appends the fields that say which item an event is about.
pub(super) fn place(out: &mut BytesMut, id: &str, index: usize) {
    out.raw(",\"item_id\":\"");
    out.raw(id);
    out.raw("\",\"output_index\":");
    out.number(index as u64);
}

/// Characters that bring deltas to lengths from which their text can't be told.
pub(super) struct Padding(String);

impl Padding {
    /// Deltas grow to a multiple of this many characters.
    const BLOCK: usize = 16;

    /// Padding of an answer.
    pub(super) fn new(ids: Seed) -> Self {
        Self(
            ids.fork("padding")
                .id("", Alphabet::Alphanumeric, 4 * Self::BLOCK),
        )
    }

    /// The padding of the delta with this number and length.
    pub(super) fn of(&self, number: u64, length: usize) -> &str {
        let count = Self::BLOCK - length % Self::BLOCK;
        let start = (number as usize * 7) % (3 * Self::BLOCK);
        &self.0[start..start + count]
    }
}

/// Writes an event with a whole item.
pub(super) fn about_item(
    name: &str,
    item: &Value,
    place: usize,
    events: &mut Events,
    out: &mut BytesMut,
) {
    events.write(out, name, |out| {
        out.raw(",\"output_index\":");
        out.number(place as u64);
        out.raw(",\"item\":");
        out.value(item);
    });
}
