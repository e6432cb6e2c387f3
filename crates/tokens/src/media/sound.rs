//! How long a recording is, from its headers, and what that costs in tokens. The rates and their
//! source are in `data/tokens/sound_and_files.toml`. Not here: decoding samples.
//!
//! Sources: RIFF/WAVE (Microsoft, 1994), MPEG audio (ISO 11172-3, 13818-3) with the Xing header of
//! variable rates, FLAC (RFC 9639, 8.2).

use std::sync::LazyLock;

use serde::Deserialize;

use super::MediaError;

#[derive(Deserialize)]
struct File {
    sound: Rates,
}

#[derive(Deserialize)]
struct Rates {
    input_milliseconds_per_token: u64,
    output_milliseconds_per_token: u64,
    unknown_bytes_per_second: u64,
}

static RATES: LazyLock<Rates> = LazyLock::new(|| {
    toml::from_str::<File>(include_str!("../../../../data/tokens/sound_and_files.toml"))
        .expect("data/tokens/sound_and_files.toml fits its shape (a test reads it)")
        .sound
});

/// The tokens of sound that a person sends.
pub fn input_sound_tokens(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(RATES.input_milliseconds_per_token)
}

/// The tokens of sound that a model speaks.
pub fn output_sound_tokens(milliseconds: u64) -> u64 {
    milliseconds.div_ceil(RATES.output_milliseconds_per_token)
}

/// The length of a recording. `format` is what the request says it is, such as `mp3` or `pcm16`;
/// formats whose header isn't read here count by their bytes.
///
/// # Errors
/// [`MediaError::Sound`] where the bytes are not of the format, or empty.
pub fn sound_milliseconds(bytes: &[u8], format: Option<&str>) -> Result<u64, MediaError> {
    let format = format.map(|format| format.rsplit('/').next().unwrap_or(format));
    let length = match (bytes, format) {
        ([], _) => None,
        (_, Some("pcm16" | "pcm")) => by_rate(bytes.len(), 48_000),
        (_, Some("g711_ulaw" | "g711_alaw")) => by_rate(bytes.len(), 8_000),
        ([b'R', b'I', b'F', b'F', ..], _) | (_, Some("wav")) => wav(bytes),
        ([b'f', b'L', b'a', b'C', ..], _) | (_, Some("flac")) => flac(bytes),
        ([b'I', b'D', b'3', ..] | [0xFF, 0xE0..=0xFF, ..], _) | (_, Some("mp3" | "mpeg")) => {
            mp3(bytes)
        }
        _ => by_rate(bytes.len(), RATES.unknown_bytes_per_second),
    };
    length.ok_or(MediaError::Sound)
}

fn by_rate(bytes: usize, bytes_per_second: u64) -> Option<u64> {
    (bytes as u64 * 1000).checked_div(bytes_per_second)
}

fn little32(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes
        .get(offset..)?
        .first_chunk()
        .map(|four| u32::from_le_bytes(*four))
}

/// Walks the chunks: the byte rate stands in `fmt `, the samples in `data` (whose stated size may
/// be larger than what there is, as in streams).
fn wav(bytes: &[u8]) -> Option<u64> {
    let (mut offset, mut rate) = (12, 0);
    bytes.starts_with(b"RIFF").then_some(())?;
    loop {
        let name = bytes.get(offset..offset + 4)?;
        let size = little32(bytes, offset + 4)? as usize;
        let content = offset + 8;
        match name {
            b"fmt " => rate = little32(bytes, content + 8)?,
            b"data" => return by_rate(size.min(bytes.len() - content), rate.into()),
            _ => {}
        }
        // Chunks are padded to even sizes.
        offset = content.checked_add(size)?.checked_add(size & 1)?;
    }
}

/// Sample rate (20 bits) and number of samples (36 bits) of the first metadata block.
fn flac(bytes: &[u8]) -> Option<u64> {
    let block: &[u8; 8] = bytes.get(18..)?.first_chunk()?;
    let bits = u64::from_be_bytes(*block);
    let (rate, samples) = (bits >> 44, bits & 0xF_FFFF_FFFF);
    bytes
        .starts_with(b"fLaC")
        .then(|| (samples * 1000).checked_div(rate))?
}

/// One frame of MPEG audio.
struct Frame {
    bytes: usize,
    samples: u64,
    samples_per_second: u64,
    /// Where a Xing header would stand in it.
    xing: usize,
}

/// Kilobits a second by number, for layer III of version 1 and of versions 2 and 2.5.
const BITRATES: [[usize; 16]; 2] = [
    [
        0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0,
    ],
    [
        0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0,
    ],
];

fn frame(header: &[u8]) -> Option<Frame> {
    let &[0xFF, second, third, fourth] = header.first_chunk()? else {
        return None;
    };
    // Layer III only, which is what the name MP3 stands for.
    let version = match second & 0xFE {
        0xFA => 1,
        0xF2 => 2,
        0xE2 => 4,
        _ => return None,
    };
    let lower = usize::from(version > 1);
    let samples_per_second = [44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))? / version;
    let bits = BITRATES[lower][usize::from(third >> 4)] * 1000;
    let samples = [1152, 576][lower];
    let padding = usize::from(third >> 1 & 1);
    let mono = fourth >> 6 == 3;
    let side_information = [[32, 17], [17, 9]][lower][usize::from(mono)];
    (bits > 0).then(|| Frame {
        bytes: samples / 8 * bits / samples_per_second + padding,
        samples: samples as u64,
        samples_per_second: samples_per_second as u64,
        xing: 4 + side_information,
    })
}

/// The number of frames from the Xing header of the first one, or by walking them all.
fn mp3(bytes: &[u8]) -> Option<u64> {
    let audio = bytes.get(tag_length(bytes)..)?;
    let start = (0..audio.len().min(4096)).find(|start| frame(&audio[*start..]).is_some())?;
    let audio = &audio[start..];
    let first = frame(audio)?;
    let frames = xing_frames(audio, &first).unwrap_or_else(|| walked_frames(audio));
    (frames * first.samples * 1000).checked_div(first.samples_per_second)
}

/// The ID3v2 tag before the audio, with its header of ten bytes.
fn tag_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'I', b'D', b'3', _, _, _, a, b, c, d, ..] => {
            let size = [a, b, c, d]
                .iter()
                .fold(0, |sum, byte| sum << 7 | usize::from(*byte & 0x7F));
            10 + size
        }
        _ => 0,
    }
}

fn xing_frames(audio: &[u8], first: &Frame) -> Option<u64> {
    let header = audio.get(first.xing..)?;
    let named = header.starts_with(b"Xing") || header.starts_with(b"Info");
    let counted = header.get(7)? & 1 == 1;
    let frames = header
        .get(8..)?
        .first_chunk()
        .map(|four| u32::from_be_bytes(*four))?;
    (named && counted).then_some(frames.into())
}

fn walked_frames(mut audio: &[u8]) -> u64 {
    let mut frames = 0;
    while let Some(next) = frame(audio) {
        frames += 1;
        match audio.get(next.bytes.max(4)..) {
            Some(rest) => audio = rest,
            None => break,
        }
    }
    frames
}
