//! A JSON object where the request names no schema: with the keys that the prompt names, else
//! with a few about the topic. Not here: its values.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::facts::quoted_at;
use crate::identifier;
use crate::prompted::{closed, fields};
use crate::slots::plausible;

/// Words before a list of keys.
const KEYS: [&str; 14] = [
    "keys",
    "key",
    "fields",
    "field",
    "properties",
    "property",
    "attributes",
    "schlüssel",
    "schlüsseln",
    "feldern",
    "clés",
    "champs",
    "claves",
    "campos",
];
/// What joins JSON and the keys that it is to have.
const WITH: [&str; 6] = [
    " with ",
    " containing ",
    " including ",
    " mit ",
    " avec ",
    " con ",
];
/// Words before keys that stand between backticks.
const ORDERED: &str = "order of fields: ";
/// The most keys.
const MOST: usize = 24;
/// The longest key, in bytes.
const LONGEST: usize = 40;

/// A schema for the object that a text names keys of, if it names any.
pub(crate) fn schema(asked: &str) -> Option<Value> {
    if let Some(keys) = ordered(asked) {
        return Some(keys);
    }
    let mut keys = spelt(asked);
    if keys.is_empty() {
        keys = listed(asked);
    }
    let mut seen = HashSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys.truncate(MOST);
    let shapes = keys.iter().map(|key| (key.clone(), shape(key)));
    (!keys.is_empty()).then(|| closed(shapes))
}

/// A schema where no keys are named.
pub(crate) fn usual() -> Value {
    let text = json!({"type": "string"});
    let points = json!({"type": "array", "items": text, "minItems": 2, "maxItems": 4});
    let shapes = [
        ("topic", text.clone()),
        ("summary", text),
        ("points", points),
    ];
    closed(
        shapes
            .map(|(key, shape)| (key.to_owned(), shape))
            .into_iter(),
    )
}

/// Keys as in ``in the following order of fields: `name`, then `age` (a valid Python int)``.
fn ordered(asked: &str) -> Option<Value> {
    let line = &asked[asked.find(ORDERED)?..];
    let line = line.lines().next()?;
    let fields = fields(line, " `", "`").filter(|(name, _)| is_key(name));
    let shapes: Vec<_> = fields
        .take(MOST)
        .map(|(name, note)| (name.to_owned(), crate::prompted::shape(name, note)))
        .collect();
    (!shapes.is_empty()).then(|| closed(shapes.into_iter()))
}

/// Keys as in a JSON example: `"name":`.
fn spelt(asked: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let Some(brace) = asked.find('{') else {
        return keys;
    };
    let mut rest = &asked[brace..];
    while let Some(at) = rest.find('"') {
        rest = &rest[at..];
        match quoted_at(rest) {
            Some((key, after)) => {
                if after.trim_start().starts_with(':') && is_key(key) {
                    keys.push(key.to_owned());
                }
                rest = after;
            }
            None => rest = &rest[1..],
        }
    }
    keys
}

/// Keys as in `with the keys name, age and city`.
fn listed(asked: &str) -> Vec<String> {
    let lower = asked.to_lowercase();
    let starts = KEYS.iter().filter_map(|word| {
        let at = lower.find(word)? + word.len();
        (!lower[at..].starts_with(char::is_alphanumeric)).then_some(at)
    });
    // As in `a JSON object with name and age`.
    let json = lower.find("json");
    let behind = json.and_then(|json| {
        let words = WITH.iter().filter_map(|word| {
            let at = json + lower[json..].find(word)? + word.len();
            (!lower[json..at].contains(['.', '\n', '?'])).then_some(at)
        });
        words.min()
    });
    // Lower case may change the length of a text; then nothing is read.
    let Some(tail) = starts.max().or(behind).and_then(|at| asked.get(at..)) else {
        return Vec::new();
    };
    let sentence = &tail[..tail.find(['.', '\n', '?', ';']).unwrap_or(tail.len())];
    // What follows these is about the values.
    let ends = [
        " for ", " from ", " about ", " of ", " für ", " pour ", " para ",
    ];
    let end = ends.iter().filter_map(|word| sentence.find(word)).min();
    let sentence = &sentence[..end.unwrap_or(sentence.len())];
    let items = sentence
        .split([',', ':'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" und "));
    let items = items.map(|item| {
        item.trim()
            .trim_matches(['"', '\'', '`', '“', '”', '(', ')'])
    });
    let items = items.map(|item| item.strip_prefix("and ").unwrap_or(item));
    items
        .filter(|item| is_key(item))
        .map(str::to_owned)
        .collect()
}

fn is_key(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_part)
}

/// The type that a key suggests.
pub(crate) fn shape(key: &str) -> Value {
    let words = identifier::words(key);
    let first = words.first().map_or("", String::as_str);
    let last = words.last().map_or("", String::as_str);
    if matches!(first, "is" | "has" | "can" | "should") {
        return json!({"type": "boolean"});
    }
    if plausible(&words[words.len().saturating_sub(1)..]).is_some() && last != "size" {
        return json!({"type": "integer"});
    }
    let is_plural =
        last.len() > 3 && last.ends_with('s') && !last.ends_with("ss") && !last.ends_with("us");
    if is_plural && !last.ends_with("is") {
        return json!({"type": "array", "items": {"type": "string"}, "minItems": 1});
    }
    json!({"type": "string"})
}
