//! Predicted outputs: the answer takes the predicted text over, with the replacement that the
//! prompt asks for where one can be told. Not here: free answers.

use std::ops::Range;

use fakeai_canon::{TokenId, Tokens, Vocabulary};

use crate::facts::quoted_at;

/// The text that a request expects.
pub(crate) struct Prediction<'a> {
    text: &'a str,
}

/// Verbs of a replacement, and the words between old and new.
const VERBS: [&str; 8] = [
    "replace",
    "rename",
    "change",
    "substitute",
    "swap",
    "ersetze",
    "remplace",
    "reemplaza",
];
const JOINTS: [&str; 8] = [
    " with ", " to ", " by ", " into ", " for ", " durch ", " par ", " por ",
];
/// Words around a name that say what it is.
const AROUND: [&str; 21] = [
    "the",
    "a",
    "an",
    "all",
    "every",
    "property",
    "variable",
    "function",
    "method",
    "class",
    "field",
    "word",
    "name",
    "constant",
    "column",
    "key",
    "parameter",
    "argument",
    "occurrences",
    "of",
    "called",
];

impl<'a> Prediction<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The predicted text as the prompt wants it.
    pub(crate) fn revised(&self, asked: &str) -> String {
        match replacement(asked).filter(|(old, _)| self.text.contains(old)) {
            Some((old, new)) => replace_words(self.text, old, new),
            None => self.text.to_owned(),
        }
    }

    /// Its tokens.
    pub(crate) fn tokens(&self, vocabulary: &dyn Vocabulary) -> Tokens {
        Tokens::of(vocabulary, self.text)
    }
}

/// The first replacement that a prompt names: what, and by what.
fn replacement(asked: &str) -> Option<(&str, &str)> {
    let lower = asked.to_ascii_lowercase();
    let verb = VERBS
        .iter()
        .filter_map(|verb| Some((lower.find(verb)?, verb.len())))
        .min()?;
    let rest = asked.get(verb.0 + verb.1..)?;
    let sentence = &rest[..rest.find(['\n', '.', '?', '!', ';']).unwrap_or(rest.len())];
    let joint = JOINTS
        .iter()
        .filter_map(|joint| Some((sentence.find(joint)?, joint.len())))
        .min()?;
    let (old, new) = (&sentence[..joint.0], &sentence[joint.0 + joint.1..]);
    Some((name_in(old)?, name_in(new)?))
}

/// The quoted text, or the one word that is not about the name.
fn name_in(phrase: &str) -> Option<&str> {
    let quoted = phrase
        .char_indices()
        .find_map(|(at, _)| quoted_at(&phrase[at..]));
    if let Some((text, _)) = quoted {
        return Some(text);
    }
    let words = phrase.split([' ', ',']).filter(|word| !word.is_empty());
    words
        .into_iter()
        .find(|word| !AROUND.contains(&word.to_ascii_lowercase().as_str()))
}

fn replace_words(text: &str, old: &str, new: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut revised = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in text.match_indices(old) {
        let end = at + old.len();
        let stands_alone = !text[..at].ends_with(is_part) && !text[end..].starts_with(is_part);
        if stands_alone {
            revised.push_str(&text[from..at]);
            revised.push_str(new);
            from = end;
        }
    }
    revised.push_str(&text[from..]);
    revised
}

/// The tokens that an answer has in common with a prediction, in order, as stretches of the answer
/// that follow each other in both: where they part, the nearest place where they meet again is
/// looked for.
pub(crate) fn common(predicted: &[TokenId], answer: &[TokenId]) -> Vec<Range<u32>> {
    const REACH: usize = 64;
    let (mut i, mut j) = (0, 0);
    let mut stretches: Vec<Range<u32>> = Vec::new();
    let mut is_new = true;
    while i < predicted.len() && j < answer.len() {
        if predicted[i] == answer[j] {
            match stretches.last_mut().filter(|_| !is_new) {
                Some(last) => last.end += 1,
                None => stretches.push(j as u32..j as u32 + 1),
            }
            (i, j, is_new) = (i + 1, j + 1, false);
            continue;
        }
        is_new = true;
        let meets = |skipped: usize| {
            (0..=skipped).find_map(|left| {
                let (p, q) = (i + left, j + skipped - left);
                (p < predicted.len() && q < answer.len() && predicted[p] == answer[q])
                    .then_some((p, q))
            })
        };
        match (1..=REACH).find_map(meets) {
            Some((p, q)) => (i, j) = (p, q),
            None => (i, j) = (i + 1, j + 1),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_is_made_in_whole_words() {
        let prediction = Prediction::new("let username = get(username_list);");
        let asked = "Replace the username property with an email property. Respond only with code.";
        assert_eq!(prediction.revised(asked), "let email = get(username_list);");
        assert_eq!(prediction.revised("Make it nicer."), prediction.text);
    }

    #[test]
    fn texts_meet_again_behind_a_difference() {
        assert_eq!(common(&[1, 2, 3, 4, 5], &[1, 9, 9, 3, 4, 5]), [0..1, 3..6]);
        assert_eq!(common(&[1, 2, 3, 4], &[1, 2, 4]), [0..2, 2..3]);
        assert_eq!(common(&[], &[1]), []);
    }
}
