//! Runs a drill: one thread, a virtual clock, and everything that is due in the order in which it
//! is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{Call, Frames, Head, Micros, Mode, Pull, ReplyBody, Seed};
use fakeai_server::config::{ClockKind, Config};
use fakeai_server::{Gateway, VIRTUAL_EPOCH, World};
use http::Method;
use http::header::CONTENT_TYPE;
use parking_lot::Mutex;
use serde_json::Value;

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
    /// What became of its calls, as `getResponse 404`; `abandoned` in place of the status where
    /// the client left, and `fault` before it where one struck.
    pub fates: BTreeSet<String>,
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
    launched: Arc<Mutex<Vec<fakeai_server::Run>>>,
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
    ended: bool,
    head: Head,
    client: Client,
    reads: u32,
    next: Micros,
}

/// An answer that nobody waits for.
struct Running {
    run: fakeai_server::Run,
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
        let launched: Arc<Mutex<Vec<fakeai_server::Run>>> = Arc::default();
        let collector = Arc::clone(&launched);
        let gateway =
            fakeai_server::build(&config, Box::new(move |run| collector.lock().push(run)))
                .expect("a storage in memory opens");
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
        let head = asked.head.clone();
        let served = self.gateway.handle(asked);
        self.take_launched();
        let status = served.reply.status.as_u16();
        let headers = served.reply.headers;
        let (frames, is_fold) = match served.reply.body {
            ReplyBody::Whole(body) => {
                let is_empty = body.is_empty() && !headers.contains_key(CONTENT_TYPE);
                if !is_empty {
                    self.findings.whole(status, &body);
                }
                self.memory.whole(&body);
                self.note_end(&head, status);
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
            ended: false,
            head,
            client,
            reads: 0,
            next: self.world.now(),
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

    /// Takes over what calls and other background work have started.
    fn take_launched(&mut self) {
        let next = self.world.now();
        let launched = std::mem::take(&mut *self.launched.lock());
        let running = launched.into_iter().map(|run| Running { run, next });
        self.background.extend(running);
    }

    fn play_background(&mut self) {
        let now = self.world.now();
        let gateway = &self.gateway;
        self.background.retain_mut(|running| {
            while running.next <= now {
                match running.run.advance(gateway, now, Waker::noop()) {
                    Pull::More => {}
                    Pull::DueAt(due) => running.next = due,
                    Pull::Pending => running.next = Micros(now.0 + 1_000),
                    Pull::End | Pull::Cut | Pull::Failed(_) => return false,
                }
            }
            true
        });
        self.take_launched();
    }

    fn play_streams(&mut self) {
        let now = self.world.now();
        let mut index = 0;
        while index < self.streams.len() {
            let reading = &mut self.streams[index];
            if reading.next <= now && reading.read(now, &mut self.outs, &mut self.findings) {
                let ended = self.streams.remove(index);
                self.judge(&ended);
            } else {
                index += 1;
            }
        }
    }

    /// Learns what is gone or cancelled for good, and that what is gone stays so.
    fn note_end(&mut self, head: &Head, status: u16) {
        if status != 200 {
            return;
        }
        if let Some(path) = head.path.strip_suffix("/cancel") {
            self.memory.cut.insert(path.to_owned());
        } else if head.method == Method::DELETE {
            self.memory.cut.insert(head.path.clone());
            self.memory.gone.insert(head.path.clone());
        } else if self.memory.gone.contains(&head.path) && !self.world.is_mock() {
            self.findings.note(format!("{} came back", head.path));
        }
    }

    /// Looks at an answer that is over, unless its client left.
    fn judge(&mut self, ended: &Reading) {
        let body = &self.outs[ended.call];
        if ended.is_fold {
            self.memory.whole(body);
        }
        let path = match self.memory.stream(body) {
            Some(id) => format!("/v1/responses/{id}"),
            None => ended.head.path.clone(),
        };
        // The stream of a response that is cancelled or deleted just ends; one that is taken up again may have nothing left.
        let is_cut = self.memory.cut.contains(&path);
        let is_rest = ended.head.query.contains("starting_after") && body.is_empty();
        if !ended.ended {
            return;
        }
        if ended.is_fold {
            self.findings.whole(200, body);
        } else if !is_cut && !is_rest {
            self.findings.stream(body);
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
        let fates = self.fates();
        Run {
            bytes: self.outs.concat(),
            findings: self.findings,
            checked,
            fates,
        }
    }

    /// What became of the calls, as the journal has it.
    fn fates(&self) -> BTreeSet<String> {
        let call = Call::new(Method::GET, "/_fakeai/journal?limit=1000");
        let ReplyBody::Whole(body) = self.gateway.handle(call).reply.body else {
            return BTreeSet::new();
        };
        let journal: Value = serde_json::from_slice(&body).unwrap_or_default();
        let entries = journal["data"].as_array().into_iter().flatten();
        entries.map(fate).collect()
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
                    let early = Micros(due.0 - 1);
                    let again = self.frames.pull(early, &mut out, Waker::noop());
                    if again != Pull::DueAt(due) || !out.is_empty() {
                        findings.note(format!("due at {due}, but {again:?} at {early}"));
                    }
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
                    self.ended = true;
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

fn fate(entry: &Value) -> String {
    let operation = entry["operation"].as_str().unwrap_or("nothing");
    match (entry["abandoned"] == true, entry["fault"] == true) {
        (true, _) => format!("{operation} abandoned"),
        (_, true) => format!("{operation} fault {}", entry["status"]),
        (false, false) => format!("{operation} {}", entry["status"]),
    }
}
