//! Sealed blobs: the `encrypted_content` of reasoning and compaction items. A blob carries its
//! text with it, bears a version and opens in the world that sealed it. The text is scrambled
//! with a keyed stream so that clients treat it as opaque, and a checksum finds tampering; this
//! hides invented text and is no cryptography.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use fakeai_canon::{ApiError, Seed};

/// What every blob begins with; in base64 it reads `gAAAAA`, as the provider's blobs do.
const MARK: [u8; 4] = [0x80, 0, 0, 0];
const VERSION: u8 = 1;
/// Mark, version and kind, then the nonce.
const NONCE: usize = MARK.len() + 2;
const TEXT: usize = NONCE + 8;
const CHECKSUM: usize = 8;

/// What a blob holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Thinking.
    Reasoning = 1,
    /// A summary of a conversation.
    Compaction = 2,
}

/// Seals a text; the same text gives the same blob.
pub(super) fn seal(key: Seed, kind: Kind, text: &str) -> String {
    let nonce = key.fork("nonce").of(text).0;
    let mut bytes = Vec::with_capacity(TEXT + text.len() + CHECKSUM);
    bytes.extend_from_slice(&MARK);
    bytes.extend_from_slice(&[VERSION, kind as u8]);
    bytes.extend_from_slice(&nonce.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    scramble(key, nonce, &mut bytes[TEXT..]);
    let checksum = checksum(key, &bytes);
    bytes.extend_from_slice(&checksum);
    URL_SAFE.encode(bytes)
}

/// Opens a blob of a kind; `None` where it is none of this world's.
pub(super) fn unseal(key: Seed, kind: Kind, blob: &str) -> Option<String> {
    let mut bytes = URL_SAFE.decode(blob).ok()?;
    let end = bytes
        .len()
        .checked_sub(CHECKSUM)
        .filter(|end| *end >= TEXT)?;
    let found = bytes.split_off(end);
    if checksum(key, &bytes) != *found || bytes[..NONCE] != header(kind) {
        return None;
    }
    let nonce = u64::from_le_bytes(bytes[NONCE..TEXT].try_into().ok()?);
    scramble(key, nonce, &mut bytes[TEXT..]);
    bytes.drain(..TEXT);
    String::from_utf8(bytes).ok()
}

/// The error for a blob that does not open.
pub(super) fn rejected(blob: &str) -> ApiError {
    let head: String = blob.chars().take(4).collect();
    let tail: String = blob
        .chars()
        .skip(blob.chars().count().saturating_sub(4))
        .collect();
    ApiError::invalid(format!(
        "The encrypted content {head}...{tail} could not be verified. Reason: Encrypted content \
         could not be decrypted or parsed."
    ))
    .code("invalid_encrypted_content")
}

fn header(kind: Kind) -> [u8; NONCE] {
    [MARK[0], MARK[1], MARK[2], MARK[3], VERSION, kind as u8]
}

fn checksum(key: Seed, bytes: &[u8]) -> [u8; CHECKSUM] {
    key.fork("checksum").of(bytes).0.to_le_bytes()
}

fn scramble(key: Seed, nonce: u64, bytes: &mut [u8]) {
    let mut stream = key.fork("stream").nth(nonce).rng();
    for block in bytes.chunks_mut(8) {
        let mask = stream.next_u64().to_le_bytes();
        block
            .iter_mut()
            .zip(mask)
            .for_each(|(byte, mask)| *byte ^= mask);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_opens_in_its_own_world_and_whole() {
        let blob = seal(Seed(1), Kind::Reasoning, "grüße 🙂");
        assert!(blob.starts_with("gAAAA"));
        assert_eq!(
            unseal(Seed(1), Kind::Reasoning, &blob).as_deref(),
            Some("grüße 🙂")
        );
        assert_eq!(unseal(Seed(2), Kind::Reasoning, &blob), None);
        assert_eq!(unseal(Seed(1), Kind::Compaction, &blob), None);
        for place in 0..blob.len() {
            let mut bad = blob.clone().into_bytes();
            bad[place] = if bad[place] == b'A' { b'B' } else { b'A' };
            let bad = String::from_utf8(bad).unwrap();
            assert_eq!(unseal(Seed(1), Kind::Reasoning, &bad), None, "byte {place}");
        }
    }
}
