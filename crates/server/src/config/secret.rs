//! A secret that stands for itself: never shown.

use std::fmt;

use super::raw::Raw;
use super::value::Value;

/// A secret. It is shown as `…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl Value for Secret {
    fn read(raw: &Raw) -> Option<Self> {
        String::read(raw).map(Self)
    }

    fn show(&self) -> Raw {
        Raw::Text("…".to_owned())
    }

    fn accepts(bounds: Option<(f64, f64)>) -> String {
        String::accepts(bounds)
    }
}
