//! The tones: one a syllable, each rising and falling, as if somebody hummed the text.

use fakeai_canon::Seed;

use super::SAMPLE_RATE;

/// Samples of a syllable: a fifth of a second.
pub(super) const SYLLABLE: usize = SAMPLE_RATE as usize / 5;

/// The tone of each syllable in Hertz.
pub(super) fn melody(seed: Seed) -> impl Iterator<Item = f64> {
    let mut rng = seed.fork("melody").rng();
    std::iter::repeat_with(move || 110.0 + 110.0 * rng.unit())
}

/// So many samples.
pub(super) fn samples(seed: Seed, count: usize) -> Vec<i16> {
    let mut out = Vec::with_capacity(count);
    let mut tones = melody(seed);
    while out.len() < count {
        let hertz = tones.next().unwrap_or(150.0);
        let length = SYLLABLE.min(count - out.len());
        for at in 0..length {
            let time = at as f64 / f64::from(SAMPLE_RATE);
            let loudness = (std::f64::consts::PI * at as f64 / SYLLABLE as f64).sin();
            let wave = (std::f64::consts::TAU * hertz * time).sin();
            out.push((wave * loudness * 8_000.0) as i16);
        }
    }
    out
}
