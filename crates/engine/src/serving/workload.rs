//! Workloads: when requests come, how long they are, and what becomes of them in virtual time.

use fakeai_canon::{Micros, Rng};

use super::sequence::Request;
use super::worker::{Finished, Log, Worker};

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// So many are always under way: one that ends makes room for the next.
    Closed {
        /// Requests under way.
        concurrency: u32,
    },
    /// At random, so many a second on average.
    Poisson {
        /// Requests a second.
        rate: f64,
    },
    /// In bursts: gamma-distributed gaps of the same mean and another coefficient of variation.
    Gamma {
        /// Requests a second.
        rate: f64,
        /// Deviation of the gaps, as a share of their mean; 1 is Poisson.
        variation: f64,
    },
}

/// A span of lengths, drawn evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    /// The shortest.
    pub low: u32,
    /// The longest.
    pub high: u32,
}

impl Lengths {
    /// One length.
    pub fn exactly(tokens: u32) -> Self {
        Self {
            low: tokens,
            high: tokens,
        }
    }

    fn draw(self, rng: &mut Rng) -> u32 {
        rng.between(i64::from(self.low), i64::from(self.high.max(self.low))) as u32
    }
}

/// Requests of one kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// How they come.
    pub arrivals: Arrivals,
    /// How many.
    pub requests: u32,
    /// Tokens of their prompts.
    pub prompt: Lengths,
    /// Tokens of their answers.
    pub output: Lengths,
}

/// What became of one request, with the server's share of its time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Seconds to the first token.
    pub ttft: f64,
    /// Seconds a token after the first; none for a single token.
    pub tpot: Option<f64>,
    /// Seconds to the last token.
    pub latency: f64,
    /// When it arrived, in seconds.
    pub arrived: f64,
    /// Tokens of the prompt, and those of them that were cached.
    pub prompt: u32,
    /// Those of the prompt that the cache had.
    pub cached: u32,
    /// Tokens of the answer.
    pub output: u32,
}

/// What became of all requests.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Each request, in the order in which they ended.
    pub outcomes: Vec<Outcome>,
    /// Seconds until the last one ended.
    pub seconds: f64,
    /// Steps.
    pub steps: u64,
    /// Sequences that had to make room.
    pub preemptions: u64,
}

impl Run {
    /// The mean of something over all requests that have it.
    pub fn mean(&self, of: impl Fn(&Outcome) -> Option<f64>) -> f64 {
        let values: Vec<f64> = self.outcomes.iter().filter_map(of).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    }
}

/// Runs a workload on a fresh worker.
pub fn run(worker: &mut Worker, workload: &Workload, rng: &mut Rng) -> Run {
    let mut record = Record::default();
    let mut at = Micros::ZERO;
    for number in 0..workload.requests {
        let request = Request {
            arrived: at,
            prompt: workload.prompt.draw(rng),
            hashes: Vec::new(),
            output: workload.output.draw(rng),
        };
        match workload.arrivals {
            Arrivals::Closed { concurrency } => {
                record.others = concurrency.saturating_sub(1);
                if number >= concurrency {
                    record.backlog.push(request);
                    continue;
                }
            }
            Arrivals::Poisson { rate } => at = at + Micros::from_seconds(gap(rng, rate, 1.0)),
            Arrivals::Gamma { rate, variation } => {
                at = at + Micros::from_seconds(gap(rng, rate, variation));
            }
        }
        worker.submit(request);
    }
    record.backlog.reverse();
    drive(worker, record)
}

/// Runs requests whose times are given; the first arrives at the beginning.
pub fn replay(worker: &mut Worker, requests: Vec<Request>) -> Run {
    let first = requests.iter().map(|request| request.arrived).min();
    for mut request in requests {
        request.arrived = Micros(request.arrived.since(first.unwrap_or_default()).0);
        worker.submit(request);
    }
    drive(worker, Record::default())
}

fn drive(worker: &mut Worker, mut record: Record) -> Run {
    let mut until = Micros::ZERO;
    while !worker.is_idle() {
        worker.advance(until, &mut record);
        for ended in std::mem::take(&mut record.ended) {
            record.note(worker, &ended);
            if let Some(mut next) = record.backlog.pop() {
                next.arrived = ended.ended;
                worker.submit(next);
            }
        }
        until = worker
            .step_ends()
            .or(worker.next_arrival())
            .unwrap_or(until);
    }
    record.run
}

/// Seconds to the next request: a gamma variable of that mean and variation.
fn gap(rng: &mut Rng, rate: f64, variation: f64) -> f64 {
    let shape = 1.0 / (variation * variation).max(1e-6);
    gamma(rng, shape) / (shape * rate.max(1e-9))
}

/// Marsaglia and Tsang's method; a shape below one is lifted by a power of a uniform number.
fn gamma(rng: &mut Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        let lift = rng.unit().max(f64::MIN_POSITIVE).powf(1.0 / shape);
        return gamma(rng, shape + 1.0) * lift;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = rng.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 {
            let u = rng.unit().max(f64::MIN_POSITIVE);
            if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[derive(Default)]
struct Record {
    run: Run,
    ended: Vec<Finished>,
    /// Requests of a closed loop that have not been sent, the next last.
    backlog: Vec<Request>,
    others: u32,
}

impl Record {
    fn note(&mut self, worker: &Worker, ended: &Finished) {
        let beside = worker.times().request_seconds(ended.prompt, self.others);
        let seconds = |from: Micros, to: Micros| to.since(from).0 as f64 / 1e6;
        let decode = seconds(ended.first_token, ended.ended);
        self.run.seconds = self.run.seconds.max(ended.ended.0 as f64 / 1e6);
        self.run.outcomes.push(Outcome {
            ttft: seconds(ended.arrived, ended.first_token) + beside,
            tpot: (ended.output > 1).then(|| decode / f64::from(ended.output - 1)),
            latency: seconds(ended.arrived, ended.ended) + beside,
            arrived: ended.arrived.0 as f64 / 1e6,
            prompt: ended.prompt,
            cached: ended.cached,
            output: ended.output,
        });
    }
}

impl Log for Record {
    fn step(&mut self, _: Micros, _: Micros, _: &super::Batch) {
        self.run.steps += 1;
    }

    fn preempted(&mut self, _: super::SequenceId, _: Micros) {
        self.run.preemptions += 1;
    }

    fn finished(&mut self, finished: &Finished) {
        self.ended.push(finished.clone());
    }
}
