//! MP4 around a film: boxes in boxes. ISO/IEC 14496-12 and 14496-15.

use super::FRAME_RATE;
use super::h264::{self, Size};

/// A box of a kind.
fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(length + 8);
    out.extend_from_slice(&(length as u32 + 8).to_be_bytes());
    out.extend_from_slice(kind);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// Numbers of 32 bits one after the other.
fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_be_bytes())
        .collect()
}

/// No rotation and no scale.
const MATRIX: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// A file of these pictures.
pub(super) fn file(size: Size, frames: &[Vec<u8>]) -> Vec<u8> {
    let kind = boxed(b"ftyp", &[b"isom", &words(&[512]), b"isomiso2avc1mp41"]);
    let before_data = kind.len() + 8;
    let mut data = Vec::new();
    for frame in frames {
        data.extend_from_slice(&(frame.len() as u32).to_be_bytes());
        data.extend_from_slice(frame);
    }
    let sizes: Vec<u32> = frames.iter().map(|frame| frame.len() as u32 + 4).collect();
    let movie = movie(size, &sizes, before_data as u32);
    [kind, boxed(b"mdat", &[&data]), movie].concat()
}

fn movie(size: Size, sizes: &[u32], offset: u32) -> Vec<u8> {
    let length = sizes.len() as u32;
    let header = [
        words(&[0, 0, 0, FRAME_RATE, length, 0x1_0000, 0x0100_0000, 0, 0]),
        words(&MATRIX),
        words(&[0, 0, 0, 0, 0, 0, 2]),
    ]
    .concat();
    let track_header = [
        words(&[3, 0, 0, 1, 0, length, 0, 0, 0, 0]),
        words(&MATRIX),
        words(&[size.width << 16, size.height << 16]),
    ]
    .concat();
    let media = boxed(
        b"mdia",
        &[
            &boxed(
                b"mdhd",
                &[&words(&[0, 0, 0, FRAME_RATE, length, 0x55c4_0000])],
            ),
            &boxed(
                b"hdlr",
                &[&words(&[0, 0]), b"vide", &words(&[0, 0, 0]), b"video\0"],
            ),
            &information(size, sizes, offset),
        ],
    );
    let track = boxed(b"trak", &[&boxed(b"tkhd", &[&track_header]), &media]);
    boxed(b"moov", &[&boxed(b"mvhd", &[&header]), &track])
}

fn information(size: Size, sizes: &[u32], offset: u32) -> Vec<u8> {
    let here = boxed(b"url ", &[&words(&[1])]);
    let references = boxed(b"dref", &[&words(&[0, 1]), &here]);
    boxed(
        b"minf",
        &[
            &boxed(b"vmhd", &[&words(&[1, 0, 0])]),
            &boxed(b"dinf", &[&references]),
            &table(size, sizes, offset),
        ],
    )
}

/// Where each picture is, how long it stands, and which ones need no other.
fn table(size: Size, sizes: &[u32], offset: u32) -> Vec<u8> {
    let count = sizes.len() as u32;
    let keys: Vec<u32> = (0..count)
        .step_by(FRAME_RATE as usize)
        .map(|key| key + 1)
        .collect();
    boxed(
        b"stbl",
        &[
            &boxed(b"stsd", &[&words(&[0, 1]), &sample_entry(size)]),
            &boxed(b"stts", &[&words(&[0, 1, count, 1])]),
            &boxed(b"stss", &[&words(&[0, keys.len() as u32]), &words(&keys)]),
            &boxed(b"stsc", &[&words(&[0, 1, 1, count, 1])]),
            &boxed(b"stsz", &[&words(&[0, 0, count]), &words(sizes)]),
            &boxed(b"stco", &[&words(&[0, 1, offset])]),
        ],
    )
}

fn sample_entry(size: Size) -> Vec<u8> {
    let (sequence, pictures) = (h264::sequence(size), h264::pictures());
    let length = |unit: &[u8]| (unit.len() as u16).to_be_bytes();
    let configuration = boxed(
        b"avcC",
        &[
            &[1, sequence[1], sequence[2], sequence[3], 0xff, 0xe1],
            &length(&sequence),
            &sequence,
            &[1],
            &length(&pictures),
            &pictures,
        ],
    );
    let size = [size.width as u16, size.height as u16];
    let size: Vec<u8> = size.iter().flat_map(|side| side.to_be_bytes()).collect();
    boxed(
        b"avc1",
        &[
            &[0, 0, 0, 0, 0, 0, 0, 1],
            &[0; 16],
            &size,
            &words(&[0x48_0000, 0x48_0000, 0]),
            &[0, 1],
            &[0; 32],
            &[0, 24, 0xff, 0xff],
            &configuration,
        ],
    )
}
