//! Plans whose answer is files: pictures and speech.

use bytes::Bytes;
use fakeai_canon::{ApiError, Draw, Plan, Seed, Speak, Usage};

use crate::picture::{Picture, PictureFormat, picture};
use crate::sound::{SoundFormat, sound, speaking_milliseconds};

/// Draws: of each picture first the unfinished ones, then the finished one. Where only the place
/// of a picture is told, it is its seed in hexadecimal digits.
pub(crate) fn drawn(work: &Draw, text_tokens: u64, seed: Seed) -> Result<Plan, ApiError> {
    let mut pieces = Vec::new();
    for index in 0..work.count {
        let seed = seed.nth(u64::from(index));
        if !work.rendered {
            pieces.push(Bytes::from(format!("{:016x}", seed.0)));
            continue;
        }
        for step in 1..=work.partial + 1 {
            let done = f64::from(step) / f64::from(work.partial + 1);
            pieces.push(picture(&Picture {
                seed,
                width: work.width,
                height: work.height,
                transparent: work.transparent,
                done,
                format: PictureFormat::of(&work.format).unwrap_or(PictureFormat::Png),
                quality: work.quality,
            })?);
        }
    }
    // Each unfinished picture that is shown costs a hundred tokens more.
    let shown = u64::from(work.partial) * 100;
    let usage = Usage {
        prompt: text_tokens + u64::from(work.source_tokens),
        prompt_image: u64::from(work.source_tokens),
        completion: (work.tokens + shown) * u64::from(work.count),
        ..Usage::default()
    };
    Ok(Plan::Made { pieces, usage })
}

/// Speaks, in pieces of the size in which the provider sends them.
pub(crate) fn spoken(work: &Speak, text_tokens: u64, seed: Seed) -> Plan {
    /// Bytes of a piece.
    const PIECE: usize = 32 << 10;
    let speed = f64::from(work.speed) / 100.0;
    let milliseconds = speaking_milliseconds(&work.input, speed);
    let format = SoundFormat::of(&work.format).unwrap_or(SoundFormat::Mp3);
    let mut whole = sound(seed, milliseconds, format);
    let mut pieces = Vec::new();
    while !whole.is_empty() {
        pieces.push(whole.split_to(PIECE.min(whole.len())));
    }
    let spoken = fakeai_tokens::output_sound_tokens(milliseconds);
    Plan::Made {
        pieces,
        usage: Usage {
            prompt: text_tokens,
            completion: spoken,
            completion_audio: spoken,
            ..Usage::default()
        },
    }
}
