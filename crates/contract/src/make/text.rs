//! Strings of the right length, pattern and format.

use super::source::{Hint, Source};
use super::value::Maker;
use crate::check::is_format;
use crate::schema::TextFacts;

/// Characters to fill up strings with.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
/// Longer strings are not made.
const LONGEST: usize = 1 << 20;

impl Maker<'_> {
    pub(super) fn text(&mut self, facts: Option<&TextFacts>, hint: &Hint<'_>) -> Option<String> {
        let given = self.source.string(hint);
        let Some(facts) = facts else {
            return Some(given);
        };
        if facts.shortest > LONGEST || facts.longest.is_some_and(|most| most < facts.shortest) {
            return None;
        }
        if fits(facts, &given) {
            return Some(given);
        }
        let format = facts
            .format
            .as_deref()
            .and_then(|name| format(name, self.source));
        if let Some(made) = format.filter(|made| fits(facts, made)) {
            return Some(made);
        }
        let Some(pattern) = facts.patterns.first() else {
            return sized(facts, given, self.source);
        };
        let made = self.pattern_text(pattern.source(), facts.shortest, facts.longest)?;
        if fits(facts, &made) {
            Some(made)
        } else {
            sized(facts, made, self.source)
        }
    }
}

fn fits(facts: &TextFacts, text: &str) -> bool {
    let length = text.chars().count();
    length >= facts.shortest
        && facts.longest.is_none_or(|most| length <= most)
        && facts.patterns.iter().all(|pattern| pattern.fits(text))
        && facts
            .format
            .as_ref()
            .is_none_or(|format| is_format(format, text))
}

/// Cut or filled up to the bounds, if everything else fits then.
fn sized(facts: &TextFacts, text: String, source: &mut dyn Source) -> Option<String> {
    let mut text: String = match facts.longest {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    };
    let length = text.chars().count();
    for _ in length..facts.shortest {
        text.push(letter(source));
    }
    fits(facts, &text).then_some(text)
}

fn letter(source: &mut dyn Source) -> char {
    char::from(LETTERS[source.pick(LETTERS.len()).min(LETTERS.len() - 1)])
}

fn letters(source: &mut dyn Source, count: usize) -> String {
    (0..count).map(|_| letter(source)).collect()
}

fn hex(source: &mut dyn Source, count: usize) -> String {
    let digit = |source: &mut dyn Source| b"0123456789abcdef"[source.pick(16).min(15)];
    (0..count).map(|_| char::from(digit(source))).collect()
}

/// A string of a known format. Names and addresses are from the ranges reserved for examples.
fn format(name: &str, source: &mut dyn Source) -> Option<String> {
    Some(match name {
        "date-time" => format!("{}T{}", date(source), time(source)),
        "date" => date(source),
        "time" => time(source),
        "duration" => format!("P{}D", 1 + source.pick(30)),
        "email" => format!("{}@example.com", letters(source, 6)),
        "hostname" => format!("{}.example.com", letters(source, 6)),
        "ipv4" => format!("192.0.2.{}", 1 + source.pick(254)),
        "ipv6" => format!("2001:db8::{}", hex(source, 4)),
        "uri" => format!("https://example.com/{}", letters(source, 6)),
        "uuid" => {
            let variant = ["8", "9", "a", "b"][source.pick(4).min(3)];
            let parts = [8, 4, 3, 3, 12].map(|count| hex(source, count));
            format!(
                "{}-{}-4{}-{variant}{}-{}",
                parts[0], parts[1], parts[2], parts[3], parts[4]
            )
        }
        _ => return None,
    })
}

fn date(source: &mut dyn Source) -> String {
    let (year, month, day) = (
        2020 + source.pick(8),
        1 + source.pick(12),
        1 + source.pick(28),
    );
    format!("{year}-{month:02}-{day:02}")
}

fn time(source: &mut dyn Source) -> String {
    format!(
        "{:02}:{:02}:{:02}Z",
        source.pick(24),
        source.pick(60),
        source.pick(60)
    )
}
