//! Speech: a text in, a recording out, whole or as events.
//! <https://platform.openai.com/docs/api-reference/audio/createSpeech>
//!
//! ```text
//! {"model":"gpt-4o-mini-tts","input":"Hello","voice":"coral","response_format":"wav"}
//! RIFF…
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Delta, Encoder, Mode, Speak, Usage, Work};
use fakeai_catalog::Endpoint as Serves;

use super::fields::Fields;
use super::{error, model, voices};
use crate::{Context, Decoded, Endpoint, JsonWriter, Opened};

/// `createSpeech`.
pub(super) const CREATE: Endpoint = Endpoint::new("createSpeech", open);

/// Opens `createSpeech`.
///
/// # Errors
/// In realistic mode the provider's own: a model that does not speak or does not stream, an
/// unknown voice, an empty text.
fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    let voice = voices::read(&mut body);
    let input = body.string("input").unwrap_or_default();
    let stream = body.string("stream_format").as_deref() == Some("sse");
    if context.mode == Mode::Realistic {
        check(&name, &voice, context)?;
        if input.trim().is_empty() {
            return Err(ApiError::invalid(
                "Invalid 'input': empty string. Expected a string with minimum length 1, but got an empty string instead.",
            )
            .param("input")
            .code("empty_string"));
        }
        if stream && name.starts_with("tts-1") {
            let problem = format!("Streaming events are not supported with model '{name}'.");
            return Err(ApiError::invalid(problem).param("stream_format"));
        }
    }
    let format = body.string("response_format");
    let format = format.unwrap_or_else(|| "mp3".to_owned());
    let encoder: Box<dyn Encoder> = if stream {
        Box::new(Events)
    } else {
        Box::new(Recording {
            media: media(&format),
        })
    };
    Ok(Opened {
        work: Work::Speak(Speak {
            model: name,
            input,
            instructions: body.string("instructions").unwrap_or_default(),
            voice,
            format,
            speed: (body.number("speed").unwrap_or(1.0) * 100.0).clamp(1.0, 1000.0) as u32,
        }),
        encoder,
        stream,
        background: false,
        truncate: false,
    })
}

fn check(name: &str, voice: &str, context: &Context<'_>) -> Result<(), ApiError> {
    if !model::look_up(context.catalog, name).serves(Serves::Speech) {
        let problem = format!("The model '{name}' does not support the audio speech endpoint.");
        return Err(ApiError::invalid(problem).param("model"));
    }
    voices::check(voice, "voice", context)
}

fn media(format: &str) -> &'static str {
    match format {
        "opus" => "audio/opus",
        "aac" => "audio/aac",
        "flac" => "audio/flac",
        "wav" => "audio/wav",
        "pcm" => "audio/pcm",
        _ => "audio/mpeg",
    }
}

/// The recording itself.
struct Recording {
    media: &'static str,
}

impl Encoder for Recording {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Made(pieces) => pieces.iter().for_each(|piece| out.extend_from_slice(piece)),
            Delta::Start(_)
            | Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Sound { .. }
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::End { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }

    fn media(&self) -> &'static str {
        self.media
    }
}

/// The recording piece by piece as events.
struct Events;

fn piece(bytes: &Bytes, out: &mut BytesMut) {
    out.raw("data: {\"type\":\"speech.audio.delta\",\"audio\":\"");
    out.raw(&STANDARD.encode(bytes));
    out.raw("\"}\n\n");
}

fn done(usage: &Usage, out: &mut BytesMut) {
    out.raw("data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":");
    out.number(usage.prompt);
    out.raw(",\"output_tokens\":");
    out.number(usage.completion);
    out.raw(",\"total_tokens\":");
    out.number(usage.total());
    out.raw("}}\n\n");
}

impl Encoder for Events {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Made(pieces) => pieces.iter().for_each(|bytes| piece(bytes, out)),
            Delta::End { usage, .. } => done(usage, out),
            Delta::Fail { error, .. } => error::write_event(error, out),
            Delta::Start(_)
            | Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Sound { .. }
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Cancel { .. } => {}
        }
    }
}
