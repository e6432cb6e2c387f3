//! An answer that is spoken: its text with a recording of it, both within the limit. Not here: how
//! sound is made (see `sound`), and what is said.

use fakeai_canon::{Seed, Speech, Spoken, Tokens};

use crate::sound::{SoundFormat, sound, speaking_milliseconds};

/// Speaks a text in at most `room` tokens of text and sound together, and says whether it had to be
/// cut for that.
pub(crate) fn speak(mut text: Tokens, speech: &Speech, room: u32, seed: Seed) -> (Spoken, bool) {
    let whole = text.len();
    let mut cost = text.len() as u64 + sound_tokens(&text);
    while cost > u64::from(room) && !text.is_empty() {
        // What is kept of a text costs about its share of the whole.
        let share = text.len() as u64 * u64::from(room) / cost;
        text.truncate(share.min(text.len() as u64 - 1) as usize);
        cost = text.len() as u64 + sound_tokens(&text);
    }
    let is_cut = text.len() < whole;
    if text.is_empty() {
        return (Spoken::default(), is_cut);
    }
    let milliseconds = speaking_milliseconds(text.text(), 1.0);
    let format = SoundFormat::of(&speech.format).unwrap_or(SoundFormat::Wav);
    // Every voice has a melody of its own.
    let seed = seed.fork("speech").of(speech.voice.as_str());
    let spoken = Spoken {
        recording: sound(seed, milliseconds, format),
        sound: sound_tokens(&text) as u32,
        transcript: text,
    };
    (spoken, is_cut)
}

fn sound_tokens(text: &Tokens) -> u64 {
    if text.is_empty() {
        return 0;
    }
    fakeai_tokens::output_sound_tokens(speaking_milliseconds(text.text(), 1.0))
}
