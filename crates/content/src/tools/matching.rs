//! How well a prompt matches each tool: by the words that they have in common. Not here: whether
//! that is enough for a call.

use std::collections::HashMap;

use fakeai_canon::Tool;

use super::rules::RULES;
use crate::embedding::{concepts, is_stop_word};
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
    let is_shared = |word: &String| profiles_share(frequency[word], tools.len());
    for profile in &mut profiles {
        for (word, worth) in profile.words.iter_mut().filter(|(word, _)| is_shared(word)) {
            let _ = word;
            *worth *= RULES.points.shared;
        }
    }
    profiles
}

/// Whether a word that so many tools have tells them apart no more.
fn profiles_share(having: usize, tools: usize) -> bool {
    tools >= 3 && having * 2 > tools
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
        let worth = |(word, worth): &(String, f64)| worth * text.share(word);
        spelt + self.words.iter().map(worth).sum::<f64>()
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
        let words: Vec<_> = words
            .filter(|word| !is_stop_word(word))
            .map(str::to_owned)
            .collect();
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

    /// 1 where the text has the word, less where it has one of the same meaning, else 0.
    fn share(&self, word: &str) -> f64 {
        if self.words.iter().any(|own| are_related(own, word)) {
            return 1.0;
        }
        let means = concepts(word)
            .iter()
            .any(|concept| self.concepts.contains(concept));
        if means { RULES.points.meaning } else { 0.0 }
    }
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
