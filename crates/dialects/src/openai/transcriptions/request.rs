//! What is asked of a model that listens.

use fakeai_canon::{ApiError, Mode, Transcribe, Work};
use fakeai_catalog::Endpoint;
use serde_json::Value;

use super::answer::{Folded, Form, Shown, Streamed};
use crate::openai::fields::Fields;
use crate::openai::model;
use crate::{Context, Decoded, Opened, Upload};

/// What a recording may end in, in the words of the live API's error.
const ENDINGS: [&str; 10] = [
    "flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm",
];
/// Milliseconds of a recording at least.
const SHORTEST: u64 = 100;

/// Opens `createTranscription`.
///
/// # Errors
/// In realistic mode the provider's own: a model that does not listen, a file that is no sound or
/// too short, a form that the model does not write.
pub(super) fn transcribe(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, Endpoint::Transcriptions)
}

/// Opens `createTranslation`.
///
/// # Errors
/// As [`transcribe`].
pub(super) fn translate(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    open(call, context, Endpoint::Translations)
}

fn open(call: Decoded, context: &Context<'_>, way: Endpoint) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body.string("model").unwrap_or_default();
    let realistic = context.mode == Mode::Realistic;
    let asked = body.string("response_format");
    let form = Form::of(asked.as_deref().unwrap_or("json"));
    let file = call.files.iter().find(|file| file.field == "file");
    if realistic {
        check_model(&name, form, context, way)?;
        check_file(file)?;
    }
    let (bytes, ending) = file.map_or((&[][..], None), |file| (&file.content[..], ending(file)));
    let milliseconds = fakeai_tokens::sound_milliseconds(bytes, ending);
    let milliseconds = match milliseconds {
        Ok(milliseconds) => milliseconds,
        Err(_) if realistic => return Err(undecodable()),
        Err(_) => 1_000,
    };
    if realistic && milliseconds < SHORTEST {
        return Err(ApiError::invalid(
            "Audio file is too short. Minimum audio length is 0.1 seconds.",
        )
        .param("file")
        .code("audio_too_short"));
    }
    let translated = way == Endpoint::Translations;
    let language = body
        .string("language")
        .map(|code| code.to_ascii_lowercase());
    let language = if translated {
        Some("en".to_owned())
    } else {
        language
    };
    let whisper = name.starts_with("whisper");
    let wants = |body: &mut Fields, list: &str, what: &str| matches!(body.take(list), Some(Value::Array(names)) if names.iter().any(|name| name == what));
    let logprobs = wants(&mut body, "include", "logprobs") && !whisper;
    let words = wants(&mut body, "timestamp_granularities", "word");
    let stream = body.boolean("stream").unwrap_or_default() && !whisper;
    let work = Transcribe {
        sound: file.map_or(0, |file| file.hash),
        milliseconds,
        sound_tokens: fakeai_tokens::input_sound_tokens(milliseconds) as u32,
        language: language.clone(),
        prompt: body.string("prompt").unwrap_or_default(),
        logprobs,
        model: name,
    };
    let shown = Shown {
        form,
        milliseconds,
        language: language.unwrap_or_else(|| "en".to_owned()),
        by_length: whisper,
        translated,
        words,
        logprobs,
        temperature: body.number("temperature").unwrap_or_default(),
    };
    Ok(Opened {
        work: Work::Transcribe(work),
        encoder: if stream {
            Box::new(Streamed::new(shown))
        } else {
            Box::new(Folded::new(shown))
        },
        stream,
        background: false,
        truncate: false,
    })
}

fn check_model(
    name: &str,
    form: Form,
    context: &Context<'_>,
    way: Endpoint,
) -> Result<(), ApiError> {
    if !model::look_up(context.catalog, name).serves(way) {
        let what = if way == Endpoint::Translations {
            "translations"
        } else {
            "transcriptions"
        };
        let problem = format!("The model '{name}' does not support the audio {what} endpoint.");
        return Err(ApiError::invalid(problem).param("model"));
    }
    let diarizes = name.contains("diarize");
    let is_whisper = name.starts_with("whisper");
    let fits = match form {
        Form::Json | Form::Text => true,
        Form::Diarized => diarizes,
        Form::Srt | Form::Vtt | Form::Verbose => is_whisper,
    };
    if fits {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "response_format '{}' is not compatible with model '{name}'. Use 'json' or 'text' instead.",
        form.name()
    ))
    .param("response_format")
    .code("unsupported_value"))
}

fn ending(file: &Upload) -> Option<&str> {
    let (_, ending) = file.name.rsplit_once('.')?;
    Some(ending)
}

fn check_file(file: Option<&Upload>) -> Result<(), ApiError> {
    let Some(file) = file else {
        return Err(ApiError::invalid("Missing required parameter: 'file'.")
            .param("file")
            .code("missing_required_parameter"));
    };
    let named = ending(file)
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    if !ENDINGS.contains(&named.as_str()) {
        let endings: Vec<String> = ENDINGS.iter().map(|one| format!("'{one}'")).collect();
        return Err(ApiError::invalid(format!(
            "Invalid file format. Supported formats: [{}]",
            endings.join(", ")
        )));
    }
    let begins = |magic: &[u8]| file.content.starts_with(magic);
    let sound = begins(b"RIFF")
        || begins(b"OggS")
        || begins(b"fLaC")
        || begins(b"ID3")
        || begins(&[0x1a, 0x45, 0xdf, 0xa3])
        || file.content.get(4..8) == Some(b"ftyp")
        || matches!(file.content[..], [0xff, second, ..] if second & 0xe0 == 0xe0);
    if sound { Ok(()) } else { Err(undecodable()) }
}

fn undecodable() -> ApiError {
    ApiError::invalid("The audio file could not be decoded or its format is not supported.")
        .param("file")
}
