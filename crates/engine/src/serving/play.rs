//! What becomes of a workload on a cluster, in virtual time.

use std::collections::VecDeque;

use fakeai_canon::{Micros, Rng};

use super::cluster::Cluster;
use super::digest::Digest;
use super::log::{Finished, Log, Speculated, Token};
use super::sequence::{Request, SequenceId};
use super::step_time::Batch;
use super::workload::Workload;

/// What became of one request, with the server's share of its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Seconds to the first token.
    pub ttft: f64,
    /// Seconds a token after the first; none for a single token.
    pub tpot: Option<f64>,
    /// Seconds to the last token.
    pub latency: f64,
    /// Seconds in the engine's queue before it was first taken up; the server's share of the time
    /// passes before.
    pub queued: f64,
    /// When it arrived, in seconds.
    pub arrived: f64,
    /// Tokens of the prompt.
    pub prompt: u32,
    /// Those of the prompt that the cache had.
    pub cached: u32,
    /// Tokens of the answer.
    pub output: u32,
}

/// How the cluster stood at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Seconds since the beginning.
    pub at: f64,
    /// Sequences in batches.
    pub running: usize,
    /// Sequences that waited.
    pub waiting: usize,
    /// The share of blocks in use.
    pub cache: f64,
}

/// What became of all requests.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Each request that ended, in the order in which they did.
    pub outcomes: Vec<Outcome>,
    /// Seconds until the last one ended.
    pub seconds: f64,
    /// Steps, of all replicas together.
    pub steps: u64,
    /// Seconds in which replicas computed, of all together.
    pub busy: f64,
    /// Joules that the GPUs took, those that were idle among them.
    pub joules: f64,
    /// Sequences that had to make room.
    pub preemptions: u64,
    /// Requests that were not taken in: too many waited, or they were longer than a sequence may be.
    pub refused: u64,
    /// Requests that a failure ended.
    pub failed: u64,
    /// Requests that nobody was left to answer.
    pub unfinished: u64,
    /// Requests that a failure sent elsewhere.
    pub displaced: u64,
    /// Steps of a sequence in which proposals were verified for it.
    pub drafts: u64,
    /// Proposals that were verified, and those of them that held.
    pub proposed: (u64, u64),
    /// Times between tokens.
    pub gaps: Digest,
    /// How the cluster stood, from time to time.
    pub moments: Vec<Moment>,
}

impl Run {
    /// Tokens of a sequence's step that verified proposals, the one that needs none among them.
    pub fn mean_acceptance_length(&self) -> f64 {
        1.0 + self.proposed.1 as f64 / self.drafts.max(1) as f64
    }

    /// The mean of something over all requests that have it.
    pub fn mean(&self, of: impl Fn(&Outcome) -> Option<f64>) -> f64 {
        let values: Vec<f64> = self.outcomes.iter().filter_map(of).collect();
        // Nothing summed up is a negative zero.
        (0.0 + values.iter().sum::<f64>()) / values.len().max(1) as f64
    }
}

/// Runs a workload on a fresh cluster.
pub fn run(cluster: &mut Cluster, workload: &Workload, rng: &mut Rng) -> Run {
    let size = cluster.setup().setting.block_tokens;
    let requests = workload.requests(size, rng.clone());
    play(cluster, requests, workload.concurrency(), &mut |_| true)
}

/// Runs requests whose times are given; the first arrives at the beginning.
pub fn replay(cluster: &mut Cluster, mut requests: Vec<Request>) -> Run {
    requests.sort_by_key(|request| request.arrived);
    let first = requests.first().map(|request| request.arrived);
    let shifted = requests.into_iter().map(move |mut request| {
        request.arrived = Micros(request.arrived.since(first.unwrap_or_default()).0);
        request
    });
    play(cluster, shifted, None, &mut |_| true)
}

/// Runs requests that come in order of their times. Where a number is given, so many are always
/// under way, and each is sent when one before it ends. `watch` sees the run so far from time to
/// time, and ends it with `false`.
pub fn play(
    cluster: &mut Cluster,
    requests: impl IntoIterator<Item = Request>,
    concurrency: Option<u32>,
    watch: &mut dyn FnMut(&Run) -> bool,
) -> Run {
    let longest = cluster.longest_served();
    let (mut sent, mut too_long) = (0_u64, 0_u64);
    let mut requests = requests.into_iter().filter(|request| {
        let fits = request.prompt.saturating_add(request.output) <= longest;
        sent += 1;
        too_long += u64::from(!fits);
        fits
    });
    let mut record = Record::default();
    for request in requests.by_ref().take(concurrency.unwrap_or(0) as usize) {
        cluster.submit(request);
    }
    let mut events = 0_u64;
    loop {
        // One request is always known ahead, and no more, so that memory follows what runs.
        if concurrency.is_none()
            && cluster.coming() == 0
            && let Some(next) = requests.next()
        {
            cluster.submit(next);
        }
        let Some(at) = cluster.next() else {
            // Whom no replica is left for goes unanswered, and so do all that would come.
            requests.by_ref().for_each(drop);
            break;
        };
        // Orders for later don't keep a run going.
        if cluster.is_idle() {
            break;
        }
        cluster.advance(at, &mut record);
        record.settle(cluster);
        for free in std::mem::take(&mut record.places) {
            if concurrency.is_some()
                && let Some(mut next) = requests.next()
            {
                next.arrived = free;
                cluster.submit(next);
            }
        }
        events += 1;
        if events.is_multiple_of(WATCHED) && !watch(&record.run) {
            break;
        }
    }
    let run = &mut record.run;
    run.refused += too_long;
    let ended = run.outcomes.len() as u64 + run.refused + run.failed;
    run.unfinished = sent.saturating_sub(ended);
    let end = Micros::from_seconds(record.run.seconds);
    record.run.joules = cluster.joules(end);
    record.run
}

/// Events between two looks at a run.
const WATCHED: u64 = 4_096;

/// Moments that are kept at most; with more, every second one goes.
const MOMENTS: usize = 1_000;

#[derive(Default)]
struct Record {
    run: Run,
    ended: VecDeque<Finished>,
    /// When the places of requests that have ended since are free: a client sends its next request
    /// once it has all of the answer before.
    places: Vec<Micros>,
    /// When the cluster is looked at next, and how often.
    next_moment: Micros,
    interval: Micros,
}

impl Record {
    fn settle(&mut self, cluster: &Cluster) {
        while let Some(ended) = self.ended.pop_front() {
            self.note(&ended);
        }
        let now = cluster.now();
        if now < self.next_moment {
            return;
        }
        self.run.moments.push(Moment {
            at: now.seconds(),
            running: cluster.running(),
            waiting: cluster.waiting(),
            cache: cluster.cache_usage(),
        });
        if self.run.moments.len() >= MOMENTS {
            let mut place = 0;
            self.run.moments.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.interval = self.interval + self.interval;
        }
        self.interval = self.interval.max(Micros::from_millis(10));
        self.next_moment = now + self.interval;
    }

    fn note(&mut self, ended: &Finished) {
        let seconds = |from: Micros, to: Micros| to.since(from).seconds();
        let decode = seconds(ended.first_token, ended.ended);
        self.places.push(ended.ended);
        self.run.seconds = self.run.seconds.max(ended.ended.seconds());
        self.run.outcomes.push(Outcome {
            ttft: seconds(ended.arrived, ended.first_token),
            tpot: (ended.output > 1).then(|| decode / f64::from(ended.output - 1)),
            latency: seconds(ended.arrived, ended.ended),
            queued: seconds(ended.received, ended.admitted),
            arrived: ended.arrived.seconds(),
            prompt: ended.prompt,
            cached: ended.cached,
            output: ended.output,
        });
    }
}

impl Log for Record {
    fn step(&mut self, start: Micros, end: Micros, _: &Batch) {
        self.run.steps += 1;
        self.run.busy += end.since(start).seconds();
    }

    fn speculated(&mut self, speculated: &Speculated) {
        self.run.drafts += 1;
        self.run.proposed.0 += u64::from(speculated.proposed);
        self.run.proposed.1 += u64::from(speculated.holding);
    }

    fn token(&mut self, token: &Token) {
        if let Some(gap) = token.gap {
            self.run.gaps.add(gap.seconds());
        }
    }

    fn preempted(&mut self, _: SequenceId, _: Micros) {
        self.run.preemptions += 1;
    }

    fn finished(&mut self, finished: &Finished) {
        self.ended.push_back(finished.clone());
    }

    fn refused(&mut self, _: SequenceId, at: Micros) {
        self.places.push(at);
        self.run.refused += 1;
    }

    fn displaced(&mut self, _: SequenceId, _: Micros) {
        self.run.displaced += 1;
    }

    fn failed(&mut self, _: SequenceId, at: Micros) {
        self.places.push(at);
        self.run.failed += 1;
    }
}
