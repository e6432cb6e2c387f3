//! Workloads: when requests come and how long they are.

use fakeai_canon::{Micros, Rng, Seed};

use super::sequence::Request;

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

    pub(super) fn draw(self, rng: &mut Rng) -> u32 {
        rng.between(i64::from(self.low), i64::from(self.high.max(self.low))) as u32
    }
}

/// Beginnings that prompts share, as system prompts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Tokens of the beginning; they come on top of the prompt's own.
    pub tokens: u32,
    /// How many different ones there are; each request has one of them.
    pub groups: u32,
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
    /// What their prompts begin with, if they share anything.
    pub shared: Option<Shared>,
    /// Adapters (LoRA) that they run with, each with one of them; 0 for none.
    pub adapters: u32,
}

impl Workload {
    /// The requests, in the order of their arrival. Those of a closed loop have no time: each is
    /// sent when it is its turn.
    pub fn requests(self, block_tokens: u32, mut rng: Rng) -> impl Iterator<Item = Request> {
        let mut at = Micros::ZERO;
        (0..self.requests).map(move |number| {
            let request = self.request(number, at, block_tokens, &mut rng);
            match self.arrivals {
                Arrivals::Closed { .. } => {}
                Arrivals::Poisson { rate } => {
                    at = at + Micros::from_seconds(gap(&mut rng, rate, 1.0));
                }
                Arrivals::Gamma { rate, variation } => {
                    at = at + Micros::from_seconds(gap(&mut rng, rate, variation));
                }
            }
            request
        })
    }

    fn request(&self, number: u32, at: Micros, block_tokens: u32, rng: &mut Rng) -> Request {
        let request = Request {
            arrived: at,
            prompt: self.prompt.draw(rng),
            output: self.output.draw(rng),
            adapter: (self.adapters > 0).then(|| rng.below(self.adapters as usize) as u32),
            ..Request::default()
        };
        let Some(shared) = self.shared else {
            return request;
        };
        let group = rng.below(shared.groups.max(1) as usize) as u64;
        let prompt = request.prompt.saturating_add(shared.tokens);
        let common = shared.tokens / block_tokens;
        let hashes = (0..prompt / block_tokens).map(|block| {
            let owner = if block < common {
                // What one adapter has computed is of no use to another.
                let adapter = request.adapter.map_or(0, |adapter| u64::from(adapter) + 1);
                Seed(group).fork("shared").nth(adapter)
            } else {
                Seed(u64::from(number)).fork("own")
            };
            owner.nth(u64::from(block)).0
        });
        Request {
            prompt,
            hashes: hashes.collect(),
            session: Some(group),
            ..request
        }
    }

    /// Requests that are under way at once, where that is given.
    pub fn concurrency(&self) -> Option<u32> {
        match self.arrivals {
            Arrivals::Closed { concurrency } => Some(concurrency.max(1)),
            Arrivals::Poisson { .. } | Arrivals::Gamma { .. } => None,
        }
    }
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
