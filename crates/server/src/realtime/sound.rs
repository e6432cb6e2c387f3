//! Sound as a session has it: the three formats, and pieces of it that belong to items.

use bytes::Bytes;
use fakeai_canon::Seed;
use fakeai_dialects::openai::realtime::{CompandingLaw, expand};
use serde_json::{Value, json};

/// The form of samples, one channel each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SoundForm {
    /// 16 bits, 24,000 a second.
    Pcm,
    /// A byte each, 8,000 a second.
    Telephone(CompandingLaw),
}

impl SoundForm {
    /// The form that a session's `format` names.
    pub(super) fn of(format: &Value) -> Self {
        let name = format["type"].as_str().unwrap_or_default();
        CompandingLaw::of(name).map_or(Self::Pcm, Self::Telephone)
    }

    /// Bytes of a millisecond.
    pub(super) fn bytes_a_millisecond(self) -> usize {
        match self {
            Self::Pcm => 48,
            Self::Telephone(_) => 8,
        }
    }

    /// How long so many bytes last.
    pub(super) fn milliseconds(self, bytes: usize) -> u64 {
        (bytes / self.bytes_a_millisecond()) as u64
    }

    /// How loud it is: the root of the mean square, as a share of the loudest.
    pub(super) fn loudness(self, bytes: &[u8]) -> f64 {
        let square = |sample: i16| f64::from(sample) * f64::from(sample);
        let (sum, count) = match self {
            Self::Pcm => {
                let (samples, _) = bytes.as_chunks::<2>();
                let squares = samples.iter().map(|pair| square(i16::from_le_bytes(*pair)));
                (squares.sum::<f64>(), samples.len())
            }
            Self::Telephone(law) => {
                let squares = bytes.iter().map(|byte| square(expand(law, *byte)));
                (squares.sum::<f64>(), bytes.len())
            }
        };
        (sum / count.max(1) as f64).sqrt() / f64::from(i16::MAX)
    }

    /// How the error of bytes that are none names it.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Pcm => "mono PCM16 at 24kHz",
            Self::Telephone(CompandingLaw::Mu) => "mono G.711 u-law at 8kHz",
            Self::Telephone(CompandingLaw::A) => "mono G.711 A-law at 8kHz",
        }
    }
}

/// The sound of an item's content.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    /// The bytes; none of what the model said, which the client has.
    pub(super) bytes: Bytes,
    pub(super) milliseconds: u64,
    pub(super) tokens: u32,
    /// What is said in it; empty where a text beside it tells.
    pub(super) words: String,
    hash: u64,
}

impl Sound {
    /// What somebody said.
    pub(super) fn heard(bytes: Bytes, form: SoundForm) -> Self {
        let milliseconds = form.milliseconds(bytes.len());
        Self {
            hash: Seed(0).of(&*bytes).0,
            tokens: fakeai_tokens::input_sound_tokens(milliseconds) as u32,
            milliseconds,
            bytes,
            words: String::new(),
        }
    }

    /// What the model says in an item, from its beginning.
    pub(super) fn said(item: &str) -> Self {
        Self {
            hash: Seed(1).of(item).0,
            tokens: 0,
            milliseconds: 0,
            bytes: Bytes::new(),
            words: String::new(),
        }
    }

    /// It lasts so long.
    pub(super) fn last(&mut self, milliseconds: u64) {
        self.milliseconds = milliseconds;
        self.tokens = fakeai_tokens::output_sound_tokens(milliseconds) as u32;
    }

    /// What tells it from other sound.
    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// What an answer is told of it.
    pub(super) fn told(&self) -> Value {
        json!({
            "id": format!("{:016x}", self.hash),
            "tokens": self.tokens,
            "words": self.words,
        })
    }
}
