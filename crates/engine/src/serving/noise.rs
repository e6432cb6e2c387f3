//! How steps scatter around their computed time: tight, with rare outliers. Measured steps of a
//! loaded GPU vary by about one percent, and about one in a hundred takes a tenth longer or more.

use fakeai_canon::{Rng, Seed};

/// The scatter of steps.
#[derive(Clone, Debug)]
pub struct Noise {
    rng: Option<Rng>,
}

/// The deviation of a step's time.
const DEVIATION: f64 = 0.01;
/// How often a step is an outlier.
const OUTLIERS: f64 = 0.007;

impl Noise {
    /// The scatter that follows from a seed.
    pub fn of(seed: Seed) -> Self {
        Self {
            rng: Some(seed.fork("steps").rng()),
        }
    }

    /// No scatter.
    pub fn none() -> Self {
        Self { rng: None }
    }

    /// What the next step's time is multiplied by.
    pub(crate) fn factor(&mut self) -> f64 {
        let Some(rng) = &mut self.rng else {
            return 1.0;
        };
        let usual = (DEVIATION * rng.normal()).exp();
        if !rng.chance(OUTLIERS) {
            return usual;
        }
        // Most outliers are small; a few are several times as long.
        if rng.chance(0.1) {
            usual * (2.0 + 4.0 * rng.unit())
        } else {
            usual * 1.1
        }
    }
}
