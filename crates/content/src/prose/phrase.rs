//! Short strings by the name of the field they are for: names, places, addresses, dates, titles,
//! from `data/corpus/phrases.txt`. Not here: strings that a pattern or format prescribes.

use std::collections::HashMap;
use std::sync::LazyLock;

use fakeai_canon::Rng;

use super::Topic;

struct Phrases {
    /// Symbol to its texts, each with `{symbol}` for other symbols.
    texts: HashMap<&'static str, Vec<&'static str>>,
    /// Words of field names to symbols.
    hints: HashMap<&'static str, &'static str>,
}

static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| parse(include_str!("../../../../data/corpus/phrases.txt")));

/// Symbols nest no deeper.
const DEEPEST: usize = 6;

/// A string for a field of that name, as `email`, `startDate` or `customer_city`; on the topic
/// where the name tells nothing.
pub fn phrase(hint: &str, topic: &Topic, rng: &mut Rng) -> String {
    let mut text = String::new();
    expand(symbol(hint), topic, rng, DEEPEST, &mut text);
    text
}

/// The symbol for a field name: that of the whole name, else of its last words, else of any.
fn symbol(hint: &str) -> &'static str {
    let name = snake(hint);
    let ends = std::iter::successors(Some(name.as_str()), |rest| {
        rest.split_once('_').map(|(_, rest)| rest)
    });
    let by_end = ends.filter_map(|end| PHRASES.hints.get(end)).next();
    let by_word = || {
        name.split('_')
            .rev()
            .find_map(|word| PHRASES.hints.get(word))
    };
    by_end.or_else(by_word).copied().unwrap_or("text")
}

/// `startDate`, `start-date` and `Start date` become `start_date`.
fn snake(hint: &str) -> String {
    let (mut name, mut was_lower) = (String::with_capacity(hint.len() + 4), false);
    for c in hint.chars() {
        if c.is_uppercase() && was_lower {
            name.push('_');
        }
        was_lower = c.is_lowercase() || c.is_numeric();
        if c.is_alphanumeric() {
            name.extend(c.to_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name
}

fn expand(symbol: &str, topic: &Topic, rng: &mut Rng, depth: usize, text: &mut String) {
    if let Some(word) = of_topic(symbol, topic) {
        return text.push_str(word);
    }
    let texts = PHRASES.texts.get(symbol).map_or(&[][..], Vec::as_slice);
    let Some(mut rest) = rng.pick(texts).copied().filter(|_| depth > 0) else {
        return;
    };
    while let Some((before, inner)) = rest.split_once('{') {
        let Some((name, after)) = inner.split_once('}') else {
            break;
        };
        text.push_str(before);
        match name.strip_suffix("|lower") {
            Some(name) => {
                let mut word = String::new();
                expand(name, topic, rng, depth - 1, &mut word);
                text.extend(
                    word.to_lowercase()
                        .chars()
                        .filter(char::is_ascii_alphanumeric),
                );
            }
            None => expand(name, topic, rng, depth - 1, text),
        }
        rest = after;
    }
    text.push_str(rest);
}

/// The prompt's own words.
fn of_topic<'t>(symbol: &str, topic: &'t Topic) -> Option<&'t str> {
    const NOTHING: &str = "the matter at hand";
    let keyword = |rank: usize| topic.keywords.get(rank).or(topic.keywords.first());
    match symbol {
        "topic" => Some(keyword(0).map_or(NOTHING, String::as_str)),
        "second" => Some(keyword(1).map_or(NOTHING, String::as_str)),
        _ => None,
    }
}

/// Sections `@ symbol` with one text a line; the section `hints` has `symbol: words of names`.
fn parse(file: &'static str) -> Phrases {
    let mut phrases = Phrases {
        texts: HashMap::new(),
        hints: HashMap::new(),
    };
    let mut section = "";
    for line in file
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        if let Some(name) = line.strip_prefix("@ ") {
            section = name;
        } else if section == "hints" {
            let Some((symbol, names)) = line.split_once(": ") else {
                continue;
            };
            phrases
                .hints
                .extend(names.split_whitespace().map(|name| (name, symbol)));
        } else {
            phrases.texts.entry(section).or_default().push(line);
        }
    }
    phrases
}
