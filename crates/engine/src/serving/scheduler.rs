//! Which tokens a step computes: running sequences first, then waiting ones in the order of their
//! arrival, within the step's tokens, its sequences and the blocks that are free.

use super::plan::Kind;
use super::step_time::Batch;
use super::worker::{Slot, Worker};

/// Fills the next step. Empty where nothing can run.
pub(super) fn schedule(worker: &mut Worker) -> Batch {
    let kind = worker.setting().kind;
    let mut step = Draft {
        budget: worker.setting().max_batched_tokens,
        batch: Batch::default(),
        preempted: false,
    };
    // SGLang computes prompts between the steps of running sequences, not in them.
    let prompts_alone = kind == Kind::Sglang;
    if prompts_alone {
        step.unfinished_prompts(worker);
        step.waiting(worker);
        if !step.batch.chunks.is_empty() {
            return step.batch;
        }
    }
    step.running(worker);
    if !step.preempted && !prompts_alone {
        step.waiting(worker);
    }
    step.batch
}

struct Draft {
    budget: u32,
    batch: Batch,
    preempted: bool,
}

impl Draft {
    /// Running sequences, in order; where blocks run out the last ones make room.
    fn running(&mut self, worker: &mut Worker) {
        let mut place = 0;
        while place < worker.running.len() && self.budget > 0 {
            let slot = worker.running[place];
            let sequence = worker.sequence(slot);
            let wanted = (sequence.known() - sequence.computed).min(self.budget);
            if !self.make_room(worker, slot, wanted) {
                // It has made room for the others itself.
                return;
            }
            self.put(worker, slot, wanted);
            place += 1;
        }
    }

    /// Prompts that were begun in an earlier step.
    fn unfinished_prompts(&mut self, worker: &mut Worker) {
        for place in 0..worker.running.len() {
            let slot = worker.running[place];
            let sequence = worker.sequence(slot);
            let left = sequence.known() - sequence.computed;
            if left > 1 && self.budget > 0 {
                let wanted = left.min(self.budget);
                if worker.grow(slot, wanted) {
                    self.put(worker, slot, wanted);
                }
            }
        }
    }

    /// Blocks for a running sequence, if need be those of others. False where it lost its own.
    fn make_room(&mut self, worker: &mut Worker, slot: Slot, wanted: u32) -> bool {
        while !worker.grow(slot, wanted) {
            let Some(victim) = worker.running.last().copied() else {
                return false;
            };
            self.preempted = true;
            worker.preempt(victim);
            if victim == slot {
                return false;
            }
        }
        true
    }

    /// Waiting sequences, the first first; the first that does not fit ends it.
    fn waiting(&mut self, worker: &mut Worker) {
        while self.budget > 0 && worker.running.len() < worker.setting().max_sequences as usize {
            let Some(slot) = worker.waiting.front().copied() else {
                return;
            };
            let Some(wanted) = worker.take_up(slot, self.budget) else {
                return;
            };
            worker.waiting.pop_front();
            worker.running.push(slot);
            self.put(worker, slot, wanted);
        }
    }

    fn put(&mut self, worker: &mut Worker, slot: Slot, tokens: u32) {
        let sequence = worker.sequence_mut(slot);
        sequence.scheduled = tokens;
        self.budget -= tokens;
        let is_decode = tokens == 1 && sequence.generated > 0;
        if is_decode {
            self.batch.decodes += 1;
            self.batch.context += u64::from(sequence.computed);
        } else {
            self.batch.chunks.push((tokens, sequence.computed));
        }
        self.batch.rows += u32::from(sequence.gains());
        worker.scheduled.push(slot);
    }
}
