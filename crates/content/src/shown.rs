//! JSON that a prompt shows as the form of the answer, with words in the place of values:
//! `{"mood": "good|bad", "score": <0 to 1>}`. Not here: whether it is wanted (see `prompted`).

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::object;
use crate::prompted::closed;

/// A form, and where the text shows it.
pub(crate) struct Shown {
    pub(crate) schema: Value,
    pub(crate) at: Range<usize>,
    /// Whether all of it is JSON, and no value looks like a word for one.
    pub(crate) is_literal: bool,
}

/// Longer texts are read up to here, in bytes, and so many beginnings are tried.
const LONGEST: usize = 65_536;
const TRIED: usize = 32;
const DEEPEST: usize = 12;

/// The last form of a text: those before it are examples.
pub(crate) fn last(text: &str) -> Option<Shown> {
    let text = crate::shorten::shorten(text, LONGEST);
    let (mut found, mut at) = (None, 0);
    for _ in 0..TRIED {
        let Some(next) = memchr::memchr2(b'{', b'[', &text.as_bytes()[at..]) else {
            break;
        };
        let from = at + next;
        let mut reader = Reader { text, at: from };
        match reader.value("", 0).filter(is_form) {
            Some(schema) => {
                let part = &text[from..reader.at];
                found = Some(Shown {
                    schema,
                    at: from..reader.at,
                    is_literal: is_literal(part),
                });
                at = reader.at;
            }
            None => at = from + 1,
        }
    }
    found
}

/// An object, or a list of them.
fn is_form(schema: &Value) -> bool {
    let is_object = |schema: &Value| schema["properties"].is_object();
    is_object(schema) || is_object(&schema["items"])
}

/// Whether it is plain JSON that names nothing but values.
fn is_literal(part: &str) -> bool {
    const WORDS: [&str; 12] = [
        "...",
        "…",
        "<",
        "|",
        "\"\"",
        "\"string\"",
        "\"str\"",
        "\"number\"",
        "\"int",
        "\"float\"",
        "\"bool",
        "your ",
    ];
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(part).is_ok();
    is_json && !WORDS.iter().any(|word| part.contains(word))
}

/// What is left of a text.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn takes(&mut self, mark: char) -> bool {
        let takes = self.rest().starts_with(mark);
        self.at += if takes { mark.len_utf8() } else { 0 };
        takes
    }

    /// Past spaces, commas, remarks and dots that say "and so on".
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let bare =
                rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '…'));
            self.at += rest.len() - bare.len();
            if bare.starts_with("//") || bare.starts_with('#') {
                self.at += bare.find('\n').unwrap_or(bare.len());
            } else if bare.starts_with("...") {
                self.at += 3;
            } else {
                return;
            }
        }
    }

    /// The schema of the value that comes next; the key says what its words leave open.
    fn value(&mut self, key: &str, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match self.rest().chars().next()? {
            '{' => self.object(depth),
            '[' => self.array(key, depth),
            quote @ ('"' | '\'') => {
                let inner = self.quoted(quote)?;
                Some(quoted(key, inner))
            }
            _ => {
                let word = self.bare();
                (!word.is_empty()).then(|| described(key, word))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.takes('{');
        let mut properties: Vec<(String, Value)> = Vec::new();
        loop {
            self.skip();
            if self.takes('}') {
                break;
            }
            let key = match self.rest().chars().next()? {
                quote @ ('"' | '\'') => self.quoted(quote)?,
                _ => self.name()?,
            };
            self.takes('?');
            self.spaces();
            if key.is_empty() || !self.takes(':') {
                return None;
            }
            self.spaces();
            let schema = self.value(key, depth + 1)?;
            properties.push((key.to_owned(), schema));
            self.go_to_next();
        }
        (!properties.is_empty()).then(|| closed(properties.into_iter()))
    }

    fn array(&mut self, key: &str, depth: usize) -> Option<Value> {
        self.takes('[');
        let mut items: Option<Value> = None;
        let mut count = 0;
        loop {
            self.skip();
            if self.takes(']') {
                break;
            }
            let item = self.value(singular(key), depth + 1)?;
            items.get_or_insert(item);
            count += 1;
            self.go_to_next();
        }
        let items = items.unwrap_or_else(|| json!({"type": "string"}));
        Some(json!({"type": "array", "items": items, "minItems": count.clamp(1, 3), "maxItems": 5}))
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Past what is said of a value behind it, up to the next one.
    fn go_to_next(&mut self) {
        let rest = self.rest();
        let end = rest.find([',', '}', ']', '\n']);
        self.at += end.unwrap_or(rest.len());
    }

    fn quoted(&mut self, quote: char) -> Option<&'t str> {
        let inner = &self.rest()[1..];
        let mut is_escaped = false;
        for (at, c) in inner.char_indices() {
            if c == quote && !is_escaped {
                self.at += at + 2;
                return Some(&inner[..at]);
            }
            is_escaped = c == '\\' && !is_escaped;
        }
        None
    }

    /// A key without quotation marks.
    fn name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))?;
        self.at += end;
        Some(&rest[..end])
    }

    /// Words for a value, up to the mark that ends it; marks in brackets of its own end nothing.
    fn bare(&mut self) -> &'t str {
        let rest = self.rest();
        let mut inside = 0_u32;
        let end = rest.char_indices().find(|(_, c)| {
            match c {
                '<' | '(' | '[' => inside += 1,
                '>' | ')' => inside = inside.saturating_sub(1),
                ']' if inside > 0 => inside -= 1,
                '\n' | '}' => return true,
                ',' | ']' => return inside == 0,
                _ => {}
            }
            false
        });
        let end = end.map_or(rest.len(), |(at, _)| at);
        self.at += end;
        rest[..end].trim()
    }
}

/// The schema that a text in quotation marks stands for.
fn quoted(key: &str, inner: &str) -> Value {
    let options: Vec<&str> = inner.split('|').map(str::trim).collect();
    if options.len() > 1 {
        return choice(key, &options);
    }
    let is_day = |text: &str| {
        text.eq_ignore_ascii_case("yyyy-mm-dd")
            || (text.len() == 10 && text.bytes().filter(u8::is_ascii_digit).count() == 8)
    };
    if is_day(inner) {
        return json!({"type": "string", "format": "date"});
    }
    // `"age": "integer"` speaks of a type, `"age": "41"` is a text.
    let bare = inner.trim_matches(['<', '>', '{', '}']);
    match typed(bare) {
        Some(schema) if inner.len() <= 40 => schema,
        Some(_) | None => json!({"type": "string"}),
    }
}

/// The schema that words without quotation marks stand for, or a value itself.
fn described(key: &str, word: &str) -> Value {
    let bare = word.trim_matches(['<', '>', '(', ')']).trim();
    let options: Vec<&str> = bare.split(['|', '/']).map(str::trim).collect();
    if options.len() > 1 && options.iter().all(|option| option.len() <= 30) {
        return choice(key, &options);
    }
    match (serde_json::from_str::<Value>(bare), typed(bare)) {
        (Ok(Value::Bool(_)), _) => json!({"type": "boolean"}),
        (Ok(Value::Number(number)), _) if number.is_f64() => match number.as_f64() {
            Some(share) if (0.0..=1.0).contains(&share) => between(true, 0.0, 1.0),
            Some(_) | None => json!({"type": "number"}),
        },
        (Ok(Value::Number(_)), _) => json!({"type": "integer"}),
        (_, Some(schema)) => schema,
        (Ok(_) | Err(_), None) => object::shape(key),
    }
}

/// The schema of a type that words name: `integer`, `number between 0 and 1`, `1-5`, `list of strings`.
fn typed(words: &str) -> Option<Value> {
    let lower = words.to_lowercase();
    let first = lower.split(|c: char| !c.is_alphanumeric()).next()?;
    let has = |names: &[&str]| names.contains(&first);
    let is_list = lower.contains("[]") || has(&["list", "array"]);
    if is_list {
        let item = ["int", "number", "float"]
            .iter()
            .find(|name| lower.contains(**name));
        let kind = item.map_or(
            "string",
            |name| if *name == "int" { "integer" } else { "number" },
        );
        return Some(
            json!({"type": "array", "items": {"type": kind}, "minItems": 1, "maxItems": 4}),
        );
    }
    let is_whole = has(&["int", "integer"]);
    let is_number = is_whole || has(&["number", "float", "decimal", "double", "score"]);
    if let Some((low, high)) = range(&lower)
        && (is_number || lower.starts_with(|c: char| c.is_ascii_digit()))
    {
        let is_share = !is_whole && (lower.contains('.') || high <= 1.0);
        return Some(between(is_share, low, high));
    }
    match is_number {
        true if is_whole => Some(json!({"type": "integer"})),
        true => Some(json!({"type": "number"})),
        false if has(&["bool", "boolean"]) => Some(json!({"type": "boolean"})),
        false if has(&["string", "str", "text"]) => Some(json!({"type": "string"})),
        false => None,
    }
}

fn between(is_share: bool, low: f64, high: f64) -> Value {
    match is_share {
        true => json!({"type": "number", "minimum": low, "maximum": high}),
        false => json!({"type": "integer", "minimum": low as i64, "maximum": high as i64}),
    }
}

/// The two numbers of a range: `0-1`, `between 1 and 10`, `0 to 100`.
fn range(lower: &str) -> Option<(f64, f64)> {
    let numbers = lower.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let numbers = numbers
        .map(|part| part.trim_matches('.'))
        .filter(|part| !part.is_empty());
    let numbers: Vec<f64> = numbers.filter_map(|part| part.parse().ok()).collect();
    match numbers.as_slice() {
        [low, high] if low < high => Some((*low, *high)),
        _ => None,
    }
}

/// One of several: a type of several, or a value.
fn choice(key: &str, options: &[&str]) -> Value {
    let options: Vec<&str> = options
        .iter()
        .map(|option| option.trim_matches(['"', '\'', '<', '>', ' ']))
        .filter(|option| !option.is_empty() && *option != "..." && *option != "…")
        .collect();
    let is_truth = |option: &&str| matches!(*option, "true" | "false");
    if options.iter().all(is_truth) {
        return json!({"type": "boolean"});
    }
    if let Some(schema) = options.iter().find_map(|option| typed(option)) {
        return schema;
    }
    let values = options.iter().filter(|option| **option != "null");
    let values: Vec<Value> = values
        .map(|option| {
            option
                .parse::<i64>()
                .map_or_else(|_| json!(option), Value::from)
        })
        .collect();
    match values.is_empty() {
        true => object::shape(key),
        false => json!({"enum": values}),
    }
}

fn singular(key: &str) -> &str {
    key.strip_suffix('s').unwrap_or(key)
}

/// A list of objects with these properties, or of one text each where there are none.
pub(crate) fn listed(object: Option<Value>, count: Option<u32>) -> Value {
    let items = object.unwrap_or_else(|| json!({"type": "string"}));
    let (low, high) = count.map_or((2, 4), |count| (count, count));
    let mut schema = Map::new();
    schema.insert("type".into(), "array".into());
    schema.insert("items".into(), items);
    schema.insert("minItems".into(), low.into());
    schema.insert("maxItems".into(), high.into());
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(text: &str) -> Value {
        last(text).expect(text).schema["properties"].clone()
    }

    #[test]
    fn words_in_the_place_of_values_say_their_types() {
        let shown = properties(
            "Answer so:\n{\n  \"mood\": \"good|bad\", // one\n  \"score\": <number between 0 and 1>,\n  \
             \"age\": int,\n  \"tags\": [string],\n  \"sure\": true/false,\n  who: \"...\",\n  \
             \"stars\": 1-5,\n  \"day\": \"YYYY-MM-DD\",\n  \"parts\": [{\"name\": \"string\", \"count\": 3}, ...]\n}",
        );
        assert_eq!(shown["mood"], json!({"enum": ["good", "bad"]}));
        assert_eq!(
            shown["score"],
            json!({"type": "number", "minimum": 0.0, "maximum": 1.0})
        );
        assert_eq!(shown["age"], json!({"type": "integer"}));
        assert_eq!(shown["tags"]["items"], json!({"type": "string"}));
        assert_eq!(shown["sure"], json!({"type": "boolean"}));
        assert_eq!(shown["who"], json!({"type": "string"}));
        assert_eq!(
            shown["stars"],
            json!({"type": "integer", "minimum": 1, "maximum": 5})
        );
        assert_eq!(shown["day"]["format"], "date");
        let part = &shown["parts"]["items"]["properties"];
        assert_eq!(part["name"], json!({"type": "string"}));
        assert_eq!(part["count"], json!({"type": "integer"}));
    }

    #[test]
    fn what_is_no_form_is_none() {
        for text in [
            "no braces",
            "{",
            "a [link](to) {it}",
            "[1, 2, 3]",
            "{{name}} is here",
            "{}",
        ] {
            assert!(last(text).is_none(), "{text}");
        }
    }
}
