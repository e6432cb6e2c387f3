//! Prompts that want JSON in their own words: `Return JSON with the keys name and city`, or with the
//! form shown. Not here: forms that libraries write into prompts (see `prompted`), nor formats that
//! the request has a parameter for.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::Value;

use crate::prose::{Kind, Topic};
use crate::reading::Reading;
use crate::shown::{self, Shown};
use crate::word_hash::WordSet;
use crate::{data, obedience, object, task};

#[derive(Deserialize)]
struct Words {
    /// A sentence that speaks of JSON and has one of these orders it.
    orders: WordSet,
    /// A sentence that opens with one of these asks about JSON.
    questions: WordSet,
    /// What names the form even where no key is named.
    forms: Vec<String>,
    /// What names a list.
    lists: Vec<String>,
    /// What stands before what the JSON is about, the clearest first.
    about: Vec<String>,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/in_json.toml")));

static JSON: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["JSON", "json"].map(Finder::new));

/// A form, and what the prompt says besides it.
pub(crate) struct Wanted<'r> {
    pub(crate) schema: Value,
    pub(crate) matter: Cow<'r, str>,
}

/// The form that the last turn wants, else the latest instructions.
pub(crate) fn of<'r>(reading: &'r Reading<'_>, topic: &Topic) -> Option<Wanted<'r>> {
    let asked = &*reading.asked;
    if speaks_of_json(asked) && topic.kind != Kind::Code {
        if is_given(asked) || task::lists_values(asked, topic) {
            return None;
        }
        if let Some(wanted) = form(asked, topic, true) {
            return Some(in_turn(reading, wanted));
        }
    }
    let mut instructions = reading.instructions.iter().rev();
    let schema = instructions.find_map(|text| {
        let found = speaks_of_json(text).then(|| form(text, topic, false));
        found.flatten().map(|(schema, _)| schema)
    })?;
    Some(Wanted {
        schema,
        matter: Cow::Borrowed(asked),
    })
}

/// The form of an object that a text shows.
pub(crate) fn shown_object(text: &str) -> Option<Shown> {
    memchr::memchr(b'{', text.as_bytes())?;
    shown::last(text).filter(|shown| shown.schema["properties"].is_object())
}

fn speaks_of_json(text: &str) -> bool {
    JSON.iter().any(|name| name.find(text.as_bytes()).is_some())
}

/// Whether the prompt spells the whole answer out.
fn is_given(asked: &str) -> bool {
    let wanted = obedience::wanted(asked);
    let is_json = |text: &&str| text.starts_with(['{', '[']);
    wanted.first().is_some_and(is_json)
}

/// What the last turn says besides the form; where that is nothing, the turn before it.
fn in_turn<'r>(reading: &'r Reading<'_>, (schema, shown): (Value, Option<Shown>)) -> Wanted<'r> {
    let left = matter(&reading.asked, shown.as_ref());
    let is_left = left.chars().filter(|c| c.is_alphanumeric()).count() > 2;
    let before = || reading.earlier.first().cloned();
    let matter = match is_left {
        true => left.into(),
        false => before().unwrap_or(Cow::Borrowed(&*reading.asked)),
    };
    Wanted { schema, matter }
}

/// The form that a text orders, and where it shows it.
fn form(text: &str, topic: &Topic, is_asked: bool) -> Option<(Value, Option<Shown>)> {
    let lower = text.to_lowercase();
    let ordered: Vec<&str> = sentences(&lower).filter(|one| orders(one)).collect();
    if ordered.is_empty() {
        return None;
    }
    let has = |words: &[String]| {
        let mut words = words.iter();
        words.any(|word| ordered.iter().any(|one| one.contains(word.as_str())))
    };
    let shown = shown::last(text);
    // JSON that is only brought along is not what the answer looks like, where keys are named.
    let around = match &shown {
        Some(shown) if shown.is_literal => {
            [&text[..shown.at.start], &text[shown.at.end..]].concat()
        }
        Some(_) | None => text.to_owned(),
    };
    let named = || object::schema(&around);
    let found = match &shown {
        Some(shown) if !shown.is_literal => Some(shown.schema.clone()),
        Some(shown) => named().or_else(|| Some(shown.schema.clone())),
        None => named(),
    };
    let is_list = has(&WORDS.lists);
    let count = topic.count.filter(|_| is_asked);
    let schema = match found {
        Some(schema) if is_list && schema["properties"].is_object() => {
            shown::listed(Some(schema), count)
        }
        Some(schema) => schema,
        None if is_list => shown::listed(None, count),
        None if has(&WORDS.forms) => object::usual(),
        None => return None,
    };
    Some((schema, shown))
}

fn sentences(lower: &str) -> impl Iterator<Item = &str> {
    let parts = lower.split_inclusive(['\n', '?', '!']);
    parts.flat_map(|part| part.split(". "))
}

/// Whether a sentence orders JSON.
fn orders(sentence: &str) -> bool {
    if !sentence.contains("json") {
        return false;
    }
    let mut words = sentence
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let is_question = words
        .clone()
        .next()
        .is_some_and(|first| WORDS.questions.contains(first));
    !is_question && words.any(|word| WORDS.orders.contains(word))
}

/// A text without the form, and without the sentences about it where others are left.
fn matter(text: &str, shown: Option<&Shown>) -> String {
    let bare = match shown {
        Some(shown) => [&text[..shown.at.start], "\n", &text[shown.at.end..]].concat(),
        None => text.to_owned(),
    };
    let kept = |ends: &[char]| -> String {
        let parts = bare.split_inclusive(ends);
        let about = |part: &&str| !part.to_lowercase().contains("json");
        parts.filter(about).collect()
    };
    let left = kept(&['\n', '.', '?', '!', ':']);
    let (left, is_bare) = (left.trim(), shown.is_none());
    match left.is_empty() && is_bare {
        true => subject(&bare).unwrap_or(&bare).to_owned(),
        false => left.to_owned(),
    }
}

/// What a sentence says that JSON is about.
fn subject(text: &str) -> Option<&str> {
    let at = JSON.iter().find_map(|name| name.find(text.as_bytes()))?;
    let behind = &text[at..];
    let words = &WORDS.about;
    words.iter().find_map(|word| {
        let at = behind.rfind(word.as_str())?;
        Some(behind[at + word.len()..].trim())
    })
}

#[cfg(test)]
mod tests {
    use fakeai_canon::{Message, Role};

    use super::*;

    fn schema(system: &str, user: &str) -> Option<Value> {
        let mut messages = vec![Message::text(Role::User, user)];
        if !system.is_empty() {
            messages.insert(0, Message::text(Role::System, system));
        }
        let reading = Reading::of(&messages);
        of(&reading, &reading.topic()).map(|wanted| wanted.schema)
    }

    fn keys(system: &str, user: &str) -> Vec<String> {
        let found = schema(system, user).unwrap_or_default();
        let object = match found["items"].is_object() {
            true => found["items"].clone(),
            false => found,
        };
        let keys = object["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        keys.keys().cloned().collect()
    }

    #[test]
    fn keys_that_a_prompt_names_are_those_of_the_answer() {
        for (system, user, expected) in [
            (
                "",
                "Extract the person. Return JSON with keys \"name\" and \"city\": Anna lives in Berlin.",
                vec!["name", "city"],
            ),
            (
                "",
                "Return a JSON object with fields title and summary for an article about whales.",
                vec!["title", "summary"],
            ),
            (
                "",
                "Respond only with JSON like {\"sentiment\": \"positive|negative\", \"score\": 0.0}. Text: I love it!",
                vec!["sentiment", "score"],
            ),
            (
                "",
                "Analyze this and output JSON: {\"rating\": int, \"pros\": [string]}\nReview: Great camera.",
                vec!["rating", "pros"],
            ),
            (
                "",
                "Give me a JSON object with name and age of a person",
                vec!["name", "age"],
            ),
            (
                "",
                "Generate a list of 3 users as a JSON array with id, name, email.",
                vec!["id", "name", "email"],
            ),
            (
                "You are a parser. Always answer in JSON: {\"intent\": \"...\", \"sure\": true}",
                "Book a table",
                vec!["intent", "sure"],
            ),
            (
                "",
                "You must answer in the following JSON format:\n{\n \"answer\": \"<your answer>\",\n \"confidence\": <0 to 1>\n}\nQuestion: What is tall?",
                vec!["answer", "confidence"],
            ),
            (
                "",
                "What is the capital of France? Respond in JSON with keys capital and country.",
                vec!["capital", "country"],
            ),
            (
                "",
                "Given {\"a\": 1, \"b\": 2}, return JSON with the keys total and mean.",
                vec!["total", "mean"],
            ),
        ] {
            assert_eq!(keys(system, user), expected, "{system} {user}");
        }
    }

    #[test]
    fn talk_of_json_is_no_order() {
        for (system, user) in [
            ("", "What is JSON?"),
            ("", "How do I return JSON from Flask?"),
            ("", "Explain how JSON differs from XML"),
            (
                "",
                "I have a JSON file with users. How do I filter it by age?",
            ),
            (
                "",
                "Write a Python function that returns JSON with keys a and b",
            ),
            ("You are an expert in JSON and YAML.", "How do tides work?"),
            ("", "Return only JSON: {\"status\":\"ok\"}"),
            ("", "List three colors as a JSON array"),
            (
                "",
                "Extract all emails as a JSON list: a@b.example and c@d.example",
            ),
        ] {
            assert_eq!(schema(system, user), None, "{system} {user}");
        }
    }

    #[test]
    fn lists_are_as_long_as_asked() {
        let listed =
            schema("", "Give me 4 book titles as a JSON array of strings").expect("a form");
        assert_eq!(listed["minItems"], 4);
        assert_eq!(listed["items"]["type"], "string");
    }
}
