//! The lexicon, compiled from `data/moderation/lexicon.toml`, and the scores that it gives a
//! text. Not here: thresholds and noise.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::categories::{CATEGORIES, index_of};
use super::pattern::{Classes, Element, Text, parse};
use super::words;
use crate::data;

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
    words: HashSet<String>,
    reach: usize,
    factor: f64,
}

#[derive(Deserialize)]
struct ScreenFacts {
    common: HashSet<String>,
}

/// What a pattern is worth: categories by their place in the contract's order.
pub(super) struct Rule {
    pub(super) scores: Vec<(usize, f64)>,
    pub(super) is_calm: bool,
}

/// All rules, with their patterns found by first word.
pub(super) struct Lexicon {
    pub(super) classes: Classes,
    pub(super) rules: Vec<Rule>,
    /// Elements, and the rule that they belong to.
    pub(super) patterns: Vec<(Vec<Element>, usize)>,
    /// Words too frequent to tell anything.
    pub(super) common: HashSet<String>,
    by_word: HashMap<String, Vec<usize>>,
    by_class: Vec<(u32, Vec<usize>)>,
    by_beginning: Vec<usize>,
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
        let mut lexicon = Self {
            classes,
            rules: Vec::new(),
            patterns: Vec::new(),
            common: file.screen.common,
            by_word: HashMap::new(),
            by_class: Vec::new(),
            by_beginning: Vec::new(),
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
                    self.by_word.entry(word.clone()).or_default().push(index);
                }
                Some(Element::Class(bit)) => self.add_by_class(*bit, index),
                Some(Element::Beginning(_)) => self.by_beginning.push(index),
                None => continue,
            }
            self.patterns.push((elements, self.rules.len()));
        }
        self.rules.push(Rule {
            scores,
            is_calm: facts.calm,
        });
    }

    fn add_by_class(&mut self, bit: u32, index: usize) {
        match self.by_class.iter_mut().find(|(known, _)| *known == bit) {
            Some((_, patterns)) => patterns.push(index),
            None => self.by_class.push((bit, vec![index])),
        }
    }

    /// The score of each category, in the contract's order: 0 where nothing was found.
    pub(super) fn scores(&self, text: &str) -> Vec<f64> {
        let words = words::of(text);
        let classes = words.iter().map(|word| self.classes.of(word)).collect();
        let text = Text { words, classes };
        // Of several matches of a pattern the one that weighs most counts.
        let mut found: BTreeMap<usize, f64> = BTreeMap::new();
        for at in 0..text.words.len() {
            for pattern in self.candidates(&text, at) {
                if text.matches(&self.patterns[pattern].0, at) {
                    let weight = self.weight(&text, at);
                    let best = found.entry(pattern).or_default();
                    *best = best.max(weight);
                }
            }
        }
        self.join(&found)
    }

    fn candidates(&self, text: &Text, at: usize) -> Vec<usize> {
        let by_word = self.by_word.get(&text.words[at]).into_iter().flatten();
        let classes = text.classes[at];
        let by_class = self.by_class.iter().filter(|(bit, _)| classes & bit != 0);
        let by_class = by_class.flat_map(|(_, patterns)| patterns);
        by_word
            .chain(by_class)
            .chain(&self.by_beginning)
            .copied()
            .collect()
    }

    /// What a negation right before leaves of a match.
    fn weight(&self, text: &Text, at: usize) -> f64 {
        let before = &text.words[at.saturating_sub(self.negation.reach)..at];
        if before.iter().any(|word| self.negation.words.contains(word)) {
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
