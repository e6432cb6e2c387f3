//! How a transcript is written.

use bytes::BytesMut;
use fakeai_canon::{Delta, Encoder, TokenId, TokenLogprob, Usage, Vocabulary};
use serde_json::{Value, json};

use super::segments::{Segment, clock, sentences, words};
use crate::JsonWriter;
use crate::openai::error;

/// The form of a transcript that is sent whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Text,
    Srt,
    Vtt,
    Verbose,
    Diarized,
}

impl Form {
    /// The form of a name on the wire; JSON where it is none.
    pub(super) fn of(name: &str) -> Self {
        match name {
            "text" => Self::Text,
            "srt" => Self::Srt,
            "vtt" => Self::Vtt,
            "verbose_json" => Self::Verbose,
            "diarized_json" => Self::Diarized,
            _ => Self::Json,
        }
    }

    /// Its name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Text => "text",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
            Self::Verbose => "verbose_json",
            Self::Diarized => "diarized_json",
        }
    }
}

/// What the answer says of the recording.
pub(super) struct Shown {
    pub(super) form: Form,
    pub(super) milliseconds: u64,
    /// A code of two letters.
    pub(super) language: String,
    /// Whether the model is billed by the length of the recording.
    pub(super) by_length: bool,
    pub(super) translated: bool,
    /// Whether words are told with their times.
    pub(super) words: bool,
    pub(super) logprobs: bool,
    pub(super) temperature: f64,
}

impl Shown {
    fn seconds(&self) -> f64 {
        self.milliseconds as f64 / 1000.0
    }

    fn usage(&self, usage: &Usage) -> Value {
        counts(usage, self.by_length.then(|| self.seconds()))
    }
}

/// The counts of a transcript: seconds where the model is billed by them, else tokens.
pub(in crate::openai) fn counts(usage: &Usage, seconds: Option<f64>) -> Value {
    match seconds {
        Some(seconds) => json!({"type": "duration", "seconds": seconds.ceil()}),
        None => json!({
            "type": "tokens",
            "input_tokens": usage.prompt,
            "input_token_details": {
                "text_tokens": usage.prompt.saturating_sub(usage.prompt_audio),
                "audio_tokens": usage.prompt_audio,
            },
            "output_tokens": usage.completion,
            "total_tokens": usage.total(),
        }),
    }
}

/// What was said so far.
#[derive(Default)]
pub(in crate::openai) struct Said {
    pub(in crate::openai) vocabulary: Option<&'static dyn Vocabulary>,
    pub(in crate::openai) text: String,
    ids: Vec<TokenId>,
    pub(in crate::openai) logprobs: Vec<Value>,
}

impl Said {
    /// The logprobs of a piece.
    pub(in crate::openai) fn take(
        &mut self,
        text: &str,
        ids: &[TokenId],
        logprobs: &[TokenLogprob],
    ) -> Vec<Value> {
        self.text.push_str(text);
        self.ids.extend_from_slice(ids);
        let token = |(id, logprob): (&TokenId, &TokenLogprob)| {
            let bytes = self
                .vocabulary
                .map_or(&[][..], |vocabulary| vocabulary.piece(*id));
            json!({
                "token": String::from_utf8_lossy(bytes),
                "logprob": logprob.logprob.max(-100.0),
                "bytes": bytes,
            })
        };
        let told: Vec<Value> = ids.iter().zip(logprobs).map(token).collect();
        self.logprobs.extend(told.iter().cloned());
        told
    }
}

/// A transcript in one piece.
pub(super) struct Folded {
    shown: Shown,
    said: Said,
}

impl Folded {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            shown,
            said: Said::default(),
        }
    }

    fn body(&self, usage: &Usage, out: &mut BytesMut) {
        let text = self.said.text.trim();
        let (shown, milliseconds) = (&self.shown, self.shown.milliseconds);
        match shown.form {
            Form::Json => {
                let mut body = json!({"text": text});
                if !shown.translated {
                    if shown.logprobs {
                        body["logprobs"] = json!(self.said.logprobs);
                    }
                    body["usage"] = shown.usage(usage);
                }
                out.value(&body);
            }
            Form::Text => {
                out.raw(text);
                out.raw("\n");
            }
            Form::Srt => subtitles(&sentences(text, milliseconds), ',', out),
            Form::Vtt => {
                out.raw("WEBVTT\n\n");
                subtitles(&sentences(text, milliseconds), '.', out);
            }
            Form::Verbose => out.value(&self.verbose(text)),
            Form::Diarized => out.value(&self.diarized(text, usage)),
        }
    }

    fn verbose(&self, text: &str) -> Value {
        let shown = &self.shown;
        let told = sentences(text, shown.milliseconds);
        let segments = told.iter().enumerate().map(|(id, segment)| {
            json!({
                "id": id,
                "seek": 0,
                "start": segment.start,
                "end": segment.end,
                "text": segment.text,
                "tokens": self.tokens(segment),
                "temperature": shown.temperature,
                "avg_logprob": -0.25,
                "compression_ratio": 1.5,
                "no_speech_prob": 0.01,
            })
        });
        let mut body = json!({
            "language": language_name(&shown.language),
            "duration": shown.seconds(),
            "text": text,
            "segments": segments.collect::<Vec<_>>(),
        });
        if shown.words {
            let words = words(text, shown.milliseconds)
                .into_iter()
                .map(|word| json!({"word": word.text, "start": word.start, "end": word.end}));
            body["words"] = words.collect();
        }
        if !shown.translated {
            body["usage"] = json!({"type": "duration", "seconds": shown.seconds().ceil()});
        }
        body
    }

    fn tokens(&self, segment: &Segment) -> Vec<TokenId> {
        let vocabulary = self.said.vocabulary;
        let mut ids = Vec::new();
        if let Some(vocabulary) = vocabulary {
            vocabulary.encode_into(&segment.text, &mut ids);
        }
        ids
    }

    /// Two people who take turns.
    fn diarized(&self, text: &str, usage: &Usage) -> Value {
        let told = sentences(text, self.shown.milliseconds);
        let segments: Vec<Value> = told.iter().enumerate().map(diarized_segment).collect();
        json!({
            "task": "transcribe",
            "duration": self.shown.seconds(),
            "text": text,
            "segments": segments,
            "usage": self.shown.usage(usage),
        })
    }
}

fn diarized_segment((place, segment): (usize, &Segment)) -> Value {
    json!({
        "type": "transcript.text.segment",
        "id": format!("seg_{place:03}"),
        "start": segment.start,
        "end": segment.end,
        "text": segment.text.trim(),
        "speaker": if place % 2 == 0 { "A" } else { "B" },
    })
}

fn subtitles(segments: &[Segment], mark: char, out: &mut BytesMut) {
    for (place, segment) in segments.iter().enumerate() {
        if mark == ',' {
            out.number(place as u64 + 1);
            out.raw("\n");
        }
        out.raw(&clock(segment.start, mark));
        out.raw(" --> ");
        out.raw(&clock(segment.end, mark));
        out.raw("\n");
        out.raw(segment.text.trim());
        out.raw("\n\n");
    }
}

/// The name of a language as the older model tells it.
fn language_name(code: &str) -> &str {
    match code {
        "en" => "english",
        "de" => "german",
        "fr" => "french",
        "es" => "spanish",
        "it" => "italian",
        "pt" => "portuguese",
        "nl" => "dutch",
        "ja" => "japanese",
        "zh" => "chinese",
        "ko" => "korean",
        "ru" => "russian",
        "ar" => "arabic",
        "hi" => "hindi",
        "pl" => "polish",
        "tr" => "turkish",
        other => other,
    }
}

impl Encoder for Folded {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.said.vocabulary = start.vocabulary,
            Delta::Piece {
                text,
                ids,
                logprobs,
                ..
            } => drop(self.said.take(text, ids, logprobs)),
            Delta::End { usage, .. } => self.body(usage, out),
            Delta::Open { .. }
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

    fn media(&self) -> &'static str {
        match self.shown.form {
            Form::Json | Form::Verbose | Form::Diarized => "application/json",
            Form::Text | Form::Srt | Form::Vtt => "text/plain; charset=utf-8",
        }
    }
}

/// A transcript as events.
pub(super) struct Streamed {
    shown: Shown,
    said: Said,
}

impl Streamed {
    pub(super) fn new(shown: Shown) -> Self {
        Self {
            shown,
            said: Said::default(),
        }
    }

    fn piece(
        &mut self,
        text: &str,
        ids: &[TokenId],
        logprobs: &[TokenLogprob],
        out: &mut BytesMut,
    ) {
        let told = self.said.take(text, ids, logprobs);
        if text.is_empty() {
            return;
        }
        let mut event = json!({"type": "transcript.text.delta", "delta": text});
        if self.shown.logprobs {
            event["logprobs"] = json!(told);
        }
        send(&event, out);
    }

    fn end(&mut self, usage: &Usage, out: &mut BytesMut) {
        if self.shown.form == Form::Diarized {
            let told = sentences(self.said.text.trim(), self.shown.milliseconds);
            for segment in told.iter().enumerate() {
                send(&diarized_segment(segment), out);
            }
        }
        let mut event = json!({
            "type": "transcript.text.done",
            "text": self.said.text,
            "usage": self.shown.usage(usage),
        });
        if self.shown.logprobs {
            event["logprobs"] = json!(self.said.logprobs);
        }
        send(&event, out);
    }
}

fn send(event: &Value, out: &mut BytesMut) {
    out.raw("data: ");
    out.value(event);
    out.raw("\n\n");
}

impl Encoder for Streamed {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.said.vocabulary = start.vocabulary,
            Delta::Piece {
                text,
                ids,
                logprobs,
                ..
            } => self.piece(text, ids, logprobs, out),
            Delta::End { usage, .. } => self.end(usage, out),
            Delta::Fail { error, .. } => error::write_event(error, out),
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
