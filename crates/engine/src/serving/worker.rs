//! One replica of an engine: its queue, its batch, its cache, and the step under way. How a
//! sequence comes into the queue is in `queue`, how it gets its blocks in `admission`, what is done to
//! a replica from outside in `control`.

use std::collections::VecDeque;

use fakeai_canon::{Micros, WorkerLoad};

use super::blocks::Blocks;
use super::control::Sleep;
use super::estimate::Estimate;
use super::gpus::Gpus;
use super::log::{Finished, Log};
use super::noise::Noise;
use super::plan::{Misfit, Setting, Setup};
use super::proposals::Room;
use super::quick_hash::QuickMap;
use super::scheduler::schedule;
use super::sequence::{Sequence, SequenceId};
use super::speculation::Draws;
use super::step_time::StepTime;

/// The place of a sequence in its worker.
pub(super) type Slot = usize;

/// What a replica does of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// All of it.
    #[default]
    Whole,
    /// It computes prompts and hands them on.
    Prefill,
    /// It fetches computed prompts and generates.
    Decode,
}

impl Role {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Whole => "whole",
            Role::Prefill => "prefill",
            Role::Decode => "decode",
        }
    }
}

/// A sequence whose blocks are on their way into the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loading {
    pub(super) slot: Slot,
    /// When they are there; none while that is not known.
    pub(super) ready: Option<Micros>,
    /// Tokens that come from the host's memory.
    pub(super) from_host: u32,
}

/// Blocks that a sequence wants from the replica that has computed them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fetch {
    pub(super) id: SequenceId,
    pub(super) tokens: u32,
}

/// One replica.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) times: StepTime,
    pub(super) gpus: Gpus,
    noise: Noise,
    pub(super) draws: Draws,
    pub(super) room: Room,
    pub(super) estimate: Estimate,
    role: Role,
    pub(super) blocks: Blocks,
    pub(super) sequences: Vec<Option<Sequence>>,
    pub(super) vacant: Vec<Slot>,
    pub(super) slots: QuickMap<SequenceId, Slot>,
    pub(super) waiting: VecDeque<Slot>,
    /// Tokens of those that wait.
    pub(super) waiting_tokens: u64,
    /// Those that wait to fetch what another replica has computed.
    pub(super) to_fetch: u32,
    pub(super) running: Vec<Slot>,
    /// Who the server still takes in, and when it will have: the earliest first. Who is ready waits
    /// here until the engine looks for new requests.
    pub(super) coming_in: VecDeque<(Micros, Slot)>,
    /// Steps of decodes since it last did; those with prompts count for as many as it waits for.
    pub(super) unreceived: u32,
    /// Whether the step under way has a part of a prompt.
    pub(super) has_prompts: bool,
    pub(super) loading: Vec<Loading>,
    pub(super) scheduled: Vec<Slot>,
    /// Who was taken up while the step was filled.
    pub(super) taken_up: Vec<Slot>,
    /// Who had to make room while the step was filled.
    pub(super) preempted: Vec<SequenceId>,
    /// Whose prompt is computed and waits to be fetched.
    pub(super) prefilled: Vec<SequenceId>,
    pub(super) fetches: Vec<Fetch>,
    /// When the last step ended, or when something last changed.
    pub(super) clock: Micros,
    /// When the step under way ends.
    pub(super) ends: Option<Micros>,
    /// When the server has sent what steps have gained that have ended, and what the step under way
    /// will.
    pub(super) sent: Micros,
    pub(super) sends: Micros,
    /// Whether nothing can run before something changes.
    pub(super) is_stuck: bool,
    pub(super) sleep: Sleep,
}

impl Worker {
    /// An idle worker, from now on.
    pub(super) fn new(
        setup: &Setup,
        role: Role,
        (noise, draws): (Noise, Draws),
        now: Micros,
    ) -> Result<Self, Misfit> {
        let blocks = setup.blocks()?;
        Ok(Self {
            blocks: Blocks::new(blocks, setup.host_blocks()),
            times: StepTime::new(setup),
            gpus: Gpus::new(setup, now),
            noise,
            draws,
            room: Room::of(setup, blocks),
            estimate: Estimate::new(setup.setting.conservativeness),
            role,
            sequences: Vec::new(),
            vacant: Vec::new(),
            slots: QuickMap::default(),
            waiting: VecDeque::new(),
            waiting_tokens: 0,
            to_fetch: 0,
            running: Vec::new(),
            coming_in: VecDeque::new(),
            unreceived: 0,
            has_prompts: false,
            loading: Vec::new(),
            scheduled: Vec::new(),
            taken_up: Vec::new(),
            preempted: Vec::new(),
            prefilled: Vec::new(),
            fetches: Vec::new(),
            clock: now,
            ends: None,
            sent: now,
            sends: now,
            is_stuck: false,
            sleep: Sleep::Awake,
        })
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    /// Whether the sequence is here.
    pub(super) fn has(&self, id: SequenceId) -> bool {
        self.slots.contains_key(&id)
    }

    /// Whether there is nothing in it, nor anything that others fetch from it.
    pub(super) fn is_idle(&self) -> bool {
        self.slots.is_empty()
    }

    /// How full it is.
    pub(super) fn load(&self) -> WorkerLoad {
        WorkerLoad {
            running: self.running.len() as u32,
            waiting: (self.busyness() - self.running.len()) as u32,
            loading: self.loading.len() as u32,
            to_fetch: self.to_fetch,
            used_blocks: self.blocks.count() - self.blocks.free(),
            known_blocks: self.blocks.known(),
            idle_blocks: self.blocks.idle_known(),
            host_blocks: self.blocks.in_host(),
            blocks: self.blocks.count(),
        }
    }

    /// Sequences that it has to do with, in any state.
    pub(super) fn busyness(&self) -> usize {
        self.running.len() + self.waiting.len() + self.loading.len() + self.coming_in.len()
    }

    /// Something has changed: what could not run before may be able to now.
    pub(super) fn stir(&mut self, now: Micros) {
        self.is_stuck = false;
        if self.ends.is_none() {
            self.clock = self.clock.max(now);
        }
    }

    /// When something happens next, if nothing comes from outside.
    pub(super) fn next(&self) -> Option<Micros> {
        if let Some(end) = self.ends {
            return Some(end);
        }
        if self.may_begin() {
            return Some(self.clock);
        }
        let ready = self.loading.iter().filter_map(|loading| loading.ready);
        let in_queue = self.coming_in.front().map(|(at, _)| *at);
        let timer = ready.chain(self.sleep.wakes()).chain(in_queue).min()?;
        Some(timer.max(self.clock))
    }

    fn may_begin(&self) -> bool {
        let has_work = !self.running.is_empty() || !self.waiting.is_empty();
        has_work && !self.is_stuck && self.sleep.is_awake()
    }

    /// Lets everything happen that happens until then.
    pub(super) fn advance(&mut self, until: Micros, log: &mut impl Log) {
        while let Some(at) = self.next() {
            if at > until {
                return;
            }
            if let Some(end) = self.ends {
                self.complete(end, log);
            }
            self.clock = self.clock.max(at);
            self.settle();
            if self.may_begin() {
                self.begin(log);
            }
        }
    }

    /// What was waited for is there: who came in, blocks that were on their way, the end of a sleep.
    fn settle(&mut self) {
        let now = self.clock;
        if self.sleep.wakes().is_some_and(|at| at <= now) {
            self.sleep = Sleep::Awake;
            self.is_stuck = false;
        }
        self.receive(now);
        let mut place = 0;
        while place < self.loading.len() {
            match self.loading[place].ready {
                Some(ready) if ready <= now => {
                    let slot = self.loading.remove(place).slot;
                    self.loaded(slot);
                }
                Some(_) | None => place += 1,
            }
        }
    }

    /// Begins a step, where there is something that fits.
    fn begin(&mut self, log: &mut impl Log) {
        let batch = schedule(self);
        self.tell_blocks(log);
        let start = self.clock;
        for id in self.preempted.drain(..) {
            log.preempted(id, start);
        }
        let mut taken_up = std::mem::take(&mut self.taken_up);
        for slot in taken_up.drain(..) {
            let sequence = self.sequence_mut(slot);
            if sequence.admitted.is_none() {
                sequence.admitted = Some(start);
                let cached = sequence.cached.unwrap_or(0);
                log.admitted(sequence.id, start, cached, sequence.host.min(cached));
            }
        }
        self.taken_up = taken_up;
        self.tell_moves(log);
        if self.scheduled.is_empty() {
            self.is_stuck = true;
            return;
        }
        self.has_prompts = !batch.chunks.is_empty();
        let factor = self.noise.factor();
        let end = self.gpus.step(start, &batch, &self.times, factor);
        log.load(self.load());
        if let Some(share) = self.times.drafting_share(&batch) {
            log.drafts(Micros::from_seconds(end.since(start).seconds() * share));
        }
        log.step(start, end, &batch);
        self.sends = end;
        if self.role != Role::Prefill {
            self.send(end, log);
            self.tell_tokens(self.sends, log);
        }
        self.ends = Some(end);
    }

    /// Says when the server will have sent what the step gains that ends then. The engine does not
    /// wait for it: where steps gain more than the server sends, tokens come later and later.
    fn send(&mut self, end: Micros, log: &mut impl Log) {
        let gains = |slot: &Slot| self.sequence(*slot).gain();
        let tokens: u32 = self.scheduled.iter().map(gains).sum();
        let takes = self.times.output_seconds(f64::from(tokens));
        self.sends = end.max(self.sent) + Micros::from_seconds(takes);
        log.delivered(self.sends, tokens);
    }

    /// Ends the step under way.
    fn complete(&mut self, end: Micros, log: &mut impl Log) {
        self.ends = None;
        self.clock = end;
        self.sent = self.sends;
        self.count_receipt();
        let mut scheduled = std::mem::take(&mut self.scheduled);
        // Of those that stay nothing more is to be done.
        scheduled.retain(|slot| self.advance_sequence(*slot));
        if !scheduled.is_empty() {
            let sequences = &self.sequences;
            let leaves = |slot: &Slot| match &sequences[*slot] {
                Some(sequence) => !sequence.is_leaving,
                None => false,
            };
            self.running.retain(leaves);
            for slot in scheduled.drain(..) {
                self.leave(slot, log);
            }
        }
        self.scheduled = scheduled;
        if self.running.is_empty() && self.waiting.is_empty() {
            self.estimate.reset();
        }
        self.tell_blocks(log);
        log.load(self.load());
        log.step_ended();
        if self.sleep.is_pending() {
            self.lie_down();
        }
    }

    /// Books what the step has computed of a sequence. True where it leaves the batch.
    fn advance_sequence(&mut self, slot: Slot) -> bool {
        let (is_prefill, sent) = (self.role == Role::Prefill, self.sent);
        let sequence = self.sequence_mut(slot);
        let (gains, gain) = (sequence.gains(), sequence.gain());
        sequence.settle();
        if gains && !is_prefill {
            sequence.generated += gain;
            sequence.first_token.get_or_insert(sent);
            sequence.last_token = Some(sent);
        }
        sequence.is_leaving = gains && (is_prefill || sequence.is_done());
        let leaves = sequence.is_leaving;
        if sequence.published < sequence.request.hashes.len() {
            self.publish(slot);
        }
        leaves
    }

    /// A sequence has all that it gets here.
    fn leave(&mut self, slot: Slot, log: &mut impl Log) {
        let end = self.sent;
        self.sequence_mut(slot).is_leaving = false;
        let sequence = self.sequence(slot);
        let id = sequence.id;
        if self.role == Role::Prefill {
            // Its blocks stay until they have been fetched.
            self.prefilled.push(id);
            return;
        }
        let finished = Finished {
            id,
            arrived: sequence.request.arrived,
            received: sequence.received.unwrap_or(end),
            admitted: sequence.admitted.unwrap_or(end),
            first_token: sequence.first_token.unwrap_or(end),
            ended: end,
            prompt: sequence.request.prompt,
            cached: sequence.cached.unwrap_or(0),
            output: sequence.generated,
            preemptions: sequence.preemptions,
            others: sequence.others.unwrap_or(0),
        };
        self.vacate(slot);
        log.finished(&finished);
    }

    /// Frees the place and the blocks of a sequence that stands in no queue any more.
    pub(super) fn vacate(&mut self, slot: Slot) -> Option<Sequence> {
        let mut sequence = self.sequences[slot].take()?;
        self.slots.remove(&sequence.id);
        self.blocks.give_back(&mut sequence.blocks);
        self.vacant.push(slot);
        Some(sequence)
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
}
