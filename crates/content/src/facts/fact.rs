//! One value that a text names. Not here: how it is found.

use std::borrow::Cow;
use std::ops::Range;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FactKind {
    /// A number; [`Fact::number`] has its value.
    Number,
    /// Text in quotation marks.
    Quoted,
    /// An address with an at sign.
    Email,
    /// A link.
    Url,
    /// A date, written as in ISO 8601.
    Date,
    /// A time of day.
    Time,
    /// A day by its name, such as `tomorrow`.
    Day,
    /// A proper name.
    Name,
    /// A street with its house number.
    Street,
    /// Letters and digits that identify something, such as `ORD-1234`.
    Code,
    /// A calculation, such as `2 + 2`.
    Expression,
}

/// A value, and where the text names it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact<'a> {
    /// What it is.
    pub(crate) kind: FactKind,
    /// Its text, without quotation marks.
    pub(crate) text: Cow<'a, str>,
    /// Its value where it is a number.
    pub(crate) number: Option<f64>,
    /// Its bytes in the text.
    pub(crate) at: Range<usize>,
    /// Whether it may be no value at all, such as the first word of a sentence.
    pub(crate) is_doubtful: bool,
}

impl<'a> Fact<'a> {
    pub(crate) fn new(kind: FactKind, text: impl Into<Cow<'a, str>>, at: Range<usize>) -> Self {
        Self {
            kind,
            text: text.into(),
            number: None,
            at,
            is_doubtful: false,
        }
    }
}
