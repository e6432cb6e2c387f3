//! The three counts of tokens that most wires have.

use bytes::BytesMut;
use fakeai_canon::Usage;

use crate::JsonWriter;

/// Appends `{"prompt_tokens":…,"completion_tokens":…,"total_tokens":…}`.
pub(crate) fn write(usage: &Usage, out: &mut BytesMut) {
    out.raw("{\"prompt_tokens\":");
    out.number(usage.prompt);
    out.raw(",\"completion_tokens\":");
    out.number(usage.completion);
    out.raw(",\"total_tokens\":");
    out.number(usage.total());
    out.raw("}");
}
