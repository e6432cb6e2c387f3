//! Durations with a spread, written `20` or `20:10%`. Not a clock: nothing waits here.

use std::fmt;
use std::str::FromStr;

/// A time in milliseconds and how far single draws lie from it.
///
/// The spread is a share of the time in percent: half the width of a uniform distribution, the
/// standard deviation of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// The mean, in milliseconds.
    pub milliseconds: f64,
    /// The spread, in percent of the mean: 0 to 100.
    pub spread_percent: f64,
}

/// How fast a model answers where its own pace is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LatencyProfile {
    /// Time to the first token.
    pub ttft: Latency,
    /// Time between two tokens.
    pub itl: Latency,
}

/// A text that is no latency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLatency;

impl Latency {
    /// What can be written, for error messages.
    pub const ACCEPTS: &'static str = "milliseconds from 0 to 3600000, with a spread of 0 to 100 percent if wanted, as in `20` or `20:10%`";

    /// The longest time: an hour.
    const LONGEST: f64 = 3_600_000.0;
}

impl FromStr for Latency {
    type Err = BadLatency;

    fn from_str(text: &str) -> Result<Self, BadLatency> {
        let (time, spread) = match text.split_once(':') {
            Some((time, spread)) => (time, Some(spread.trim())),
            None => (text, None),
        };
        let spread = spread.map_or("0", |spread| spread.strip_suffix('%').unwrap_or(spread));
        let latency = Self {
            milliseconds: time.trim().parse().map_err(|_| BadLatency)?,
            spread_percent: spread.trim().parse().map_err(|_| BadLatency)?,
        };
        let valid = (0.0..=Self::LONGEST).contains(&latency.milliseconds)
            && (0.0..=100.0).contains(&latency.spread_percent);
        valid.then_some(latency).ok_or(BadLatency)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.milliseconds)?;
        if self.spread_percent > 0.0 {
            write!(f, ":{}%", self.spread_percent)?;
        }
        Ok(())
    }
}

impl fmt::Display for BadLatency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", Latency::ACCEPTS)
    }
}

impl std::error::Error for BadLatency {}

impl<'de> serde::Deserialize<'de> for Latency {
    fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(source)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
