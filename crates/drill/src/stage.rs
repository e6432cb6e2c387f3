//! Runs a drill: one thread, a virtual clock, and everything that is due in the order in which it
//! is due.

use std::sync::Arc;
use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{Frames, Micros, Mode, Pull, ReplyBody, Seed};
use fakeai_server::config::{ClockKind, Config};
use fakeai_server::{BackgroundRun, Gateway, VIRTUAL_EPOCH, World};
use http::header::CONTENT_TYPE;
use parking_lot::Mutex;

use crate::asks;
use crate::findings::Findings;
use crate::memory::Memory;
use crate::workload::{Client, Errand, errands};

/// What a drill left behind.
pub struct Run {
    /// Every byte that left, by the order of the calls.
    pub bytes: Vec<u8>,
    /// What did not hold.
    pub findings: Findings,
    /// How many answers and events were held against their contract.
    pub checked: u64,
}

/// Runs the drill of a seed.
pub fn run(seed: u64) -> Run {
    let mut stage = Stage::new(seed);
    let errands = errands(Seed(seed));
    let start = VIRTUAL_EPOCH;
    for errand in errands {
        stage.play_until(start + errand.at);
        stage.send(errand);
    }
    stage.play_until(Micros(u64::MAX));
    stage.close()
}

struct Stage {
    gateway: Gateway,
    world: Arc<World>,
    launched: Arc<Mutex<Vec<BackgroundRun>>>,
    streams: Vec<Reading>,
    background: Vec<Running>,
    outs: Vec<Vec<u8>>,
    memory: Memory,
    findings: Findings,
}

/// An answer that a client reads.
struct Reading {
    call: usize,
    frames: Box<dyn Frames>,
    is_fold: bool,
    /// A stream taken up again, which may have nothing left.
    is_resumed: bool,
    client: Client,
    reads: u32,
    next: Micros,
}

/// An answer that nobody waits for.
struct Running {
    run: BackgroundRun,
    next: Micros,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let mut config = Config::default();
        config.server.seed = seed;
        config.server.clock = ClockKind::Virtual;
        config.generation.ttft = "20:10%".parse().ok();
        config.generation.itl = "5:10%".parse().ok();
        config.features.check_responses = Some(true);
        if seed % 5 == 4 {
            config.server.mode = Mode::Mock;
        }
        config.features.fault_rate = if seed.is_multiple_of(3) { 0.1 } else { 0.0 };
        let launched: Arc<Mutex<Vec<BackgroundRun>>> = Arc::default();
        let collector = Arc::clone(&launched);
        let gateway =
            fakeai_server::build(&config, Box::new(move |run| collector.lock().push(run)));
        let world = gateway.worlds.default();
        Self {
            gateway,
            world,
            launched,
            streams: Vec::new(),
            background: Vec::new(),
            outs: Vec::new(),
            memory: Memory::default(),
            findings: Findings::default(),
        }
    }

    fn send(&mut self, mut errand: Errand) {
        let call = self.outs.len();
        self.outs.push(Vec::new());
        let asked = asks::call(&mut errand.rng, &self.memory, self.world.rules.mode);
        let is_resumed = asked.head.query.contains("starting_after");
        let served = self.gateway.handle(asked);
        let next = self.world.now();
        self.background.extend(
            self.launched
                .lock()
                .drain(..)
                .map(|run| Running { run, next }),
        );
        let status = served.reply.status.as_u16();
        let headers = served.reply.headers;
        let (frames, is_fold) = match served.reply.body {
            ReplyBody::Whole(body) => {
                let is_empty = body.is_empty() && !headers.contains_key(CONTENT_TYPE);
                if !is_empty {
                    self.findings.whole(status, &body);
                }
                self.memory.whole(&body);
                self.outs[call].extend_from_slice(&body);
                return;
            }
            ReplyBody::Fold(frames) => (frames, true),
            ReplyBody::Stream(frames) => (frames, false),
        };
        let client = errand.client;
        self.streams.push(Reading {
            call,
            frames,
            is_fold,
            is_resumed,
            client,
            reads: 0,
            next,
        });
    }

    /// Plays everything that is due before `until`.
    fn play_until(&mut self, until: Micros) {
        while let Some(next) = self.next_due().filter(|next| *next < until) {
            self.world.clock.advance(next);
            self.play_background();
            self.play_streams();
        }
        if until < Micros(u64::MAX) {
            self.world.clock.advance(until);
        }
    }

    fn next_due(&self) -> Option<Micros> {
        let streams = self.streams.iter().map(|reading| reading.next);
        streams
            .chain(self.background.iter().map(|running| running.next))
            .min()
    }

    fn play_background(&mut self) {
        let now = self.world.now();
        self.background.retain_mut(|running| {
            while running.next <= now {
                match running.run.advance(now, Waker::noop()) {
                    Pull::More => {}
                    Pull::DueAt(due) => running.next = due,
                    Pull::Pending => running.next = Micros(now.0 + 1_000),
                    Pull::End | Pull::Cut | Pull::Failed(_) => return false,
                }
            }
            true
        });
    }

    fn play_streams(&mut self) {
        let now = self.world.now();
        let mut index = 0;
        while index < self.streams.len() {
            let reading = &mut self.streams[index];
            if reading.next <= now && reading.read(now, &mut self.outs, &mut self.findings) {
                let ended = self.streams.remove(index);
                self.memory.read(ended.is_fold, &self.outs[ended.call]);
            } else {
                index += 1;
            }
        }
    }

    fn close(mut self) -> Run {
        let checks = &self.gateway.checks;
        if checks.violations() > 0 || checks.panics() > 0 {
            self.findings
                .note(format!("{} panics, {:?}", checks.panics(), checks.texts()));
        }
        if self.world.ledger.active_requests() > 0 {
            self.findings.note(format!(
                "{} calls never ended",
                self.world.ledger.active_requests()
            ));
        }
        if !self.background.is_empty() || !self.streams.is_empty() {
            self.findings.note("an answer never ended".to_owned());
        }
        if self.world.ledger.requests() != self.outs.len() as u64 {
            self.findings.note("the ledger lost a call".to_owned());
        }
        let checked = checks.checked();
        Run {
            bytes: self.outs.concat(),
            findings: self.findings,
            checked,
        }
    }
}

impl Reading {
    /// Reads what is due; true at the end.
    fn read(&mut self, now: Micros, outs: &mut [Vec<u8>], findings: &mut Findings) -> bool {
        let mut out = BytesMut::new();
        loop {
            let pull = self.frames.pull(now, &mut out, Waker::noop());
            if !out.is_empty() {
                self.reads += 1;
                outs[self.call].extend_from_slice(&out.split());
                if self.client == Client::Leaves(self.reads) {
                    return true;
                }
            }
            match pull {
                Pull::More => {}
                Pull::DueAt(due) if due <= now => {
                    findings.note(format!("due at {due}, and not sent at {now}"));
                    return true;
                }
                Pull::DueAt(due) => {
                    self.next = match self.client {
                        Client::Slow(late) => due + late,
                        Client::Steady | Client::Leaves(_) => due,
                    };
                    return false;
                }
                Pull::Pending => {
                    self.next = Micros(now.0 + 1_000);
                    return false;
                }
                Pull::End => {
                    if self.is_fold {
                        findings.whole(200, &outs[self.call]);
                    } else if !(self.is_resumed && outs[self.call].is_empty()) {
                        findings.stream(&outs[self.call]);
                    }
                    return true;
                }
                Pull::Cut => return true,
                Pull::Failed(error) => {
                    findings.note(format!("an answer failed: {error}"));
                    return true;
                }
            }
        }
    }
}
