//! How a sequence gets its blocks: what the cache has of it, what the host's memory or another
//! replica has, and what it loses when others need room.

use std::cmp::Reverse;

use fakeai_canon::Micros;

use super::log::BlockChange;
use super::plan::{Kind, Policy};
use super::sequence::{Sequence, SequenceId};
use super::worker::{Fetch, Loading, Slot, Worker};

/// What comes of a waiting sequence's turn.
pub(super) enum Turn {
    /// It does not fit.
    Waits,
    /// It joins the batch; so many tokens of it are computed in this step.
    Joins(u32),
    /// Its blocks are taken, and what they hold is on its way.
    Loads,
}

impl Worker {
    /// Makes the full blocks of a prompt known, as far as they are computed.
    pub(super) fn publish(&mut self, slot: Slot) {
        let tokens = self.setting().block_tokens;
        if !self.setting().prefix_caching {
            return;
        }
        let Some(sequence) = &mut self.sequences[slot] else {
            return;
        };
        let full = (sequence.computed / tokens) as usize;
        let full = full.min(sequence.request.hashes.len());
        while sequence.published < full {
            let place = sequence.published;
            let (block, hash) = (sequence.blocks[place], sequence.request.hashes[place]);
            let stored = BlockChange::Stored {
                id: sequence.id,
                place: place as u32,
            };
            self.blocks.publish(block, hash, stored);
            sequence.published += 1;
        }
    }

    /// Gives a running sequence the blocks for so many more tokens; false where there are none.
    pub(super) fn grow(&mut self, slot: Slot, tokens: u32) -> bool {
        let size = self.setting().block_tokens;
        let sequence = self.sequences[slot]
            .as_mut()
            .expect("running sequences are there");
        let held = sequence.blocks.len() as u32;
        let needed = sequence.computed + tokens;
        // Room for the proposals of the step after is taken with it.
        let needed = self.room.with(needed, self.room.ahead);
        if needed <= held * size {
            return true;
        }
        let more = needed.div_ceil(size) - held;
        self.blocks.take(more, &mut sequence.blocks)
    }

    /// Takes a waiting sequence up: what the cache has of it, and blocks for the part that this
    /// step computes or that is fetched first.
    pub(super) fn take_up(&mut self, slot: Slot, budget: u32) -> Turn {
        let setting = *self.setting();
        let size = setting.block_tokens;
        let sequence = self.sequences[slot]
            .as_ref()
            .expect("waiting sequences are there");
        let known = sequence.known();
        // One token is always computed, since the next is sampled from it.
        let usable = ((sequence.request.prompt - 1) / size) as usize;
        let hashes = &sequence.request.hashes;
        let hashes = if setting.prefix_caching {
            &hashes[..usable.min(hashes.len())]
        } else {
            &[]
        };
        let found = self.blocks.find(hashes);
        let cached = found as u32 * size;
        let there = if sequence.is_remote {
            known - 1
        } else {
            cached + self.blocks.find_in_host(&hashes[found..]) as u32 * size
        };
        let loads = there > cached;
        // Without parts a prompt waits for a step that has room for it; none has for the longest.
        if !setting.chunked_prefill && known - there > budget && budget < setting.max_batched_tokens
        {
            return Turn::Waits;
        }
        let wanted = self.part(known - there).min(budget);
        let whole = self.whole(sequence);
        let idle = self.blocks.idle(&hashes[..found]);
        let fresh = whole.div_ceil(size) - found as u32;
        if fresh + idle + self.reserve() > self.blocks.free() {
            return Turn::Waits;
        }
        if setting.kind == Kind::Sglang {
            if !self.has_room(sequence, cached, self.blocks.free() - idle) {
                return Turn::Waits;
            }
            let rest = self.longest_rest(sequence);
            self.estimate.promise(rest);
        }
        let length = match (setting.kind, loads) {
            (Kind::TensorRt, _) => whole,
            (Kind::Vllm | Kind::Sglang, true) => there,
            (Kind::Vllm | Kind::Sglang, false) => cached + wanted,
        };
        let mut blocks = Vec::with_capacity(whole.div_ceil(size) as usize);
        self.blocks.share(&hashes[..found], &mut blocks);
        let taken = self
            .blocks
            .take(length.div_ceil(size) - found as u32, &mut blocks);
        debug_assert!(taken, "what is free was counted");
        let sequence = self.sequence_mut(slot);
        sequence.blocks = blocks;
        sequence.computed = there;
        sequence.published = found;
        if sequence.cached.is_none() {
            sequence.cached = Some(there.min(sequence.request.prompt - 1));
            sequence.host = there - cached;
        }
        let is_remote = sequence.is_remote;
        self.taken_up.push(slot);
        if loads || is_remote {
            self.begin_loading(slot, there - cached);
            return Turn::Loads;
        }
        Turn::Joins(wanted)
    }

    /// The tokens that have to fit before any is computed: the whole prompt, with TensorRT-LLM the
    /// whole answer, too.
    fn whole(&self, sequence: &Sequence) -> u32 {
        match self.setting().kind {
            Kind::TensorRt => {
                let end = sequence.request.prompt + sequence.request.output;
                self.room.with(end, self.room.beyond)
            }
            Kind::Vllm | Kind::Sglang => sequence.known(),
        }
    }

    /// The part of a prompt that one step computes.
    pub(super) fn part(&self, tokens: u32) -> u32 {
        match self.setting().long_prefill_tokens {
            0 => tokens,
            most => tokens.min(most),
        }
    }

    /// Blocks that stay free when a sequence is taken up. Where nothing runs that could need them,
    /// none do.
    fn reserve(&self) -> u32 {
        if self.running.is_empty() {
            return 0;
        }
        (self.setting().watermark * f64::from(self.blocks.count())).ceil() as u32
    }

    /// So many tokens of a sequence are fetched: from another replica, or from the host's memory.
    fn begin_loading(&mut self, slot: Slot, tokens: u32) {
        let sequence = self.sequence(slot);
        let (ready, from_host) = if sequence.is_remote {
            let id = sequence.id;
            self.fetches.push(Fetch { id, tokens });
            (None, 0)
        } else {
            (Some(self.clock + self.host_time(tokens)), tokens)
        };
        self.loading.push(Loading {
            slot,
            ready,
            from_host,
        });
    }

    /// A sequence whose prompt is computed here, as it goes to who generates: without its blocks.
    pub(super) fn copy_computed(&mut self, id: SequenceId) -> Option<Sequence> {
        let slot = *self.slots.get(&id)?;
        let sequence = self.sequences[slot].as_mut()?;
        let hashes = std::mem::take(&mut sequence.request.hashes);
        let mut copy = Sequence {
            blocks: Vec::new(),
            ..sequence.clone()
        };
        copy.request.hashes = hashes;
        copy.begin_anew();
        copy.is_remote = true;
        Some(copy)
    }

    /// The blocks that a sequence fetches are there then.
    pub(super) fn loads_until(&mut self, id: SequenceId, at: Micros) {
        let Some(slot) = self.slots.get(&id).copied() else {
            return;
        };
        if let Some(loading) = self.loading.iter_mut().find(|other| other.slot == slot) {
            loading.ready = Some(at);
        }
    }

    /// What a sequence has fetched is there: it joins the batch.
    pub(super) fn loaded(&mut self, slot: Slot) {
        self.sequence_mut(slot).is_remote = false;
        self.publish(slot);
        self.running.push(slot);
        self.is_stuck = false;
    }

    /// The place in the batch of the sequence that makes room first.
    pub(super) fn victim(&self) -> Option<usize> {
        let places = 0..self.running.len();
        let of = |place: &usize| self.sequence(self.running[*place]);
        match (self.setting().kind, self.setting().policy) {
            // Who has said least, and of these who has the longest prompt.
            (Kind::Sglang, _) if self.times.setup().speculation.is_none() => {
                places.min_by_key(|place| {
                    let sequence = of(place);
                    (
                        sequence.generated,
                        Reverse(sequence.request.prompt),
                        Reverse(*place),
                    )
                })
            }
            (Kind::Sglang, _) | (_, Policy::FirstCome) => self.running.len().checked_sub(1),
            (_, Policy::Priority) => places.max_by_key(|place| of(place).rank()),
        }
    }

    /// A running sequence makes room: it waits to be computed again, before all others where who
    /// came first counts, and with SGLang behind them.
    pub(super) fn preempt(&mut self, place: usize) {
        let slot = self.running.remove(place);
        let sequence = self.sequences[slot]
            .as_mut()
            .expect("running sequences are there");
        self.blocks.give_back(&mut sequence.blocks);
        sequence.begin_anew();
        sequence.preemptions += 1;
        let id = sequence.id;
        self.preempted.push(id);
        self.enqueue(slot, self.setting().kind != Kind::Sglang);
    }

    /// Whether one more adapter would be too many in this batch.
    pub(super) fn exceeds_adapters(&self, slot: Slot) -> bool {
        let (Some(adapter), Some(most)) = (
            self.sequence(slot).request.adapter,
            self.setting().max_adapters,
        ) else {
            return false;
        };
        let loading = self.loading.iter().map(|loading| loading.slot);
        let all = self.running.iter().copied().chain(loading);
        let mut adapters: Vec<u32> = all
            .filter_map(|other| self.sequence(other).request.adapter)
            .collect();
        adapters.sort_unstable();
        adapters.dedup();
        !adapters.contains(&adapter) && adapters.len() >= most as usize
    }

    /// Blocks that are in use or will be by those that wait: what a router weighs as load.
    pub(super) fn active_blocks(&self) -> f64 {
        let used = self.blocks.count() - self.blocks.free();
        let waiting = self.waiting_tokens as f64 / f64::from(self.setting().block_tokens);
        f64::from(used) + waiting
    }

    /// Blocks of a prompt that the cache has.
    pub(super) fn overlap(&self, hashes: &[u64]) -> usize {
        if !self.setting().prefix_caching {
            return 0;
        }
        self.blocks.find(hashes)
    }
}
