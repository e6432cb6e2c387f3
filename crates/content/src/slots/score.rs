//! How well a value suits a slot. Not here: which of several slots gets it.

use std::collections::HashSet;

use super::assign::Candidate;
use super::rules::RULES;
use super::slot::{Slot, Wants};
use crate::facts::{FactKind, is_country};
use crate::identifier::are_alike;

/// What counts for a value, in points. A required slot takes a value from [`ENOUGH`] on, another
/// one from [`SURE`] on.
pub(super) const ENOUGH: f64 = 7.0;
pub(super) const SURE: f64 = 12.5;
const NEAR_BEFORE: f64 = 12.0;
const NEAR_AFTER: f64 = 6.0;
const PER_WORD: f64 = 3.0;
const PREPOSITION: f64 = 4.0;
const RIGHT_WAY: f64 = 10.0;
const WRONG_WAY: f64 = -8.0;
const DOUBT: f64 = -4.0;
/// For a country where one is wanted, and against it where a town is.
const COUNTRY: f64 = 6.0;

/// The points of a value in a slot; none where the types forbid it.
pub(super) fn score(slot: &Slot, candidate: &Candidate<'_>) -> Option<f64> {
    let points = base(slot, candidate)? + near(slot, candidate) + way(slot, candidate);
    let doubt = if candidate.fact.is_doubtful {
        DOUBT
    } else {
        0.0
    };
    Some(points + doubt - candidate.distance)
}

fn base(slot: &Slot, candidate: &Candidate<'_>) -> Option<f64> {
    let fact = &candidate.fact;
    match slot.wants {
        Wants::Integer => fact
            .number
            .filter(|number| number.fract() == 0.0)
            .map(|_| 10.0),
        Wants::Number => fact.number.map(|_| 10.0),
        Wants::Text => text(slot, candidate),
        Wants::Choice | Wants::Boolean => None,
    }
}

fn text(slot: &Slot, candidate: &Candidate<'_>) -> Option<f64> {
    let kind = candidate.fact.kind;
    let formatted = match slot.format.as_deref() {
        Some("email") => Some(FactKind::Email),
        Some("uri" | "url") => Some(FactKind::Url),
        Some("date" | "date-time") => Some(FactKind::Date),
        Some("time") => Some(FactKind::Time),
        Some(_) => return None,
        None => None,
    };
    if let Some(wanted) = formatted {
        return (wanted == kind).then_some(24.0);
    }
    let by_class = slot.classes.iter().map(|class| {
        let preposition = candidate
            .before
            .first()
            .is_some_and(|word| class.after.contains(word));
        class.kinds.get(&kind).copied().unwrap_or(0.0) + if preposition { PREPOSITION } else { 0.0 }
    });
    Some(
        own(kind)
            + country(slot, candidate)
            + by_class
                .fold(f64::NEG_INFINITY, f64::max)
                .max(if slot.classes.is_empty() {
                    0.0
                } else {
                    f64::NEG_INFINITY
                }),
    )
}

/// Tells countries from towns.
fn country(slot: &Slot, candidate: &Candidate<'_>) -> f64 {
    if !is_country(&candidate.fact.text.to_lowercase()) {
        return 0.0;
    }
    let has = |words: &HashSet<String>| slot.words.iter().any(|word| words.contains(word));
    if has(&RULES.places.countries) {
        COUNTRY
    } else if has(&RULES.places.towns) {
        -COUNTRY
    } else {
        0.0
    }
}

/// How much like an argument a kind of value is by itself.
fn own(kind: FactKind) -> f64 {
    match kind {
        FactKind::Quoted => 8.0,
        FactKind::Name => 7.0,
        FactKind::Code => 6.0,
        FactKind::Email | FactKind::Url | FactKind::Date | FactKind::Time => 5.0,
        FactKind::Street => 5.0,
        FactKind::Day => 4.0,
        FactKind::Expression => 2.0,
        FactKind::Number => 1.0,
    }
}

/// Words of the slot's name and description beside the value.
fn near(slot: &Slot, candidate: &Candidate<'_>) -> f64 {
    let named = |word: &String| slot.words.iter().any(|own| are_alike(own, word));
    let described = |word: &String| slot.described.iter().any(|own| are_alike(own, word));
    let beside = |words: &[String], most: f64| {
        let points = words.iter().enumerate().map(|(distance, word)| {
            let share = if named(word) {
                1.0
            } else if described(word) {
                0.4
            } else {
                0.0
            };
            share * (most - PER_WORD * distance as f64).max(0.0)
        });
        points.fold(0.0, f64::max)
    };
    beside(&candidate.before, NEAR_BEFORE).max(beside(&candidate.after, NEAR_AFTER))
}

/// `from` and `to` before a value, held against the slot's own direction.
fn way(slot: &Slot, candidate: &Candidate<'_>) -> f64 {
    let Some(own) = slot.direction else {
        return 0.0;
    };
    let Some(word) = candidate.before.first() else {
        return 0.0;
    };
    if own.after.contains(word) {
        return RIGHT_WAY;
    }
    let other = RULES
        .direction
        .iter()
        .any(|direction| direction.after.contains(word));
    if other { WRONG_WAY } else { 0.0 }
}
