//! Identifiers in the providers' shapes: a prefix and a run of characters drawn from a seed.

use crate::Seed;

/// The characters of an identifier's tail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Lower-case hexadecimal digits, as in `resp_…` and `msg_…`.
    Hex,
    /// Letters of both cases and digits, as in `chatcmpl-…` and `call_…`.
    Alphanumeric,
}

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Seed {
    /// An identifier: `prefix` and `length` characters.
    pub fn id(self, prefix: &str, alphabet: Alphabet, length: usize) -> String {
        let mut text = String::with_capacity(prefix.len() + length);
        text.push_str(prefix);
        let mut rng = self.fork(prefix).rng();
        let mut bits = 0u64;
        for place in 0..length {
            if place % 8 == 0 {
                bits = rng.next_u64();
            }
            let byte = (bits >> (8 * (place % 8))) as u8;
            text.push(match alphabet {
                Alphabet::Hex => char::from(b"0123456789abcdef"[usize::from(byte & 15)]),
                Alphabet::Alphanumeric => {
                    char::from(ALPHANUMERIC[usize::from(byte) * ALPHANUMERIC.len() / 256])
                }
            });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_prefix_its_length_and_its_seed() {
        let id = Seed(3).id("resp_", Alphabet::Hex, 48);
        assert_eq!(id.len(), 53);
        assert!(id.starts_with("resp_"));
        assert_eq!(id, Seed(3).id("resp_", Alphabet::Hex, 48));
        assert_ne!(id, Seed(4).id("resp_", Alphabet::Hex, 48));
    }
}
