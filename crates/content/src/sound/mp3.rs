//! MPEG audio frame by frame: layer III with a single line of its spectrum for the tone of the
//! moment, and AAC with none, which is silence. ISO/IEC 13818-3 and 13818-7.

use fakeai_canon::Seed;

use super::tones::{SYLLABLE, melody};
use crate::bits::Bits;

/// Samples of a frame of layer III at lower rates.
const FRAME: usize = 576;
/// Bytes of such a frame at 32 kbit/s and 24 kHz.
const FRAME_BYTES: usize = 96;
/// Hertz between two lines of the spectrum.
const LINE: f64 = 12_000.0 / 576.0;
/// Samples of a frame of AAC.
const AAC_FRAME: usize = 1024;

/// An MP3 file of so many samples, rounded up to whole frames.
pub(super) fn file(seed: Seed, samples: usize) -> Vec<u8> {
    let frames = samples.div_ceil(FRAME).max(1);
    let mut out = Vec::with_capacity(frames * FRAME_BYTES);
    let mut tones = melody(seed);
    let (mut hertz, mut until) = (150.0, 0);
    for number in 0..frames {
        if number * FRAME >= until {
            hertz = tones.next().unwrap_or(hertz);
            until += SYLLABLE;
        }
        out.extend(frame(hertz));
    }
    out
}

/// A frame with one line in its spectrum.
fn frame(hertz: f64) -> Vec<u8> {
    let line = ((hertz / LINE) as usize).min(300);
    let quads = line / 4 + 1;
    let mut bits = Bits::default();
    // MPEG-2, layer III, no checksum; 32 kbit/s, 24 kHz; one channel.
    bits.put(0xfff3_44c4, 32);
    side_information(&mut bits, quads as u32 * 4 + 1);
    for quad in 0..quads {
        let value = if quad == quads - 1 {
            8 >> (line % 4)
        } else {
            0
        };
        // The second table of quadruples writes each as what is left of fifteen.
        bits.put(15 - value, 4);
    }
    // The sign of the only line that is there.
    bits.put(0, 1);
    let mut bytes = bits.into_bytes();
    bytes.resize(FRAME_BYTES, 0);
    bytes
}

fn side_information(bits: &mut Bits, length: u32) {
    /// A fifth of the full amplitude, in steps of a quarter of a power of two from 210 on.
    const GAIN: u32 = 200;
    bits.put(0, 9);
    bits.put(length, 12);
    // No pairs of large values; the gain; no scale factors; no window switching.
    bits.put(0, 9);
    bits.put(GAIN, 8);
    bits.put(0, 9);
    bits.put(0, 1);
    // Three tables and two regions of the large values that are not there.
    bits.put(0, 22);
    bits.put(0, 1);
    // Which table of quadruples.
    bits.put(1, 1);
}

/// An AAC stream of silence of so many samples, rounded up to whole frames.
pub(super) fn silent_aac(samples: usize) -> Vec<u8> {
    let frames = samples.div_ceil(AAC_FRAME).max(1);
    let mut bits = Bits::default();
    // Synchronisation, MPEG-4, no checksum; low complexity, 24 kHz, one channel; 11 bytes.
    bits.put(0xfff1, 16);
    bits.put(0b01, 2);
    bits.put(6, 4);
    bits.put(0, 1);
    bits.put(1, 3);
    bits.put(0, 4);
    bits.put(11, 13);
    bits.put(0x7ff, 11);
    bits.put(0, 2);
    // A single channel without any band, and the end.
    bits.put(0, 29);
    bits.put(0b111, 3);
    bits.into_bytes().repeat(frames)
}
