//! As much of MessagePack as batches of events need: numbers, texts, lists, nothing.
//! <https://github.com/msgpack/msgpack/blob/master/spec.md>

/// A value that is being written.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn nil(&mut self) {
        self.0.push(0xc0);
    }

    pub(super) fn float(&mut self, value: f64) {
        self.0.push(0xcb);
        self.0.extend_from_slice(&value.to_be_bytes());
    }

    pub(super) fn unsigned(&mut self, value: u64) {
        match value {
            0..=0x7f => self.0.push(value as u8),
            0x80..=0xff => self.sized(0xcc, &(value as u8).to_be_bytes()),
            0x100..=0xffff => self.sized(0xcd, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.sized(0xce, &(value as u32).to_be_bytes()),
            _ => self.sized(0xcf, &value.to_be_bytes()),
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        let length = text.len();
        match length {
            0..=31 => self.0.push(0xa0 | length as u8),
            32..=0xff => self.sized(0xd9, &(length as u8).to_be_bytes()),
            0x100..=0xffff => self.sized(0xda, &(length as u16).to_be_bytes()),
            _ => self.sized(0xdb, &(length as u32).to_be_bytes()),
        }
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Begins a list; so many values follow.
    pub(super) fn list(&mut self, length: usize) {
        match length {
            0..=15 => self.0.push(0x90 | length as u8),
            16..=0xffff => self.sized(0xdc, &(length as u16).to_be_bytes()),
            _ => self.sized(0xdd, &(length as u32).to_be_bytes()),
        }
    }

    pub(super) fn numbers(&mut self, numbers: impl ExactSizeIterator<Item = u64>) {
        self.list(numbers.len());
        numbers.for_each(|number| self.unsigned(number));
    }

    fn sized(&mut self, mark: u8, bytes: &[u8]) {
        self.0.push(mark);
        self.0.extend_from_slice(bytes);
    }
}
