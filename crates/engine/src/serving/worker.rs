//! One replica of an engine: its queue, its batch, its cache, and the step under way.

use std::collections::{HashMap, VecDeque};

use fakeai_canon::{Micros, WorkerLoad};

use super::blocks::Blocks;
use super::noise::Noise;
use super::plan::{Kind, Misfit, Setting, Setup};
use super::scheduler::schedule;
use super::sequence::{Request, Sequence, SequenceId};
use super::step_time::{Batch, StepTime};

/// The place of a sequence in its worker.
pub(super) type Slot = usize;

/// What happens in a worker, in the order in which it happens. All of it may be left out.
pub trait Log {
    /// A sequence was taken up for the first time; so many prompt tokens were in the cache.
    fn admitted(&mut self, _id: SequenceId, _at: Micros, _cached: u32) {}
    /// How full the worker is: told before a step is said to have begun or ended.
    fn load(&mut self, _load: WorkerLoad) {}
    /// A step began; it computes `batch` until `end`.
    fn step(&mut self, _start: Micros, _end: Micros, _batch: &Batch) {}
    /// A sequence gains a token at the end of the step that began. 0 is the first.
    fn token(&mut self, _id: SequenceId, _index: u32, _at: Micros) {}
    /// A sequence lost its blocks to others and waits to be computed again.
    fn preempted(&mut self, _id: SequenceId, _at: Micros) {}
    /// A sequence has all its tokens.
    fn finished(&mut self, _finished: &Finished) {}
    /// The step that began has ended.
    fn step_ended(&mut self) {}
}

/// A log that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Log for Quiet {}

/// A sequence that has all its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The sequence.
    pub id: SequenceId,
    /// When it arrived.
    pub arrived: Micros,
    /// When its first token was there.
    pub first_token: Micros,
    /// When its last one was.
    pub ended: Micros,
    /// Tokens of its prompt.
    pub prompt: u32,
    /// Those of them that the cache had.
    pub cached: u32,
    /// Tokens that it generated.
    pub output: u32,
    /// How often it had to make room.
    pub preemptions: u32,
}

/// One replica.
#[derive(Clone, Debug)]
pub struct Worker {
    times: StepTime,
    noise: Noise,
    blocks: Blocks,
    sequences: Vec<Option<Sequence>>,
    vacant: Vec<Slot>,
    slots: HashMap<SequenceId, Slot>,
    /// Requests that have not arrived, in order of their arrival.
    coming: VecDeque<Slot>,
    pub(super) waiting: VecDeque<Slot>,
    pub(super) running: Vec<Slot>,
    pub(super) scheduled: Vec<Slot>,
    /// Who had to make room while the step was filled.
    preempted: Vec<SequenceId>,
    next_id: u64,
    /// When the last step ended.
    clock: Micros,
    /// When the step under way ends.
    ends: Option<Micros>,
}

impl Worker {
    /// An idle worker.
    ///
    /// # Errors
    /// A set-up that can't run.
    pub fn new(setup: &Setup, noise: Noise) -> Result<Self, Misfit> {
        Ok(Self {
            blocks: Blocks::new(setup.blocks()?),
            times: StepTime::new(setup),
            noise,
            sequences: Vec::new(),
            vacant: Vec::new(),
            slots: HashMap::new(),
            coming: VecDeque::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            scheduled: Vec::new(),
            preempted: Vec::new(),
            next_id: 0,
            clock: Micros::ZERO,
            ends: None,
        })
    }

    /// The times that it goes by.
    pub fn times(&self) -> &StepTime {
        &self.times
    }

    /// Sequences in the batch.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// Sequences in the queue.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Requests that have not joined the queue.
    pub fn coming(&self) -> usize {
        self.coming.len()
    }

    /// Whether nothing runs, waits or is to come.
    pub fn is_idle(&self) -> bool {
        self.slots.is_empty()
    }

    /// When the next request that has not arrived does.
    pub fn next_arrival(&self) -> Option<Micros> {
        let first = self.coming.front()?;
        Some(self.sequence(*first).request.arrived)
    }

    /// Whether the sequence is still on its way.
    pub fn has(&self, id: SequenceId) -> bool {
        self.slots.contains_key(&id)
    }

    /// The share of blocks in use.
    pub fn cache_usage(&self) -> f64 {
        1.0 - f64::from(self.blocks.free()) / f64::from(self.blocks.count())
    }

    /// How full it is at that time.
    pub fn load(&self, at: Micros) -> WorkerLoad {
        let has_arrived = |slot: &&Slot| self.sequence(**slot).request.arrived <= at;
        let arrived = self.coming.iter().take_while(has_arrived).count();
        WorkerLoad {
            running: self.running.len() as u32,
            waiting: (self.waiting.len() + arrived) as u32,
            used_blocks: self.blocks.count() - self.blocks.free(),
            known_blocks: self.blocks.known(),
            blocks: self.blocks.count(),
        }
    }

    /// When the step under way ends, if one is.
    pub fn step_ends(&self) -> Option<Micros> {
        self.ends
    }

    /// Takes a request, which may arrive later than now. One that could never fit is cut to what
    /// the cache holds.
    pub fn submit(&mut self, mut request: Request) -> SequenceId {
        let most = self
            .blocks
            .count()
            .saturating_mul(self.setting().block_tokens);
        request.prompt = request.prompt.clamp(1, most.saturating_sub(1).max(1));
        request.output = request.output.clamp(1, (most - request.prompt).max(1));
        let id = SequenceId(self.next_id);
        self.next_id += 1;
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.sequences.push(None);
            self.sequences.len() - 1
        });
        let arrived = request.arrived;
        self.sequences[slot] = Some(Sequence::new(id, request));
        self.slots.insert(id, slot);
        let later = |other: &&Slot| self.sequence(**other).request.arrived > arrived;
        let after = self.coming.iter().rev().take_while(later).count();
        self.coming.insert(self.coming.len() - after, slot);
        id
    }

    /// Takes a request back, wherever it is.
    pub fn cancel(&mut self, id: SequenceId) {
        let Some(slot) = self.slots.remove(&id) else {
            return;
        };
        for queue in [&mut self.coming, &mut self.waiting] {
            queue.retain(|other| *other != slot);
        }
        self.running.retain(|other| *other != slot);
        self.scheduled.retain(|other| *other != slot);
        self.vacate(slot);
    }

    /// Lets everything happen that happens until then.
    pub fn advance(&mut self, until: Micros, log: &mut impl Log) {
        loop {
            if let Some(end) = self.ends {
                if end > until {
                    return;
                }
                self.complete(end, log);
            }
            if !self.begin(until, log) {
                return;
            }
        }
    }

    /// Begins a step, where there is something to do by then.
    fn begin(&mut self, until: Micros, log: &mut impl Log) -> bool {
        if self.running.is_empty() && self.waiting.is_empty() {
            let Some(first) = self.coming.front() else {
                return false;
            };
            let arrival = self.sequence(*first).request.arrived;
            if arrival > until {
                return false;
            }
            self.clock = self.clock.max(arrival);
        }
        self.arrive();
        let before = self.running.len();
        let batch = schedule(self);
        for id in self.preempted.drain(..) {
            log.preempted(id, self.clock);
        }
        if self.scheduled.is_empty() {
            return false;
        }
        let start = self.clock;
        let seconds = self.times.seconds(&batch) * self.noise.factor();
        let end = start + Micros::from_seconds(seconds).max(Micros(1));
        for place in before.min(self.running.len())..self.running.len() {
            let sequence = self.sequence(self.running[place]);
            log.admitted(sequence.id, start, sequence.cached.unwrap_or(0));
        }
        log.load(self.load(start));
        log.step(start, end, &batch);
        for slot in &self.scheduled {
            let sequence = self.sequence(*slot);
            if sequence.gains() {
                log.token(sequence.id, sequence.generated, end);
            }
        }
        self.ends = Some(end);
        true
    }

    /// Those that have arrived join the queue.
    fn arrive(&mut self) {
        while let Some(first) = self.coming.front().copied() {
            if self.sequence(first).request.arrived > self.clock {
                return;
            }
            self.coming.pop_front();
            self.waiting.push_back(first);
        }
    }

    /// Ends the step under way.
    fn complete(&mut self, end: Micros, log: &mut impl Log) {
        self.ends = None;
        self.clock = end;
        let mut scheduled = std::mem::take(&mut self.scheduled);
        for slot in scheduled.drain(..) {
            let sequence = self.sequence_mut(slot);
            let gains = sequence.gains();
            sequence.computed += sequence.scheduled;
            sequence.scheduled = 0;
            if gains {
                sequence.generated += 1;
                sequence.first_token.get_or_insert(end);
            }
            let is_done = sequence.is_done();
            self.publish(slot);
            if is_done {
                self.finish(slot, end, log);
            }
        }
        self.scheduled = scheduled;
        log.load(self.load(end));
        log.step_ended();
    }

    /// Makes the full blocks of a prompt known, as far as they are computed.
    fn publish(&mut self, slot: Slot) {
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
            self.blocks
                .publish(sequence.blocks[place], sequence.request.hashes[place]);
            sequence.published += 1;
        }
    }

    fn finish(&mut self, slot: Slot, end: Micros, log: &mut impl Log) {
        self.running.retain(|other| *other != slot);
        let sequence = self.sequence(slot);
        let finished = Finished {
            id: sequence.id,
            arrived: sequence.request.arrived,
            first_token: sequence.first_token.unwrap_or(end),
            ended: end,
            prompt: sequence.request.prompt,
            cached: sequence.cached.unwrap_or(0),
            output: sequence.generated,
            preemptions: sequence.preemptions,
        };
        self.slots.remove(&finished.id);
        self.vacate(slot);
        log.finished(&finished);
    }

    fn vacate(&mut self, slot: Slot) {
        if let Some(mut sequence) = self.sequences[slot].take() {
            self.blocks.give_back(&mut sequence.blocks);
            self.vacant.push(slot);
        }
    }

    pub(super) fn setting(&self) -> &Setting {
        &self.times.setup().setting
    }

    pub(super) fn sequence(&self, slot: Slot) -> &Sequence {
        self.sequences[slot]
            .as_ref()
            .expect("queues name sequences that are there")
    }

    pub(super) fn sequence_mut(&mut self, slot: Slot) -> &mut Sequence {
        self.sequences[slot]
            .as_mut()
            .expect("queues name sequences that are there")
    }

    /// Gives a running sequence the blocks for so many more tokens; false where there are none.
    pub(super) fn grow(&mut self, slot: Slot, tokens: u32) -> bool {
        let size = self.setting().block_tokens;
        let sequence = self.sequences[slot]
            .as_mut()
            .expect("running sequences are there");
        let needed = (sequence.computed + tokens).div_ceil(size);
        let more = needed.saturating_sub(sequence.blocks.len() as u32);
        more == 0 || self.blocks.take(more, &mut sequence.blocks)
    }

    /// Takes a waiting sequence up: what the cache has of it, and blocks for the part that this
    /// step computes. None where that does not fit.
    pub(super) fn take_up(&mut self, slot: Slot, budget: u32) -> Option<u32> {
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
        let left = known - cached;
        if !setting.chunked_prefill && left > budget {
            return None;
        }
        let wanted = left.min(budget);
        // The whole prompt has to fit before any of it is computed; TensorRT-LLM wants room for
        // the whole answer.
        let length = match setting.kind {
            Kind::TensorRt => sequence.request.prompt + sequence.request.output,
            Kind::Vllm | Kind::Sglang => known,
        };
        let idle = self.blocks.idle(&hashes[..found]);
        let fresh = length.div_ceil(size) - found as u32;
        if fresh + idle > self.blocks.free() {
            return None;
        }
        let mut blocks = Vec::with_capacity(length.div_ceil(size) as usize);
        self.blocks.share(&hashes[..found], &mut blocks);
        let now = match setting.kind {
            Kind::TensorRt => fresh,
            Kind::Vllm | Kind::Sglang => (cached + wanted).div_ceil(size) - found as u32,
        };
        let taken = self.blocks.take(now, &mut blocks);
        debug_assert!(taken, "what is free was counted");
        let sequence = self.sequence_mut(slot);
        sequence.blocks = blocks;
        sequence.computed = cached;
        sequence.published = found;
        sequence.cached.get_or_insert(cached);
        Some(wanted)
    }

    /// A running sequence makes room: it waits at the head of the queue to be computed again.
    pub(super) fn preempt(&mut self, slot: Slot) {
        self.running.retain(|other| *other != slot);
        self.waiting.push_front(slot);
        let sequence = self.sequences[slot]
            .as_mut()
            .expect("running sequences are there");
        self.blocks.give_back(&mut sequence.blocks);
        sequence.computed = 0;
        sequence.published = 0;
        sequence.preemptions += 1;
        let id = sequence.id;
        self.preempted.push(id);
    }
}
