//! Several replicas of an engine, driven together by one loop over what happens next. Requests are
//! routed when they arrive; where prompts are computed apart from answers, what was computed is
//! handed over through a link.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use fakeai_canon::{Micros, Seed, Way, WorkerLoad};

use super::log::Log;
use super::noise::Noise;
use super::orders::Order;
use super::plan::{Misfit, Setup};
use super::quick_hash::QuickMap;
use super::router::{Candidate, Router};
use super::sequence::{Request, Sequence, SequenceId};
use super::speculation::Draws;
use super::step_time::StepTime;
use super::worker::{Fetch, Role, Worker};

/// What a cluster is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Layout {
    /// Replicas; where some compute prompts only, those that generate.
    pub replicas: u32,
    /// Replicas that compute prompts only. 0 where all do everything.
    pub prefill: u32,
    /// How requests find theirs.
    pub router: Router,
    /// What becomes of the requests of a replica that fails.
    pub on_failure: OnFailure,
}

impl Layout {
    /// So many replicas that do everything.
    pub fn of(replicas: u32) -> Self {
        Self {
            replicas,
            ..Self::default()
        }
    }
}

/// What becomes of the requests of a replica that fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They go on elsewhere; what they had computed is computed again.
    #[default]
    Requeue,
    /// They end.
    End,
}

/// Whether a replica takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes requests.
    Up,
    /// It ends what it has and takes no more.
    Draining,
    /// It is not there.
    Down,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Draining => "draining",
            State::Down => "down",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) worker: Worker,
    pub(super) state: State,
    /// When what it hands over has left it.
    link_free: Micros,
}

/// A computed prompt on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) from: usize,
    pub(super) to: usize,
}

/// What never comes.
const NEVER: Micros = Micros(u64::MAX);

/// The replicas of an engine.
#[derive(Clone, Debug)]
pub struct Cluster {
    setup: Setup,
    times: StepTime,
    layout: Layout,
    noise: Option<Seed>,
    pub(super) members: Vec<Member>,
    /// When something happens next in each of them.
    due: Vec<Micros>,
    /// Requests that have not arrived, in order of their arrival.
    coming: VecDeque<Sequence>,
    /// Those that no replica is there for.
    pub(super) stranded: VecDeque<Sequence>,
    pub(super) orders: VecDeque<(Micros, Order)>,
    landings: BinaryHeap<Reverse<(Micros, SequenceId)>>,
    pub(super) moves: QuickMap<SequenceId, Move>,
    /// Bytes that were handed over between replicas.
    moved_bytes: f64,
    turn: u64,
    next_id: u64,
    /// The span that means of GPUs are kept over, where somebody reads them.
    pub(super) window: Option<Micros>,
    pub(super) now: Micros,
}

impl Cluster {
    /// An idle cluster. Without a seed no step is longer or shorter than another.
    ///
    /// # Errors
    /// A set-up that can't run.
    pub fn new(setup: &Setup, layout: Layout, noise: Option<Seed>) -> Result<Self, Misfit> {
        let mut cluster = Self {
            times: StepTime::new(setup),
            setup: setup.clone(),
            layout,
            noise,
            members: Vec::new(),
            due: Vec::new(),
            coming: VecDeque::new(),
            stranded: VecDeque::new(),
            orders: VecDeque::new(),
            landings: BinaryHeap::new(),
            moves: QuickMap::default(),
            moved_bytes: 0.0,
            turn: 0,
            next_id: 0,
            window: None,
            now: Micros::ZERO,
        };
        for _ in 0..layout.prefill {
            cluster.push(Role::Prefill)?;
        }
        let role = match layout.prefill {
            0 => Role::Whole,
            _ => Role::Decode,
        };
        for _ in 0..layout.replicas.max(1) {
            cluster.push(role)?;
        }
        Ok(cluster)
    }

    /// One more replica; its number.
    pub(super) fn push(&mut self, role: Role) -> Result<usize, Misfit> {
        let number = self.members.len();
        let noise = match self.noise {
            Some(seed) => Noise::of(seed.nth(number as u64)),
            None => Noise::none(),
        };
        // What holds of a sequence's proposals does not depend on where it runs.
        let draws = Draws::of(self.noise.unwrap_or(Seed(0)));
        let mut worker = Worker::new(&self.setup, role, (noise, draws), self.now)?;
        if let Some(window) = self.window {
            worker.gpus.watch(window, self.now);
        }
        self.members.push(Member {
            worker,
            state: State::Up,
            link_free: Micros::ZERO,
        });
        self.due.push(NEVER);
        Ok(number)
    }

    /// What each replica is.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// What the cluster is made of.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The times that its replicas go by.
    pub fn times(&self) -> &StepTime {
        &self.times
    }

    /// When something last happened.
    pub fn now(&self) -> Micros {
        self.now
    }

    /// Bytes that were handed over between replicas.
    pub fn moved_bytes(&self) -> f64 {
        self.moved_bytes
    }

    /// Requests that have not arrived.
    pub fn coming(&self) -> usize {
        self.coming.len()
    }

    /// Whether no request is under way or to come.
    pub fn is_idle(&self) -> bool {
        let is_idle = |member: &Member| member.worker.is_idle();
        self.coming.is_empty() && self.stranded.is_empty() && self.members.iter().all(is_idle)
    }

    /// Takes a request, which may arrive later than now. One that could never fit is cut to what
    /// the cache and the longest context hold.
    pub fn submit(&mut self, mut request: Request) -> SequenceId {
        let most = self.longest();
        request.prompt = request.prompt.clamp(1, most.saturating_sub(1).max(1));
        request.output = request.output.clamp(1, (most - request.prompt).max(1));
        let id = SequenceId(self.next_id);
        self.next_id += 1;
        let arrived = request.arrived;
        let later = |other: &&Sequence| other.request.arrived > arrived;
        let after = self.coming.iter().rev().take_while(later).count();
        self.coming
            .insert(self.coming.len() - after, Sequence::new(id, request));
        id
    }

    /// Tokens that the longest sequence can have.
    pub fn longest(&self) -> u32 {
        let first = self.members.first();
        first.map_or(2, |member| member.worker.room.most)
    }

    /// Tokens that a request may have, prompt and answer: what the model knows or the setting says, and
    /// no more than the cache holds.
    pub fn longest_served(&self) -> u32 {
        let own = match self.setup.shape.context {
            0 => u32::MAX,
            context => context,
        };
        let set = self.setup.setting.max_context;
        self.longest().min(set.unwrap_or(own))
    }

    /// Takes a request back, wherever it is.
    pub fn cancel(&mut self, id: SequenceId, log: &mut impl Log) {
        self.coming.retain(|sequence| sequence.id != id);
        self.stranded.retain(|sequence| sequence.id != id);
        self.moves.remove(&id);
        for number in 0..self.members.len() {
            if self.members[number].worker.has(id) {
                self.members[number].worker.take_out(id, self.now);
                self.touch(number);
                log.replica(number as u32);
                log.queued(self.now, self.members[number].worker.load());
            }
        }
    }

    /// Whether the sequence is still on its way.
    pub fn has(&self, id: SequenceId) -> bool {
        let is_it = |sequence: &Sequence| sequence.id == id;
        self.members.iter().any(|member| member.worker.has(id))
            || self.coming.iter().any(is_it)
            || self.stranded.iter().any(is_it)
    }

    /// The replica that has a sequence, the one that generates it where two have it.
    pub fn replica_of(&self, id: SequenceId) -> Option<u32> {
        let mut members = self.members.iter();
        let there = members.rposition(|member| member.worker.has(id));
        there.map(|number| number as u32)
    }

    /// How full each replica is.
    pub fn loads(&self) -> impl Iterator<Item = WorkerLoad> + '_ {
        self.members.iter().map(|member| member.worker.load())
    }

    /// When something happens next, if nothing comes from outside.
    pub fn next(&self) -> Option<Micros> {
        let coming = self.coming.front();
        let first = [
            coming.map_or(NEVER, |sequence| sequence.request.arrived),
            self.orders.front().map_or(NEVER, |(at, _)| *at),
            self.landings.peek().map_or(NEVER, |Reverse((at, _))| *at),
        ];
        let next = first.into_iter().chain(self.due.iter().copied()).min();
        next.filter(|at| *at < NEVER).map(|at| at.max(self.now))
    }

    /// When something happens next that may matter to this sequence.
    pub fn next_for(&self, id: SequenceId) -> Option<Micros> {
        let there = self.members.iter().position(|member| member.worker.has(id));
        let own = there.map(|number| self.due[number]);
        own.filter(|at| *at < NEVER).or_else(|| self.next())
    }

    /// Lets everything happen that happens until then.
    pub fn advance(&mut self, until: Micros, log: &mut impl Log) {
        while let Some(at) = self.next() {
            if at > until {
                break;
            }
            self.happen(at, log);
        }
        self.now = self.now.max(until);
    }

    fn happen(&mut self, at: Micros, log: &mut impl Log) {
        self.now = at;
        while self.orders.front().is_some_and(|(due, _)| *due <= at) {
            if let Some((_, order)) = self.orders.pop_front() {
                self.obey(order, log);
            }
        }
        while let Some(Reverse((due, id))) = self.landings.peek().copied() {
            if due > at {
                break;
            }
            self.landings.pop();
            self.land(id);
        }
        while self
            .coming
            .front()
            .is_some_and(|first| first.request.arrived <= at)
        {
            if let Some(sequence) = self.coming.pop_front() {
                self.place(sequence, log);
            }
        }
        for number in 0..self.members.len() {
            if self.due[number] <= at {
                log.replica(number as u32);
                self.members[number].worker.advance(at, log);
                self.follow_up(number, log);
                self.touch(number);
            }
        }
    }

    /// A replica has changed.
    pub(super) fn touch(&mut self, number: usize) {
        let member = &mut self.members[number];
        if member.state == State::Draining && member.worker.is_idle() {
            member.state = State::Down;
        }
        self.due[number] = member.worker.next().unwrap_or(NEVER);
    }

    /// The replica that a sequence goes to, of those that do this; none where none is there.
    fn route(&mut self, sequence: &Sequence, roles: [Role; 2]) -> Option<usize> {
        let fits = |(_, member): &(usize, &Member)| {
            member.state == State::Up && roles.contains(&member.worker.role())
        };
        let is_awake = |candidate: &Candidate<'_>| candidate.worker.sleep.is_awake();
        let up = self
            .members
            .iter()
            .enumerate()
            .filter(fits)
            .map(Candidate::of);
        let (router, turn) = (self.layout.router, self.turn);
        // Who sleeps or starts is asked only where all do.
        let chosen = router
            .choose(up.clone().filter(is_awake), sequence, turn)
            .or_else(|| router.choose(up, sequence, turn));
        self.turn += 1;
        chosen
    }

    /// Gives a sequence to a replica.
    pub(super) fn place(&mut self, mut sequence: Sequence, log: &mut impl Log) {
        let id = sequence.id;
        let Some(number) = self.route(&sequence, [Role::Whole, Role::Prefill]) else {
            let most = self.setup.setting.max_waiting.unwrap_or(u32::MAX) as usize;
            match self.layout.on_failure {
                OnFailure::End => log.failed(id, self.now),
                OnFailure::Requeue if self.stranded.len() >= most => log.refused(id, self.now),
                OnFailure::Requeue => self.stranded.push_back(sequence),
            }
            return;
        };
        log.replica(number as u32);
        let worker = &mut self.members[number].worker;
        // Whom a failure has sent here was taken in before.
        let ready = match sequence.others {
            Some(_) => self.now,
            None => {
                let others = *sequence.others.insert(worker.busyness() as u32);
                let share = self.times.request_seconds(sequence.request.prompt, others);
                self.now + Micros::from_seconds(share)
            }
        };
        let is_new = sequence.received.is_none();
        match worker.join(sequence, self.now, ready) {
            Ok(at) if is_new => log.received(id, at),
            Ok(_) => {}
            Err(_) => log.refused(id, self.now),
        }
        log.queued(self.now, self.members[number].worker.load());
        self.touch(number);
    }

    /// What a replica's step has to do with others.
    fn follow_up(&mut self, number: usize, log: &mut impl Log) {
        let worker = &mut self.members[number].worker;
        if worker.prefilled.is_empty() && worker.fetches.is_empty() {
            return;
        }
        for id in std::mem::take(&mut worker.prefilled) {
            self.hand_over(number, id);
        }
        for fetch in std::mem::take(&mut self.members[number].worker.fetches) {
            self.fetch(number, fetch, log);
        }
    }

    /// A prompt is computed: a replica is found that generates.
    fn hand_over(&mut self, from: usize, id: SequenceId) {
        let Some(sequence) = self.members[from].worker.copy_computed(id) else {
            return;
        };
        match self.route(&sequence, [Role::Decode, Role::Whole]) {
            // What was admitted once is not refused.
            Some(to) => {
                let joined = self.members[to].worker.join(sequence, self.now, self.now);
                debug_assert!(joined.is_ok(), "only what is new can be refused");
                self.moves.insert(id, Move { from, to });
                self.touch(to);
            }
            None => {
                self.members[from].worker.take_out(id, self.now);
                self.stranded.push_back(Sequence {
                    is_remote: false,
                    ..sequence
                });
            }
        }
    }

    /// A replica has room for a computed prompt: it is sent, after what its sender sends already.
    fn fetch(&mut self, to: usize, fetch: Fetch, log: &mut impl Log) {
        let Some(from) = self.moves.get(&fetch.id).map(|sent| sent.from) else {
            return;
        };
        let links = &self.setup.links;
        let bytes = f64::from(fetch.tokens) * self.setup.cache_bytes_a_token();
        let gpus = self.setup.gpus() / self.setup.data_parallel;
        self.moved_bytes += bytes * f64::from(gpus);
        let begins = self.now.max(self.members[from].link_free);
        let took = Micros::from_seconds(bytes / (links.network_gb_s * 1e9));
        let sent = begins + took;
        let lands = match fetch.tokens {
            // All of it is known there.
            0 => self.now,
            _ => sent + Micros::from_seconds(links.handshake_ms / 1e3),
        };
        if fetch.tokens > 0 {
            self.members[from].link_free = sent;
            log.replica(to as u32);
            log.moved(Some(fetch.id), Way::FromReplica, took, fetch.tokens);
        }
        self.members[to].worker.loads_until(fetch.id, lands);
        self.landings.push(Reverse((lands, fetch.id)));
    }

    /// A computed prompt is where it is needed; its sender forgets who it was for.
    fn land(&mut self, id: SequenceId) {
        if let Some(sent) = self.moves.remove(&id) {
            self.members[sent.from].worker.take_out(id, self.now);
            self.touch(sent.from);
        }
    }
}
