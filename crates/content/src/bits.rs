//! Bits one after the other, the highest first, as media formats have them.

/// A row of bits.
#[derive(Default)]
pub(crate) struct Bits {
    bytes: Vec<u8>,
    /// Bits of the last byte that are taken, 0 to 7.
    taken: u32,
}

impl Bits {
    /// Appends the lowest bits of a number.
    pub(crate) fn put(&mut self, value: u32, bits: u32) {
        for at in (0..bits).rev() {
            if self.taken == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> at & 1) as u8) << (7 - self.taken);
            }
            self.taken = (self.taken + 1) % 8;
        }
    }

    /// Appends a number as Exp-Golomb code.
    pub(crate) fn golomb(&mut self, value: u32) {
        let length = 32 - (value + 1).leading_zeros();
        self.put(0, length - 1);
        self.put(value + 1, length);
    }

    /// Fills the last byte with zeros.
    pub(crate) fn align(&mut self) {
        self.taken = 0;
    }

    /// Appends whole bytes; the last byte has to be full.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// All of it, with zeros up to the next byte.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
