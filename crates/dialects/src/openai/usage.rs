//! Token counts as chat completions and completions report them.

use bytes::BytesMut;
use fakeai_canon::Usage;

use crate::JsonWriter;

/// Appends a `CompletionUsage` with both of its details.
pub(super) fn write(usage: &Usage, out: &mut BytesMut) {
    let mut field = |name: &str, count: u64| {
        out.raw(name);
        out.number(count);
    };
    field("{\"prompt_tokens\":", usage.prompt);
    field(",\"completion_tokens\":", usage.completion);
    field(",\"total_tokens\":", usage.total());
    field(
        ",\"prompt_tokens_details\":{\"cached_tokens\":",
        usage.cached,
    );
    field(",\"audio_tokens\":", usage.prompt_audio);
    field(
        "},\"completion_tokens_details\":{\"reasoning_tokens\":",
        usage.reasoning,
    );
    field(",\"audio_tokens\":", usage.completion_audio);
    field(
        ",\"accepted_prediction_tokens\":",
        usage.accepted_prediction,
    );
    field(
        ",\"rejected_prediction_tokens\":",
        usage.rejected_prediction,
    );
    out.raw("}}");
}
