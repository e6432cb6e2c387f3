//! The lexicon, compiled from `data/moderation/lexicon.toml`, and the scores that it gives a
//! text. Not here: thresholds and noise.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::categories::{CATEGORIES, index_of};
use super::pattern::{Classes, Element, Text, parse};
use super::words;
use crate::data;
use crate::word_hash::{WordMap, WordSet};

#[derive(Deserialize)]
struct File {
    classes: BTreeMap<String, Vec<String>>,
    rule: Vec<RuleFacts>,
    negation: Negation,
    screen: ScreenFacts,
}

#[derive(Deserialize)]
struct RuleFacts {
    patterns: Vec<String>,
    scores: BTreeMap<String, f64>,
    #[serde(default)]
    calm: bool,
}

#[derive(Deserialize)]
struct Negation {
    words: WordSet,
    reach: usize,
    factor: f64,
}

#[derive(Deserialize)]
struct ScreenFacts {
    common: WordSet,
}

/// What a pattern is worth: categories by their place in the contract's order.
pub(super) struct Rule {
    pub(super) scores: Vec<(usize, f64)>,
    pub(super) is_calm: bool,
}

/// What is known of a word.
#[derive(Default)]
struct Entry {
    /// The bits of its classes.
    classes: u32,
    /// Patterns that begin with it.
    patterns: Vec<usize>,
}

/// All rules, with their patterns found by first word.
pub(super) struct Lexicon {
    pub(super) classes: Classes,
    pub(super) rules: Vec<Rule>,
    /// Elements, and the rule that they belong to.
    pub(super) patterns: Vec<(Vec<Element>, usize)>,
    /// Words too frequent to tell anything.
    pub(super) common: WordSet,
    entries: WordMap<Entry>,
    /// Patterns that begin with the beginning of a word, by its first letter.
    beginnings: BTreeMap<char, Vec<usize>>,
    negation: Negation,
}

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::compile(data::facts(include_str!(
        "../../../../data/moderation/lexicon.toml"
    )))
});

impl Lexicon {
    fn compile(file: File) -> Self {
        let mut classes = Classes::default();
        for (name, words) in &file.classes {
            classes.add(name, words);
        }
        let mut entries: WordMap<Entry> = WordMap::default();
        for (word, bits) in classes.all() {
            entries.entry(word.to_owned()).or_default().classes = bits;
        }
        let mut lexicon = Self {
            classes,
            rules: Vec::new(),
            patterns: Vec::new(),
            common: file.screen.common,
            entries,
            beginnings: BTreeMap::new(),
            negation: file.negation,
        };
        file.rule.into_iter().for_each(|rule| lexicon.add(rule));
        lexicon
    }

    fn add(&mut self, facts: RuleFacts) {
        let place = |name: &str| index_of(name).expect("a rule names known categories");
        let scores = facts
            .scores
            .iter()
            .map(|(name, score)| (place(name), *score))
            .collect();
        for pattern in &facts.patterns {
            let elements = parse(pattern, &self.classes);
            let index = self.patterns.len();
            match elements.first() {
                Some(Element::Word(word)) => {
                    self.entries
                        .entry(word.clone())
                        .or_default()
                        .patterns
                        .push(index);
                }
                Some(Element::Class(bit)) => {
                    let members = self
                        .entries
                        .values_mut()
                        .filter(|entry| entry.classes & bit != 0);
                    members.for_each(|entry| entry.patterns.push(index));
                }
                Some(Element::Beginning(beginning)) => {
                    let first = beginning.chars().next().unwrap_or_default();
                    self.beginnings.entry(first).or_default().push(index);
                }
                None => continue,
            }
            self.patterns.push((elements, self.rules.len()));
        }
        self.rules.push(Rule {
            scores,
            is_calm: facts.calm,
        });
    }

    /// The score of each category, in the contract's order: 0 where nothing was found.
    pub(super) fn scores(&self, text: &str) -> Vec<f64> {
        let lower = words::lowered(text);
        let entries: Vec<_> = words::of(&lower)
            .map(|word| (word, self.entries.get(word)))
            .collect();
        let classes = |entry: &Option<&Entry>| entry.map_or(0, |entry| entry.classes);
        let text = Text {
            words: entries
                .iter()
                .map(|(word, entry)| (*word, classes(entry)))
                .collect(),
        };
        // Of several matches of a pattern the one that weighs most counts.
        let mut found: BTreeMap<usize, f64> = BTreeMap::new();
        for (at, (word, entry)) in entries.iter().enumerate() {
            let own = entry.iter().flat_map(|entry| &entry.patterns);
            let first = word.chars().next().unwrap_or_default();
            let beginnings = self.beginnings.get(&first).into_iter().flatten();
            for pattern in own.chain(beginnings) {
                if text.matches(&self.patterns[*pattern].0, at) {
                    let best = found.entry(*pattern).or_default();
                    *best = best.max(self.weight(&text, at));
                }
            }
        }
        self.join(&found)
    }

    /// What a negation right before leaves of a match.
    fn weight(&self, text: &Text<'_>, at: usize) -> f64 {
        let before = &text.words[at.saturating_sub(self.negation.reach)..at];
        if before
            .iter()
            .any(|(word, _)| self.negation.words.contains(*word))
        {
            self.negation.factor
        } else {
            1.0
        }
    }

    fn join(&self, found: &BTreeMap<usize, f64>) -> Vec<f64> {
        let mut harmless = vec![1.0; CATEGORIES.len()];
        let mut calm = vec![1.0; CATEGORIES.len()];
        for (pattern, weight) in found {
            let rule = &self.rules[self.patterns[*pattern].1];
            for (category, score) in &rule.scores {
                if rule.is_calm {
                    calm[*category] *= 1.0 - score;
                } else {
                    harmless[*category] *= 1.0 - score * weight;
                }
            }
        }
        harmless
            .iter()
            .zip(calm)
            .map(|(harmless, calm)| (1.0 - harmless) * calm)
            .collect()
    }
}
