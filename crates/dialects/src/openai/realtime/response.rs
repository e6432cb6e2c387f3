//! A realtime response as events tell it: `response.created` at its beginning, `response.done` at its
//! end, whatever that is.

use bytes::BytesMut;
use fakeai_canon::{ApiError, Usage};
use serde_json::{Value, json};

use crate::JsonWriter;
use crate::openai::error;

/// What a response repeats of its settings.
pub struct Response {
    modalities: Value,
    most_tokens: Value,
    audio: Value,
    metadata: Value,
    conversation: Option<String>,
}

/// How far it has come.
pub enum Status<'a> {
    /// It has begun.
    InProgress,
    /// It is whole.
    Completed,
    /// It ends early, and why.
    Incomplete(&'static str),
    /// It was stopped, and why.
    Cancelled(&'static str),
    /// It failed.
    Failed(&'a ApiError),
}

impl Response {
    /// A response with these settings, in a conversation or in none.
    pub fn of(settings: &Value, conversation: Option<String>) -> Self {
        let output = &settings["audio"]["output"];
        let most = &settings["max_output_tokens"];
        let mut audio = json!({});
        for name in ["format", "voice"] {
            if !output[name].is_null() {
                audio[name] = output[name].clone();
            }
        }
        // The response names a voice that somebody made by its id.
        if let Some(id) = audio["voice"]["id"].as_str().map(str::to_owned) {
            audio["voice"] = Value::String(id);
        }
        Self {
            modalities: settings["output_modalities"].clone(),
            most_tokens: if most.is_null() {
                json!("inf")
            } else {
                most.clone()
            },
            audio,
            metadata: settings["metadata"].clone(),
            conversation,
        }
    }

    /// Whether its items are added to the conversation.
    pub(super) fn is_in_conversation(&self) -> bool {
        self.conversation.is_some()
    }

    /// The object of a response that said nothing.
    pub fn value(&self, id: &str, status: &Status<'_>) -> Value {
        let mut out = BytesMut::new();
        let nothing = matches!(status, Status::Failed(_)).then(Usage::default);
        self.write(id, status, &[], nothing.as_ref(), &mut out);
        serde_json::from_slice(&out).unwrap_or_default()
    }

    /// Appends the object.
    pub(super) fn write(
        &self,
        id: &str,
        status: &Status<'_>,
        output: &[Value],
        usage: Option<&Usage>,
        out: &mut BytesMut,
    ) {
        out.raw("{\"object\":\"realtime.response\",\"id\":\"");
        out.raw(id);
        out.raw("\",\"status\":\"");
        let (name, details) = status.told();
        out.raw(name);
        out.raw("\",\"status_details\":");
        out.value(&details);
        out.raw(",\"output\":[");
        for (place, item) in output.iter().enumerate() {
            out.raw(if place == 0 { "" } else { "," });
            out.value(item);
        }
        out.raw("]");
        out.raw(",\"conversation_id\":");
        match &self.conversation {
            Some(conversation) => out.string(conversation),
            None => out.raw("null"),
        }
        out.raw(",\"output_modalities\":");
        out.value(&self.modalities);
        out.raw(",\"max_output_tokens\":");
        out.value(&self.most_tokens);
        out.raw(",\"audio\":{\"output\":");
        out.value(&self.audio);
        out.raw("},\"usage\":");
        match usage {
            Some(usage) => write_usage(usage, out),
            None => out.raw("null"),
        }
        out.raw(",\"metadata\":");
        out.value(&self.metadata);
        out.raw("}");
    }
}

impl Status<'_> {
    fn told(&self) -> (&'static str, Value) {
        match self {
            Status::InProgress => ("in_progress", Value::Null),
            Status::Completed => ("completed", Value::Null),
            Status::Incomplete(reason) => {
                let details = json!({"type": "incomplete", "reason": reason});
                ("incomplete", details)
            }
            Status::Cancelled(reason) => {
                let details = json!({"type": "cancelled", "reason": reason});
                ("cancelled", details)
            }
            Status::Failed(problem) => {
                let error = json!({
                    "type": error::kind(problem),
                    "code": problem.code,
                    "message": problem.message,
                });
                ("failed", json!({"type": "failed", "error": error}))
            }
        }
    }
}

/// Appends the counts. Of what a cache had, text comes first: instructions and tools open a prompt.
fn write_usage(usage: &Usage, out: &mut BytesMut) {
    let text = usage.prompt - usage.prompt_audio - usage.prompt_image;
    let cached_text = usage.cached.min(text);
    let cached_audio = (usage.cached - cached_text).min(usage.prompt_audio);
    let cached_image = usage.cached - cached_text - cached_audio;
    let mut field = |name: &str, count: u64| {
        out.raw(name);
        out.number(count);
    };
    field("{\"total_tokens\":", usage.total());
    field(",\"input_tokens\":", usage.prompt);
    field(",\"output_tokens\":", usage.completion);
    field(",\"input_token_details\":{\"text_tokens\":", text);
    field(",\"audio_tokens\":", usage.prompt_audio);
    field(",\"image_tokens\":", usage.prompt_image);
    field(",\"cached_tokens\":", usage.cached);
    field(",\"cached_tokens_details\":{\"text_tokens\":", cached_text);
    field(",\"audio_tokens\":", cached_audio);
    field(",\"image_tokens\":", cached_image);
    field(
        "}},\"output_token_details\":{\"text_tokens\":",
        usage.completion - usage.completion_audio,
    );
    field(",\"audio_tokens\":", usage.completion_audio);
    out.raw("}}");
}
