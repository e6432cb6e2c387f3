//! The paged cache of keys and values: blocks that are counted by who uses them, found again by
//! the hash of all tokens up to their end, and reused in the order in which they fell free.

use super::host_tier::HostTier;
use super::log::BlockChange;
use super::quick_hash::QuickMap;

/// A block.
pub(crate) type BlockId = u32;

const NONE: BlockId = BlockId::MAX;

#[derive(Clone, Debug)]
struct Block {
    users: u32,
    hash: Option<u64>,
    /// Neighbours in the list of free blocks.
    before: BlockId,
    after: BlockId,
}

/// The blocks of one engine.
#[derive(Clone, Debug)]
pub(crate) struct Blocks {
    blocks: Vec<Block>,
    by_hash: QuickMap<u64, BlockId>,
    /// What has become of blocks since that was last told.
    pub(crate) changes: Vec<BlockChange>,
    /// Where what is forgotten here is still known.
    host: HostTier,
    /// The free block that is reused next, and the one reused last.
    first: BlockId,
    last: BlockId,
    free: u32,
    /// Free blocks that are known by what they hold.
    idle: u32,
    /// What has given way since that was last told.
    pub(crate) gone: Gone,
}

/// Known blocks that gave way to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Gone {
    /// All of them.
    pub(crate) evicted: u32,
    /// Those of them that went to the host's memory and were not there.
    pub(crate) to_host: u32,
}

impl Blocks {
    /// So many blocks, all free, and room for so many in the host's memory.
    pub(crate) fn new(count: u32, host: u32) -> Self {
        let block = |id: u32| Block {
            users: 0,
            hash: None,
            before: id.checked_sub(1).unwrap_or(NONE),
            after: if id + 1 < count { id + 1 } else { NONE },
        };
        Self {
            blocks: (0..count).map(block).collect(),
            by_hash: QuickMap::default(),
            changes: Vec::new(),
            host: HostTier::new(host),
            first: if count > 0 { 0 } else { NONE },
            last: count.checked_sub(1).unwrap_or(NONE),
            free: count,
            idle: 0,
            gone: Gone::default(),
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.blocks.len() as u32
    }

    /// Blocks that nobody uses, known by their hash or not.
    pub(crate) fn free(&self) -> u32 {
        self.free
    }

    /// Blocks that are known by what they hold.
    pub(crate) fn known(&self) -> u32 {
        self.by_hash.len() as u32
    }

    /// Those of them that nobody uses.
    pub(crate) fn idle_known(&self) -> u32 {
        self.idle
    }

    /// Blocks in the host's memory.
    pub(crate) fn in_host(&self) -> u32 {
        self.host.len() as u32
    }

    /// The leading blocks that only the host's memory has.
    pub(crate) fn find_in_host(&self, hashes: &[u64]) -> usize {
        self.host.find(hashes)
    }

    /// Forgets what all blocks held. False, and nothing is forgotten, while any is in use.
    pub(crate) fn forget(&mut self) -> bool {
        if self.free < self.count() {
            return false;
        }
        let mut changes = std::mem::take(&mut self.changes);
        if !self.by_hash.is_empty() {
            changes.push(BlockChange::Cleared);
        }
        *self = Self {
            changes,
            host: std::mem::take(&mut self.host),
            ..Self::new(self.count(), 0)
        };
        self.host.clear();
        true
    }

    /// Takes so many blocks; none where there are not enough. What they held goes to the host.
    pub(crate) fn take(&mut self, count: u32, into: &mut Vec<BlockId>) -> bool {
        if count > self.free {
            return false;
        }
        for _ in 0..count {
            let id = self.first;
            self.unlink(id);
            let block = &mut self.blocks[id as usize];
            block.users = 1;
            if let Some(hash) = block.hash.take() {
                self.by_hash.remove(&hash);
                self.gone.evicted += 1;
                self.gone.to_host += u32::from(self.host.keep(hash));
                self.changes.push(BlockChange::Forgotten(hash));
            }
            into.push(id);
        }
        true
    }

    /// The leading blocks that the cache has, without taking them.
    pub(crate) fn find(&self, hashes: &[u64]) -> usize {
        let known = hashes
            .iter()
            .take_while(|hash| self.by_hash.contains_key(hash));
        known.count()
    }

    /// How many of these are free now and so leave the free list when they are shared.
    pub(crate) fn idle(&self, hashes: &[u64]) -> u32 {
        let ids = hashes.iter().filter_map(|hash| self.by_hash.get(hash));
        ids.filter(|id| self.blocks[**id as usize].users == 0)
            .count() as u32
    }

    /// Uses the blocks of these hashes too; all are known.
    pub(crate) fn share(&mut self, hashes: &[u64], into: &mut Vec<BlockId>) {
        for hash in hashes {
            let Some(id) = self.by_hash.get(hash).copied() else {
                return;
            };
            if self.blocks[id as usize].users == 0 {
                self.unlink(id);
            }
            self.blocks[id as usize].users += 1;
            into.push(id);
        }
    }

    /// Makes a block known by the hash of what it holds, unless another is; `change` tells of it.
    pub(crate) fn publish(&mut self, id: BlockId, hash: u64, change: BlockChange) {
        let block = &mut self.blocks[id as usize];
        if block.hash.is_none() && !self.by_hash.contains_key(&hash) {
            block.hash = Some(hash);
            self.by_hash.insert(hash, id);
            self.changes.push(change);
        }
    }

    /// Gives blocks back, the last first, so that the beginning of a text outlives its end.
    pub(crate) fn give_back(&mut self, blocks: &mut Vec<BlockId>) {
        while let Some(id) = blocks.pop() {
            let block = &mut self.blocks[id as usize];
            block.users -= 1;
            if block.users == 0 {
                let is_known = block.hash.is_some();
                self.link(id, is_known);
            }
        }
    }

    fn unlink(&mut self, id: BlockId) {
        let (before, after) = {
            let block = &self.blocks[id as usize];
            self.idle -= u32::from(block.hash.is_some());
            (block.before, block.after)
        };
        match before {
            NONE => self.first = after,
            _ => self.blocks[before as usize].after = after,
        }
        match after {
            NONE => self.last = before,
            _ => self.blocks[after as usize].before = before,
        }
        self.free -= 1;
    }

    /// A block that may be found again goes to the end of the free list, any other to its head.
    fn link(&mut self, id: BlockId, at_end: bool) {
        let (before, after) = if at_end {
            (self.last, NONE)
        } else {
            (NONE, self.first)
        };
        let block = &mut self.blocks[id as usize];
        (block.before, block.after) = (before, after);
        match before {
            NONE => self.first = id,
            _ => self.blocks[before as usize].after = id,
        }
        match after {
            NONE => self.last = id,
            _ => self.blocks[after as usize].before = id,
        }
        self.free += 1;
        self.idle += u32::from(at_end);
    }
}
