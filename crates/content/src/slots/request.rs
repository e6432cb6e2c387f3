//! What a request is about, in its own words, for slots such as `query`. Not here: values.

use super::rules::RULES;
use crate::facts::{Fact, FactKind};
use crate::shorten::shorten;

/// Longer phrases are cut, in bytes.
const LONGEST: usize = 300;

/// The request without its opening, and without the values that other slots took.
pub(super) fn phrase(text: &str, taken: &[&Fact<'_>], words: &[String]) -> String {
    let rules = &RULES.request;
    if let Some(said) = after_any(text, &rules.markers) {
        return tidy(said);
    }
    let is_subject = words.iter().any(|word| rules.subjects.contains(word));
    if let Some(subject) = after_any(text, &rules.about).filter(|_| is_subject) {
        return tidy(first_sentence(subject));
    }
    let sentence = without_openings(text.trim());
    let from = sentence.as_ptr() as usize - text.as_ptr() as usize;
    let ends = taken
        .iter()
        .filter(|fact| fact.at.start > from && fact.at.end <= text.len());
    let is_when = |kind| matches!(kind, FactKind::Day | FactKind::Date | FactKind::Time);
    let cut = |fact: &&Fact<'_>| {
        let joint = joint_before(&text[from..fact.at.start]);
        joint.or(is_when(fact.kind).then_some(fact.at.start - from))
    };
    let end = ends.filter_map(cut).min();
    let phrase = tidy(&sentence[..end.unwrap_or(sentence.len()).min(sentence.len())]);
    if phrase.is_empty() {
        tidy(sentence)
    } else {
        phrase
    }
}

/// Where the word before a value begins, if it is one that ends the text before.
fn joint_before(text: &str) -> Option<usize> {
    let bare = text.trim_end_matches([' ', '"', '“', '\'']);
    let from = bare.rfind(' ')?;
    let word = bare[from + 1..].to_lowercase();
    RULES.request.joints.contains(&word).then_some(from)
}

fn without_openings(mut text: &str) -> &str {
    loop {
        let longest = RULES
            .request
            .openings
            .iter()
            .filter(|opening| opens(text, opening));
        let Some(length) = longest.map(String::len).max() else {
            return text;
        };
        let rest = text[length..].trim_start_matches([' ', ',', ':']);
        if rest.is_empty() {
            return text;
        }
        text = rest;
    }
}

fn opens(text: &str, opening: &str) -> bool {
    let Some((head, rest)) = text.split_at_checked(opening.len()) else {
        return false;
    };
    head.to_lowercase() == opening && !rest.starts_with(char::is_alphanumeric)
}

fn after_any<'t>(text: &'t str, markers: &[String]) -> Option<&'t str> {
    let lower = text.to_ascii_lowercase();
    markers.iter().find_map(|marker| {
        let at = lower.find(&format!(" {marker} "))?;
        text.get(at + marker.len() + 2..)
            .filter(|rest| !rest.trim().is_empty())
    })
}

fn first_sentence(text: &str) -> &str {
    let end = text.find(['.', '?', '!', '\n', ',']).unwrap_or(text.len());
    &text[..end]
}

fn tidy(text: &str) -> String {
    let cut = shorten(text, LONGEST);
    cut.trim()
        .trim_end_matches(['?', '.', '!', ' ', ','])
        .trim_matches('"')
        .to_owned()
}
