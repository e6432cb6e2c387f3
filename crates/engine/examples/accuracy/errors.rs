//! How far simulated means are from measured ones.

use fakeai_engine::serving::{Means, Measured};

/// Errors as shares of what was measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Errors {
    pub(crate) rows: usize,
    pub(crate) tpot: Spread,
    pub(crate) ttft: Spread,
}

/// Errors of one figure.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spread {
    /// Of the errors without their sign.
    pub(crate) median: f64,
    pub(crate) mean: f64,
    /// Of the errors with it.
    pub(crate) bias: f64,
}

impl Errors {
    pub(crate) fn of(results: &[(&Measured, Means)]) -> Self {
        let tpot = |(row, means): &(&Measured, Means)| means.tpot_ms / row.tpot_ms - 1.0;
        let ttft = |(row, means): &(&Measured, Means)| means.ttft_ms / row.ttft_ms - 1.0;
        Self {
            rows: results.len(),
            tpot: Spread::of(results.iter().map(tpot).collect()),
            ttft: Spread::of(results.iter().map(ttft).collect()),
        }
    }
}

impl Spread {
    pub(crate) fn of(errors: Vec<f64>) -> Self {
        if errors.is_empty() {
            return Self::default();
        }
        let count = errors.len() as f64;
        let bias = errors.iter().sum::<f64>() / count;
        let mut sizes: Vec<f64> = errors.into_iter().map(f64::abs).collect();
        let mean = sizes.iter().sum::<f64>() / count;
        sizes.sort_by(f64::total_cmp);
        Self {
            median: sizes[sizes.len() / 2],
            mean,
            bias,
        }
    }
}
