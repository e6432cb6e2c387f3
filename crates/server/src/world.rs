//! A world: everything with state hangs off one. Nothing is global, so parallel tests can't meet,
//! and a reset is a drop.

use std::any::Any;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fakeai_canon::{Alphabet, ApiError, Clock, Engine, Event, Micros, Mode, Observer, Seed, Work};
use fakeai_catalog::{Catalog, FineTune, Model};
use fakeai_content::Behaviour;
use fakeai_engine::PromptCache;
use fakeai_engine::serving::LiveEngine;
use fakeai_resources::{self as resources, Blobs, Change, Objects, Services, Store};
use fakeai_telemetry::{Journal, Ledger, ServingMeter, UsageBook};
use parking_lot::{Mutex, ReentrantMutex, ReentrantMutexGuard, RwLock};

use crate::adapters::{Adapters, Named};
use crate::agenda::Agenda;
use crate::background::Logs;
use crate::clock::WorldClock;
use crate::gpus::GpuRoom;
use crate::holds::Holds;
use crate::keyring::Keyring;
use crate::library::Indexes;
use crate::makers::Makers;
use crate::meters::Meters;
use crate::rules::WorldRules;
use crate::store::unavailable;
use crate::tasks;
use crate::terms::Terms;
use crate::unasked::Unasked;
use crate::webhooks::Deliveries;

/// One world.
pub struct World {
    /// Its name; `default` for the one without a path.
    pub name: Arc<str>,
    /// The seed of everything in it.
    pub seed: Seed,
    /// Its clock.
    pub clock: Arc<WorldClock>,
    /// Its settings.
    pub rules: Arc<WorldRules>,
    /// Its objects.
    pub store: Arc<dyn Store>,
    /// The bytes of its files.
    pub blobs: Arc<dyn Blobs>,
    /// When it was made.
    pub started: Micros,
    /// Its metrics.
    pub ledger: Arc<Ledger>,
    /// Its last calls.
    pub journal: Arc<Journal>,
    /// What was served to whom.
    pub usage: Arc<UsageBook>,
    /// Its engine.
    pub engine: Arc<dyn Engine>,
    /// The same where it is a simulated serving engine, which can be controlled.
    pub serving: Option<Arc<LiveEngine>>,
    /// The GPUs of a simulated engine.
    pub(crate) gpus: Option<Arc<GpuRoom>>,
    /// What is measured of its engine, where one is simulated.
    pub meter: Option<Arc<ServingMeter>>,
    /// What is said in it.
    pub behaviour: Behaviour,
    /// Frames of background answers.
    pub(crate) logs: Logs,
    /// The conversations that answers are being added to.
    pub(crate) holds: Holds,
    /// The responses that nobody asked to store.
    pub(crate) unasked: Unasked,
    /// What became of its events.
    pub(crate) deliveries: Deliveries,
    /// When its objects are due.
    pub(crate) agenda: Agenda,
    /// The documents of its vector stores.
    pub(crate) indexes: Indexes,
    /// The adapters of its engine's model.
    pub(crate) adapters: Adapters,
    /// The provider's cache of prompts, where it is on and no engine has its own.
    pub(crate) prompt_cache: Option<Mutex<PromptCache>>,
    /// Who made the objects that send calls.
    pub(crate) makers: Makers,
    /// Whose keys are whose.
    pub(crate) keyring: Keyring,
    /// What its projects may use.
    pub(crate) terms: Terms,
    /// What was asked for lately, where that is limited.
    pub(crate) meters: Meters,
    turn: ReentrantMutex<Cell<u32>>,
    observers: Vec<Arc<dyn Observer>>,
    calls: AtomicU64,
    playing: AtomicU64,
    repeats: Mutex<HashMap<u64, u64>>,
    pub(crate) models: RwLock<HashMap<String, Arc<Model>>>,
}

/// A turn in a world; it ends when this goes. The order matters: here is given up last.
pub(crate) struct Turn<'a> {
    _everywhere: Option<Box<dyn Any>>,
    /// How often it was taken.
    here: ReentrantMutexGuard<'a, Cell<u32>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.here.set(self.here.get() - 1);
    }
}

/// What a world is made of besides its name and state.
pub(crate) struct Parts {
    pub(crate) seed: Seed,
    pub(crate) clock: Arc<WorldClock>,
    pub(crate) rules: Arc<WorldRules>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) usage: Arc<UsageBook>,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) serving: Option<Arc<LiveEngine>>,
    pub(crate) gpus: Option<Arc<GpuRoom>>,
    pub(crate) prompt_cache: Option<PromptCache>,
    pub(crate) meter: Option<Arc<ServingMeter>>,
    pub(crate) behaviour: Behaviour,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

/// How long a turn may be waited for without giving way to other tasks.
const SHORT: Duration = Duration::from_millis(1);

/// Different works that leave objects behind of which the repeats are counted; past it the count
/// starts anew from the number of calls, so that ids still never collide.
const REPEATS: usize = 100_000;

/// Models that were made on first use and are listed from then on.
const MADE_MODELS: usize = 1_000;

impl World {
    /// A fresh world, with an organisation in it.
    pub(crate) fn new(name: &str, parts: Parts) -> Self {
        let begun = fakeai_resources::founding(
            Objects::everyones(&*parts.store),
            [&parts.rules.keys, &parts.rules.admin_keys],
            parts.clock.now(),
            parts.seed.fork("founding"),
        );
        if let Err(error) = parts.store.commit(begun) {
            tracing::error!(world = name, "no organization: {}", error.message);
        }
        let unasked = Unasked::new(parts.rules.unasked_responses, &*parts.store);
        Self {
            name: Arc::from(name),
            seed: parts.seed,
            started: parts.clock.now(),
            clock: parts.clock,
            rules: parts.rules,
            store: parts.store,
            blobs: parts.blobs,
            ledger: parts.ledger,
            journal: parts.journal,
            usage: parts.usage,
            engine: parts.engine,
            serving: parts.serving,
            gpus: parts.gpus,
            meter: parts.meter,
            behaviour: parts.behaviour,
            logs: Logs::default(),
            holds: Holds::default(),
            unasked,
            deliveries: Deliveries::default(),
            agenda: Agenda::default(),
            indexes: Indexes::default(),
            adapters: Adapters::default(),
            prompt_cache: parts.prompt_cache.map(Mutex::new),
            makers: Makers::default(),
            keyring: Keyring::new(),
            terms: Terms::default(),
            meters: Meters::default(),
            turn: ReentrantMutex::new(Cell::new(0)),
            observers: parts.observers,
            calls: AtomicU64::new(0),
            playing: AtomicU64::new(0),
            repeats: Mutex::new(HashMap::new()),
            models: RwLock::new(HashMap::new()),
        }
    }

    /// True where only the contract counts.
    pub fn is_mock(&self) -> bool {
        self.rules.mode == Mode::Mock
    }

    /// Whether what is done in it may keep a thread waiting: for a database, or for a model of
    /// sentences.
    pub(crate) fn blocks(&self) -> bool {
        self.store.blocks() || self.behaviour.calculates()
    }

    /// The right to read objects and write what follows from them, for one thread at a time. Who
    /// has it may take it again.
    pub(crate) fn turn(&self) -> Turn<'_> {
        // Whoever has it reads a large file, perhaps.
        let here = self.turn.try_lock_for(SHORT);
        let here = here.unwrap_or_else(|| tasks::aside(|| self.turn.lock()));
        // Who waits for a turn here asks nothing of a database yet, and who has it nothing more.
        let everywhere = if here.get() == 0 {
            self.store.turn()
        } else {
            None
        };
        here.set(here.get() + 1);
        Turn {
            _everywhere: everywhere,
            here,
        }
    }

    /// The objects that a project sees.
    pub(crate) fn objects<'a>(&'a self, project: &'a str) -> Objects<'a> {
        Objects::of(&*self.store, project)
    }

    /// What is the organisation's, whoever asks.
    pub(crate) fn everyones(&self) -> Objects<'_> {
        Objects::everyones(&*self.store)
    }

    /// Takes over what follows from what was read while the store had failed so often.
    pub(crate) fn commit(&self, failures: u64, changes: Vec<Change>) -> Result<(), ApiError> {
        self.check_reads(failures)?;
        self.store.commit(changes)
    }

    /// Refuses to go on where a read has failed meanwhile: it looks like an object that is not
    /// there.
    pub(crate) fn check_reads(&self, failures: u64) -> Result<(), ApiError> {
        if self.store.failures() == failures {
            return Ok(());
        }
        Err(unavailable())
    }

    /// The seed of the ids that a call of this number makes. Numbers begin anew in each opening of
    /// a lasting world, and the ids must not.
    pub(crate) fn seed_of_objects(&self, number: u64) -> Seed {
        self.in_this_opening(self.seed.fork("object")).nth(number)
    }

    fn in_this_opening(&self, seed: Seed) -> Seed {
        match self.store.opening() {
            0 => seed,
            opening => seed.fork("opening").nth(opening),
        }
    }

    /// Answers that are being generated.
    pub(crate) fn playing(&self) -> u64 {
        self.playing.load(Ordering::Relaxed)
    }

    /// One more is.
    pub(crate) fn play_begins(&self) {
        self.playing.fetch_add(1, Ordering::Relaxed);
    }

    /// One less is.
    pub(crate) fn play_ends(&self) {
        self.playing.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number of this call in the world, from 0.
    pub(crate) fn count_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// The `x-request-id` of a call.
    pub(crate) fn request_id(&self, call: u64) -> String {
        self.seed
            .fork("request")
            .nth(call)
            .id("req_", Alphabet::Hex, 32)
    }

    /// The seed of what is said: equal works, equal answers.
    pub(crate) fn seed_of(&self, work: &Work) -> Seed {
        self.seed.of(work)
    }

    /// The seed of an answer's ids: equal works that come again get new ones.
    pub(crate) fn seed_of_ids(&self, work: Seed) -> Seed {
        let mut repeats = self.repeats.lock();
        if repeats.len() >= REPEATS && !repeats.contains_key(&work.0) {
            repeats.clear();
            repeats.insert(work.0, self.calls.load(Ordering::Relaxed));
        }
        let count = repeats.entry(work.0).or_insert(0);
        *count += 1;
        let number = *count - 1;
        drop(repeats);
        self.in_this_opening(work.fork("ids")).nth(number)
    }

    /// The model of that id, for a project; made on first use where it is not listed, and none where
    /// models are strict.
    pub(crate) fn model(&self, project: &str, id: &str) -> Option<Arc<Model>> {
        match self.adapters.named(id) {
            Named::Adapter(adapter) => return Some(Arc::new(adapter.model(id))),
            Named::Gone => return None,
            Named::Other => {}
        }
        let tuned = self.tuned_model(id);
        if tuned
            .as_ref()
            .is_some_and(|tuned| !self.may_use(project, tuned))
        {
            return None;
        }
        if let Some(model) = self.models.read().get(id) {
            return Some(Arc::clone(model));
        }
        let catalog = Catalog::builtin();
        let served = self.rules.served.as_ref();
        let is_served = served.is_some_and(|served| served.model == id);
        let is_known = tuned.is_some() || is_served || catalog.get(id).is_some();
        if !is_known && !self.makes_up(id) {
            return None;
        }
        let mut model = catalog.resolve(id);
        if is_served {
            // An engine goes on to the end of its context.
            let longest = self.rules.max_context.unwrap_or(model.context_window);
            model.max_output_tokens = longest.min(model.context_window);
        }
        if let Some(object) = tuned.as_ref().map(|tuned| &tuned.object) {
            model.created = object["created"].as_u64().unwrap_or(0);
            object["owned_by"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut model.owned_by);
        }
        if model.created == 0 {
            model.created = self.clock.now().whole_seconds();
        }
        let model = Arc::new(model);
        let mut models = self.models.write();
        if models.len() < MADE_MODELS + catalog.models().count() {
            models.insert(id.to_owned(), Arc::clone(&model));
        }
        Some(model)
    }

    /// Whether a model that nobody has listed is made up. Those of the world's own organisation are
    /// made by jobs alone.
    fn makes_up(&self, id: &str) -> bool {
        let own = FineTune::parse(id).is_some_and(|tune| {
            let ours = resources::slug(self.organization());
            tune.organisation == ours
        });
        !self.rules.strict_models && (self.is_mock() || !own)
    }

    /// All models: the listed ones, then those made on first use or by jobs, by id.
    pub(crate) fn models(&self, project: &str) -> Vec<Arc<Model>> {
        let catalog = Catalog::builtin();
        let mut models: Vec<_> = catalog.models().cloned().map(Arc::new).collect();
        let mut others = self.tuned_models(project);
        let served = self.rules.served.as_ref();
        others.extend(served.and_then(|served| self.model(project, &served.model)));
        let adapters = self.adapters.loaded();
        others.extend(adapters.iter().filter_map(|name| self.model(project, name)));
        let made = self.models.read();
        let made_up = made
            .values()
            .filter(|model| self.tuned_model(&model.id).is_none());
        others.extend(made_up.cloned());
        drop(made);
        others.retain(|model| catalog.get(&model.id).is_none());
        others.sort_by(|a, b| a.id.cmp(&b.id));
        others.dedup_by(|a, b| a.id == b.id);
        models.extend(others);
        models
    }

    /// Tells every observer.
    pub(crate) fn emit(&self, event: &Event) {
        for observer in &self.observers {
            observer.observe(event);
        }
    }

    /// The world's time.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }
}
