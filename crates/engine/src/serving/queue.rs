//! How sequences come to a replica: those that the server still takes in, those that the engine has
//! not looked for yet, and the queue.

use fakeai_canon::Micros;

use super::plan::Policy;
use super::sequence::Sequence;
use super::worker::{Slot, Worker};

impl Worker {
    /// Takes a sequence in, which may wait in the queue from `ready` on, or somewhat later: from the
    /// time that is given back. One that is new is not taken where too many wait.
    pub(super) fn join(
        &mut self,
        mut sequence: Sequence,
        now: Micros,
        ready: Micros,
    ) -> Result<Micros, Box<Sequence>> {
        let most = self.setting().max_waiting.unwrap_or(u32::MAX) as usize;
        let is_new = sequence.admitted.is_none();
        let waiting = self.waiting.len() + self.coming_in.len();
        if is_new && waiting >= most.saturating_add(self.places(&sequence)) {
            return Err(Box::new(sequence));
        }
        let is_at_once = ready <= now && self.setting().receive_interval <= 1;
        // Who came first is first in the queue.
        let before = self.coming_in.back().map_or(ready, |(at, _)| *at);
        let ready = if is_at_once { now } else { ready.max(before) };
        sequence.received.get_or_insert(ready);
        let id = sequence.id;
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.sequences.push(None);
            self.sequences.len() - 1
        });
        self.sequences[slot] = Some(sequence);
        self.slots.insert(id, slot);
        if is_at_once {
            self.enqueue(slot, false);
        } else {
            self.waiting_tokens += u64::from(self.sequence(slot).known());
            self.coming_in.push_back((ready, slot));
        }
        self.stir(now);
        Ok(ready)
    }

    /// How many of those that wait only do until the next step, were this one among them: none where
    /// they have not all room in the cache.
    fn places(&self, sequence: &Sequence) -> usize {
        let tokens = self.waiting_tokens + u64::from(sequence.known());
        let blocks = tokens.div_ceil(u64::from(self.setting().block_tokens));
        if blocks > u64::from(self.blocks.free()) {
            return 0;
        }
        let most = self.setting().max_sequences as usize;
        most.saturating_sub(self.running.len() + self.loading.len())
    }

    /// Puts a sequence into the queue: behind all others or before them, or where its priority
    /// says.
    pub(super) fn enqueue(&mut self, slot: Slot, in_front: bool) {
        let sequence = self.sequence(slot);
        let (known, is_remote) = (sequence.known(), sequence.is_remote);
        self.waiting_tokens += u64::from(known);
        self.to_fetch += u32::from(is_remote);
        match (self.setting().policy, in_front) {
            (Policy::FirstCome, true) => self.waiting.push_front(slot),
            (Policy::FirstCome, false) => self.waiting.push_back(slot),
            (Policy::Priority, _) => {
                let rank = self.sequence(slot).rank();
                let place = self
                    .waiting
                    .partition_point(|other| self.sequence(*other).rank() < rank);
                self.waiting.insert(place, slot);
            }
        }
    }

    /// Takes a sequence out of the queue.
    pub(super) fn dequeue(&mut self, place: usize) {
        if let Some(slot) = self.waiting.remove(place) {
            let sequence = self.sequence(slot);
            let (known, is_remote) = (sequence.known(), sequence.is_remote);
            self.waiting_tokens -= u64::from(known);
            self.to_fetch -= u32::from(is_remote);
        }
    }

    /// Puts those into the queue whom the server has taken in, where the engine looks for them.
    pub(super) fn receive(&mut self, now: Micros) {
        if !self.receives() {
            return;
        }
        while let Some((ready, slot)) = self.coming_in.front().copied() {
            if ready > now {
                break;
            }
            self.coming_in.pop_front();
            self.waiting_tokens -= u64::from(self.sequence(slot).known());
            self.enqueue(slot, false);
            self.is_stuck = false;
        }
    }

    /// Whether the engine looks for new requests now. SGLang may do so once in some steps of decodes
    /// only (`--scheduler-recv-interval`); with nothing to compute it goes round at once.
    fn receives(&mut self) -> bool {
        let interval = self.setting().receive_interval;
        let looks = self.running.is_empty() || self.is_stuck || self.unreceived >= interval;
        if looks {
            self.unreceived = 0;
        }
        looks || interval <= 1
    }

    /// Counts a step that has ended. One with a part of a prompt is followed by a look for more.
    pub(super) fn count_receipt(&mut self) {
        let steps = match self.has_prompts {
            true => self.setting().receive_interval,
            false => 1,
        };
        self.unreceived = self.unreceived.saturating_add(steps);
    }
}
