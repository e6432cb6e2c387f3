//! H.264 in its simplest form: a picture whose first row of blocks has its samples as they are and
//! whose other rows repeat them, and pictures that are the same as the one before.
//! ITU-T H.264, baseline profile, variable-length codes.

use fakeai_canon::Seed;

use crate::bits::Bits;

/// The size of a film, in multiples of 16 pixels.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Size {
    fn columns(self) -> u32 {
        self.width / 16
    }

    fn rows(self) -> u32 {
        self.height / 16
    }
}

/// The parameters of the whole film.
pub(super) fn sequence(size: Size) -> Vec<u8> {
    let mut bits = Bits::default();
    // Baseline, level 4.2: enough for these sizes at this rate.
    bits.put(0x42_c0_2a, 24);
    bits.golomb(0);
    // Eight bits of frame numbers; output in the order of decoding; one picture to refer to.
    bits.golomb(4);
    bits.golomb(2);
    bits.golomb(1);
    bits.put(0, 1);
    bits.golomb(size.columns() - 1);
    bits.golomb(size.rows() - 1);
    // Whole frames; direct inference; neither cropping nor usability information.
    bits.put(0b1100, 4);
    unit(0x67, bits)
}

/// The parameters of all pictures.
pub(super) fn pictures() -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    bits.golomb(0);
    bits.put(0, 2);
    bits.golomb(0);
    bits.golomb(0);
    bits.golomb(0);
    // No weights; three quantisers as they are; the deblocking can be switched off.
    bits.put(0, 3);
    bits.golomb(0);
    bits.golomb(0);
    bits.golomb(0);
    bits.put(0b100, 3);
    unit(0x68, bits)
}

/// A picture of stripes that needs no other.
pub(super) fn picture(size: Size, seed: Seed, second: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    bits.golomb(7);
    bits.golomb(0);
    bits.put(0, 8);
    bits.golomb(second % 2);
    bits.put(0, 2);
    bits.golomb(0);
    bits.golomb(1);
    let mut rng = seed.rng();
    for _ in 0..size.columns() {
        let [luma, blue, red] = std::array::from_fn(|_| rng.between(48, 208) as u8);
        // A block of samples as they are.
        bits.golomb(25);
        bits.align();
        bits.bytes(&[luma; 256]);
        bits.bytes(&[blue; 64]);
        bits.bytes(&[red; 64]);
    }
    for row in 1..size.rows() {
        for _ in 0..size.columns() {
            repeated_block(&mut bits, row == 1);
        }
    }
    unit(0x65, bits)
}

/// A block that repeats what is above it, in light and in colour.
fn repeated_block(bits: &mut Bits, below_samples: bool) {
    bits.golomb(1);
    bits.golomb(2);
    bits.golomb(0);
    // No coefficients. How that is written follows from how many the neighbours have: samples as
    // they are count as sixteen.
    if below_samples {
        bits.put(0b00_0011, 6);
    } else {
        bits.put(1, 1);
    }
}

/// The picture before, again; `since` counts from the last one that needs no other.
pub(super) fn same_again(size: Size, since: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.golomb(0);
    bits.golomb(5);
    bits.golomb(0);
    bits.put(since % 256, 8);
    bits.put(0, 3);
    bits.golomb(0);
    bits.golomb(1);
    bits.golomb(size.columns() * size.rows());
    unit(0x41, bits)
}

/// A unit of the stream: its kind, its bits with the one that ends them, and no byte sequence that
/// could be taken for a start code.
fn unit(kind: u8, mut bits: Bits) -> Vec<u8> {
    bits.put(1, 1);
    let mut out = vec![kind];
    let mut zeros = 0;
    for byte in bits.into_bytes() {
        if zeros == 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}
