//! Makes values that fit a schema. What they say comes from a `Source`; this room sees to it that
//! they fit and that making them ends.

mod collections;
mod height;
mod number;
mod pattern;
mod source;
mod text;
mod value;

pub use source::{Hint, Source};

pub(crate) use height::Heights;
pub(crate) use value::Maker;
