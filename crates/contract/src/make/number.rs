//! Numbers within their bounds and on their steps.

use serde_json::{Number, Value};

use super::source::Hint;
use super::value::Maker;
use crate::check::is_multiple;
use crate::schema::NumberFacts;

/// How many steps from the first are looked at for one that fits all multiples.
const STEPS: i64 = 10_000;

impl Maker<'_> {
    pub(super) fn integer(
        &mut self,
        facts: Option<&NumberFacts>,
        hint: &Hint<'_>,
    ) -> Option<Value> {
        let free = NumberFacts::default();
        let facts = facts.unwrap_or(&free);
        let low = facts.minimum.map_or(i64::MIN, |bound| bound.ceil() as i64);
        let low = low.max(facts.above.map_or(i64::MIN, next_above));
        let high = facts.maximum.map_or(i64::MAX, |bound| bound.floor() as i64);
        let high = high.min(facts.below.map_or(i64::MAX, next_below));
        if low > high {
            return None;
        }
        let chosen = self.source.integer(hint, low, high).clamp(low, high);
        on_steps(facts, chosen, low, high).map(Value::from)
    }

    pub(super) fn number(&mut self, facts: Option<&NumberFacts>, hint: &Hint<'_>) -> Option<Value> {
        let free = NumberFacts::default();
        let facts = facts.unwrap_or(&free);
        let low = max(facts.minimum, facts.above).unwrap_or(f64::NEG_INFINITY);
        let high = min(facts.maximum, facts.below).unwrap_or(f64::INFINITY);
        let mut chosen = self.source.number(hint, low, high);
        if !chosen.is_finite() {
            chosen = 0.0;
        }
        chosen = chosen.max(low).min(high);
        let step = facts.multiples.iter().copied().fold(0.0, f64::max);
        if step > 0.0 {
            chosen = nearest_step(facts, chosen, step, low, high)?;
        } else if !inside(facts, chosen) {
            chosen = between(low, high);
        }
        if !inside(facts, chosen) {
            return None;
        }
        Number::from_f64(chosen).map(Value::Number)
    }
}

fn next_above(bound: f64) -> i64 {
    (bound.floor() as i64).saturating_add(1)
}

fn next_below(bound: f64) -> i64 {
    (bound.ceil() as i64).saturating_sub(1)
}

fn max(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    left.into_iter().chain(right).reduce(f64::max)
}

fn min(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    left.into_iter().chain(right).reduce(f64::min)
}

fn inside(facts: &NumberFacts, number: f64) -> bool {
    facts.minimum.is_none_or(|low| number >= low)
        && facts.maximum.is_none_or(|high| number <= high)
        && facts.above.is_none_or(|low| number > low)
        && facts.below.is_none_or(|high| number < high)
        && facts
            .multiples
            .iter()
            .all(|step| is_multiple(number, *step))
}

/// A number away from both ends, as far as there are ends.
fn between(low: f64, high: f64) -> f64 {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => low + (high - low) / 2.0,
        (true, false) => low + 1.0,
        (false, true) => high - 1.0,
        (false, false) => 0.0,
    }
}

/// The whole number nearest to `chosen` that is a multiple of all steps.
fn on_steps(facts: &NumberFacts, chosen: i64, low: i64, high: i64) -> Option<i64> {
    let fits = |number: &i64| {
        facts
            .multiples
            .iter()
            .all(|step| is_multiple(*number as f64, *step))
    };
    let near = |offset: i64| [chosen.checked_sub(offset), chosen.checked_add(offset)];
    let nearby = (0..=STEPS).flat_map(near).flatten();
    let found = nearby
        .filter(|number| (low..=high).contains(number))
        .find(fits);
    found.or_else(|| {
        // Steps wider than the search: count in the widest.
        let step = facts.multiples.iter().copied().fold(1.0, f64::max);
        let first = (chosen as f64 / step).floor();
        let around = (-STEPS..=STEPS).map(|offset| ((first + offset as f64) * step) as i64);
        around
            .filter(|number| (low..=high).contains(number))
            .find(fits)
    })
}

/// The multiple of `step` nearest to `chosen` that is inside.
fn nearest_step(facts: &NumberFacts, chosen: f64, step: f64, low: f64, high: f64) -> Option<f64> {
    let start = (chosen / step).round();
    let offsets = (0..=STEPS).flat_map(|offset| [offset as f64, -(offset as f64)]);
    offsets
        .map(|offset| rounded((start + offset) * step, step))
        .find(|number| *number >= low && *number <= high && inside(facts, *number))
}

/// Without the noise that binary fractions leave: as many decimals as the step is written with.
fn rounded(number: f64, step: f64) -> f64 {
    let text = step.to_string();
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    format!("{number:.decimals$}").parse().unwrap_or(number)
}
