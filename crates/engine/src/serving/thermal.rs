//! How warm a GPU gets: a body that nears the temperature which its power would hold, a fixed share
//! of the way in each span of time, and whose clock goes down when it is hot.

use std::sync::LazyLock;

use serde::Deserialize;

/// The constants of the model.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thermal {
    pub(super) ambient_c: f64,
    rise_c: f64,
    memory_rise_c: f64,
    seconds: f64,
    slowdown_c: f64,
    slowdown_span_c: f64,
    slowest: f64,
}

impl Thermal {
    /// Those of all GPUs.
    pub(super) fn builtin() -> Self {
        static TABLE: LazyLock<Thermal> = LazyLock::new(|| {
            toml::from_str(include_str!("../../../../data/hardware/thermal.toml"))
                .expect("the table of temperatures is part of this program")
        });
        *TABLE
    }

    /// The share of a difference in temperature that is left after so many seconds.
    pub(super) fn left(&self, seconds: f64) -> f64 {
        (-seconds / self.seconds).exp()
    }
}

/// How warm one GPU is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heat {
    /// Of the air that comes in.
    pub(super) ambient: f64,
    pub(super) processor: f64,
    pub(super) memory: f64,
}

impl Heat {
    /// That of a GPU which has drawn such a share of its limit for long.
    pub(super) fn steady(thermal: &Thermal, ambient: f64, share: f64) -> Self {
        let processor = ambient + thermal.rise_c * share;
        Self {
            ambient,
            processor,
            memory: processor,
        }
    }

    /// A share of the power limit is drawn for a while, after which so much is left of what it was,
    /// and the memory is as busy.
    pub(super) fn pass(&mut self, thermal: &Thermal, left: f64, share: f64, memory: f64) {
        let aim = self.ambient + thermal.rise_c * share;
        let memory_aim = aim + thermal.memory_rise_c * memory;
        self.processor = aim + (self.processor - aim) * left;
        self.memory = memory_aim + (self.memory - memory_aim) * left;
    }

    /// The share of the highest clock that it allows.
    pub(super) fn clock_share(&self, thermal: &Thermal) -> f64 {
        let over = (self.processor - thermal.slowdown_c) / thermal.slowdown_span_c;
        (1.0 - over.clamp(0.0, 1.0) * (1.0 - thermal.slowest)).min(1.0)
    }
}
