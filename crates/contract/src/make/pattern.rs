//! Strings for a regular expression: a walk over its parsed form that takes one of the
//! alternatives and as few repetitions as the length allows.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::source::Source;
use super::value::Maker;

/// Repetitions beyond the fewest that are tried, in this order.
const EXTRAS: [u32; 8] = [1, 0, 3, 7, 15, 31, 63, 255];
/// The longest string that is made, in bytes.
const LONGEST: usize = 1 << 16;
/// The most parts of patterns that are walked for one string.
const STEPS: usize = 1 << 18;

impl Maker<'_> {
    /// A string that the pattern matches, of a length in characters; none if the pattern can't be
    /// parsed or no attempt had the length.
    pub(super) fn pattern_text(
        &mut self,
        pattern: &str,
        shortest: usize,
        longest: Option<usize>,
    ) -> Option<String> {
        let tree = regex_syntax::parse(pattern).ok()?;
        let fits = |text: &String| {
            let length = text.chars().count();
            length >= shortest && longest.is_none_or(|most| length <= most)
        };
        EXTRAS.into_iter().find_map(|extra| {
            let mut writer = Writer {
                source: self.source,
                out: String::new(),
                extra,
                steps: STEPS,
            };
            writer.write(&tree).then_some(writer.out).filter(fits)
        })
    }
}

struct Writer<'s> {
    source: &'s mut dyn Source,
    out: String,
    /// Repetitions beyond the fewest.
    extra: u32,
    /// Steps left: a repetition of something empty would not grow the string.
    steps: usize,
}

impl Writer<'_> {
    /// Appends a match; false when it grew too long or can't match anything.
    fn write(&mut self, tree: &Hir) -> bool {
        if self.out.len() > LONGEST || self.steps == 0 {
            return false;
        }
        self.steps -= 1;
        match tree.kind() {
            HirKind::Empty | HirKind::Look(_) => true,
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => {
                    self.out.push_str(text);
                    true
                }
                Err(_) => false,
            },
            HirKind::Class(class) => match member(class, self.source) {
                Some(letter) => {
                    self.out.push(letter);
                    true
                }
                None => false,
            },
            HirKind::Repetition(repetition) => {
                let count = self.count(repetition);
                (0..count).all(|_| self.write(&repetition.sub))
            }
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().all(|part| self.write(part)),
            HirKind::Alternation(parts) => {
                let place = self.source.pick(parts.len()).min(parts.len() - 1);
                self.write(&parts[place])
            }
        }
    }

    fn count(&mut self, repetition: &Repetition) -> u32 {
        let most = repetition.max.unwrap_or(u32::MAX);
        let more = (most - repetition.min.min(most)).min(self.extra);
        // The last attempts want length: they take all that is offered.
        let short = self.extra <= 1;
        let taken = if short {
            self.source.pick(more as usize + 1) as u32
        } else {
            more
        };
        repetition.min + taken.min(more)
    }
}

/// A character of a class: a letter or digit if it has one, else a printable one, else any.
fn member(class: &Class, source: &mut dyn Source) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    let inside = |letter: &char| {
        ranges
            .iter()
            .any(|(low, high)| low <= letter && letter <= high)
    };
    let printable: Vec<char> = (' '..='~').filter(inside).collect();
    let plain: Vec<char> = printable
        .iter()
        .copied()
        .filter(|letter| letter.is_ascii_alphanumeric())
        .collect();
    for choice in [&plain, &printable] {
        if !choice.is_empty() {
            return choice.get(source.pick(choice.len())).copied();
        }
    }
    ranges.first().map(|(low, _)| *low)
}
