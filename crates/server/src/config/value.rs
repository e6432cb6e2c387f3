//! How values of each type are read, bounded and shown.

use std::path::PathBuf;
use std::time::Duration;

use fakeai_canon::Mode;
use fakeai_catalog::Latency;
use fakeai_engine::Distribution;

use super::raw::Raw;
use super::setting::Shape;

/// A type that a setting can have.
pub trait Value: Sized {
    /// How it is given.
    const SHAPE: Shape = Shape::One;

    /// Reads it; `None` where the value is not of this type.
    fn read(raw: &Raw) -> Option<Self>;

    /// What it was read from, or what would be read the same.
    fn show(&self) -> Raw;

    /// What is accepted, for people, after «expected».
    fn accepts(bounds: Option<(f64, f64)>) -> String;

    /// Whether it lies within the bounds; what is no number always does.
    fn within(&self, _bounds: Option<(f64, f64)>) -> bool {
        true
    }
}

/// A number of bytes, which may be written with a unit: `64KiB`, `100MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteCount(pub u64);

/// Units of bytes, by their names in lower case.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("b", 1),
];

impl Value for bool {
    const SHAPE: Shape = Shape::Switch;

    fn read(raw: &Raw) -> Option<Self> {
        match raw.line()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    fn show(&self) -> Raw {
        Raw::Switch(*self)
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "`true` or `false`".to_owned()
    }
}

/// Whole numbers are read from their text, so that `8000.0` and `"8000"` do not differ by layer.
macro_rules! whole {
    ($($kind:ty),+) => { $(
        impl Value for $kind {
            fn read(raw: &Raw) -> Option<Self> {
                raw.line()?.trim().parse().ok()
            }

            fn show(&self) -> Raw {
                Raw::Whole(i128::from(*self))
            }

            fn accepts(bounds: Option<(f64, f64)>) -> String {
                match bounds {
                    Some((low, high)) => format!("a whole number from {low} to {high}"),
                    None => format!("a whole number from {} to {}", Self::MIN, Self::MAX),
                }
            }

            fn within(&self, bounds: Option<(f64, f64)>) -> bool {
                bounds.is_none_or(|(low, high)| (low..=high).contains(&(*self as f64)))
            }
        }
    )+ };
}
whole!(u16, u32, u64);

impl Value for f64 {
    fn read(raw: &Raw) -> Option<Self> {
        raw.line()?
            .trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
    }

    fn show(&self) -> Raw {
        Raw::Number(*self)
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        match bounds {
            Some((low, high)) => format!("a number from {low} to {high}"),
            None => "a number".to_owned(),
        }
    }

    fn within(&self, bounds: Option<(f64, f64)>) -> bool {
        bounds.is_none_or(|(low, high)| (low..=high).contains(self))
    }
}

/// A time in seconds.
impl Value for Duration {
    fn read(raw: &Raw) -> Option<Self> {
        Duration::try_from_secs_f64(f64::read(raw)?).ok()
    }

    fn show(&self) -> Raw {
        Raw::Number(self.as_secs_f64())
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        let (low, high) = bounds.unwrap_or((0.0, f64::from(u32::MAX)));
        format!("seconds from {low} to {high}")
    }

    fn within(&self, bounds: Option<(f64, f64)>) -> bool {
        self.as_secs_f64()
            .within(bounds.or(Some((0.0, f64::from(u32::MAX)))))
    }
}

impl Value for ByteCount {
    fn read(raw: &Raw) -> Option<Self> {
        let text = raw.line()?.trim().to_ascii_lowercase();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))
            .unwrap_or((&text, 1));
        number
            .trim()
            .parse::<u64>()
            .ok()?
            .checked_mul(unit)
            .map(Self)
    }

    fn show(&self) -> Raw {
        Raw::Whole(i128::from(self.0))
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        let (low, high) = bounds.unwrap_or((0.0, u64::MAX as f64));
        format!("bytes from {low} to {high}, with a unit if wanted, as in `64KiB` or `100MB`")
    }

    fn within(&self, bounds: Option<(f64, f64)>) -> bool {
        self.0.within(bounds)
    }
}

impl Value for String {
    fn read(raw: &Raw) -> Option<Self> {
        raw.line().filter(|text| !text.trim().is_empty())
    }

    fn show(&self) -> Raw {
        Raw::Text(self.clone())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "some text".to_owned()
    }
}

impl Value for PathBuf {
    fn read(raw: &Raw) -> Option<Self> {
        String::read(raw).map(Self::from)
    }

    fn show(&self) -> Raw {
        Raw::Text(self.display().to_string())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "the path of a file".to_owned()
    }
}

impl Value for Latency {
    fn read(raw: &Raw) -> Option<Self> {
        raw.line()?.parse().ok()
    }

    fn show(&self) -> Raw {
        Raw::Text(self.to_string())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        Latency::ACCEPTS.to_owned()
    }
}

impl Value for Mode {
    fn read(raw: &Raw) -> Option<Self> {
        match raw.line()?.to_ascii_lowercase().as_str() {
            "realistic" => Some(Self::Realistic),
            "mock" => Some(Self::Mock),
            _ => None,
        }
    }

    fn show(&self) -> Raw {
        let name = match self {
            Self::Realistic => "realistic",
            Self::Mock => "mock",
        };
        Raw::Text(name.to_owned())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "one of `realistic`, `mock`".to_owned()
    }
}

impl Value for Distribution {
    fn read(raw: &Raw) -> Option<Self> {
        match raw.line()?.to_ascii_lowercase().as_str() {
            "uniform" => Some(Self::Uniform),
            "normal" => Some(Self::Normal),
            "lognormal" => Some(Self::LogNormal),
            _ => None,
        }
    }

    fn show(&self) -> Raw {
        let name = match self {
            Self::Uniform => "uniform",
            Self::Normal => "normal",
            Self::LogNormal => "lognormal",
        };
        Raw::Text(name.to_owned())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "one of `uniform`, `normal`, `lognormal`".to_owned()
    }
}

/// A value that may be left open.
impl<T: Value> Value for Option<T> {
    const SHAPE: Shape = T::SHAPE;

    fn read(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::Nothing => Some(None),
            Raw::Switch(_) | Raw::Whole(_) | Raw::Number(_) | Raw::Text(_) | Raw::List(_) => {
                T::read(raw).map(Some)
            }
        }
    }

    fn show(&self) -> Raw {
        self.as_ref().map_or(Raw::Nothing, T::show)
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        T::accepts(bounds)
    }

    fn within(&self, bounds: Option<(f64, f64)>) -> bool {
        self.as_ref().is_none_or(|value| value.within(bounds))
    }
}

/// Several values: a list, or a text with commas between them.
impl<T: Value> Value for Vec<T> {
    const SHAPE: Shape = Shape::Many;

    fn read(raw: &Raw) -> Option<Self> {
        match raw {
            Raw::List(values) => values.iter().map(T::read).collect(),
            Raw::Text(text) => {
                let parts = text
                    .split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty());
                parts
                    .map(|part| T::read(&Raw::Text(part.to_owned())))
                    .collect()
            }
            Raw::Nothing | Raw::Switch(_) | Raw::Whole(_) | Raw::Number(_) => None,
        }
    }

    fn show(&self) -> Raw {
        Raw::List(self.iter().map(T::show).collect())
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        format!("a list, each entry {}", T::accepts(bounds))
    }

    fn within(&self, bounds: Option<(f64, f64)>) -> bool {
        self.iter().all(|value| value.within(bounds))
    }
}
