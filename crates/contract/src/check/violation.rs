//! What a value does wrong. The words for it are in `wording`.

use serde_json::Value;

use super::path::Step;
use super::shape::Shape;
use super::wording;

/// One thing that does not fit.
#[derive(Clone, PartialEq, Debug)]
pub struct Violation {
    /// The place as the provider writes it, `messages[1].content`; empty for the value itself.
    pub param: String,
    /// What is wrong there.
    pub kind: ViolationKind,
}

impl Violation {
    /// The provider's sentence.
    pub fn message(&self) -> String {
        wording::message(self)
    }

    /// The provider's error code, e.g. `invalid_type`.
    pub fn code(&self) -> Option<&'static str> {
        wording::code(self)
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message())
    }
}

/// The ways not to fit.
#[derive(Clone, PartialEq, Debug)]
pub enum ViolationKind {
    /// A required field is not there.
    Missing,
    /// A field that the schema does not name.
    Unknown,
    /// The JSON type is wrong.
    WrongType {
        /// What would have been right; may be empty when nothing is.
        expected: Vec<Shape>,
        /// What came.
        got: Shape,
    },
    /// None of the listed values.
    NotInEnum {
        /// What came.
        got: Value,
        /// The values in the document's order.
        allowed: Vec<Value>,
    },
    /// A number too small.
    BelowMinimum {
        /// The bound.
        minimum: f64,
        /// Whether the bound itself is too small.
        exclusive: bool,
        /// What came.
        got: f64,
        /// Whether it has no fraction.
        integer: bool,
    },
    /// A number too large.
    AboveMaximum {
        /// The bound.
        maximum: f64,
        /// Whether the bound itself is too large.
        exclusive: bool,
        /// What came.
        got: f64,
        /// Whether it has no fraction.
        integer: bool,
    },
    /// A number between the steps.
    NotMultiple {
        /// The step.
        step: f64,
        /// What came.
        got: f64,
    },
    /// A string too short, in characters.
    TextTooShort {
        /// The fewest characters.
        minimum: usize,
        /// How many came.
        got: usize,
    },
    /// A string too long, in characters.
    TextTooLong {
        /// The most characters.
        maximum: usize,
        /// How many came.
        got: usize,
    },
    /// A string that the regular expression is not found in.
    PatternMismatch {
        /// The expression.
        pattern: String,
    },
    /// A string that is not of the named format.
    FormatMismatch {
        /// The format.
        format: String,
    },
    /// Too few items.
    ArrayTooShort {
        /// The fewest items.
        minimum: usize,
        /// How many came.
        got: usize,
    },
    /// Too many items.
    ArrayTooLong {
        /// The most items.
        maximum: usize,
        /// How many came.
        got: usize,
    },
    /// Two equal items where all must differ.
    RepeatedItem,
    /// Too few or too many items of a demanded kind.
    WrongContents,
    /// Too few fields.
    ObjectTooSmall {
        /// The fewest fields.
        minimum: usize,
        /// How many came.
        got: usize,
    },
    /// Too many fields.
    ObjectTooLarge {
        /// The most fields.
        maximum: usize,
        /// How many came.
        got: usize,
    },
    /// Fits several schemas of which only one may fit.
    Ambiguous,
    /// Fits what must not fit.
    Forbidden,
    /// Checking would take too long or go too deep.
    TooComplex,
}

/// A violation and how far the walk had come, to compare branches of a union.
pub(super) struct Finding {
    pub(super) violation: Violation,
    pub(super) steps: Vec<Step>,
    /// Fields of the value that the branch knows; filled in when branches are compared.
    pub(super) known: usize,
}
