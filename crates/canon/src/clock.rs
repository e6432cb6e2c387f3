//! Time as a world sees it. What the time is, and how one waits for it, is the server's matter.

use std::fmt;
use std::ops::{Add, Sub};

/// Microseconds: an instant since the Unix epoch of the world's clock, or a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u64);

impl Micros {
    /// The beginning of time; as a span, nothing.
    pub const ZERO: Micros = Micros(0);

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// A span of seconds; negative and absurd values are clamped.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds.max(0.0) * 1e6) as u64)
    }

    /// Whole seconds: as an instant, a Unix timestamp such as `created`.
    pub const fn whole_seconds(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Seconds with their fraction.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The span since `earlier`; nothing where that lies ahead.
    pub const fn since(self, earlier: Micros) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add for Micros {
    type Output = Micros;
    fn add(self, span: Micros) -> Micros {
        Micros(self.0.saturating_add(span.0))
    }
}

impl Sub for Micros {
    type Output = Micros;
    fn sub(self, span: Micros) -> Micros {
        Micros(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06} s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A world's clock: real, scaled or virtual.
pub trait Clock: Send + Sync {
    /// The present instant; never goes back.
    fn now(&self) -> Micros;
}
