//! The simulated engine behind a server. Nobody drives it: whoever asks when a token is due lets
//! it catch up with the world's time first. A step's end is known when it begins, and only then.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{Admission, Clock, Engine, Job, Micros, StableHasher, Tick, Ticks, TokenId};
use parking_lot::Mutex;

use super::sequence::{Request, SequenceId};
use super::worker::{Log, Worker};

/// A simulated engine that a server's answers go by: one or several replicas, of which a request
/// goes to the one that has the least to do.
pub struct LiveEngine {
    replicas: Vec<Arc<Mutex<State>>>,
    clock: Arc<dyn Clock>,
}

struct State {
    worker: Worker,
    tokens: Tokens,
}

/// When the tokens of sequences that somebody waits for are due.
#[derive(Default)]
struct Tokens {
    due: HashMap<SequenceId, Vec<Micros>>,
    cached: HashMap<SequenceId, u32>,
}

impl Log for Tokens {
    fn admitted(&mut self, id: SequenceId, _: Micros, cached: u32) {
        self.cached.entry(id).or_insert(cached);
    }

    fn token(&mut self, id: SequenceId, _: u32, at: Micros) {
        if let Some(due) = self.due.get_mut(&id) {
            due.push(at);
        }
    }
}

impl State {
    fn catch_up(&mut self, now: Micros) {
        self.worker.advance(now, &mut self.tokens);
    }
}

impl LiveEngine {
    /// An engine of these replicas, on a world's clock.
    pub fn new(workers: Vec<Worker>, clock: Arc<dyn Clock>) -> Self {
        let replica = |worker| {
            Arc::new(Mutex::new(State {
                worker,
                tokens: Tokens::default(),
            }))
        };
        Self {
            replicas: workers.into_iter().map(replica).collect(),
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
        let ids = job.lengths.iter().map(|output| {
            let id = state.worker.submit(Request {
                arrived: job.arrived,
                prompt,
                hashes: hashes.clone(),
                output: *output,
            });
            state.tokens.due.insert(id, Vec::new());
            id
        });
        let ids = ids.collect();
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
        let cached = self.ids.first().and_then(|id| state.tokens.cached.get(id));
        Admission {
            cached: u64::from(cached.copied().unwrap_or(0)),
        }
    }

    fn due(&mut self, index: u32, _: &Waker) -> Tick {
        let mut state = self.state.lock();
        state.catch_up(self.clock.now());
        let mut latest = Micros::ZERO;
        for id in &self.ids {
            let due = &state.tokens.due[id];
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
        let mut state = self.state.lock();
        for id in &self.ids {
            state.worker.cancel(*id);
            state.tokens.due.remove(id);
            state.tokens.cached.remove(id);
        }
    }
}
