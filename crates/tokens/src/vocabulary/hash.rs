//! Where a piece stands in the prebuilt tables. Shared by the build script, which fills them, and
//! the look-ups. Not here: the tables' contents.

/// The longest piece that is kept inside its slot.
pub(crate) const SHORT: usize = 12;

/// Slots in one cache line of 64 bytes.
pub(crate) const SLOTS_IN_BUCKET: usize = 4;

/// Where the id begins in a slot: 96 bits of bytes, 4 bits of length, then the id.
pub(crate) const ID_SHIFT: u32 = 100;

const MIX_LOW: u64 = 0x9E37_79B9_7F4A_7C15;
const MIX_HIGH: u64 = 0xD1B5_4A32_D192_ED03;

/// The key of a short piece: its bytes from `window` (what follows them there is cut off), and
/// its length, which must be 1 to 12.
#[inline(always)]
pub(crate) fn short_key(window: u128, length: usize) -> u128 {
    debug_assert!((1..=SHORT).contains(&length));
    (window & ((1 << (8 * length)) - 1)) | ((length as u128) << 96)
}

/// The hash of a short piece's key.
#[inline(always)]
pub(crate) fn short_hash(key: u128) -> u64 {
    fold(key as u64 ^ MIX_LOW, (key >> 64) as u64 ^ MIX_HIGH)
}

/// The first bucket of a short piece among `buckets`, a power of two.
#[inline(always)]
pub(crate) fn short_bucket(hash: u64, buckets: usize) -> usize {
    hash as usize & (buckets - 1)
}

/// The bit of a short piece in a filter of so many bytes, a power of two.
#[inline(always)]
pub(crate) fn filter_bit(hash: u64, bytes: usize) -> usize {
    (hash >> 32) as usize & (8 * bytes - 1)
}

/// Where a pair of bytes stands, behind the 256 single ones.
#[inline(always)]
pub(crate) fn pair_slot(first: u8, second: u8) -> usize {
    256 + (usize::from(first) << 8 | usize::from(second))
}

/// The first slot of a long piece among `slots`, a power of two.
#[inline]
pub(crate) fn long_slot(piece: &[u8], slots: usize) -> usize {
    let (words, rest) = piece.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = piece.len() as u64 ^ MIX_HIGH;
    let mixed = words.iter().fold(start, |sum, word| {
        fold(sum ^ u64::from_le_bytes(*word), MIX_LOW)
    });
    fold(mixed ^ u64::from_le_bytes(last), MIX_LOW) as usize & (slots - 1)
}

#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}
