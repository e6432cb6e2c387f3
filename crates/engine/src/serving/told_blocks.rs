//! What has become of blocks, as it is told to those who keep account of an engine's cache: with
//! their tokens and what stands before them.

use std::sync::Arc;

use fakeai_canon::{CacheChange, StoredBlocks, TokenId};

use super::log::BlockChange;
use super::sequence::SequenceId;

/// A prompt, and the hashes of its blocks.
pub(super) struct Text {
    pub(super) ids: Vec<TokenId>,
    pub(super) hashes: Vec<u64>,
    pub(super) block_tokens: usize,
    /// The number and the name of the adapter that it is computed with.
    pub(super) adapter: Option<(u32, Arc<str>)>,
}

impl Text {
    /// So many of its blocks from a place on.
    fn stored(&self, place: usize, count: usize) -> StoredBlocks {
        let size = self.block_tokens;
        StoredBlocks {
            hashes: self.hashes[place..place + count].to_vec(),
            parent: place.checked_sub(1).map(|before| self.hashes[before]),
            tokens: self.ids[place * size..(place + count) * size].to_vec(),
            block_tokens: size as u32,
            adapter: self.adapter.clone(),
        }
    }
}

/// The same changes, those of blocks that follow each other together. A sequence that nobody waits
/// for is computed no further, so that the text of what is stored is always there.
pub(super) fn changes<'a>(
    all: &[BlockChange],
    text: impl Fn(SequenceId) -> Option<&'a Text>,
) -> Vec<CacheChange> {
    let mut told = Vec::new();
    let mut rest = all;
    while let Some(first) = rest.first() {
        let count = alike(rest);
        match first {
            BlockChange::Stored { id, place } => {
                if let Some(text) = text(*id) {
                    let stored = text.stored(*place as usize, count);
                    told.push(CacheChange::Stored(stored));
                }
            }
            BlockChange::Forgotten(_) => {
                let hashes = rest[..count].iter().filter_map(|change| match change {
                    BlockChange::Forgotten(hash) => Some(*hash),
                    BlockChange::Stored { .. } | BlockChange::Cleared => None,
                });
                told.push(CacheChange::Removed(hashes.collect()));
            }
            BlockChange::Cleared => told.push(CacheChange::Cleared),
        }
        rest = &rest[count..];
    }
    told
}

/// How many of the first changes go together.
fn alike(changes: &[BlockChange]) -> usize {
    let goes_on = |pair: &&[BlockChange]| match (pair[0], pair[1]) {
        (
            BlockChange::Stored { id, place },
            BlockChange::Stored {
                id: other,
                place: next,
            },
        ) => id == other && next == place + 1,
        (BlockChange::Forgotten(_), BlockChange::Forgotten(_)) => true,
        (
            BlockChange::Stored { .. } | BlockChange::Forgotten(_) | BlockChange::Cleared,
            BlockChange::Stored { .. } | BlockChange::Forgotten(_) | BlockChange::Cleared,
        ) => false,
    };
    1 + changes.windows(2).take_while(goes_on).count()
}
