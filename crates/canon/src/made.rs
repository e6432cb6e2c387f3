//! Work whose answer is a file or comes from one: pictures, speech, transcripts.

use std::hash::{Hash, Hasher};

/// Pictures to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Draw {
    /// The model as named by the request.
    pub model: String,
    /// What is to be seen.
    pub prompt: String,
    /// Hashes of the pictures that it starts from.
    pub sources: Vec<u64>,
    /// Tokens of those pictures.
    pub source_tokens: u32,
    /// How many are drawn.
    pub count: u32,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The format by its name on the wire: `png`, `jpeg`, `webp`.
    pub format: String,
    /// 0 to 100, where the format loses something.
    pub quality: u8,
    /// Whether nothing stands behind what is seen.
    pub transparent: bool,
    /// Unfinished pictures that are shown before each finished one.
    pub partial: u32,
    /// Tokens of one picture.
    pub tokens: u64,
    /// Whether the bytes are made: not where the answer only says where they will be.
    pub rendered: bool,
}

/// A text to be spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Speak {
    /// The model as named by the request.
    pub model: String,
    /// The text.
    pub input: String,
    /// How it is to be spoken.
    pub instructions: String,
    /// The voice's name or id.
    pub voice: String,
    /// The format by its name on the wire: `mp3`, `opus`, `aac`, `flac`, `wav`, `pcm`.
    pub format: String,
    /// The speed in per cent.
    pub speed: u32,
}

/// How an answer in text is spoken besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Speech {
    /// The voice's name or id.
    pub voice: String,
    /// The format by its name on the wire: `mp3`, `opus`, `aac`, `flac`, `wav`, `pcm16`.
    pub format: String,
}

/// A recording to be written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcribe {
    /// The model as named by the request.
    pub model: String,
    /// The hash of the recording.
    pub sound: u64,
    /// How long it is.
    pub milliseconds: u64,
    /// Tokens of the recording.
    pub sound_tokens: u32,
    /// The language as a code of two letters; the recording's own where absent.
    pub language: Option<String>,
    /// What the text is about or goes on from.
    pub prompt: String,
    /// Whether each token's probability is told; the text is the same with and without.
    pub logprobs: bool,
}

impl Hash for Transcribe {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.model.hash(state);
        self.sound.hash(state);
        self.milliseconds.hash(state);
        self.language.hash(state);
        self.prompt.hash(state);
    }
}
