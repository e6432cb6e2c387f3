//! Which tokens a step computes: running sequences first, then waiting ones in the order of the
//! queue, within the step's tokens, its sequences and the blocks that are free.

use super::admission::Turn;
use super::plan::Kind;
use super::step_time::Batch;
use super::worker::{Slot, Worker};

/// Fills the next step. Empty where nothing can run.
pub(super) fn schedule(worker: &mut Worker) -> Batch {
    let kind = worker.setting().kind;
    let mut step = Draft {
        budget: worker.setting().max_batched_tokens,
        preempted: false,
    };
    // SGLang computes prompts between the steps of running sequences, not in them.
    let prompts_alone = kind == Kind::Sglang;
    if prompts_alone {
        if worker.setting().mixed_chunks {
            let generating = |slot: &&usize| worker.sequence(**slot).is_generating();
            let beside = worker.running.iter().filter(generating).count();
            step.budget = step.budget.saturating_sub(beside as u32).max(1);
        }
        step.unfinished_prompts(worker);
        if !worker.waiting.is_empty() {
            worker.expect();
        }
        step.waiting(worker);
        if !worker.scheduled.is_empty() {
            if worker.setting().mixed_chunks {
                beside(worker);
            }
            return batch(worker);
        }
    }
    step.running(worker);
    match (prompts_alone, step.preempted) {
        (true, true) => worker.expect_anew(),
        (true, false) => worker.estimate.decay(),
        (false, true) => {}
        (false, false) => step.waiting(worker),
    }
    batch(worker)
}

/// Running sequences go on beside the prompts of a step, those for which there are blocks.
fn beside(worker: &mut Worker) {
    for place in 0..worker.running.len() {
        let slot = worker.running[place];
        let sequence = worker.sequence(slot);
        if sequence.scheduled == 0 && sequence.is_generating() && worker.grow(slot, 1) {
            worker.sequence_mut(slot).scheduled = 1;
            worker.scheduled.push(slot);
        }
    }
}

/// What the sequences of a step have to be computed together.
fn batch(worker: &Worker) -> Batch {
    let mut batch = Batch::default();
    for slot in &worker.scheduled {
        let sequence = worker.sequence(*slot);
        if sequence.scheduled - sequence.proposed == 1 && sequence.generated > 0 {
            batch.decodes += 1;
            batch.proposed += sequence.proposed;
            batch.context += u64::from(sequence.computed);
        } else {
            batch.chunks.push((sequence.scheduled, sequence.computed));
        }
        batch.rows += u32::from(sequence.gains());
    }
    batch
}

struct Draft {
    budget: u32,
    preempted: bool,
}

impl Draft {
    /// Running sequences, in order; where blocks run out the last ones make room.
    fn running(&mut self, worker: &mut Worker) {
        let mut place = 0;
        while place < worker.running.len() && self.budget > 0 {
            let slot = worker.running[place];
            let sequence = worker.sequence(slot);
            let left = sequence.known() - sequence.computed;
            let wanted = worker.part(left).min(self.budget);
            let proposed = worker.proposals(slot, self.budget - wanted);
            if !self.make_room(worker, &mut place, wanted + proposed.tokens) {
                // It has made room for the others itself: with SGLang they may come behind it.
                if worker.setting().kind == Kind::Sglang {
                    continue;
                }
                return;
            }
            self.put(worker, slot, wanted + proposed.tokens);
            worker.propose(slot, proposed);
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
                let wanted = worker.part(left).min(self.budget);
                if worker.grow(slot, wanted) {
                    self.put(worker, slot, wanted);
                }
            }
        }
    }

    /// Blocks for the running sequence in that place, if need be those of others. False where it
    /// lost its own.
    fn make_room(&mut self, worker: &mut Worker, place: &mut usize, wanted: u32) -> bool {
        while !worker.grow(worker.running[*place], wanted) {
            let Some(victim) = worker.victim() else {
                return false;
            };
            self.preempted = true;
            self.take_back(worker, worker.running[victim]);
            worker.preempt(victim);
            if victim == *place {
                return false;
            }
            if victim < *place {
                *place -= 1;
            }
        }
        true
    }

    /// What this step was to compute of a sequence is left out.
    fn take_back(&mut self, worker: &mut Worker, slot: Slot) {
        let scheduled = worker.sequence(slot).scheduled;
        if scheduled > 0 {
            self.budget += scheduled;
            worker.scheduled.retain(|other| *other != slot);
        }
    }

    /// Waiting sequences, in the order of the queue; the first that does not fit ends it. One whose
    /// adapter would be one too many is passed over.
    fn waiting(&mut self, worker: &mut Worker) {
        let most = worker.setting().max_sequences as usize;
        let mut place = 0;
        while self.budget > 0 && worker.running.len() + worker.loading.len() < most {
            let Some(slot) = worker.waiting.get(place).copied() else {
                return;
            };
            if worker.exceeds_adapters(slot) {
                place += 1;
                continue;
            }
            match worker.take_up(slot, self.budget) {
                Turn::Waits => return,
                Turn::Joins(wanted) => {
                    worker.dequeue(place);
                    worker.running.push(slot);
                    self.put(worker, slot, wanted);
                }
                Turn::Loads => worker.dequeue(place),
            }
        }
    }

    fn put(&mut self, worker: &mut Worker, slot: Slot, tokens: u32) {
        worker.sequence_mut(slot).scheduled = tokens;
        self.budget -= tokens;
        worker.scheduled.push(slot);
    }
}
