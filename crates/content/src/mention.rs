//! What a prompt says of literals and of yes-or-no. Not here: values that it names.

use crate::identifier::{self, are_alike};
use crate::slots::{synonyms, yes_no};

/// The words of a prompt.
pub(crate) struct Prompt {
    words: Vec<String>,
    used: Vec<usize>,
}

impl Prompt {
    pub(crate) fn of(text: &str) -> Self {
        // Marks such as the degree sign belong to words that literals are known by.
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '°' | '+' | '*' | '×' | '÷');
        let words = text
            .split(|c: char| !is_word(c))
            .filter(|word| !word.is_empty());
        Self {
            words: words.map(str::to_lowercase).collect(),
            used: Vec::new(),
        }
    }

    /// Where the prompt names a literal, or means it, and in how many words.
    pub(crate) fn find(&self, literal: &str) -> Option<(usize, usize)> {
        let mut words = identifier::words(literal);
        if words.is_empty() {
            words.push(literal.to_lowercase());
        }
        if let Some(at) = self.position(&words) {
            return Some((at, words.len()));
        }
        let meant = synonyms().get(&literal.to_lowercase())?;
        meant
            .iter()
            .find_map(|word| Some((self.position(std::slice::from_ref(word))?, 1)))
    }

    fn position(&self, words: &[String]) -> Option<usize> {
        let fits = |run: &[String]| {
            run.iter()
                .zip(words)
                .all(|(own, word)| are_alike(own, word))
        };
        let places = self
            .words
            .windows(words.len())
            .enumerate()
            .filter(|(_, run)| fits(run));
        places.map(|(at, _)| at).find(|at| !self.used.contains(at))
    }

    /// The words at a place stand for one literal only.
    pub(crate) fn use_up(&mut self, at: usize) {
        self.used.push(at);
    }

    /// What the prompt says of something with a name of these words.
    pub(crate) fn yes_or_no(&self, words: &[String]) -> Option<bool> {
        const REACH: usize = 3;
        let telling = |word: &&String| word.len() > 3 || words.len() == 1;
        let place = |word: &String| self.words.iter().position(|own| are_alike(own, word));
        let at = words.iter().filter(telling).find_map(place)?;
        let before = self.words[at.saturating_sub(REACH)..at].iter().rev();
        let after = self.words[at + 1..].iter().take(2);
        let said = before.chain(after).filter_map(|word| yes_no(word));
        // A word beside it decides; the mere name says yes.
        Some(said.into_iter().min().unwrap_or(true))
    }
}
