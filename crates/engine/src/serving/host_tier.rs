//! The host's memory as a second tier of the cache: blocks that the GPUs give up go there, and come
//! back over the bus when a prompt asks for them.

use std::collections::VecDeque;

use super::quick_hash::QuickMap;

/// Blocks in the host's memory, known by their hashes. The one that was used least lately goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostTier {
    most: usize,
    /// When each was last used, as a count of uses.
    uses: QuickMap<u64, u64>,
    /// Uses in their order; of a block that was used again the older ones mean nothing.
    order: VecDeque<(u64, u64)>,
    count: u64,
}

impl HostTier {
    /// Room for so many blocks.
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most: most as usize,
            ..Self::default()
        }
    }

    /// Takes a block up, and makes room for it. True where it was not here before.
    pub(crate) fn keep(&mut self, hash: u64) -> bool {
        if self.most == 0 {
            return false;
        }
        self.count += 1;
        let is_new = self.uses.insert(hash, self.count).is_none();
        self.order.push_back((hash, self.count));
        while self.uses.len() > self.most {
            self.drop_oldest();
        }
        if self.order.len() > 2 * self.most + 16 {
            let uses = &self.uses;
            self.order
                .retain(|(hash, use_)| uses.get(hash) == Some(use_));
        }
        is_new
    }

    fn drop_oldest(&mut self) {
        if let Some((hash, use_)) = self.order.pop_front()
            && self.uses.get(&hash) == Some(&use_)
        {
            self.uses.remove(&hash);
        }
    }

    /// The leading blocks that are here.
    pub(crate) fn find(&self, hashes: &[u64]) -> usize {
        if self.most == 0 {
            return 0;
        }
        let known = hashes
            .iter()
            .take_while(|hash| self.uses.contains_key(hash));
        known.count()
    }

    /// Blocks that are here.
    pub(crate) fn len(&self) -> usize {
        self.uses.len()
    }

    pub(crate) fn clear(&mut self) {
        self.uses.clear();
        self.order.clear();
    }
}
