//! Bounds of numbers and strings.

use serde_json::Number;

use super::format::is_format;
use super::path::Path;
use super::violation::ViolationKind;
use super::walk::{Flow, Walk};
use crate::schema::{NumberFacts, TextFacts};

impl Walk<'_> {
    pub(super) fn number(&mut self, facts: &NumberFacts, number: &Number, path: &Path<'_>) -> Flow {
        let Some(got) = number.as_f64() else {
            return Ok(());
        };
        let integer = got.fract() == 0.0;
        for (bound, exclusive) in [(facts.minimum, false), (facts.above, true)] {
            if let Some(minimum) = bound.filter(|low| got < *low || exclusive && got == *low) {
                let kind = ViolationKind::BelowMinimum {
                    minimum,
                    exclusive,
                    got,
                    integer,
                };
                self.report(path, || kind)?;
            }
        }
        for (bound, exclusive) in [(facts.maximum, false), (facts.below, true)] {
            if let Some(maximum) = bound.filter(|high| got > *high || exclusive && got == *high) {
                let kind = ViolationKind::AboveMaximum {
                    maximum,
                    exclusive,
                    got,
                    integer,
                };
                self.report(path, || kind)?;
            }
        }
        for step in facts
            .multiples
            .iter()
            .copied()
            .filter(|step| !is_multiple(got, *step))
        {
            self.report(path, || ViolationKind::NotMultiple { step, got })?;
        }
        Ok(())
    }

    pub(super) fn text(
        &mut self,
        facts: &TextFacts,
        text: &str,
        formats: bool,
        path: &Path<'_>,
    ) -> Flow {
        // Bytes bound characters from above: most strings need no counting.
        if facts.shortest > 0 || facts.longest.is_some_and(|most| text.len() > most) {
            let got = text.chars().count();
            if got < facts.shortest {
                let minimum = facts.shortest;
                self.report(path, || ViolationKind::TextTooShort { minimum, got })?;
            }
            if let Some(maximum) = facts.longest.filter(|most| got > *most) {
                self.report(path, || ViolationKind::TextTooLong { maximum, got })?;
            }
        }
        for pattern in facts.patterns.iter().filter(|pattern| !pattern.fits(text)) {
            let pattern = pattern.source().to_owned();
            self.report(path, || ViolationKind::PatternMismatch { pattern })?;
        }
        if let Some(format) = facts
            .format
            .as_ref()
            .filter(|format| formats && !is_format(format, text))
        {
            self.report(path, || ViolationKind::FormatMismatch {
                format: format.to_string(),
            })?;
        }
        Ok(())
    }
}

/// Whether `number` is a whole multiple of `step`, with room for decimal fractions such as 0.1.
pub(crate) fn is_multiple(number: f64, step: f64) -> bool {
    let ratio = number / step;
    if !ratio.is_finite() {
        return false;
    }
    let nearest = ratio.round();
    (ratio - nearest).abs() <= 1e-9 * nearest.abs().max(1.0)
}
