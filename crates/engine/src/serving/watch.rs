//! What the driver of a live worker keeps of its sequences: when their tokens are due, and the
//! facts that observers are told when a step ends or somebody leaves.

use std::collections::HashMap;
use std::sync::Arc;

use fakeai_canon::{
    Ended, Ending, EngineEvent, Event, Finish, FirstToken, Job, Micros, Observer, RequestParams,
    Step, WorkerLoad,
};

use super::sequence::SequenceId;
use super::step_time::Batch;
use super::worker::{Finished, Log};

/// Those who are told.
pub(super) type Observers = Arc<[Arc<dyn Observer>]>;

/// The books of one worker.
pub(super) struct Watch {
    worker: u32,
    observers: Observers,
    sequences: HashMap<SequenceId, Record>,
    load: WorkerLoad,
    step: Step,
    /// Who gains a token at the end of the step, and the span since the one before.
    gaining: Vec<(SequenceId, Option<Micros>)>,
    /// Who has all its tokens with that step.
    done: Vec<Ended>,
}

/// A sequence that somebody waits for.
pub(super) struct Record {
    arrived: Micros,
    prompt: u32,
    finish: Finish,
    siblings: u32,
    params: RequestParams,
    taken_up: Option<Micros>,
    cached: u32,
    preemptions: u32,
    due: Vec<Micros>,
}

impl Record {
    /// A sequence of a job that has arrived.
    pub(super) fn new(job: &Job<'_>, finish: Finish) -> Self {
        Self {
            arrived: job.arrived,
            prompt: job.prompt.len() as u32,
            finish,
            siblings: job.lengths.len() as u32,
            params: job.params,
            taken_up: None,
            cached: 0,
            preemptions: 0,
            due: Vec::new(),
        }
    }

    /// Prompt tokens that the cache had when it was taken up.
    pub(super) fn cached(&self) -> u32 {
        self.cached
    }

    /// When its tokens are due, as far as that is known.
    pub(super) fn due(&self) -> &[Micros] {
        &self.due
    }

    /// The tokens that were there at `now`.
    fn tokens(&self, now: Micros) -> &[Micros] {
        &self.due[..self.due.partition_point(|due| *due <= now)]
    }

    fn ended(&self, worker: u32, at: Micros, ending: Ending) -> Ended {
        let tokens = self.tokens(at);
        Ended {
            worker,
            arrived: self.arrived,
            taken_up: self.taken_up,
            first_token: tokens.first().copied(),
            last_token: tokens.last().copied(),
            at,
            prompt: self.prompt,
            cached: self.cached,
            generated: tokens.len() as u32,
            preemptions: self.preemptions,
            ending,
            siblings: self.siblings,
            params: self.params,
        }
    }
}

impl Watch {
    /// Empty books.
    pub(super) fn new(worker: u32, observers: Observers) -> Self {
        Self {
            worker,
            observers,
            sequences: HashMap::new(),
            load: WorkerLoad::default(),
            step: Step::default(),
            gaining: Vec::new(),
            done: Vec::new(),
        }
    }

    /// The sequence of that number.
    pub(super) fn sequence(&self, id: SequenceId) -> Option<&Record> {
        self.sequences.get(&id)
    }

    /// Somebody waits for a sequence from now on.
    pub(super) fn open(&mut self, id: SequenceId, record: Record) {
        self.sequences.insert(id, record);
    }

    /// Nobody waits for a sequence any more; `left` says whether it was still on its way.
    pub(super) fn close(&mut self, id: SequenceId, left: bool, now: Micros) {
        let record = self.sequences.remove(&id);
        if let (Some(record), true) = (record, left) {
            self.gaining.retain(|(other, _)| *other != id);
            let ended = record.ended(self.worker, now, Ending::Aborted);
            self.tell(EngineEvent::Ended(Box::new(ended)));
        }
    }

    /// Tells how full the worker is between two steps.
    pub(super) fn tell_load(&self, at: Micros, load: WorkerLoad) {
        self.tell(EngineEvent::Load {
            worker: self.worker,
            at,
            load,
        });
    }

    fn tell(&self, fact: EngineEvent) {
        let event = Event::Engine(fact);
        for observer in &*self.observers {
            observer.observe(&event);
        }
    }

    /// Tells of the first tokens of the step, and counts the spans between the others.
    fn count_gained(&mut self) -> Vec<(Micros, u32)> {
        let mut intervals: Vec<(Micros, u32)> = Vec::new();
        for (id, span) in &self.gaining {
            let Some(span) = span else {
                self.tell_first_token(*id);
                continue;
            };
            match intervals.iter_mut().find(|(other, _)| other == span) {
                Some((_, count)) => *count += 1,
                None => intervals.push((*span, 1)),
            }
        }
        intervals
    }

    fn tell_first_token(&self, id: SequenceId) {
        if let Some(record) = self.sequences.get(&id) {
            self.tell(EngineEvent::FirstToken(FirstToken {
                worker: self.worker,
                at: self.step.ends,
                arrived: record.arrived,
                taken_up: record.taken_up.unwrap_or(record.arrived),
                prompt: record.prompt,
                cached: record.cached,
            }));
        }
    }
}

impl Log for Watch {
    fn admitted(&mut self, id: SequenceId, at: Micros, cached: u32) {
        let worker = self.worker;
        let Some(record) = self.sequences.get_mut(&id) else {
            return;
        };
        // One that had made room is taken up again.
        if record.taken_up.is_some() {
            return;
        }
        record.taken_up = Some(at);
        record.cached = cached;
        let prompt = record.prompt;
        self.tell(EngineEvent::Admitted {
            worker,
            at,
            prompt,
            cached,
        });
    }

    fn load(&mut self, load: WorkerLoad) {
        self.load = load;
    }

    fn step(&mut self, start: Micros, end: Micros, batch: &Batch) {
        self.step = Step {
            worker: self.worker,
            started: start,
            ends: end,
            decodes: batch.decodes,
            context: batch.context,
            prompts: batch.chunks.len() as u32,
            prompt_tokens: batch.prefill(),
        };
        self.tell(EngineEvent::StepBegan {
            step: self.step,
            load: self.load,
        });
    }

    fn token(&mut self, id: SequenceId, _: u32, at: Micros) {
        if let Some(record) = self.sequences.get_mut(&id) {
            let span = record.due.last().map(|before| at.since(*before));
            record.due.push(at);
            if !self.observers.is_empty() {
                self.gaining.push((id, span));
            }
        }
    }

    fn preempted(&mut self, id: SequenceId, at: Micros) {
        let worker = self.worker;
        if let Some(record) = self.sequences.get_mut(&id) {
            record.preemptions += 1;
            let generated = record.tokens(at).len() as u32;
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
        if let Some(record) = self.sequences.get(&finished.id) {
            let ending = Ending::Done(record.finish);
            let ended = record.ended(self.worker, finished.ended, ending);
            self.done.push(ended);
        }
    }

    fn step_ended(&mut self) {
        if self.observers.is_empty() {
            self.done.clear();
            return;
        }
        let intervals = self.count_gained();
        let generated = self.gaining.len() as u32;
        self.gaining.clear();
        for ended in std::mem::take(&mut self.done) {
            self.tell(EngineEvent::Ended(Box::new(ended)));
        }
        self.tell(EngineEvent::StepEnded {
            step: self.step,
            load: self.load,
            generated,
            intervals,
        });
    }
}
