//! The token by which a report is read on: the first second of the next bucket, in the look of the
//! provider's (`page_` and 16 bytes in base64).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fakeai_canon::Seed;

const PREFIX: &str = "page_";

/// The token of a bucket.
pub(super) fn write(start: u64) -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&start.to_be_bytes());
    bytes[8..].copy_from_slice(&mark(start));
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The bucket of a token; none where it is none of ours.
pub(super) fn read(token: &str) -> Option<u64> {
    let bytes = STANDARD.decode(token.strip_prefix(PREFIX)?).ok()?;
    let (start, tail) = bytes.split_first_chunk::<8>()?;
    let start = u64::from_be_bytes(*start);
    (tail == mark(start)).then_some(start)
}

fn mark(start: u64) -> [u8; 8] {
    Seed(start).fork("page").0.to_be_bytes()
}
