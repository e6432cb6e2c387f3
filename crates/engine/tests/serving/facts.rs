//! What observers of a live engine are told adds up to what was served, also where clients leave.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Waker;

use fakeai_canon::{
    Clock, Ended, Ending, Engine, EngineEvent, Event, Finish, Job, Micros, Observer, Prompt,
    RequestParams, Seed, Tick, Ticks, TokenId, WorkerLoad,
};
use fakeai_engine::serving::{Cluster, Kind, Layout, LiveEngine, Method, Setup};

use super::{KINDS, narrow, speculating};

/// A clock that is set.
#[derive(Default)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        Micros(self.0.load(Relaxed))
    }
}

/// What was told.
#[derive(Default)]
struct Told {
    load: WorkerLoad,
    admitted: u32,
    looked_up: u32,
    found: u32,
    first_tokens: u32,
    generated: u32,
    intervals: u32,
    drafts: u32,
    proposed: u32,
    held: u32,
    prompt_tokens: u32,
    steps: [u32; 2],
    preemptions: u32,
    ended: Vec<Ended>,
    /// How late the first and the last token of a step left, and how many did.
    left: Vec<(Micros, Micros, u32)>,
}

#[derive(Default)]
struct Listener(Mutex<Told>);

impl Observer for Listener {
    fn observe(&self, event: &Event) {
        let Event::Engine(fact) = event else { return };
        let told = &mut *self.0.lock().unwrap();
        match fact {
            EngineEvent::Load { load, .. } => told.load = *load,
            EngineEvent::Admitted { prompt, cached, .. } => {
                told.admitted += 1;
                told.looked_up += prompt;
                told.found += cached;
            }
            EngineEvent::StepBegan { load, step } => {
                assert!(load.running >= step.decodes);
                told.load = *load;
                told.steps[0] += 1;
            }
            EngineEvent::FirstToken(first) => {
                assert!(first.arrived <= first.taken_up && first.taken_up < first.at);
                let origins = first.origins;
                assert_eq!(
                    origins.device + origins.host + origins.replica,
                    first.cached
                );
                told.first_tokens += 1;
            }
            // What gives way makes room for others; nobody is refused here, and nothing moved.
            EngineEvent::Evicted { tokens, .. } => assert!(*tokens > 0),
            EngineEvent::Refused { .. } | EngineEvent::Moved(_) => panic!("no room, or no link"),
            EngineEvent::Preempted { .. } => told.preemptions += 1,
            EngineEvent::Cache { .. } => panic!("nobody asked to be told of blocks"),
            EngineEvent::Ended(ended) => told.ended.push(**ended),
            EngineEvent::StepLeft {
                first_late,
                last_late,
                tokens,
            } => told.left.push((*first_late, *last_late, *tokens)),
            EngineEvent::StepEnded {
                step,
                load,
                generated,
                intervals,
                proposed,
            } => {
                told.load = *load;
                told.steps[1] += 1;
                told.prompt_tokens += step.prompt_tokens;
                told.generated += generated;
                told.intervals += intervals.iter().map(|gap| gap.sequences).sum::<u32>();
                told.drafts += proposed.drafts;
                told.proposed += proposed.tokens;
                told.held += proposed.held.iter().sum::<u32>();
            }
        }
    }
}

struct Stage {
    engine: LiveEngine,
    clock: Arc<Hand>,
    listener: Arc<Listener>,
}

impl Stage {
    fn new(kind: Kind) -> Self {
        Self::of(&narrow(kind))
    }

    fn of(setup: &Setup) -> Self {
        let clock = Arc::new(Hand::default());
        let listener = Arc::new(Listener::default());
        let cluster = Cluster::new(setup, Layout::of(1), Some(Seed(1))).unwrap();
        let engine = LiveEngine::new(cluster, clock.clone(), vec![listener.clone()], false);
        Self {
            engine,
            clock,
            listener,
        }
    }

    fn submit(&self, prompt: &[TokenId], lengths: &[u32]) -> Box<dyn Ticks> {
        let prompt = Prompt {
            ids: prompt.to_vec(),
            ..Prompt::default()
        };
        let job = Job {
            seed: Seed(1),
            model: "m",
            prompts: &[prompt],
            priority: 0,
            salt: None,
            session: None,
            lengths,
            foretold: &[],
            finishes: &[Finish::Length],
            params: RequestParams::default(),
            arrived: self.clock.now(),
        };
        self.engine.submit(&job).unwrap()
    }

    /// Follows an answer for so many tokens of its longest sequence.
    fn follow(&self, ticks: &mut dyn Ticks, tokens: u32) {
        for index in 0..tokens {
            loop {
                let (Tick::At(at) | Tick::AskAt(at)) = ticks.due(index, Waker::noop()) else {
                    continue;
                };
                if at <= self.clock.now() {
                    break;
                }
                self.clock.0.store(at.0, Relaxed);
            }
        }
    }
}

#[test]
fn what_is_told_adds_up_to_what_was_served() {
    for kind in KINDS {
        let stage = Stage::new(kind);
        let prompt: Vec<TokenId> = (0..100).collect();
        stage.follow(&mut *stage.submit(&prompt, &[5, 30]), 30);
        stage.follow(&mut *stage.submit(&prompt, &[1]), 1);
        stage.engine.catch_up();
        let told = stage.listener.0.lock().unwrap();
        assert_eq!((told.admitted, told.first_tokens), (3, 3), "{kind:?}");
        assert_eq!(told.generated, 36);
        assert_eq!(told.intervals, 33);
        assert_eq!(told.looked_up, 300);
        assert!(told.found >= 96, "{kind:?}");
        assert_eq!(told.prompt_tokens + told.found, 300);
        assert_eq!(told.steps[0], told.steps[1]);
        let ended = told.ended.iter();
        let mut ended: Vec<_> = ended
            .map(|ended| {
                let request = ended
                    .request
                    .map(|request| (request.sequences, request.longest));
                (ended.generated, request, ended.ending)
            })
            .collect();
        ended.sort_by_key(|(generated, ..)| *generated);
        let done = Ending::Done;
        let expected = [
            (1, Some((1, 1)), done(Finish::Length)),
            (5, Some((2, 30)), done(Finish::Length)),
            (30, None, done(Finish::Stop)),
        ];
        assert_eq!(ended, expected, "{kind:?}");
        let load = told.load;
        assert_eq!((load.running, load.waiting, load.used_blocks), (0, 0, 0));
        assert!(load.known_blocks > 0 && load.blocks > load.known_blocks);
    }
}

#[test]
fn what_is_told_of_proposals_adds_up_to_what_was_generated() {
    let stage = Stage::of(&speculating(narrow(Kind::Vllm), Method::Eagle3, 3));
    let prompt: Vec<TokenId> = (0..40).collect();
    stage.follow(&mut *stage.submit(&prompt, &[90]), 90);
    stage.engine.catch_up();
    let told = stage.listener.0.lock().unwrap();
    assert_eq!((told.first_tokens, told.generated), (1, 90));
    assert_eq!(
        told.intervals, told.drafts,
        "each step after the first verifies"
    );
    assert_eq!(told.proposed, 3 * told.drafts);
    let made = 1 + told.drafts + told.held;
    assert!((90..93).contains(&made), "{made}");
    assert!(told.drafts < 60, "several tokens come together");
}

#[test]
fn who_leaves_early_is_told_with_what_it_had() {
    let stage = Stage::new(Kind::Vllm);
    let prompt: Vec<TokenId> = (0..40).collect();
    let mut ticks = stage.submit(&prompt, &[50]);
    assert_eq!(stage.listener.0.lock().unwrap().load.running, 1);
    stage.follow(&mut *ticks, 7);
    assert_eq!(stage.listener.0.lock().unwrap().load.running, 1);
    drop(ticks);
    let told = stage.listener.0.lock().unwrap();
    let [ended] = &told.ended[..] else {
        panic!("one has left")
    };
    assert_eq!(ended.ending, Ending::Aborted);
    assert!(ended.generated >= 7 && ended.generated < 50);
    assert_eq!(ended.generated, told.generated);
    assert_eq!(told.load.running + told.load.used_blocks, 0);
}

#[test]
fn who_makes_room_is_told() {
    let stage = Stage::new(Kind::Vllm);
    let prompts: Vec<Vec<TokenId>> = (0..4)
        .map(|n| (n * 1000..n * 1000 + 220).collect())
        .collect();
    let mut answers: Vec<_> = prompts
        .iter()
        .map(|prompt| stage.submit(prompt, &[80]))
        .collect();
    for ticks in &mut answers {
        stage.follow(&mut **ticks, 80);
    }
    drop(answers);
    let told = stage.listener.0.lock().unwrap();
    assert!(told.preemptions > 0);
    let noted: u32 = told.ended.iter().map(|ended| ended.preemptions).sum();
    assert_eq!(noted, told.preemptions);
    assert_eq!((told.admitted, told.generated), (4, 320));
}

#[test]
fn how_late_the_tokens_of_a_step_leave_is_told_once_many_later_ones_have() {
    let stage = Stage::new(Kind::Vllm);
    let prompt: Vec<TokenId> = (0..40).collect();
    let mut ticks = stage.submit(&prompt, &[50]);
    for step in 1..=17_u64 {
        // Two streams share a step; the second one's token leaves later.
        let due = Micros(step * 10_000);
        ticks.left(due, Micros(due.0 + 300), 1);
        ticks.left(due, Micros(due.0 + 700 + step), 1);
    }
    // A token of a step that was told comes too late to be told.
    ticks.left(Micros(10_000), Micros(900_000), 1);
    let told = stage.listener.0.lock().unwrap();
    assert_eq!(told.left, [(Micros(300), Micros(701), 2)]);
}
