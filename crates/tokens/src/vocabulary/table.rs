//! The prebuilt tables of a vocabulary, read where they lie in the binary.
//! Not here: how text is cut (`pretoken`) and merged (`merge`).

use super::hash::{self, ID_SHIFT, SHORT, SLOTS_IN_BUCKET};
use fakeai_canon::TokenId;

/// The bits of a slot that hold bytes and length.
const KEY_MASK: u128 = (1 << ID_SHIFT) - 1;

/// Makes a table begin on a cache line.
#[repr(C, align(64))]
pub(super) struct Aligned<Bytes: ?Sized>(pub(super) Bytes);

/// One cache line of slots for short pieces. Slots are filled from the front, so that a free last
/// one ends a search.
type Bucket = [[u8; 16]; SLOTS_IN_BUCKET];

/// Pieces by id, ids by piece.
pub(super) struct Table {
    /// Pieces of up to 12 bytes: bytes, length and id in 16 bytes.
    short: &'static [Bucket],
    /// Ids of single bytes, then of pairs of bytes; `u32::MAX` where there is none.
    tiny: &'static [[u8; 4]],
    /// A bit for each short piece: most questions for pieces that don't exist end here, in a
    /// table small enough to stay in the processor's cache.
    filter: &'static [u8],
    /// Ids of longer pieces; `u32::MAX` is free.
    long: &'static [[u8; 4]],
    /// Where each piece begins in `bytes`; the two highest bits are its [`PieceShape`].
    offsets: &'static [[u8; 4]],
    bytes: &'static [u8],
}

/// The files that the build makes for a vocabulary.
pub(super) struct Files {
    pub(super) short: &'static Aligned<[u8]>,
    pub(super) tiny: &'static [u8],
    pub(super) filter: &'static [u8],
    pub(super) long: &'static [u8],
    pub(super) offsets: &'static [u8],
    pub(super) bytes: &'static [u8],
}

/// The longest piece of both vocabularies (a run of spaces).
const LONGEST: usize = 128;

/// What may be done with a piece's bytes as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceShape {
    /// Whole UTF-8 without anything that JSON escapes: may be copied into a JSON string.
    Plain,
    /// Whole UTF-8 with a quote, a backslash or a control character.
    Escaped,
    /// A part of a character: text only together with its neighbours.
    Partial,
}

impl Table {
    pub(super) const fn new(files: Files) -> Table {
        Table {
            short: files.short.0.as_chunks().0.as_chunks().0,
            tiny: files.tiny.as_chunks().0,
            filter: files.filter,
            long: files.long.as_chunks().0,
            offsets: files.offsets.as_chunks().0,
            bytes: files.bytes,
        }
    }

    /// How many pieces there are; their ids are below it.
    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    pub(super) fn piece(&self, id: TokenId) -> Option<&'static [u8]> {
        let [begin, end] = self.offsets.get(id as usize..)?.first_chunk()?;
        let position = |entry: &[u8; 4]| (u32::from_le_bytes(*entry) & 0x3FFF_FFFF) as usize;
        self.bytes.get(position(begin)..position(end))
    }

    pub(super) fn shape(&self, id: TokenId) -> PieceShape {
        match self.offsets.get(id as usize).map(|entry| entry[3] >> 6) {
            Some(0) => PieceShape::Plain,
            Some(1) | None => PieceShape::Escaped,
            Some(_) => PieceShape::Partial,
        }
    }

    /// The id of the piece `text[begin..end]`.
    #[inline]
    pub(super) fn find(&self, text: &[u8], begin: usize, end: usize) -> Option<TokenId> {
        let length = end - begin;
        if length <= SHORT {
            let key = hash::short_key(window(text, begin), length);
            self.find_short(key, hash::short_hash(key))
        } else {
            self.find_long(&text[begin..end])
        }
    }

    /// Like [`Table::find`], for questions whose answer is mostly no.
    #[inline]
    pub(super) fn find_seldom(&self, text: &[u8], begin: usize, end: usize) -> Option<TokenId> {
        let length = end - begin;
        if length > SHORT {
            return self.find_long(&text[begin..end]);
        }
        let key = hash::short_key(window(text, begin), length);
        let hash = hash::short_hash(key);
        let bit = hash::filter_bit(hash, self.filter.len());
        match self.filter[bit / 8] >> (bit % 8) & 1 {
            0 => None,
            _ => self.find_short(key, hash),
        }
    }

    /// The id of a single byte.
    #[inline(always)]
    pub(super) fn byte(&self, byte: u8) -> TokenId {
        u32::from_le_bytes(self.tiny[usize::from(byte)])
    }

    /// The id of two bytes; [`TokenId::MAX`] where they are no piece.
    #[inline(always)]
    pub(super) fn pair(&self, first: u8, second: u8) -> TokenId {
        u32::from_le_bytes(self.tiny[hash::pair_slot(first, second)])
    }

    #[inline]
    fn find_short(&self, key: u128, hash: u64) -> Option<TokenId> {
        let mut bucket = hash::short_bucket(hash, self.short.len());
        loop {
            let slots = &self.short[bucket];
            for slot in slots {
                let slot = u128::from_le_bytes(*slot);
                if slot & KEY_MASK == key {
                    return Some((slot >> ID_SHIFT) as TokenId);
                }
            }
            if slots[SLOTS_IN_BUCKET - 1] == [0; 16] {
                return None;
            }
            bucket = (bucket + 1) & (self.short.len() - 1);
        }
    }

    fn find_long(&self, piece: &[u8]) -> Option<TokenId> {
        if piece.len() > LONGEST {
            return None;
        }
        let mut slot = hash::long_slot(piece, self.long.len());
        loop {
            let id = u32::from_le_bytes(self.long[slot]);
            if id == u32::MAX {
                return None;
            }
            if self.piece(id) == Some(piece) {
                return Some(id);
            }
            slot = (slot + 1) & (self.long.len() - 1);
        }
    }
}

/// The sixteen bytes from `begin`, as far as there are any.
#[inline(always)]
fn window(text: &[u8], begin: usize) -> u128 {
    match text[begin..].first_chunk() {
        Some(bytes) => u128::from_le_bytes(*bytes),
        None => window_at_end(&text[begin..]),
    }
}

#[cold]
fn window_at_end(rest: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..rest.len()].copy_from_slice(rest);
    u128::from_le_bytes(bytes)
}
