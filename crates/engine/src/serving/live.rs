//! The simulated engine behind a server. Nobody drives it: whoever asks when a token is due lets
//! it catch up with the world's time first. A step's end is known when it begins, and only then.

use std::hash::{Hash, Hasher};
use std::iter;
use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{
    Admission, Clock, Engine, Finish, Job, Micros, Observer, StableHasher, Tick, Ticks, TokenId,
};
use parking_lot::Mutex;

use super::sequence::{Request, SequenceId};
use super::watch::{Observers, Record, Watch};
use super::worker::Worker;

/// A simulated engine that a server's answers go by: one or several replicas, of which a request
/// goes to the one that has the least to do.
pub struct LiveEngine {
    replicas: Vec<Arc<Mutex<State>>>,
    clock: Arc<dyn Clock>,
}

struct State {
    worker: Worker,
    watch: Watch,
}

impl State {
    fn catch_up(&mut self, now: Micros) {
        self.worker.advance(now, &mut self.watch);
    }

    /// Takes sequences that nobody waits for any more out of the worker.
    fn leave(&mut self, ids: &[SequenceId], now: Micros) {
        self.catch_up(now);
        for id in ids {
            let is_on_its_way = self.worker.has(*id);
            self.worker.cancel(*id);
            self.watch.close(*id, is_on_its_way, now);
        }
        self.watch.tell_load(now, self.worker.load(now));
    }
}

impl LiveEngine {
    /// An engine of these replicas, on a world's clock, that tells these observers.
    pub fn new(
        workers: Vec<Worker>,
        clock: Arc<dyn Clock>,
        observers: Vec<Arc<dyn Observer>>,
    ) -> Self {
        let observers = Observers::from(observers);
        let now = clock.now();
        let replica = |(number, worker): (usize, Worker)| {
            let watch = Watch::new(number as u32, Arc::clone(&observers));
            watch.tell_load(now, worker.load(now));
            Arc::new(Mutex::new(State { worker, watch }))
        };
        Self {
            replicas: workers.into_iter().enumerate().map(replica).collect(),
            clock,
        }
    }

    /// The replica with the fewest sequences, the first of several.
    fn route(&self) -> Option<&Arc<Mutex<State>>> {
        let now = self.clock.now();
        self.replicas.iter().min_by_key(|replica| {
            let mut state = replica.lock();
            state.catch_up(now);
            state.worker.running() + state.worker.waiting() + state.worker.coming()
        })
    }
}

impl Engine for LiveEngine {
    fn catch_up(&self) {
        let now = self.clock.now();
        for replica in &self.replicas {
            replica.lock().catch_up(now);
        }
    }

    fn submit(&self, job: &Job<'_>) -> Box<dyn Ticks> {
        let Some(replica) = self.route() else {
            return Box::new(Nowhere { at: job.arrived });
        };
        let mut state = replica.lock();
        let size = state.worker.times().setup().setting.block_tokens as usize;
        let hashes = block_hashes(job.prompt, size);
        let prompt = job.prompt.len() as u32;
        let others = state.worker.running() as u32;
        let overhead = state.worker.times().request_seconds(prompt, others);
        let finishes = job
            .finishes
            .iter()
            .copied()
            .chain(iter::repeat(Finish::Stop));
        let sequences = job.lengths.iter().zip(finishes);
        let ids = sequences.map(|(output, finish)| {
            let id = state.worker.submit(Request {
                arrived: job.arrived,
                prompt,
                hashes: hashes.clone(),
                output: *output,
            });
            state.watch.open(id, Record::new(job, finish));
            id
        });
        let ids = ids.collect();
        let now = self.clock.now();
        state.watch.tell_load(now, state.worker.load(now));
        Box::new(LiveTicks {
            state: Arc::clone(replica),
            clock: Arc::clone(&self.clock),
            ids,
            overhead: Micros::from_seconds(overhead),
        })
    }
}

/// An engine without replicas answers at once.
struct Nowhere {
    at: Micros,
}

impl Ticks for Nowhere {
    fn admission(&mut self) -> Admission {
        Admission::default()
    }

    fn due(&mut self, _: u32, _: &Waker) -> Tick {
        Tick::At(self.at)
    }
}

/// The hash of each full block of a prompt, over all tokens up to its end.
fn block_hashes(prompt: &[TokenId], size: usize) -> Vec<u64> {
    let mut chain = 0_u64;
    let hash = |block: &[TokenId]| {
        let mut hasher = StableHasher::new(0);
        (chain, block).hash(&mut hasher);
        chain = hasher.finish();
        chain
    };
    prompt.chunks_exact(size.max(1)).map(hash).collect()
}

/// The due times of one job's steps.
struct LiveTicks {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    ids: Vec<SequenceId>,
    /// What the server and the client add to every token's time.
    overhead: Micros,
}

impl Ticks for LiveTicks {
    fn admission(&mut self) -> Admission {
        let state = self.state.lock();
        let first = self.ids.first();
        let first = first.and_then(|id| state.watch.sequence(*id));
        Admission {
            cached: first.map_or(0, |first| u64::from(first.cached())),
        }
    }

    fn due(&mut self, index: u32, _: &Waker) -> Tick {
        let mut state = self.state.lock();
        state.catch_up(self.clock.now());
        let mut latest = Micros::ZERO;
        for id in &self.ids {
            let due = state.watch.sequence(*id).map_or(&[][..], Record::due);
            match due.get(index as usize).or(due.last()) {
                Some(at) if due.len() > index as usize || !state.worker.has(*id) => {
                    latest = latest.max(*at);
                }
                // Nothing is known before the step under way ends.
                Some(_) | None => {
                    let ends = state.worker.step_ends();
                    return Tick::AskAt(ends.unwrap_or_else(|| self.clock.now()));
                }
            }
        }
        Tick::At(latest + self.overhead)
    }
}

impl Drop for LiveTicks {
    fn drop(&mut self) {
        let now = self.clock.now();
        self.state.lock().leave(&self.ids, now);
    }
}
