//! Speech that is none: tones that are as long as somebody would take to say the text, in every
//! format that the provider sends. In AAC and Opus the tones are silence of the same length.

mod flac;
mod mp3;
mod ogg;
mod tones;
mod wav;

use bytes::Bytes;
use fakeai_canon::Seed;

/// Samples a second, as the provider's raw samples have them.
pub const SAMPLE_RATE: u32 = 24_000;

/// The format of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundFormat {
    /// MPEG layer III.
    Mp3,
    /// Opus in Ogg.
    Opus,
    /// AAC in ADTS.
    Aac,
    /// FLAC.
    Flac,
    /// WAV.
    Wav,
    /// Samples of 16 bits alone, the lower byte first.
    Pcm,
}

impl SoundFormat {
    /// The format of a name on the wire.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "mp3" => Self::Mp3,
            "opus" => Self::Opus,
            "aac" => Self::Aac,
            "flac" => Self::Flac,
            "wav" => Self::Wav,
            "pcm" | "pcm16" => Self::Pcm,
            _ => return None,
        })
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/opus",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }
}

/// How long it takes to say a text: about 150 words a minute, by its characters so that scripts
/// without spaces count too.
pub fn speaking_milliseconds(text: &str, speed: f64) -> u64 {
    /// Characters of a Latin script a second, and of one that writes syllables or words at once.
    const LETTERS: f64 = 15.0;
    const SYLLABLES: f64 = 5.0;
    let seconds: f64 = text
        .chars()
        .map(|letter| {
            let is_wide = matches!(letter, '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}');
            1.0 / if is_wide { SYLLABLES } else { LETTERS }
        })
        .sum();
    let speed = if speed > 0.0 { speed } else { 1.0 };
    ((seconds * 1000.0 / speed) as u64).max(200)
}

/// A recording of so many milliseconds.
pub fn sound(seed: Seed, milliseconds: u64, format: SoundFormat) -> Bytes {
    let samples = (milliseconds * u64::from(SAMPLE_RATE) / 1000) as usize;
    let tones = || tones::samples(seed, samples);
    match format {
        SoundFormat::Pcm => Bytes::from(wav::raw(&tones())),
        SoundFormat::Wav => Bytes::from(wav::file(&tones())),
        SoundFormat::Flac => Bytes::from(flac::file(&tones())),
        SoundFormat::Mp3 => Bytes::from(mp3::file(seed, samples)),
        SoundFormat::Aac => Bytes::from(mp3::silent_aac(samples)),
        SoundFormat::Opus => Bytes::from(ogg::silent_opus(seed, milliseconds)),
    }
}
