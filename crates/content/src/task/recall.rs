//! What was told earlier in the conversation and is asked for now: `My name is Ana` … `What is my
//! name?`. Not here: what documents say (`cited`).

use serde::Deserialize;

use super::{WORDS, marks};
use crate::prose::Language;
use crate::reading::Reading;

#[derive(Deserialize)]
pub(super) struct Words {
    /// What opens a question for something told.
    questions: Vec<Question>,
    /// What a question for a thing may end with.
    tails: Vec<Tail>,
    /// What a question says of having been told.
    telling: Vec<String>,
    /// What stands between a thing and what was told of it.
    is: Vec<String>,
    /// Other ways to tell some things.
    told: Vec<Told>,
    /// What ends what was told.
    ends: Vec<String>,
    answers: std::collections::HashMap<String, Answers>,
}

#[derive(Deserialize)]
struct Question {
    opens: String,
    /// What is asked for, where the opening says all.
    #[serde(default)]
    thing: Option<String>,
    /// Whether it is the asker's own.
    #[serde(default)]
    own: bool,
    /// Whether it is a question for something told only where it says so.
    #[serde(default)]
    open: bool,
}

#[derive(Deserialize)]
struct Tail {
    ends: String,
    /// What stands before the answer then.
    #[serde(default)]
    naming: String,
}

#[derive(Deserialize)]
struct Told {
    thing: String,
    opens: Vec<String>,
}

#[derive(Deserialize)]
struct Answers {
    own: String,
    other: String,
}

/// The answer to a question for something that was told.
pub(super) fn of(reading: &Reading<'_>, language: Language) -> Option<String> {
    const LONGEST: usize = 300;
    let is_first = reading.earlier.is_empty() && reading.instructions.is_empty();
    if is_first || reading.asked.len() > LONGEST {
        return None;
    }
    let lower = marks::lowered(&reading.asked);
    let Asked {
        thing,
        question,
        naming,
    } = asked(&lower)?;
    let before = reading.earlier.iter().chain(reading.instructions.iter());
    let value = before
        .into_iter()
        .find_map(|text| told(text, &thing, question))?;
    let answers = WORDS.recall.answers.get(language.code());
    let answers = answers.or_else(|| WORDS.recall.answers.get("en"))?;
    let pattern = if question.own {
        &answers.own
    } else {
        &answers.other
    };
    Some(
        pattern
            .replace("{thing}", &thing)
            .replace("{value}", &[naming, value.as_str()].concat()),
    )
}

/// What is asked for, and in which way.
struct Asked {
    thing: String,
    question: &'static Question,
    /// What stands before a name in the answer, where a name is asked for.
    naming: &'static str,
}

fn asked(lower: &str) -> Option<Asked> {
    let mut found = WORDS.recall.questions.iter().filter_map(|question| {
        let at = marks::word_at(lower, &question.opens)?;
        let rest = &lower[at + question.opens.len()..];
        let end = rest.find(['?', '.', '!', ',', '\n']).unwrap_or(rest.len());
        let mut naming = "";
        let thing = match &question.thing {
            Some(thing) => thing.clone(),
            None => {
                let thing = rest[..end].trim();
                let mut tails = WORDS.recall.tails.iter();
                let cut =
                    tails.find_map(|tail| Some((thing.strip_suffix(tail.ends.as_str())?, tail)));
                let thing = match cut {
                    Some((thing, tail)) => {
                        naming = &tail.naming;
                        thing
                    }
                    None => thing,
                };
                let telling = WORDS.recall.telling.iter();
                let cut = telling.filter_map(|words| thing.find(words.as_str())).min();
                if question.open && cut.is_none() {
                    return None;
                }
                thing[..cut.unwrap_or(thing.len())].to_owned()
            }
        };
        let is_short = !thing.is_empty() && thing.split(' ').count() <= 4;
        is_short.then_some(Asked {
            thing,
            question,
            naming,
        })
    });
    found.next()
}

/// What a text tells of a thing.
fn told(text: &str, thing: &str, question: &Question) -> Option<String> {
    let lower = marks::lowered(text);
    // `the number 42`, where it is clear that something was told.
    let bare = question.open.then_some(" ");
    for joint in WORDS.recall.is.iter().map(String::as_str).chain(bare) {
        let opening = format!("{thing}{joint}");
        if let Some(at) = marks::word_at(&lower, &opening) {
            return value(&text[at + opening.len()..]);
        }
    }
    let ways = WORDS
        .recall
        .told
        .iter()
        .filter(|way| way.thing == thing && question.own);
    ways.flat_map(|way| &way.opens).find_map(|opens| {
        let at = marks::word_at(&lower, opens)?;
        value(&text[at + opens.len()..])
    })
}

/// The words up to the end of what was told.
fn value(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches([':', ' ']);
    if let Some((quoted, _)) = crate::facts::quoted_at(rest) {
        return Some(quoted.to_owned());
    }
    let lower = marks::lowered(rest);
    let ends = WORDS
        .recall
        .ends
        .iter()
        .filter_map(|end| lower.find(end.as_str()));
    let value = rest[..ends.min().unwrap_or(rest.len())].trim();
    let value = value.trim_end_matches(['.', '!', ',', ';', '?']);
    (!value.is_empty() && value.split(' ').count() <= 8).then(|| value.to_owned())
}
