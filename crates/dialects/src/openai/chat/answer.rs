//! What every form of a chat completion's answer tells alike.

use bytes::BytesMut;
use fakeai_canon::{Alphabet, Finish, Seed, Verdict};

use crate::JsonWriter;
use crate::openai::moderations;

/// The facts of an answer that are known before it begins.
#[derive(Clone)]
pub(super) struct Answer {
    /// The model as the answer names it.
    pub(super) model: String,
    /// The `system_fingerprint`.
    pub(super) fingerprint: String,
    /// The service tier that did the work.
    pub(super) tier: &'static str,
    /// Whether reasoning is shown as `reasoning_content`, as servers of open weights do. Hosted
    /// models only count it.
    pub(super) shows_reasoning: bool,
    /// Whether calls are told in the deprecated `function_call`.
    pub(super) old_style: bool,
    /// Whether the tokens' ids are told, as vLLM does where it is asked to.
    pub(super) tells_ids: bool,
    /// The model that judges the conversation, where one does.
    pub(super) judge: Option<String>,
}

impl Answer {
    /// The wire name of a reason to finish.
    pub(super) fn finish(&self, reason: Finish) -> &'static str {
        match reason {
            Finish::Stop => "stop",
            Finish::Length => "length",
            Finish::ToolCalls if self.old_style => "function_call",
            Finish::ToolCalls => "tool_calls",
            Finish::ContentFilter => "content_filter",
        }
    }
}

/// Appends what a `ChatCompletionModeration` says: the verdict on what was asked, and those on the
/// choices.
pub(super) fn moderation(judge: &str, verdicts: &[Verdict], out: &mut BytesMut) {
    let (asked, answered) = verdicts.split_at(verdicts.len().min(1));
    for (name, verdicts) in [("{\"input\":", asked), (",\"output\":", answered)] {
        out.raw(name);
        out.raw("{\"type\":\"moderation_results\",\"model\":");
        out.string(judge);
        out.raw(",\"results\":[");
        for (index, verdict) in verdicts.iter().enumerate() {
            out.raw(if index > 0 { "," } else { "" });
            moderations::result(verdict, judge, out);
        }
        out.raw("]}");
    }
    out.raw("}");
}

/// The id of an answer.
pub(super) fn completion_id(ids: Seed) -> String {
    ids.id("chatcmpl-", Alphabet::Alphanumeric, 29)
}

/// The id of a choice's `index`-th call.
pub(super) fn call_id(ids: Seed, choice: u32, index: u32) -> String {
    let seed = ids.nth(u64::from(choice) << 32 | u64::from(index));
    seed.id("call_", Alphabet::Alphanumeric, 24)
}
