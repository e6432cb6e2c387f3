//! Transcriptions and translations: a recording in, text out, in one of six forms or as events.
//! <https://platform.openai.com/docs/api-reference/audio/createTranscription>
//!
//! ```text
//! file=@talk.wav model=whisper-1 response_format=verbose_json
//! {"task":"transcribe","language":"english","duration":8.5,"text":"…","segments":[…]}
//! ```

mod answer;
mod request;
mod segments;

use crate::Endpoint;
pub(super) use answer::{Said, counts};

/// In the recording's own language.
pub(super) const CREATE: Endpoint = Endpoint::new("createTranscription", request::transcribe);

/// In English.
pub(super) const TRANSLATE: Endpoint = Endpoint::new("createTranslation", request::translate);
