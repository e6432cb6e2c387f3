//! The transcript of what a session has heard: its work, and the events that tell it.

use bytes::BytesMut;
use fakeai_canon::{Alphabet, ApiError, Delta, Encoder, Seed, Transcribe, Usage};
use serde_json::{Value, json};

use crate::JsonWriter;
use crate::openai::error;
use crate::openai::transcriptions::{Said, counts};

/// Who listens where a session names nobody and wants an answer to what it has heard.
const USUAL: &str = "gpt-4o-mini-transcribe";

/// The work of writing down a piece of sound, by a session's `transcription`. The session's answers
/// take the same words from it.
pub fn listening(transcription: &Value, sound: u64, milliseconds: u64) -> Transcribe {
    let text = |name: &str| transcription[name].as_str();
    let language = text("language").or_else(|| transcription["languages"][0].as_str());
    Transcribe {
        model: text("model").unwrap_or(USUAL).to_owned(),
        sound,
        milliseconds,
        sound_tokens: fakeai_tokens::input_sound_tokens(milliseconds) as u32,
        language: language.map(str::to_ascii_lowercase),
        prompt: text("prompt").unwrap_or_default().to_owned(),
        logprobs: false,
    }
}

/// Writes a transcript as events about an item.
pub(super) struct Transcript {
    item: String,
    /// How long the sound is, where the model is billed by that.
    seconds: Option<f64>,
    logprobs: bool,
    said: Said,
    ids: Seed,
    events: u64,
}

impl Transcript {
    /// The transcript of an item's sound.
    pub(super) fn new(item: String, work: &Transcribe) -> Self {
        let is_whisper = work.model.starts_with("whisper");
        Self {
            item,
            seconds: is_whisper.then_some(work.milliseconds as f64 / 1000.0),
            logprobs: work.logprobs,
            said: Said::default(),
            ids: Seed(0),
            events: 0,
        }
    }

    fn send(&mut self, kind: &str, fields: Value, out: &mut BytesMut) {
        let seed = self.ids.fork("event").nth(self.events);
        self.events += 1;
        let mut event = json!({
            "type": format!("conversation.item.input_audio_transcription.{kind}"),
            "event_id": seed.id("event_", Alphabet::Alphanumeric, 21),
            "item_id": self.item,
            "content_index": 0,
        });
        if let (Some(event), Value::Object(fields)) = (event.as_object_mut(), fields) {
            event.extend(fields);
        }
        out.raw("data: ");
        out.value(&event);
        out.raw("\n\n");
    }

    fn delta(&mut self, text: &str, logprobs: Vec<Value>, out: &mut BytesMut) {
        let mut fields = json!({"delta": text});
        if self.logprobs {
            fields["logprobs"] = Value::Array(logprobs);
        }
        self.send("delta", fields, out);
    }

    fn end(&mut self, usage: &Usage, out: &mut BytesMut) {
        let text = self.said.text.trim().to_owned();
        let logprobs = std::mem::take(&mut self.said.logprobs);
        if self.seconds.is_some() {
            // This model tells nothing before it has heard all.
            self.delta(&text, logprobs.clone(), out);
        }
        let mut fields = json!({"transcript": text, "usage": counts(usage, self.seconds)});
        if self.logprobs {
            fields["logprobs"] = Value::Array(logprobs);
        }
        self.send("completed", fields, out);
    }

    fn fail(&mut self, problem: &ApiError, out: &mut BytesMut) {
        self.send("failed", json!({"error": failure(problem)}), out);
    }
}

/// What is told of a transcript that failed.
pub fn failure(problem: &ApiError) -> Value {
    let mut error = json!({"type": error::kind(problem), "message": problem.message});
    if let Some(code) = &problem.code {
        error["code"] = json!(code);
    }
    error
}

impl Encoder for Transcript {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => {
                self.said.vocabulary = start.vocabulary;
                self.ids = start.ids;
            }
            Delta::Piece {
                text,
                ids,
                logprobs,
                ..
            } => {
                let told = self.said.take(text, ids, logprobs);
                if self.seconds.is_none() && !text.is_empty() {
                    self.delta(text, told, out);
                }
            }
            Delta::End { usage, .. } => self.end(usage, out),
            Delta::Fail { error, .. } => self.fail(error, out),
            Delta::Open { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. } => {}
        }
    }
}
