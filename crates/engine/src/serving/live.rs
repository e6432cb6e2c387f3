//! The simulated engine behind a server. Nobody drives it: whoever asks when a token is due lets
//! it catch up with the world's time first. A step's end is known when it begins, and only then.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{
    Admission, ApiError, Clock, Engine, EngineEvent, ErrorKind, Event, Job, Micros, Observer,
    StableHasher, Tick, Ticks, TokenId,
};
use parking_lot::Mutex;

use super::cluster::Cluster;
use super::control::SleepLevel;
use super::gpus::GpuReading;
use super::leaving::{Leaving, Left};
use super::log::Log;
use super::orders::{Order, WorkerState};
use super::sequence::{Request, SequenceId};
use super::told_blocks::Text;
use super::watch::{End, Observers, Record, Track, Watch};

/// A simulated engine that a server's answers go by.
pub struct LiveEngine {
    shared: Arc<Shared>,
}

struct Shared {
    driven: Mutex<Driven>,
    leaving: Mutex<Leaving>,
    observers: Observers,
    clock: Arc<dyn Clock>,
}

struct Driven {
    cluster: Cluster,
    watch: Watch,
    /// The adapters (LoRA) that are loaded, and their numbers.
    adapters: BTreeMap<String, u32>,
    next_adapter: u32,
    /// What is awake already of an engine that sleeps.
    awake: Awake,
}

/// Parts of an engine that are woken one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Awake {
    /// The weights are in the GPUs' memory.
    pub weights: bool,
    /// The cache of keys and values has its memory.
    pub cache: bool,
}

impl Shared {
    /// Lets the engine catch up, and does something with it.
    fn drive<T>(&self, act: impl FnOnce(&mut Driven, Micros) -> T) -> T {
        let now = self.clock.now();
        let mut driven = self.driven.lock();
        let Driven { cluster, watch, .. } = &mut *driven;
        cluster.advance(now, watch);
        act(&mut driven, now)
    }
}

impl LiveEngine {
    /// An engine of these replicas, on a world's clock, that tells these observers; of the blocks of
    /// its cache where that is wanted.
    pub fn new(
        cluster: Cluster,
        clock: Arc<dyn Clock>,
        observers: Vec<Arc<dyn Observer>>,
        tells_cache: bool,
    ) -> Self {
        let observers = Observers::from(observers);
        let mut watch = Watch::new(Arc::clone(&observers), tells_cache);
        for (number, load) in cluster.loads().enumerate() {
            watch.replica(number as u32);
            watch.queued(clock.now(), load);
        }
        let driven = Mutex::new(Driven {
            cluster,
            watch,
            adapters: BTreeMap::new(),
            next_adapter: 0,
            awake: Awake::default(),
        });
        Self {
            shared: Arc::new(Shared {
                driven,
                leaving: Mutex::default(),
                observers,
                clock,
            }),
        }
    }

    /// How each replica stands.
    pub fn workers(&self) -> Vec<WorkerState> {
        self.shared
            .drive(|driven, _| driven.cluster.workers().collect())
    }

    /// Sequences under way: those that run and those that wait.
    pub fn load(&self) -> usize {
        self.shared
            .drive(|driven, _| driven.cluster.running() + driven.cluster.waiting())
    }

    /// Reads something of the cluster as it stands now.
    pub fn look<T>(&self, look: impl FnOnce(&Cluster) -> T) -> T {
        self.shared.drive(|driven, _| look(&driven.cluster))
    }

    /// What the telemetry of each GPU shows now.
    pub fn gpu_readings(&self) -> Vec<GpuReading> {
        self.shared
            .drive(|driven, now| driven.cluster.gpu_readings(now))
    }

    /// Sets the temperature of the air that a GPU gets. False where there is no such GPU.
    pub fn set_ambient(&self, gpu: usize, celsius: f64) -> bool {
        self.shared
            .drive(|driven, now| driven.cluster.set_ambient(gpu, celsius, now))
    }

    /// Does something to a replica, or to all. False where there is no such replica.
    pub fn order(&self, order: Order) -> bool {
        self.shared.drive(|driven, now| {
            let Driven { cluster, watch, .. } = driven;
            let done = cluster.order(order, now, watch);
            watch.wake();
            done
        })
    }

    /// Sends the engine to sleep; requests wait until it is woken.
    pub fn sleep(&self, level: SleepLevel) {
        self.shared
            .drive(|driven, _| driven.awake = Awake::default());
        self.order(Order::Sleep(level));
    }

    /// Wakes it.
    pub fn wake_up(&self) {
        self.order(Order::Wake);
    }

    /// Wakes these parts of it. It goes on when all are awake.
    pub fn wake_parts(&self, parts: Awake) {
        let all = self.shared.drive(|driven, _| {
            driven.awake.weights |= parts.weights;
            driven.awake.cache |= parts.cache;
            driven.awake.weights && driven.awake.cache
        });
        if all {
            self.wake_up();
        }
    }

    /// How deeply it sleeps, if it does.
    pub fn sleep_level(&self) -> Option<SleepLevel> {
        self.shared.drive(|driven, _| driven.cluster.sleep_level())
    }

    /// Empties the cache of prompts. False where it is in use and keeps what it has.
    pub fn reset_prefix_cache(&self) -> bool {
        self.shared
            .drive(|driven, _| driven.cluster.reset_prefix_cache())
    }

    /// Loads an adapter: requests that name it as their model run with it. False where it is
    /// loaded already.
    pub fn load_adapter(&self, name: &str) -> bool {
        let mut driven = self.shared.driven.lock();
        if driven.adapters.contains_key(name) {
            return false;
        }
        let number = driven.next_adapter;
        driven.next_adapter += 1;
        driven.adapters.insert(name.to_owned(), number);
        true
    }

    /// Unloads an adapter. False where none of that name is loaded.
    pub fn unload_adapter(&self, name: &str) -> bool {
        self.shared.driven.lock().adapters.remove(name).is_some()
    }

    /// The adapters of sequences in batches, and those of sequences that wait, by name.
    pub fn busy_adapters(&self) -> [Vec<String>; 2] {
        self.shared.drive(|driven, _| {
            let names = &driven.adapters;
            driven.cluster.busy_adapters().map(|numbers| {
                let known = names.iter().filter(|(_, number)| numbers.contains(number));
                known.map(|(name, _)| name.clone()).collect()
            })
        })
    }

    /// The adapters that are loaded.
    pub fn adapters(&self) -> Vec<String> {
        self.shared.driven.lock().adapters.keys().cloned().collect()
    }
}

impl Engine for LiveEngine {
    fn catch_up(&self) {
        self.shared.drive(|_, _| ());
    }

    fn submit(&self, job: &Job<'_>) -> Result<Box<dyn Ticks>, ApiError> {
        let adapter = self.shared.driven.lock().adapters.get(job.model).copied();
        let size = self
            .shared
            .driven
            .lock()
            .cluster
            .setup()
            .setting
            .block_tokens;
        // Hashing a long prompt takes its time, and nobody else has to wait for it.
        let requests: Vec<Request> = requests(job, adapter, size as usize).collect();
        let ticks = self.shared.drive(|driven, now| {
            let Driven { cluster, watch, .. } = driven;
            let choices = (requests.len() / job.prompts.len().max(1)).max(1);
            let submit = |(number, request): (usize, Request)| {
                let text = watch.tells_cache().then(|| {
                    let name = adapter.map(|number| (number, Arc::from(job.model)));
                    Arc::new(Text {
                        ids: job.prompts[number / choices].ids.clone(),
                        hashes: request.hashes.clone(),
                        block_tokens: size as usize,
                        adapter: name,
                    })
                });
                let record = Record::new(job, request.prompt, number, text);
                let track = Arc::clone(record.track());
                let id = cluster.submit(request);
                watch.open(id, record);
                (id, track)
            };
            let tracks: Vec<_> = requests.into_iter().enumerate().map(submit).collect();
            cluster.advance(now, watch);
            watch.wake();
            LiveTicks {
                shared: Arc::clone(&self.shared),
                prompts: job.prompts.len().max(1),
                tracks,
            }
        });
        if ticks.any(End::Refused) {
            return Err(ApiError::new(
                ErrorKind::Overloaded,
                "The engine is currently overloaded: its queue is full. Please try again later.",
            ));
        }
        Ok(Box::new(ticks))
    }
}

/// The sequences of a job: for each prompt as many as it has choices.
fn requests<'a>(
    job: &'a Job<'_>,
    adapter: Option<u32>,
    size: usize,
) -> impl Iterator<Item = Request> + 'a {
    let root = (adapter.is_some() || job.salt.is_some()).then(|| {
        let adapter = adapter.map(|_| job.model);
        stable(&(adapter, job.salt))
    });
    let session = job.session.map(|session| stable(&session));
    let choices = job.lengths.len() / job.prompts.len().max(1);
    let chunks = job.lengths.chunks(choices.max(1));
    job.prompts
        .iter()
        .zip(chunks)
        .enumerate()
        .flat_map(move |(place, (prompt, lengths))| {
            let hashes = block_hashes(&prompt.ids, size, root.unwrap_or(0));
            let first = place * choices;
            lengths
                .iter()
                .enumerate()
                .map(move |(choice, output)| Request {
                    arrived: job.arrived,
                    prompt: prompt.ids.len() as u32,
                    hashes: hashes.clone(),
                    output: *output,
                    // An engine does not know where an answer will end.
                    limit: Some(job.params.max_tokens.unwrap_or(u32::MAX)),
                    priority: job.priority,
                    adapter,
                    session,
                    foretold: job
                        .foretold
                        .get(first + choice)
                        .cloned()
                        .unwrap_or_default(),
                })
        })
}

fn stable<T: Hash>(value: &T) -> u64 {
    let mut hasher = StableHasher::new(0);
    value.hash(&mut hasher);
    hasher.finish()
}

/// The hash of each full block of a prompt, over all tokens up to its end. Blocks of different
/// roots (adapters, salts) never meet.
fn block_hashes(prompt: &[TokenId], size: usize, root: u64) -> Vec<u64> {
    let mut chain = root;
    let hash = |block: &[TokenId]| {
        chain = stable(&(chain, block));
        chain
    };
    prompt.chunks_exact(size.max(1)).map(hash).collect()
}

/// The due times of one job's steps.
struct LiveTicks {
    shared: Arc<Shared>,
    prompts: usize,
    tracks: Vec<(SequenceId, Arc<Mutex<Track>>)>,
}

impl LiveTicks {
    fn any(&self, end: End) -> bool {
        self.tracks.iter().any(|(_, track)| track.lock().end == end)
    }

    /// When a step is due, where that is known; else a sequence that has not come to it.
    fn known(&self, index: u32) -> Result<Tick, SequenceId> {
        let mut latest = Micros::ZERO;
        for (id, track) in &self.tracks {
            let track = track.lock();
            match (
                track.end,
                track.due.get(index as usize).or(track.due.last()),
            ) {
                (End::Failed | End::Refused, _) if track.due.len() <= index as usize => {
                    return Ok(Tick::Lost);
                }
                (end, Some(at)) if end != End::Open || track.due.len() > index as usize => {
                    latest = latest.max(*at);
                }
                (_, Some(_) | None) => return Err(*id),
            }
        }
        Ok(Tick::At(latest))
    }
}

impl Ticks for LiveTicks {
    fn admission(&mut self) -> Admission {
        // Of several choices a prompt the first one's counts.
        let choices = (self.tracks.len() / self.prompts).max(1);
        let firsts = self.tracks.iter().step_by(choices);
        Admission {
            cached: firsts
                .map(|(_, track)| u64::from(track.lock().cached))
                .sum(),
        }
    }

    fn due(&mut self, index: u32, waker: &Waker) -> Tick {
        if let Ok(known) = self.known(index) {
            return known;
        }
        self.shared.drive(|driven, _| {
            let missing = match self.known(index) {
                Ok(known) => return known,
                Err(id) => id,
            };
            // Nothing is known before the step under way ends.
            match driven.cluster.next_for(missing) {
                Some(at) => Tick::AskAt(at),
                None => {
                    driven.watch.wake_later(missing, waker);
                    Tick::Pending
                }
            }
        })
    }

    fn left(&mut self, due: Micros, now: Micros, tokens: u32) {
        let told = self.shared.leaving.lock().note(due, now, tokens);
        if let Some(step) = told {
            self.tell(step);
        }
    }
}

impl LiveTicks {
    /// Observers are told of a step when all of it has left.
    fn tell(&self, left: Left) {
        let event = Event::Engine(EngineEvent::StepLeft {
            first_late: left.first,
            last_late: left.last,
            tokens: left.tokens,
        });
        for observer in &*self.shared.observers {
            observer.observe(&event);
        }
    }
}

impl Drop for LiveTicks {
    fn drop(&mut self) {
        self.shared.drive(|driven, now| {
            let Driven { cluster, watch, .. } = driven;
            for (id, _) in &self.tracks {
                let left = cluster.replica_of(*id);
                watch.close(*id, left, now);
                cluster.cancel(*id, watch);
            }
            watch.wake();
        });
    }
}
