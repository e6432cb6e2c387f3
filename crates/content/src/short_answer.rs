//! Prompts with one short answer: calculations, counting, words several times, greetings. Not
//! here: prompts that spell out their answer (see `obedience`).

use std::sync::LazyLock;

use fakeai_canon::Seed;
use serde::Deserialize;

use crate::facts::{FactKind, quoted_at, scan};
use crate::prose::{Kind, Topic};
use crate::word_hash::{WordMap, WordSet};
use crate::{calculation, data, equation};

#[derive(Deserialize)]
struct Words {
    around: WordSet,
    alone: WordSet,
    repeat: Vec<String>,
    named: Vec<String>,
    numbers: Vec<String>,
    count: Vec<String>,
    count_to: Vec<String>,
    to: Vec<String>,
    rows: WordSet,
    row: WordSet,
    talk: Vec<Talk>,
    unclear: WordMap<Vec<String>>,
}

/// What is said to some whole prompts.
#[derive(Deserialize)]
struct Talk {
    language: String,
    prompts: Vec<String>,
    answers: Vec<String>,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/short_answers.toml")));

/// The number of the talk that a whole prompt belongs to.
static TALKS: LazyLock<WordMap<usize>> = LazyLock::new(|| {
    let talks = WORDS.talk.iter().enumerate();
    let pairs = talks.flat_map(|(number, talk)| {
        let prompts = talk.prompts.iter().cloned();
        prompts.map(move |prompt| (prompt, number))
    });
    pairs.collect()
});

/// Longer prompts have longer answers, in bytes.
const LONGEST: usize = 160;

/// The answer, where the prompt has a short one.
pub(crate) fn of(prompt: &str, topic: &Topic, seed: Seed) -> Option<String> {
    let prompt = prompt.trim();
    if prompt.is_empty() || prompt.len() > LONGEST {
        return None;
    }
    let solved = || equation::of(prompt).map(|equation| equation.told());
    let result = calculated(prompt)
        .or_else(solved)
        .or_else(|| counted(prompt));
    result
        .or_else(|| repeated(prompt))
        .or_else(|| talked(prompt, topic, seed))
}

/// The result of the calculation that is all the prompt asks for.
fn calculated(prompt: &str) -> Option<String> {
    if !prompt.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let facts = scan(prompt);
    let mut sums = facts
        .iter()
        .filter(|fact| fact.kind == FactKind::Expression);
    let (sum, None) = (sums.next()?, sums.next()) else {
        return None;
    };
    let around = [&prompt[..sum.at.start], &prompt[sum.at.end..]];
    let words = || around.into_iter().flat_map(words_of);
    if !words().all(|word| WORDS.around.contains(&word)) {
        return None;
    }
    let result = calculation::written(calculation::value(&sum.text)?);
    if words().any(|word| WORDS.alone.contains(&word)) {
        return Some(result);
    }
    Some(format!("{} = {result}.", calculation::spaced(&sum.text)))
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')));
    words
        .filter(|word| !word.is_empty())
        .map(|word| word.to_lowercase().replace('’', "'"))
}

/// `Count from 1 to 5`.
fn counted(prompt: &str) -> Option<String> {
    const MOST: i64 = 1000;
    let lower = prompt.to_lowercase();
    let text = after_any(&lower, &["please".to_owned()]).unwrap_or(&lower);
    let (from, to, rest) = match after_any(text, &WORDS.count_to) {
        Some(rest) => number(rest).map(|(to, rest)| (1, to, rest))?,
        None => {
            let (from, rest) = number(after_any(text, &WORDS.count)?)?;
            match after_any(rest, &WORDS.to) {
                Some(rest) => number(rest).map(|(to, rest)| (from, to, rest))?,
                None if text.starts_with("count down") || text.starts_with("count back") => {
                    (from, 1, rest)
                }
                None => return None,
            }
        }
    };
    let joint = how(rest)?;
    ((to - from).abs() < MOST).then(|| listed(from, to, joint))
}

fn listed(from: i64, to: i64, joint: &str) -> String {
    let numbers = (0..=(to - from).abs()).map(|step| from + step * (to - from).signum());
    let numbers: Vec<_> = numbers.map(|number| number.to_string()).collect();
    numbers.join(joint)
}

/// What stands between the numbers, by the end of the prompt; none for wishes unknown here.
fn how(rest: &str) -> Option<&'static str> {
    let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
    match rest {
        _ if rest.is_empty() || WORDS.row.contains(rest) => Some(", "),
        _ if WORDS.rows.contains(rest) => Some("\n"),
        _ => None,
    }
}

/// The number that a text opens with, in digits or as a word, and what follows.
fn number(text: &str) -> Option<(i64, &str)> {
    const DIGITS: usize = 9;
    let text = text.trim_start();
    let sign = usize::from(text.starts_with('-'));
    let end = text[sign..].find(|c: char| !c.is_alphanumeric());
    let (word, rest) = text.split_at(end.map_or(text.len(), |end| end + sign));
    let named = || WORDS.numbers.iter().position(|name| name == word);
    let value = match word.parse() {
        Ok(value) if word.len() <= DIGITS => Some(value),
        Ok(_) => None,
        Err(_) => named().map(|at| at as i64 + 1),
    };
    value.map(|value| (value, rest))
}

/// `Repeat the word hello 5 times`.
fn repeated(prompt: &str) -> Option<String> {
    const MOST: i64 = 200;
    let text = prompt.trim_end_matches(['.', '!', ' ']);
    let text = after(text, "please").unwrap_or(text);
    let rest = after_any(text, &WORDS.repeat)?;
    let rest = rest.strip_suffix(" times")?;
    let (words, count) = rest.rsplit_once(' ')?;
    let (count, after_count) = number(count)?;
    if !after_count.is_empty() || !(1..=MOST).contains(&count) {
        return None;
    }
    let words = after_any(words, &WORDS.named).unwrap_or(words).trim();
    let words = match quoted_at(words) {
        Some((quoted, rest)) if rest.trim().is_empty() => quoted,
        Some(_) | None => words,
    };
    (!words.is_empty()).then(|| vec![words; count as usize].join(" "))
}

/// What follows the longest of several openings.
fn after_any<'t>(text: &'t str, openings: &[String]) -> Option<&'t str> {
    let rests = openings.iter().filter_map(|opening| after(text, opening));
    rests.min_by_key(|rest| rest.len())
}

/// What follows the words that a text opens with.
fn after<'t>(text: &'t str, opening: &str) -> Option<&'t str> {
    let text = text.trim_start();
    let start = text.get(..opening.len())?;
    let rest = text[opening.len()..].trim_start_matches([':', ' ']);
    let ends = rest.len() < text.len() - opening.len() || opening == "-";
    (ends && start.eq_ignore_ascii_case(opening)).then_some(rest)
}

/// Greetings, thanks, who is there; and questions about nothing.
fn talked(prompt: &str, topic: &Topic, seed: Seed) -> Option<String> {
    let mut words = String::with_capacity(prompt.len());
    let parts = prompt.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '-')));
    for part in parts.filter(|part| !part.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&part.to_lowercase().replace('’', "'"));
    }
    let mut rng = seed.fork("talk").rng();
    let talk = TALKS.get(&words).map(|number| &WORDS.talk[*number]);
    let own = talk.filter(|talk| talk.language == topic.language.code() || !is_told(prompt, topic));
    let answers = match own {
        Some(talk) => &talk.answers,
        None if topic.kind == Kind::Chat && prompt.contains(['?', '？', '؟']) => {
            WORDS.unclear.get(topic.language.code())?
        }
        None => return None,
    };
    rng.pick(answers).cloned()
}

/// Whether the language of the answer was asked for, rather than told from the prompt.
fn is_told(prompt: &str, topic: &Topic) -> bool {
    topic.language != crate::prose::Language::of(prompt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(prompt: &str) -> Option<String> {
        of(prompt, &Topic::of(prompt), Seed(7))
    }

    #[test]
    fn prompts_with_one_answer_get_it() {
        for (prompt, expected) in [
            ("What is 2+2?", "2 + 2 = 4."),
            ("2+2", "2 + 2 = 4."),
            ("what's 17*3?", "17 * 3 = 51."),
            ("What is 12 / 4?", "12 / 4 = 3."),
            ("What is 2+2? Reply with only the number.", "4"),
            ("Count from 1 to 5", "1, 2, 3, 4, 5"),
            ("Count to three.", "1, 2, 3"),
            ("Count down from 3 to 1", "3, 2, 1"),
            ("Count down from 3", "3, 2, 1"),
            ("Please count from 1 to 3, one per line.", "1\n2\n3"),
            (
                "Repeat the word hello 5 times",
                "hello hello hello hello hello",
            ),
            ("Say \"ho\" three times.", "ho ho ho"),
        ] {
            assert_eq!(answer(prompt).as_deref(), Some(expected), "{prompt}");
        }
        for prompt in [
            "How do tides work?",
            "Why is 2+2 a famous sum in fiction?",
            "Count from 1 to 5 in French",
            "Repeat the test a few times",
            "Which volcanoes erupted on 1/2/2024?",
        ] {
            assert_eq!(answer(prompt), None, "{prompt}");
        }
    }

    #[test]
    fn greetings_thanks_and_questions_are_told_apart() {
        for (prompt, part) in [
            ("Hi", "H"),
            ("hello", "H"),
            ("thanks!", "welcome"),
            ("Who are you?", "FakeAI"),
            ("what are you", "FakeAI"),
            ("Danke!", "B|Gern"),
            ("Qui es-tu ?", "FakeAI"),
            ("What is it?", "more"),
            ("Good morning! How are you?", "do for you|work on"),
        ] {
            let said = answer(prompt).unwrap_or_default();
            let is_met = part.split('|').any(|part| said.contains(part));
            assert!(is_met, "{prompt}: {said}");
        }
    }
}
