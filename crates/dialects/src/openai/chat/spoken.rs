//! Spoken answers: how a request asks for one, which of them it refers to, and what is gathered of
//! one until it can be told and kept.
//! <https://platform.openai.com/docs/guides/audio>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use fakeai_canon::{
    Alphabet, ApiError, Keep, MediaKind, MediaSource, Message, Mode, Part, Role, Seed, Speech,
};
use fakeai_catalog::{Modality, Model};
use serde_json::{Value, json};

use crate::openai::fields::Fields;
use crate::openai::voices;
use crate::{Context, JsonWriter};

/// Family of the answers that later turns may refer to.
const SPOKEN: &str = "chat.audio";

/// Seconds that a later turn may refer to an answer. No figure is documented; the provider's
/// examples show an hour.
const SECONDS: u64 = 3600;

/// Whether the request wants to hear its answer.
fn is_wanted(body: &Fields) -> bool {
    let kinds = body.peek("modalities").and_then(Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "audio"))
}

/// How the answer is to be spoken, where it is.
pub(super) fn wanted(body: &mut Fields) -> Option<Speech> {
    let is_wanted = is_wanted(body);
    let mut audio = body.object("audio").unwrap_or_default();
    is_wanted.then(|| Speech {
        voice: voices::read(&mut audio),
        format: audio.string("format").unwrap_or_else(|| "wav".to_owned()),
    })
}

/// Holds the wish for speech against the model and the rest of the request.
///
/// # Errors
/// The provider's: a model that does not speak, no word on how, an unknown voice, a format that is
/// not streamed.
pub(super) fn check(body: &Fields, model: &Model, context: &Context<'_>) -> Result<(), ApiError> {
    let audio = body.peek("audio");
    if !is_wanted(body) {
        return match audio {
            Some(_) => Err(ApiError::invalid(
                "Invalid value for 'audio': 'audio' is only allowed when 'modalities' includes \
                 'audio'.",
            )
            .param("audio")),
            None => Ok(()),
        };
    }
    if !model.writes(Modality::Audio) {
        return Err(ApiError::invalid(
            "Invalid value: 'audio'. This model does not support audio output. Supported values \
             are: 'text'.",
        )
        .code("invalid_value")
        .param("modalities"));
    }
    let Some(audio) = audio else {
        return Err(ApiError::invalid("Missing required parameter: 'audio'.")
            .code("missing_required_parameter")
            .param("audio"));
    };
    let mut fields = Fields::of(audio.clone());
    voices::check(&voices::read(&mut fields), "audio.voice", context)?;
    let format = audio["format"].as_str().unwrap_or_default();
    let streams = body.peek("stream").and_then(Value::as_bool) == Some(true);
    if streams && format != "pcm16" {
        return Err(ApiError::invalid(format!(
            "Unsupported value: 'audio.format' does not support '{format}' when stream=true. \
             Supported values are: 'pcm16'."
        ))
        .code("unsupported_value")
        .param("audio.format"));
    }
    Ok(())
}

/// Holds a model that is made for sound against a conversation without any.
///
/// # Errors
/// The provider's, where nothing is heard or said aloud.
pub(super) fn check_use(
    speech: Option<&Speech>,
    messages: &[Message],
    model: &Model,
) -> Result<(), ApiError> {
    let is_sound =
        |part: &Part| matches!(part, Part::Media(media) if media.kind == MediaKind::Audio);
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    if !model.writes(Modality::Audio) || speech.is_some() || parts.any(is_sound) {
        return Ok(());
    }
    Err(ApiError::invalid(
        "This model requires that either input content or output modality contain audio.",
    )
    .code("invalid_value")
    .param("model"))
}

/// Puts what earlier answers said in the place of references to them.
///
/// # Errors
/// In realistic mode: there is none of that id, or none any more.
pub(super) fn recall(messages: &mut [Message], context: &Context<'_>) -> Result<(), ApiError> {
    for (index, message) in messages.iter_mut().enumerate() {
        if message.role != Role::Assistant {
            continue;
        }
        let mut said = Vec::new();
        for part in &mut message.parts {
            let Part::Media(media) = part else { continue };
            let MediaSource::Stored(id) = &media.source else {
                continue;
            };
            let lasts = |kept: &Arc<Value>| {
                let expiry = kept["expires_at"].as_u64().unwrap_or_default();
                context.now.whole_seconds() < expiry
            };
            match context.shelf.object(SPOKEN, id).filter(lasts) {
                Some(kept) => {
                    let transcript = kept["transcript"].as_str().unwrap_or_default();
                    said.push(Part::Text(transcript.to_owned()));
                    media.source = MediaSource::Spoken {
                        id: id.clone(),
                        tokens: kept["tokens"].as_u64().unwrap_or_default() as u32,
                        words: None,
                    };
                }
                None if context.mode == Mode::Mock => {}
                None => {
                    return Err(
                        ApiError::not_found(format!("Audio with id '{id}' not found."))
                            .param(format!("messages.[{index}].audio.id")),
                    );
                }
            }
        }
        message.parts.extend(said);
    }
    Ok(())
}

/// A spoken answer as far as it has come.
pub(super) struct Spoken {
    id: String,
    expires_at: u64,
    transcript: String,
    recording: BytesMut,
    tokens: u32,
    /// Whether a stream has told its id.
    pub(super) is_announced: bool,
}

impl Spoken {
    /// The answer of a choice that began at `created`.
    pub(super) fn new(ids: Seed, choice: u32, created: u64) -> Self {
        let seed = ids.fork("audio").nth(choice.into());
        Self {
            id: seed.id("audio_", Alphabet::Hex, 32),
            expires_at: created + SECONDS,
            transcript: String::new(),
            recording: BytesMut::new(),
            tokens: 0,
            is_announced: false,
        }
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// When it is forgotten, in seconds.
    pub(super) fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// Words go by.
    pub(super) fn say(&mut self, text: &str) {
        self.transcript.push_str(text);
    }

    /// Sound goes by.
    pub(super) fn sound(&mut self, tokens: u32) {
        self.tokens += tokens;
    }

    /// Sound is gathered, to be written as a whole.
    pub(super) fn record(&mut self, bytes: &Bytes, tokens: u32) {
        self.sound(tokens);
        self.recording.extend_from_slice(bytes);
    }

    /// Appends the whole of it.
    pub(super) fn write(&self, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        out.raw(&self.id);
        out.raw("\",\"expires_at\":");
        out.number(self.expires_at);
        out.raw(",\"data\":\"");
        data(&self.recording, out);
        out.raw("\",\"transcript\":");
        out.string(&self.transcript);
        out.raw("}");
    }

    /// What is kept of it for later turns.
    pub(super) fn keep(&self) -> Keep {
        Keep {
            family: SPOKEN,
            id: self.id.clone(),
            parent: None,
            object: json!({
                "transcript": self.transcript,
                "tokens": self.tokens,
                "expires_at": self.expires_at,
            }),
        }
    }
}

/// Appends bytes as they are written in JSON.
pub(super) fn data(bytes: &[u8], out: &mut BytesMut) {
    out.raw(&STANDARD.encode(bytes));
}
