//! FLAC with samples as they are: valid, and as large as a WAV file.
//! <https://www.rfc-editor.org/rfc/rfc9639>

use super::SAMPLE_RATE;

/// Samples of a block.
const BLOCK: usize = 4096;

/// A FLAC file of one channel of 16 bits.
pub(super) fn file(samples: &[i16]) -> Vec<u8> {
    let mut out = b"fLaC".to_vec();
    // The only block of metadata: its kind with the mark of the last one, and its length.
    out.extend_from_slice(&[0x80, 0, 0, 34]);
    out.extend_from_slice(&(BLOCK as u16).to_be_bytes());
    out.extend_from_slice(&(BLOCK as u16).to_be_bytes());
    // Sizes of frames and, at the end, the checksum of all samples may stay unknown: zeros.
    out.extend_from_slice(&[0; 6]);
    // 20 bits of rate, 3 of channels − 1, 5 of bits − 1, 36 of samples.
    let facts = (u64::from(SAMPLE_RATE) << 44) | (15 << 36) | samples.len() as u64;
    out.extend_from_slice(&facts.to_be_bytes());
    out.extend_from_slice(&[0; 16]);
    for (number, block) in samples.chunks(BLOCK).enumerate() {
        frame(&mut out, number as u64, block);
    }
    out
}

fn frame(out: &mut Vec<u8>, number: u64, block: &[i16]) {
    let start = out.len();
    // Synchronisation with fixed blocks; the block's size in 16 bits below, the rate of the file;
    // one channel, 16 bits.
    out.extend_from_slice(&[0xff, 0xf8, 0x70, 0x08]);
    coded_number(out, number);
    out.extend_from_slice(&((block.len() - 1) as u16).to_be_bytes());
    out.push(checksum_8(&out[start..]));
    // A subframe of samples as they are.
    out.push(0x02);
    for sample in block {
        out.extend_from_slice(&sample.to_be_bytes());
    }
    let checksum = checksum_16(&out[start..]);
    out.extend_from_slice(&checksum.to_be_bytes());
}

/// A number in the way of UTF-8.
fn coded_number(out: &mut Vec<u8>, number: u64) {
    match char::from_u32(number as u32) {
        Some(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.push(0),
    }
}

fn checksum_8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ byte, |sum: u8, _| {
            (sum << 1) ^ if sum & 0x80 == 0 { 0 } else { 0x07 }
        })
    })
}

fn checksum_16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum: u16, _| {
            (sum << 1) ^ if sum & 0x8000 == 0 { 0 } else { 0x8005 }
        })
    })
}
