//! The simplest engine: every job runs alone, at a pace. No queue, no batch, no cache.

use std::sync::Arc;
use std::task::Waker;

use fakeai_canon::{Admission, ApiError, Engine, Job, Micros, Rng, Tick, Ticks};

use crate::{Distribution, Spread};

/// Times of one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing {
    /// A wait before anything else, as in a slow network or a slow tool.
    pub delay: Spread,
    /// Time to first token (TTFT), counted from the arrival and the delay.
    pub ttft: Spread,
    /// Inter-token latency (ITL).
    pub itl: Spread,
    /// How draws lie around their means.
    pub distribution: Distribution,
}

/// Looks up a model's timing.
pub type Profile = dyn Fn(&str) -> Timing + Send + Sync;

/// A pace.
#[derive(Clone)]
pub enum Pace {
    /// Everything is due on arrival.
    Instant,
    /// The same for every model.
    Fixed(Timing),
    /// By model.
    Profile(Arc<Profile>),
}

/// An engine that keeps a pace.
#[derive(Clone)]
pub struct PaceEngine {
    pace: Pace,
}

impl PaceEngine {
    /// An engine that keeps `pace`.
    pub fn new(pace: Pace) -> Self {
        Self { pace }
    }
}

impl Engine for PaceEngine {
    fn submit(&self, job: &Job<'_>) -> Result<Box<dyn Ticks>, ApiError> {
        let timing = match &self.pace {
            Pace::Instant => {
                return Ok(Box::new(Instantly {
                    arrived: job.arrived,
                }));
            }
            Pace::Fixed(timing) => *timing,
            Pace::Profile(profile) => profile(job.model),
        };
        let mut rng = job.seed.fork("pace").rng();
        let delay = timing.delay.draw(timing.distribution, &mut rng);
        let ttft = timing.ttft.draw(timing.distribution, &mut rng);
        Ok(Box::new(Paced {
            timing,
            rng,
            index: 0,
            due: job.arrived + delay + ttft,
        }))
    }
}

/// All steps on arrival.
struct Instantly {
    arrived: Micros,
}

impl Ticks for Instantly {
    fn admission(&mut self) -> Admission {
        Admission::default()
    }

    fn due(&mut self, _: u32, _: &Waker) -> Tick {
        Tick::At(self.arrived)
    }
}

/// Steps one after another. Due times are sums, so that a late sender causes no drift.
struct Paced {
    timing: Timing,
    rng: Rng,
    index: u32,
    due: Micros,
}

impl Ticks for Paced {
    fn admission(&mut self) -> Admission {
        Admission::default()
    }

    fn due(&mut self, index: u32, _: &Waker) -> Tick {
        while self.index < index {
            self.due = self.due
                + self
                    .timing
                    .itl
                    .draw(self.timing.distribution, &mut self.rng);
            self.index += 1;
        }
        Tick::At(self.due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fakeai_canon::{RequestParams, Seed};

    fn job(seed: u64) -> Job<'static> {
        Job {
            seed: Seed(seed),
            model: "m",
            prompts: &[],
            lengths: &[3],
            foretold: &[],
            finishes: &[],
            params: RequestParams::default(),
            priority: 0,
            salt: None,
            session: None,
            arrived: Micros(1_000),
        }
    }

    fn dues(pace: &Pace, seed: u64) -> Vec<Tick> {
        let mut ticks = PaceEngine::new(pace.clone()).submit(&job(seed)).unwrap();
        (0..3).map(|step| ticks.due(step, Waker::noop())).collect()
    }

    #[test]
    fn steps_are_due_at_ttft_and_then_every_itl() {
        let pace = Pace::Fixed(Timing {
            delay: Spread::exactly(Micros(500)),
            ttft: Spread::exactly(Micros(20_000)),
            itl: Spread::exactly(Micros(5_000)),
            distribution: Distribution::Normal,
        });
        let expected = [21_500, 26_500, 31_500].map(|at| Tick::At(Micros(at)));
        assert_eq!(dues(&pace, 1), expected);
        assert_eq!(dues(&Pace::Instant, 1), [Tick::At(Micros(1_000)); 3]);
    }

    #[test]
    fn a_spread_follows_the_seed() {
        let pace = Pace::Fixed(Timing {
            itl: Spread {
                mean: Micros(5_000),
                share: 0.2,
            },
            ..Timing::default()
        });
        assert_eq!(dues(&pace, 1), dues(&pace, 1));
        assert_ne!(dues(&pace, 1), dues(&pace, 2));
    }
}
