//! Writes JSON straight into the outgoing buffer, without a tree in between. It does not check
//! that brackets match; the response check does.

use bytes::{BufMut, BytesMut};

/// JSON tokens for a byte buffer.
pub trait JsonWriter {
    /// Appends bytes as they are.
    fn raw(&mut self, text: &str);
    /// Appends a whole number.
    fn number(&mut self, value: u64);
    /// Appends a float with the shortest digits that read back the same; whole values keep `.0`.
    fn float(&mut self, value: f64);
    /// Appends a single-precision float with its own shortest digits.
    fn single(&mut self, value: f32);
    /// Appends a string with quotes and escapes.
    fn string(&mut self, text: &str);
    /// Appends the inside of a string: escapes without quotes.
    fn escaped(&mut self, text: &str);
    /// Appends any value.
    fn value(&mut self, value: &serde_json::Value);
}

impl JsonWriter for BytesMut {
    #[inline]
    fn raw(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    #[inline]
    fn number(&mut self, value: u64) {
        self.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn float(&mut self, value: f64) {
        self.extend_from_slice(ryu::Buffer::new().format(value).as_bytes());
    }

    fn single(&mut self, value: f32) {
        self.extend_from_slice(ryu::Buffer::new().format(value).as_bytes());
    }

    #[inline]
    fn string(&mut self, text: &str) {
        self.put_u8(b'"');
        self.escaped(text);
        self.put_u8(b'"');
    }

    fn escaped(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut written = 0;
        while let Some(ahead) = next_escaped(&bytes[written..]) {
            let place = written + ahead;
            self.extend_from_slice(&bytes[written..place]);
            escape(self, bytes[place]);
            written = place + 1;
        }
        self.extend_from_slice(&bytes[written..]);
    }

    fn value(&mut self, value: &serde_json::Value) {
        // Writing into a growing buffer can't fail, and a value has string keys.
        let _ = serde_json::to_writer(self.writer(), value);
    }
}

/// Where the first byte stands that a string can't hold as it is. Most texts have few, so eight
/// are looked at together.
#[inline]
fn next_escaped(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The highest bit of each byte below `limit`; above the first such byte it may err.
    let below = |eight: u64, limit: u64| eight.wrapping_sub(ONES * limit) & !eight & HIGH;
    let is = |eight: u64, byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (number, chunk) in chunks.iter().enumerate() {
        let eight = u64::from_le_bytes(*chunk);
        let found = below(eight, 0x20) | is(eight, b'"') | is(eight, b'\\');
        if found != 0 {
            return Some(8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let is_escaped = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    let at = rest.iter().position(is_escaped)?;
    Some(8 * chunks.len() + at)
}

fn escape(out: &mut BytesMut, byte: u8) {
    let short = match byte {
        b'"' => b'"',
        b'\\' => b'\\',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.put_u8(b"0123456789abcdef"[usize::from(byte >> 4)]);
            out.put_u8(b"0123456789abcdef"[usize::from(byte & 15)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_read_back_as_they_were() {
        let text: String = (0u8..=127)
            .map(char::from)
            .chain("äöü €🙂".chars())
            .collect();
        let mut out = BytesMut::new();
        out.string(&text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn what_needs_an_escape_gets_one_wherever_it_stands() {
        for mark in (0..0x20).map(char::from).chain(['"', '\\']) {
            for place in 0..20 {
                let mut text = "ä~\u{7f}!#[]'é".repeat(3);
                let place = (place..).find(|at| text.is_char_boundary(*at)).unwrap();
                text.insert(place, mark);
                text.insert(0, mark);
                let mut out = BytesMut::new();
                out.string(&text);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            }
        }
    }
}
