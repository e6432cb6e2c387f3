//! Where made-up values come from.

use crate::schema::Literal;

/// What is known of the value that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Hint<'h> {
    /// The nearest field's name; empty at the root.
    pub name: &'h str,
    /// The schema's description; kept for user schemas only.
    pub description: Option<&'h str>,
    /// The schema's format, such as `date-time`, or `unixtime` for numbers.
    pub format: Option<&'h str>,
    /// A regular expression that must be found in a string.
    pub pattern: Option<&'h str>,
    /// The fewest characters of a string.
    pub min_length: usize,
    /// The most characters of a string.
    pub max_length: Option<usize>,
    /// How deep in the value this is; the root is 0.
    pub depth: usize,
}

/// Gives the values that a schema leaves open. What does not fit is mended: numbers are clamped,
/// strings cut, filled up, or replaced by one that fits their pattern or format.
pub trait Source {
    /// A string.
    fn string(&mut self, hint: &Hint<'_>) -> String;

    /// A whole number from `low` to `high`; an open side is `i64::MIN` or `i64::MAX`.
    fn integer(&mut self, hint: &Hint<'_>, low: i64, high: i64) -> i64;

    /// A number from `low` to `high`; an open side is infinite.
    fn number(&mut self, hint: &Hint<'_>, low: f64, high: f64) -> f64;

    /// A boolean.
    fn boolean(&mut self, hint: &Hint<'_>) -> bool;

    /// A number below `count`, which is never 0: one of several branches, characters, digits.
    fn pick(&mut self, count: usize) -> usize;

    /// One of the listed values.
    fn choose(&mut self, _hint: &Hint<'_>, literals: &[&Literal]) -> usize {
        self.pick(literals.len())
    }

    /// How many items an array has, or free entries a map; `high` is open as `usize::MAX`.
    fn length(&mut self, _hint: &Hint<'_>, low: usize, _high: usize) -> usize {
        low
    }

    /// Whether an optional field is there.
    fn include(&mut self, _hint: &Hint<'_>) -> bool {
        false
    }

    /// Whether a value that may be null is null.
    fn null(&mut self, _hint: &Hint<'_>) -> bool {
        true
    }
}
