//! From settings to worlds: the one place where the rooms are put together.

use std::sync::Arc;
use std::time::Duration;

use fakeai_canon::{Clock, Engine, Micros, Observer, Seed};
use fakeai_catalog::{Catalog, Latency};
use fakeai_content::{Behaviour, Config as ContentConfig, TextMode};
use fakeai_engine::serving::{Cluster, LiveEngine};
use fakeai_engine::{Pace, PaceEngine, PromptCache, Spread, Timing};
use fakeai_telemetry::{
    DcgmCounters, Journal, JournalLimits, Ledger, LedgerLimits, UsageBook, UsageLimits,
};
use http::HeaderValue;

use crate::clock::{VIRTUAL_EPOCH, WorldClock};
use crate::config::{ClockKind, Config, DcgmSet, PaceKind, TextSource};
use crate::gateway::{Gateway, Launch};
use crate::gpus::GpuRoom;
use crate::kv_events::KvEvents;
use crate::log::RequestLog;
use crate::measured;
use crate::rules::{FaultRule, MetricsForm, RateRules, RealtimeRules, Served, WorldRules};
use crate::sentences;
use crate::store::{OpenError, Place, StoreLimits};
use crate::webhooks::WebhookRules;
use crate::world::{Parts, World};
use crate::worlds::{DEFAULT, Worlds};

/// Frames of background answers are kept for so many of them in a world.
const BACKGROUND_ANSWERS: usize = 1_000;

/// Builds the hall over worlds that follow `config`.
///
/// # Errors
/// A storage, a model or a file of authorities that can't be opened.
pub fn build(config: &Config, launch: Launch) -> Result<Gateway, OpenError> {
    let place = Place::open(&config.storage)?;
    let folder = config.generation.embedding_model.as_deref();
    let sentences = folder.map(sentences::open).transpose()?;
    let config = config.clone();
    let rules = Arc::new(rules(&config)?);
    let most = config.features.max_worlds as usize;
    let kv_events = kv_events(&config);
    let told = kv_events.clone();
    let make = move |name: &str| {
        let told = told.clone().filter(|_| name == DEFAULT);
        let behaviour = Behaviour::new(content(&config)).with_sentences(sentences.clone());
        world(name, &config, &rules, &place, (behaviour, told))
    };
    let gateway = Gateway::new(Worlds::new(Box::new(make), most), launch);
    Ok(gateway.with_kv_events(kv_events))
}

fn kv_events(config: &Config) -> Option<Arc<KvEvents>> {
    let settings = config.serving.kv_events_config.as_ref()?;
    let (_, layout) = config.serving.setup().ok()??;
    let replicas = layout.prefill + layout.replicas;
    settings
        .enabled
        .then(|| Arc::new(KvEvents::new(settings, replicas)))
}

fn world(
    name: &str,
    config: &Config,
    rules: &Arc<WorldRules>,
    place: &Place,
    (behaviour, kv_events): (Behaviour, Option<Arc<KvEvents>>),
) -> World {
    let clock = Arc::new(clock(config));
    let now = clock.now();
    let seed = seed(config, name);
    let ledger = Arc::new(Ledger::new(
        LedgerLimits {
            models: config.metrics.max_model_labels as usize,
            ..LedgerLimits::default()
        },
        now,
    ));
    let journal = Arc::new(Journal::new(JournalLimits {
        entries: config.metrics.journal_entries as usize,
        ..JournalLimits::default()
    }));
    let usage = Arc::new(UsageBook::new(UsageLimits::default()));
    let mut observers: Vec<Arc<dyn Observer>> = vec![ledger.clone(), usage.clone()];
    if config.metrics.journal_entries > 0 {
        observers.push(journal.clone());
    }
    if tracing::enabled!(tracing::Level::DEBUG) {
        observers.push(Arc::new(RequestLog));
    }
    let meter = measured::meter(config, now);
    observers.extend(meter.clone().map(|meter| meter as Arc<dyn Observer>));
    let tells_cache = kv_events.is_some();
    if let Some(told) = kv_events {
        told.begin_anew(now);
        observers.push(told);
    }
    let serving = serving(config, &clock, seed, observers.clone(), tells_cache);
    let engine = match &serving {
        Some(serving) => serving.clone(),
        None => pace(config),
    };
    let time: Arc<dyn Clock> = clock.clone();
    let (store, blobs) = place.world(name, store_limits(config), &time);
    World::new(
        name,
        Parts {
            seed,
            clock,
            rules: Arc::clone(rules),
            store,
            blobs,
            ledger,
            journal,
            usage,
            engine,
            serving,
            gpus: gpus(config, seed),
            prompt_cache: prompt_cache(config),
            meter,
            behaviour,
            observers,
        },
    )
}

/// Every world has a seed of its own; the default one has that of the settings.
fn seed(config: &Config, name: &str) -> Seed {
    match (Seed(config.server.seed), name) {
        (root, DEFAULT) => root,
        (root, name) => root.fork(name),
    }
}

fn rules(config: &Config) -> Result<WorldRules, OpenError> {
    let features = &config.features;
    Ok(WorldRules {
        mode: config.server.mode,
        strict_models: config.generation.strict_models,
        deployments: config.azure.deployments(),
        templates: config.generation.templates(),
        needs_key: config.auth.is_required(),
        keys: config.auth.api_keys.0.clone(),
        admin_keys: config.auth.admin_api_keys.0.clone(),
        any_key: config.auth.api_keys.0.is_empty() && config.auth.admin_api_keys.0.is_empty(),
        organization: HeaderValue::from_str(&config.auth.organization)
            .unwrap_or(HeaderValue::from_static("fakeai")),
        fault: (features.fault_rate > 0.0).then_some(FaultRule {
            status: features.fault_status,
            rate: features.fault_rate,
        }),
        max_context: config.serving.longest_context(),
        max_body_bytes: config.security.max_request_size.0,
        realtime: RealtimeRules {
            seconds: config.server.realtime_session.as_secs(),
            audio_bytes: config.server.realtime_audio.0 as usize,
            items: config.server.realtime_items as usize,
        },
        training_tokens_per_second: u64::from(config.generation.training_tokens_per_second),
        background_answers: BACKGROUND_ANSWERS,
        unasked_responses: config.storage.unasked_responses as usize,
        dcgm_counters: match config.metrics.dcgm_counters {
            DcgmSet::Default => DcgmCounters::Default,
            DcgmSet::All => DcgmCounters::All,
        },
        rates: RateRules::of(&config.rate_limits),
        webhooks: WebhookRules::of(&config.webhooks)?,
        served: config.serving.engine.map(|engine| Served {
            engine: engine.word(),
            model: config.serving.served_model.clone(),
        }),
        check_responses: features.check_responses.unwrap_or(cfg!(debug_assertions)),
        docs: features.docs,
        metrics_page: config.metrics.shown(config.serving.engine).ok().flatten(),
        legacy_metric_names: config.metrics.legacy_names,
        metrics: if config.metrics.prometheus {
            MetricsForm::Prometheus
        } else {
            MetricsForm::Json
        },
    })
}

fn clock(config: &Config) -> WorldClock {
    match config.server.clock {
        ClockKind::Real => WorldClock::real(config.server.time_scale),
        ClockKind::Virtual => WorldClock::virtual_from(VIRTUAL_EPOCH),
    }
}

fn store_limits(config: &Config) -> StoreLimits {
    let retention = micros(config.storage.retention);
    StoreLimits {
        max_objects: config.storage.max_objects as usize,
        max_bytes: usize::try_from(config.storage.max_bytes.0).unwrap_or(usize::MAX),
        retention: (retention > Micros::ZERO).then_some(retention),
    }
}

fn content(config: &Config) -> ContentConfig {
    let generation = &config.generation;
    ContentConfig {
        mode: config.server.mode,
        text: match generation.text() {
            TextSource::Prose => TextMode::Prose,
            TextSource::Echo => TextMode::Echo,
            TextSource::Lorem => TextMode::Lorem,
            TextSource::Fixed => TextMode::Fixed(generation.fixed_text.clone().unwrap_or_default()),
        },
        completion_max_tokens: generation.completion_max_tokens,
        refusals: generation.refusals,
    }
}

/// The simulated serving engine, where one is asked for.
fn serving(
    config: &Config,
    clock: &Arc<WorldClock>,
    seed: Seed,
    observers: Vec<Arc<dyn Observer>>,
    tells_cache: bool,
) -> Option<Arc<LiveEngine>> {
    // What can't be served has been refused with the settings.
    let (setup, layout) = config.serving.setup().ok()??;
    let mut cluster = Cluster::new(&setup, layout, Some(seed.fork("engine"))).ok()?;
    cluster.watch_gpus(micros(config.metrics.dcgm_interval), clock.now());
    let clock = clock.clone();
    Some(Arc::new(LiveEngine::new(
        cluster,
        clock,
        observers,
        tells_cache,
    )))
}

fn gpus(config: &Config, seed: Seed) -> Option<Arc<GpuRoom>> {
    let (setup, _) = config.serving.setup().ok()??;
    Some(Arc::new(GpuRoom::new(&setup, seed.fork("gpus"))))
}

fn prompt_cache(config: &Config) -> Option<PromptCache> {
    let settings = &config.kv_cache;
    let is_hosted = config.serving.engine.is_none();
    (is_hosted && settings.prompt_caching)
        .then(|| PromptCache::new(settings.prompt_cache_steps as usize))
}

fn pace(config: &Config) -> Arc<dyn Engine> {
    let generation = &config.generation;
    let fixed = Timing {
        delay: spread(generation.delay()),
        ttft: generation.ttft.map(spread).unwrap_or_default(),
        itl: generation.itl.map(spread).unwrap_or_default(),
        distribution: generation.distribution,
    };
    let pace = match generation.pace() {
        PaceKind::Instant if fixed.delay == Spread::default() => Pace::Instant,
        PaceKind::Instant | PaceKind::Fixed => Pace::Fixed(fixed),
        PaceKind::Profile => {
            let (ttft, itl) = (generation.ttft, generation.itl);
            Pace::Profile(Arc::new(move |model: &str| {
                let catalog = Catalog::builtin();
                let listed = catalog.get(model).map(|listed| listed.latency);
                let profile = listed.unwrap_or_else(|| catalog.resolve(model).latency);
                Timing {
                    ttft: spread(ttft.unwrap_or(profile.ttft)),
                    itl: spread(itl.unwrap_or(profile.itl)),
                    ..fixed
                }
            }))
        }
    };
    Arc::new(PaceEngine::new(pace))
}

fn spread(latency: Latency) -> Spread {
    Spread {
        mean: Micros::from_seconds(latency.milliseconds / 1_000.0),
        share: latency.spread_percent / 100.0,
    }
}

fn micros(span: Duration) -> Micros {
    Micros(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
}
