//! Prompts that want one of two words first (`Answer yes or no, then explain why.`, `Is it wet? Yes or
//! no?`), with reasons or without. Not here: those that want the word and nothing else, which are
//! obeyed to the letter (see `obedience`), and which of the two is true, which nobody knows.

use std::sync::LazyLock;

use fakeai_canon::Seed;
use memchr::memmem::Finder;
use serde::Deserialize;

use crate::data;

#[derive(Deserialize)]
struct Words {
    pairs: Vec<[String; 2]>,
    joints: Vec<String>,
    verbs: Vec<String>,
    reasons: Vec<String>,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/verdicts.toml")));

/// What stands between the two words: most prompts have it elsewhere at most.
static JOINTS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| WORDS.joints.iter().map(Finder::new).collect());

/// Prompts are read so far from their start, and so far from their end, in bytes.
const WINDOW: usize = 300;
/// Words before a pair among which a verb asks for it.
const BEFORE: usize = 5;

/// What is wanted first.
pub(crate) struct Wanted {
    words: &'static [String; 2],
    /// Whether reasons are to follow.
    pub(crate) explains: bool,
}

impl Wanted {
    /// The word that is said.
    pub(crate) fn said(&self, seed: Seed) -> String {
        let word = seed.fork("verdict").rng().pick(self.words);
        format!("{}.", word.map_or("", String::as_str))
    }
}

/// What the prompt wants first, where it wants one of two words.
pub(crate) fn of(prompt: &str) -> Option<Wanted> {
    let whole = prompt.len() <= 2 * WINDOW;
    let (first, last) = match whole {
        true => ("", prompt),
        false => (head(prompt), tail(prompt)),
    };
    [last, first].into_iter().find_map(found)
}

fn head(prompt: &str) -> &str {
    let mut ends = (0..=WINDOW).rev();
    let end = ends.find(|end| prompt.is_char_boundary(*end));
    &prompt[..end.unwrap_or(0)]
}

fn tail(prompt: &str) -> &str {
    let mut starts = prompt.len() - WINDOW..prompt.len();
    let start = starts.find(|start| prompt.is_char_boundary(*start));
    &prompt[start.unwrap_or(prompt.len())..]
}

fn found(text: &str) -> Option<Wanted> {
    for joint in JOINTS.iter() {
        for place in joint.find_iter(text.as_bytes()) {
            let (before, after) = (&text[..place], &text[place + joint.needle().len()..]);
            let before = before.trim_end_matches(MARKS);
            let after = after.trim_start_matches(MARKS);
            let start = before.rfind(|c: char| !c.is_alphabetic());
            let start = start.map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
            let end = after
                .find(|c: char| !c.is_alphabetic())
                .unwrap_or(after.len());
            let Some(words) = pair(&before[start..], &after[..end]) else {
                continue;
            };
            let (before, after) = (before[..start].to_lowercase(), after[end..].to_lowercase());
            if is_asked(&before, &after) {
                return Some(Wanted {
                    words,
                    explains: gives_reasons(&before, &after),
                });
            }
        }
    }
    None
}

/// What may stand around each of the two words.
const MARKS: [char; 5] = [' ', '"', '\'', '“', '”'];

/// The pair that two words are, in either order.
fn pair(one: &str, other: &str) -> Option<&'static [String; 2]> {
    // All have few letters, and those beyond ASCII are the same in small and large.
    if one.is_empty() || one.len() > 5 || other.is_empty() || other.len() > 5 {
        return None;
    }
    let is = |word: &str, known: &str| word.eq_ignore_ascii_case(known);
    let mut pairs = WORDS.pairs.iter();
    pairs.find(|[first, second]| {
        is(one, first) && is(other, second) || is(one, second) && is(other, first)
    })
}

/// Whether a verb asks for the pair, or it is a sentence of its own.
fn is_asked(before: &str, after: &str) -> bool {
    let sentence = before.rsplit(['.', '?', '!', '\n', ':', ';']).next();
    let sentence = sentence.unwrap_or_default();
    let mut words = sentence.split(|c: char| !c.is_alphanumeric()).rev();
    let ends = after.trim_start().chars().next();
    if sentence.trim_matches([' ', '(', '"', '-', '*']).is_empty() {
        return ends.is_none_or(|next| !next.is_alphanumeric());
    }
    let verb = |word: &str| WORDS.verbs.iter().any(|verb| verb == word);
    words
        .by_ref()
        .filter(|word| !word.is_empty())
        .take(BEFORE)
        .any(verb)
}

/// Whether reasons are asked for beside the pair.
fn gives_reasons(before: &str, after: &str) -> bool {
    let sentence = before
        .rsplit(['.', '?', '!', '\n'])
        .next()
        .unwrap_or_default();
    let near = [sentence, after];
    let asks = |text: &str| {
        WORDS
            .reasons
            .iter()
            .any(|reason| text.contains(reason.as_str()))
    };
    near.into_iter().any(asks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_asked_for_is_wanted_first() {
        for (prompt, explains) in [
            ("Is the sky blue? Answer yes or no, then explain.", true),
            (
                "Answer with yes or no first, then give a short justification: is water wet?",
                true,
            ),
            ("Is 7 a prime number? Yes or no?", false),
            (
                "Answer yes or no, followed by one sentence. Is Paris in France?",
                true,
            ),
            ("True or false: the earth is flat", false),
            (
                "Ist Wasser nass? Antworte mit ja oder nein und begründe es.",
                true,
            ),
        ] {
            let wanted = of(prompt).unwrap_or_else(|| panic!("{prompt}"));
            assert_eq!(wanted.explains, explains, "{prompt}");
        }
    }

    #[test]
    fn a_pair_that_is_only_spoken_of_is_not() {
        for prompt in [
            "Write a survey with yes or no questions about food.",
            "A yes/no field in SQL, how do I make one?",
            "Explain the difference between true and false.",
            "Tell me about rivers and/or lakes.",
            "",
        ] {
            assert!(of(prompt).is_none(), "{prompt}");
        }
    }
}
