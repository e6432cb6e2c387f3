//! A span of time with a spread around its mean.

use fakeai_canon::{Micros, Rng};

/// How draws lie around the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Evenly between mean − spread and mean + spread.
    Uniform,
    /// A bell whose standard deviation is the spread; cut off at nothing.
    #[default]
    Normal,
    /// A bell of logarithms with the same mean and deviation: a long tail to the right.
    LogNormal,
}

/// A mean and a relative spread.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: Micros,
    /// The spread as a share of the mean; 0.1 is 10 %.
    pub share: f64,
}

impl Spread {
    /// A span without a spread.
    pub const fn exactly(mean: Micros) -> Self {
        Self { mean, share: 0.0 }
    }

    /// One draw; never negative.
    pub fn draw(&self, distribution: Distribution, rng: &mut Rng) -> Micros {
        if self.share == 0.0 || self.mean == Micros::ZERO {
            return self.mean;
        }
        let mean = self.mean.0 as f64;
        let drawn = match distribution {
            Distribution::Uniform => mean * (1.0 + self.share * (2.0 * rng.unit() - 1.0)),
            Distribution::Normal => mean * (1.0 + self.share * rng.normal()),
            Distribution::LogNormal => {
                let variance = (1.0 + self.share * self.share).ln();
                mean * (variance.sqrt() * rng.normal() - variance / 2.0).exp()
            }
        };
        Micros(drawn.max(0.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fakeai_canon::Seed;

    #[test]
    fn every_distribution_keeps_the_mean_and_the_spread_that_were_asked_for() {
        let spread = Spread {
            mean: Micros(20_000),
            share: 0.1,
        };
        let deviations = [
            (Distribution::Uniform, 0.1 / 3f64.sqrt()),
            (Distribution::Normal, 0.1),
            (Distribution::LogNormal, 0.1),
        ];
        for (distribution, expected) in deviations {
            let mut rng = Seed(5).rng();
            let draws: Vec<f64> = (0..20_000)
                .map(|_| spread.draw(distribution, &mut rng).0 as f64)
                .collect();
            let mean = draws.iter().sum::<f64>() / draws.len() as f64;
            let variance =
                draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / draws.len() as f64;
            assert!(
                (mean / 20_000.0 - 1.0).abs() < 0.01,
                "{distribution:?}: mean {mean}"
            );
            let deviation = variance.sqrt() / mean;
            assert!(
                (deviation / expected - 1.0).abs() < 0.05,
                "{distribution:?}: {deviation}"
            );
        }
    }
}
