//! The course of a training: its steps, and a plausible curve for each measure. The curve follows
//! from the job's seed alone.

use fakeai_canon::Seed;
use serde_json::{Map, Value, json};

use super::example::Method;

/// A course of so many steps.
pub(super) struct Course {
    pub(super) seed: Seed,
    pub(super) method: Method,
    pub(super) steps: u64,
    pub(super) epochs: u64,
    pub(super) validated: bool,
}

/// Steps between two looks at the validation file.
const VALIDATED_EVERY: u64 = 10;

impl Course {
    /// The last step of an epoch, from 1 on.
    pub(super) fn epoch_end(&self, epoch: u64) -> u64 {
        self.steps * epoch / self.epochs.max(1)
    }

    fn ends_epoch(&self, step: u64) -> bool {
        (1..=self.epochs).any(|epoch| self.epoch_end(epoch) == step)
    }

    /// How far the training is at a step, in epochs: learning slows down with each.
    fn share(&self, step: u64) -> f64 {
        self.epochs.max(1) as f64 * step as f64 / self.steps.max(1) as f64
    }

    /// The loss without noise: it falls by a rate of the seed's from one level to another.
    fn level(&self, step: u64) -> f64 {
        let mut rng = self.seed.fork("loss").rng();
        let (high, low) = match self.method {
            Method::Supervised => (1.4 + 1.4 * rng.unit(), 0.08 + 0.5 * rng.unit()),
            // Both answers are as likely at first: the logarithm of 2.
            Method::Dpo => (std::f64::consts::LN_2, 0.05 + 0.25 * rng.unit()),
            Method::Reinforcement => (0.9, 0.1 + 0.3 * rng.unit()),
        };
        let rate = 1.2 + rng.unit();
        low + (high - low) * (-rate * self.share(step)).exp()
    }

    fn noise(&self, name: &str, step: u64) -> f64 {
        self.seed
            .fork(name)
            .nth(step)
            .rng()
            .normal()
            .clamp(-2.5, 2.5)
    }

    fn train_loss(&self, step: u64) -> f64 {
        let level = self.level(step);
        (level * (1.0 + 0.12 * self.noise("train", step))).max(1e-4)
    }

    /// Above the training loss, and the more so the longer the training lasts.
    fn valid_loss(&self, step: u64, name: &str, spread: f64) -> f64 {
        let gap = 1.04 + 0.03 * self.share(step).min(10.0);
        let level = self.level(step) * gap;
        (level * (1.0 + spread * self.noise(name, step))).max(1e-4)
    }

    /// The share of tokens that are right at a loss.
    fn accuracy(loss: f64) -> f64 {
        (-0.42 * loss).exp().clamp(0.0, 1.0)
    }

    /// The measures of a step, as events carry them.
    pub(super) fn measures(&self, step: u64) -> Map<String, Value> {
        let mut measures = Map::new();
        let mut note = |name: &str, value: f64| {
            let rounded = (value * 1e6).round() / 1e6;
            measures.insert(name.to_owned(), json!(rounded));
        };
        if self.method == Method::Reinforcement {
            note(
                "train_mean_reward",
                (1.0 - self.train_loss(step)).clamp(0.0, 1.0),
            );
        } else {
            let loss = self.train_loss(step);
            note("train_loss", loss);
            note("train_mean_token_accuracy", Self::accuracy(loss));
        }
        let ends = self.ends_epoch(step);
        if self.validated && (ends || step.is_multiple_of(VALIDATED_EVERY)) {
            let some = self.valid_loss(step, "valid", 0.08);
            let all = self.valid_loss(step, "full", 0.02);
            if self.method == Method::Reinforcement {
                note("valid_mean_reward", (1.0 - some).clamp(0.0, 1.0));
            } else {
                note("valid_loss", some);
                note("valid_mean_token_accuracy", Self::accuracy(some));
                if ends {
                    note("full_valid_loss", all);
                    note("full_valid_mean_token_accuracy", Self::accuracy(all));
                }
            }
        }
        measures
    }

    /// The words of a step's event.
    pub(super) fn words(&self, step: u64, measures: &Map<String, Value>) -> String {
        let named = [
            ("train_loss", "training loss"),
            ("train_mean_reward", "training mean reward"),
            ("valid_loss", "validation loss"),
            ("valid_mean_reward", "validation mean reward"),
            ("full_valid_loss", "full validation loss"),
        ];
        let values = named.iter().filter_map(|(name, words)| {
            let value = measures.get(*name)?.as_f64()?;
            Some(format!("{words}={value:.2}"))
        });
        let values = values.collect::<Vec<_>>().join(", ");
        format!("Step {step}/{}: {values}", self.steps)
    }
}
