//! How well a prompt matches each tool: by the words that they have in common. Not here: whether
//! that is enough for a call.

use std::collections::HashMap;

use fakeai_canon::Tool;

use super::rules::RULES;
use crate::embedding::{concepts, is_stop_word};
use crate::facts::{Fact, FactKind, scan};
use crate::identifier;

/// The words of one tool, each with what it is worth.
pub(super) struct Profile {
    name: String,
    words: Vec<(String, f64)>,
}

/// The profiles of all tools of a request; hosted tools match nothing.
pub(super) fn profiles(tools: &[Tool]) -> Vec<Profile> {
    let mut profiles: Vec<_> = tools.iter().map(Profile::of).collect();
    let mut frequency: HashMap<String, usize> = HashMap::new();
    for profile in &profiles {
        for (word, _) in &profile.words {
            *frequency.entry(word.clone()).or_default() += 1;
        }
    }
    // A word that most tools have tells them apart no more.
    let is_shared = |word: &String| tools.len() >= 3 && frequency[word] * 2 > tools.len();
    for (word, worth) in profiles.iter_mut().flat_map(|profile| &mut profile.words) {
        if is_shared(word) {
            *worth *= RULES.points.shared;
        }
    }
    profiles
}

impl Profile {
    fn of(tool: &Tool) -> Self {
        let points = &RULES.points;
        let mut profile = Profile {
            name: tool.name().to_lowercase(),
            words: Vec::new(),
        };
        let (name, description, parameters) = match tool {
            Tool::Function {
                name,
                description,
                parameters,
                ..
            } => (name, description, parameters.as_ref()),
            Tool::Custom {
                name, description, ..
            } => (name, description, None),
            Tool::Hosted { .. } => return profile,
        };
        let names = identifier::words(name);
        let is_plain =
            |word: &String| !points.actions.contains(word) && !points.generic_words.contains(word);
        let has_object = names.iter().any(is_plain);
        for word in names {
            let worth = if points.generic_words.contains(&word) {
                points.generic
            } else if points.actions.contains(&word) && has_object {
                points.action
            } else {
                points.name
            };
            profile.add(word, worth);
        }
        for word in identifier::words(description.as_deref().unwrap_or_default()) {
            let is_generic = points.generic_words.contains(&word) || points.actions.contains(&word);
            profile.add(word, if is_generic { 0.0 } else { points.description });
        }
        let properties = parameters.and_then(|schema| schema.0["properties"].as_object());
        for (parameter, _) in properties.into_iter().flatten() {
            for word in identifier::words(parameter) {
                let is_generic = points.generic_words.contains(&word);
                profile.add(word, if is_generic { 0.0 } else { points.parameter });
            }
        }
        profile
    }

    fn add(&mut self, word: String, worth: f64) {
        let is_known = self.words.iter().any(|(known, _)| *known == word);
        let is_empty = word.chars().count() < 2 || is_stop_word(&word);
        if worth > 0.0 && !is_known && !is_empty {
            self.words.push((word, worth));
        }
    }

    /// The points of a text.
    pub(super) fn points(&self, text: &Words) -> f64 {
        let spelt = text.lower.contains(&self.name) && self.name.contains(['_', '-', '.']);
        let spelt = if spelt { RULES.points.spelt } else { 0.0 };
        let (exact, meant): (Vec<_>, Vec<_>) =
            self.words.iter().partition(|(word, _)| text.has(word));
        let exact: f64 = exact.iter().map(|(_, worth)| worth).sum();
        // Words that only mean the same count once, or a broad concept would outweigh a name.
        let meant = meant
            .iter()
            .filter(|(word, _)| text.means(word))
            .map(|(_, worth)| *worth);
        spelt + exact + RULES.points.meaning * meant.fold(0.0, f64::max)
    }
}

/// The words of a text.
pub(super) struct Words {
    lower: String,
    words: Vec<String>,
    concepts: Vec<u32>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words = lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        let mut words: Vec<_> = words
            .filter(|word| !is_stop_word(word))
            .map(str::to_owned)
            .collect();
        words.extend(implied(&lower));
        let concepts = words
            .iter()
            .flat_map(|word| concepts(word))
            .copied()
            .collect();
        Self {
            lower,
            words,
            concepts,
        }
    }

    /// Whether the text has the word, whatever its ending.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| are_related(own, word))
    }

    /// Whether the text has a word of the same meaning.
    fn means(&self, word: &str) -> bool {
        concepts(word)
            .iter()
            .any(|concept| self.concepts.contains(concept))
    }
}

/// Words that a text implies: by the operator of its calculation, or in another script.
fn implied(lower: &str) -> Vec<String> {
    let rules = &RULES.implied;
    let mut words = Vec::new();
    let is_sum = |fact: &&Fact<'_>| fact.kind == FactKind::Expression;
    if let Some(sum) = scan(lower).iter().find(is_sum) {
        words.extend(rules.calculation.iter().cloned());
        let used = |(mark, _): &(&char, &String)| sum.text.contains(**mark);
        let mut verbs: Vec<_> = rules.operators.iter().filter(used).collect();
        verbs.dedup_by(|one, other| one.1 == other.1);
        // Several operators are no single step.
        if let [(_, verb)] = verbs[..] {
            words.push(verb.clone());
        }
    }
    if lower.contains(|c: char| c.is_ascii_digit()) {
        let spoken = lower.split_whitespace();
        words.extend(spoken.filter_map(|word| rules.spoken.get(word).cloned()));
    }
    if !lower.is_ascii() {
        let meant = rules.meanings.iter();
        let meant = meant.filter(|(word, _)| lower.contains(word.as_str()));
        words.extend(meant.map(|(_, word)| word.clone()));
    }
    words
}

/// Whether two words are the same but for their ending.
fn are_related(one: &str, other: &str) -> bool {
    const STEM: usize = 5;
    if identifier::are_alike(one, other) {
        return true;
    }
    let stem = |word: &str| word.char_indices().nth(STEM).map(|(at, _)| at);
    match (stem(one), stem(other)) {
        (Some(end), Some(_)) => {
            other.get(..end) == Some(&one[..end]) && one.len().abs_diff(other.len()) <= 3
        }
        (None, _) | (_, None) => false,
    }
}
