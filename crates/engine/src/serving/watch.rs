//! What the driver of a live engine keeps of its sequences: when their tokens are due, and the
//! facts that observers are told when a step ends or somebody leaves.

use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{
    CacheChange, Ended, Ending, EngineEvent, Event, Finish, FirstToken, Gap, Job, Micros, Observer,
    Origins, Proposed, RequestParams, RequestShape, Step, Transfer, Way, WorkerLoad,
};

use parking_lot::Mutex;

use super::log::{BlockChange, Finished, Log, Speculated, Token};
use super::quick_hash::QuickMap;
use super::sequence::SequenceId;
use super::step_time::Batch;
use super::told_blocks::{Text, changes};

/// Those who are told.
pub(super) type Observers = Arc<[Arc<dyn Observer>]>;

/// The books of an engine.
pub(super) struct Watch {
    /// The replica that what is told happens in.
    worker: u32,
    observers: Observers,
    sequences: QuickMap<SequenceId, Record>,
    replicas: Vec<Replica>,
    /// Whether observers are told of blocks.
    tells_cache: bool,
    /// Whether anybody waits to be woken.
    has_sleepers: bool,
}

/// What is told of a replica's step when it ends.
#[derive(Default)]
struct Replica {
    load: WorkerLoad,
    step: Step,
    /// Who gains tokens at the end of the step.
    gaining: Vec<Gain>,
    /// What becomes of the proposals that the step verifies.
    proposed: Proposed,
    /// Who has all its tokens with that step.
    done: Vec<Ended>,
}

/// What a sequence gains at the end of a step.
struct Gain {
    id: SequenceId,
    /// The span since the token before; none where it has its first.
    span: Option<Micros>,
    tokens: u32,
}

/// A sequence that somebody waits for.
pub(super) struct Record {
    arrived: Micros,
    received: Option<Micros>,
    prompt: u32,
    finish: Finish,
    request: Option<RequestShape>,
    params: RequestParams,
    taken_up: Option<Micros>,
    cached: u32,
    /// Those of them that only the host's memory had.
    host: u32,
    /// Prompt tokens that another replica has computed.
    fetched: u32,
    preemptions: u32,
    track: Arc<Mutex<Track>>,
    /// Its prompt, where observers are told of blocks.
    text: Option<Arc<Text>>,
}

/// What a sequence has got. It has a lock of its own, so that who asks for what is known already
/// waits for nobody.
#[derive(Default)]
pub(super) struct Track {
    /// When its tokens are due.
    pub(super) due: Vec<Micros>,
    /// Prompt tokens that the cache had when it was taken up.
    pub(super) cached: u32,
    pub(super) end: End,
    waker: Option<Waker>,
}

/// How a sequence stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum End {
    /// More is to come.
    #[default]
    Open,
    /// It has all its tokens.
    Finished,
    /// Too many waited.
    Refused,
    /// It has lost its replica.
    Failed,
}

impl Track {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Record {
    /// The sequence of that number of a job that has arrived.
    pub(super) fn new(job: &Job<'_>, prompt: u32, number: usize, text: Option<Arc<Text>>) -> Self {
        // Each prompt has as many sequences as it has choices.
        let choices = (job.lengths.len() / job.prompts.len().max(1)).max(1);
        let own = job.lengths.chunks(choices).nth(number / choices);
        let own = own.filter(|_| number.is_multiple_of(choices));
        let request = own.map(|lengths| RequestShape {
            sequences: lengths.len() as u32,
            longest: lengths.iter().copied().max().unwrap_or(0),
        });
        Self {
            arrived: job.arrived,
            received: None,
            prompt,
            finish: job.finishes.get(number).copied().unwrap_or_default(),
            request,
            params: job.params,
            taken_up: None,
            cached: 0,
            host: 0,
            fetched: 0,
            preemptions: 0,
            track: Arc::default(),
            text,
        }
    }

    /// What it has got.
    pub(super) fn track(&self) -> &Arc<Mutex<Track>> {
        &self.track
    }

    /// Where the replica that answers had the prompt's keys and values from. Of one that another has
    /// computed, the last token is computed again.
    fn origins(&self) -> Origins {
        let has = |tokens: u32| Origins {
            device: tokens - self.host.min(tokens),
            host: self.host.min(tokens),
            replica: 0,
        };
        match self.fetched.min(self.prompt.saturating_sub(1)) {
            0 => has(self.cached),
            replica => Origins {
                device: self.prompt - 1 - replica,
                host: 0,
                replica,
            },
        }
    }

    fn ended(&self, worker: u32, at: Micros, ending: Ending) -> Ended {
        let track = self.track.lock();
        let tokens = there(&track.due, at);
        Ended {
            worker,
            arrived: self.arrived,
            received: self.received.filter(|received| *received <= at),
            taken_up: self.taken_up,
            first_token: tokens.first().copied(),
            last_token: tokens.last().copied(),
            at,
            prompt: self.prompt,
            cached: self.cached,
            generated: tokens.len() as u32,
            preemptions: self.preemptions,
            ending,
            request: self.request,
            params: self.params,
        }
    }
}

/// The tokens that are there at `now`.
fn there(due: &[Micros], now: Micros) -> &[Micros] {
    &due[..due.partition_point(|due| *due <= now)]
}

impl Watch {
    /// Empty books.
    pub(super) fn new(observers: Observers, tells_cache: bool) -> Self {
        Self {
            worker: 0,
            observers,
            sequences: QuickMap::default(),
            replicas: Vec::new(),
            tells_cache,
            has_sleepers: false,
        }
    }

    /// Notes what has become of a sequence, and wakes who waits for it.
    fn note(&self, id: SequenceId, note: impl FnOnce(&mut Track)) {
        if let Some(record) = self.sequences.get(&id) {
            let mut track = record.track.lock();
            note(&mut track);
            track.wake();
        }
    }

    /// Who asked for a sequence is woken when something comes of it, or when anything changes that
    /// nobody could foresee.
    pub(super) fn wake_later(&mut self, id: SequenceId, waker: &Waker) {
        self.has_sleepers = true;
        if let Some(record) = self.sequences.get(&id) {
            record.track.lock().waker = Some(waker.clone());
        }
    }

    /// Something has changed that nobody could foresee: all who wait ask again.
    pub(super) fn wake(&mut self) {
        if std::mem::take(&mut self.has_sleepers) {
            for record in self.sequences.values() {
                record.track.lock().wake();
            }
        }
    }

    /// The replica that what is told happens in.
    fn replica(&mut self) -> &mut Replica {
        let number = self.worker as usize;
        if self.replicas.len() <= number {
            self.replicas.resize_with(number + 1, Replica::default);
        }
        &mut self.replicas[number]
    }

    /// Whether observers are told of blocks.
    pub(super) fn tells_cache(&self) -> bool {
        self.tells_cache
    }

    /// Somebody waits for a sequence from now on.
    pub(super) fn open(&mut self, id: SequenceId, record: Record) {
        self.sequences.insert(id, record);
    }

    /// Nobody waits for a sequence any more; `left` says whether it was still on its way.
    pub(super) fn close(&mut self, id: SequenceId, left: Option<u32>, now: Micros) {
        let record = self.sequences.remove(&id);
        if let (Some(record), Some(worker)) = (record, left) {
            for replica in &mut self.replicas {
                replica.gaining.retain(|gain| gain.id != id);
            }
            let ended = record.ended(worker, now, Ending::Aborted);
            self.tell(EngineEvent::Ended(Box::new(ended)));
        }
    }

    fn tell(&self, fact: EngineEvent) {
        let event = Event::Engine(fact);
        for observer in &*self.observers {
            observer.observe(&event);
        }
    }

    /// Tells of the first tokens of the step, and counts the spans between the others.
    fn count_gained(&self, replica: &Replica) -> Vec<Gap> {
        let mut intervals: Vec<Gap> = Vec::new();
        for gain in &replica.gaining {
            let Some(span) = gain.span else {
                self.tell_first_token(gain.id, replica.step.ends);
                continue;
            };
            let tokens = gain.tokens;
            let alike = |other: &&mut Gap| (other.span, other.tokens) == (span, tokens);
            match intervals.iter_mut().find(alike) {
                Some(other) => other.sequences += 1,
                None => intervals.push(Gap {
                    span,
                    tokens,
                    sequences: 1,
                }),
            }
        }
        intervals
    }

    fn tell_first_token(&self, id: SequenceId, at: Micros) {
        if let Some(record) = self.sequences.get(&id) {
            self.tell(EngineEvent::FirstToken(FirstToken {
                worker: self.worker,
                at,
                arrived: record.arrived,
                taken_up: record.taken_up.unwrap_or(record.arrived),
                prompt: record.prompt,
                cached: record.cached,
                origins: record.origins(),
            }));
        }
    }
}

impl Log for Watch {
    fn replica(&mut self, number: u32) {
        self.worker = number;
    }

    fn received(&mut self, id: SequenceId, at: Micros) {
        if let Some(record) = self.sequences.get_mut(&id) {
            record.received = Some(at);
        }
    }

    fn admitted(&mut self, id: SequenceId, at: Micros, cached: u32, host: u32) {
        let worker = self.worker;
        let Some(record) = self.sequences.get_mut(&id) else {
            return;
        };
        record.taken_up = Some(at);
        record.cached = cached;
        record.host = host;
        record.track.lock().cached = cached;
        let prompt = record.prompt;
        self.tell(EngineEvent::Admitted {
            worker,
            at,
            prompt,
            cached,
            host,
        });
    }

    fn moved(&mut self, id: Option<SequenceId>, way: Way, took: Micros, tokens: u32) {
        let record = id.and_then(|id| self.sequences.get_mut(&id));
        if let (Some(record), Way::FromReplica) = (record, way) {
            record.fetched = tokens;
        }
        self.tell(EngineEvent::Moved(Transfer {
            worker: self.worker,
            way,
            took,
            tokens,
        }));
    }

    fn evicted(&mut self, tokens: u32) {
        let worker = self.worker;
        self.tell(EngineEvent::Evicted { worker, tokens });
    }

    fn load(&mut self, load: WorkerLoad) {
        self.replica().load = load;
    }

    fn queued(&mut self, at: Micros, load: WorkerLoad) {
        let worker = self.worker;
        self.tell(EngineEvent::Load { worker, at, load });
    }

    fn drafts(&mut self, took: Micros) {
        self.replica().step.drafting = took;
    }

    fn step(&mut self, start: Micros, end: Micros, batch: &Batch) {
        let step = Step {
            worker: self.worker,
            started: start,
            ends: end,
            decodes: batch.decodes,
            proposed: batch.proposed,
            context: batch.context,
            prompts: batch.chunks.len() as u32,
            prompt_tokens: batch.prefill(),
            drafting: self.replica().step.drafting,
        };
        let replica = self.replica();
        replica.step = step;
        let load = replica.load;
        self.tell(EngineEvent::StepBegan { step, load });
    }

    fn speculated(&mut self, speculated: &Speculated) {
        if self.observers.is_empty() || !self.sequences.contains_key(&speculated.id) {
            return;
        }
        let counts = &mut self.replica().proposed;
        counts.drafts += 1;
        counts.tokens += speculated.proposed;
        let held = speculated.holding as usize;
        if counts.held.len() < held {
            counts.held.resize(held, 0);
        }
        counts.held[..held].iter_mut().for_each(|count| *count += 1);
    }

    fn token(&mut self, token: &Token) {
        let Some(record) = self.sequences.get(&token.id) else {
            return;
        };
        let mut track = record.track.lock();
        track.due.push(token.at);
        track.wake();
        drop(track);
        if !self.observers.is_empty() {
            let gaining = &mut self.replica().gaining;
            match gaining.last_mut().filter(|gain| gain.id == token.id) {
                Some(gain) => gain.tokens += 1,
                None => gaining.push(Gain {
                    id: token.id,
                    span: token.gap,
                    tokens: 1,
                }),
            }
        }
    }

    fn preempted(&mut self, id: SequenceId, at: Micros) {
        let worker = self.worker;
        if let Some(record) = self.sequences.get_mut(&id) {
            record.preemptions += 1;
            let generated = there(&record.track.lock().due, at).len() as u32;
            let prompt = record.prompt;
            self.tell(EngineEvent::Preempted {
                worker,
                at,
                prompt,
                generated,
            });
        }
    }

    fn finished(&mut self, finished: &Finished) {
        self.note(finished.id, |track| track.end = End::Finished);
        if let Some(record) = self.sequences.get(&finished.id) {
            let ending = Ending::Done(record.finish);
            let ended = record.ended(self.worker, finished.ended, ending);
            self.replica().done.push(ended);
        }
    }

    fn refused(&mut self, id: SequenceId, at: Micros) {
        self.note(id, |track| track.end = End::Refused);
        let worker = self.worker;
        self.tell(EngineEvent::Refused { worker, at });
    }

    fn displaced(&mut self, id: SequenceId, at: Micros) {
        self.note(id, |track| track.due.retain(|due| *due <= at));
    }

    fn failed(&mut self, id: SequenceId, at: Micros) {
        self.note(id, |track| track.end = End::Failed);
        if let Some(record) = self.sequences.get(&id) {
            let ended = record.ended(self.worker, at, Ending::Aborted);
            self.tell(EngineEvent::Ended(Box::new(ended)));
        }
    }

    fn blocks(&mut self, all: &[BlockChange]) {
        if !self.tells_cache {
            return;
        }
        let worker = self.worker;
        let text = |id: SequenceId| self.sequences.get(&id)?.text.as_deref();
        let told: Vec<CacheChange> = changes(all, text);
        for change in told {
            self.tell(EngineEvent::Cache { worker, change });
        }
    }

    fn halted(&mut self) {
        let replica = self.replica();
        replica.gaining.clear();
        replica.done.clear();
        replica.proposed = Proposed::default();
    }

    fn step_ended(&mut self) {
        let mut replica = std::mem::take(self.replica());
        if !self.observers.is_empty() {
            let intervals = self.count_gained(&replica);
            let generated = replica.gaining.iter().map(|gain| gain.tokens).sum();
            for ended in replica.done.drain(..) {
                self.tell(EngineEvent::Ended(Box::new(ended)));
            }
            self.tell(EngineEvent::StepEnded {
                step: replica.step,
                load: replica.load,
                generated,
                intervals,
                proposed: std::mem::take(&mut replica.proposed),
            });
        }
        replica.gaining.clear();
        replica.done.clear();
        *self.replica() = replica;
    }
}
