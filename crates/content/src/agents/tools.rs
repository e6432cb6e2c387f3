//! The tools that a prompt describes in words: names, and what each takes, by its signature or by its
//! schema. Not here: which of them is used.

use std::sync::Arc;

use fakeai_canon::{Schema, Tool};
use serde_json::{Map, Value, json};

use super::words::{Style, WORDS};

/// Tools of a prompt at most.
const MOST: usize = 64;
/// Of what stands behind a tool's name so much is read, in bytes.
const REACH: usize = 4096;

/// The tools, in the order of their names.
pub(super) fn described(text: &str, style: Style) -> Vec<Tool> {
    let names = match style {
        Style::Fields => numbered(text),
        Style::Code => defined(text),
        Style::Blob | Style::Lines => listed(text),
    };
    let tools = names.iter().take(MOST);
    tools.map(|name| tool(text, name, &names)).collect()
}

/// Names in a list, such as `should be one of [search, add]`.
fn listed(text: &str) -> Vec<String> {
    let lists = WORDS.names.iter().filter_map(|list| {
        let at = text.find(&list.lead)? + list.lead.len();
        let length = text[at..].find(&list.end)?;
        Some(&text[at..at + length])
    });
    let names = lists.map(|list| {
        let names = list
            .split(',')
            .map(|name| name.trim_matches(['"', '\'', '`', ' ', '.']));
        let is_name = |name: &&str| !name.is_empty() && !name.contains('\n');
        names.filter(is_name).map(str::to_owned).collect::<Vec<_>>()
    });
    names
        .into_iter()
        .find(|names| !names.is_empty())
        .unwrap_or_default()
}

/// Names behind numbers, such as `(1) search, whose description is`.
fn numbered(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let (number, rest) = line.trim_start().strip_prefix('(')?.split_once(") ")?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let name = rest.split([',', '.', ' ']).next()?;
        (is_number && !name.is_empty()).then(|| name.to_owned())
    });
    lines.collect()
}

/// Names of functions that are defined at the start of a line.
fn defined(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| {
        let (name, _) = line.trim_start().strip_prefix("def ")?.split_once('(')?;
        Some(name.trim().to_owned())
    });
    let mut names = Vec::new();
    for name in lines {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn tool(text: &str, name: &str, all: &[String]) -> Tool {
    let about = about(text, name, all);
    let parameters = signature(about).or_else(|| schema(about));
    let parameters = parameters.unwrap_or_else(|| object(one("input"), vec!["input".into()]));
    Tool::Function {
        name: name.to_owned(),
        description: Some(description(about)),
        parameters: Some(Schema(Arc::new(parameters))),
        strict: false,
    }
}

/// What stands behind a tool's name where it is described, up to the next tool's.
fn about<'t>(text: &'t str, name: &str, all: &[String]) -> &'t str {
    let begins = |at: usize| {
        let before = text[..at].trim_end_matches(['*', '`', ' ', '-', '>']);
        let before_is_label =
            before.ends_with("Name:") || before.ends_with("def") || before.ends_with(')');
        let after = text[at + name.len()..].chars().next();
        let is_whole = after.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        is_whole && (before_is_label || before.ends_with('\n') || before.is_empty())
    };
    let places = || text.match_indices(name).map(|(at, _)| at);
    let Some(at) = places().find(|at| begins(*at)) else {
        return "";
    };
    let from = at + name.len();
    let rest = crate::shorten::shorten(&text[from..], REACH);
    let others = all.iter().filter(|other| *other != name);
    let others = others.filter_map(|other| {
        let marks = [
            format!("\n{other}"),
            format!("Name: {other}"),
            format!("def {other}("),
            format!(") {other},"),
        ];
        marks.iter().filter_map(|mark| rest.find(mark)).min()
    });
    let end = others
        .chain(rest.find("\n\n\n"))
        .min()
        .unwrap_or(rest.len());
    &rest[..end]
}

/// The words that say what it does, without its schema.
fn description(about: &str) -> String {
    let end = WORDS
        .arguments
        .iter()
        .filter_map(|lead| about.find(lead))
        .min();
    let text = &about[..end.unwrap_or(about.len())];
    let text = text
        .split_once("Description:")
        .map_or(text, |(_, text)| text);
    crate::shorten::shorten(text.trim(), 400).to_owned()
}

/// The arguments of `(city: str, days: int = 3) -> str` right behind the name.
fn signature(about: &str) -> Option<Value> {
    let inner = about.strip_prefix('(')?;
    let mut depth = 1;
    let end = inner.char_indices().find_map(|(at, c)| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for argument in split(&inner[..end]) {
        let (argument, default) = match argument.split_once('=') {
            Some((argument, default)) => (argument, Some(default)),
            None => (argument, None),
        };
        let (name, kind) = argument.split_once(':').unwrap_or((argument, "str"));
        let name = name.trim().trim_start_matches('*');
        if name.is_empty() || matches!(name, "self" | "/" | "callbacks" | "config") {
            continue;
        }
        properties.insert(name.to_owned(), shape(kind.trim()));
        if default.is_none() {
            required.push(Value::from(name));
        }
    }
    Some(object(properties, required))
}

/// A list at its outer commas.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices().chain([(text.len(), ',')]) {
        match c {
            '[' | '(' | '{' => depth += 1,
            ']' | ')' | '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = (at + 1).min(text.len());
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A type of Python's as a schema.
fn shape(kind: &str) -> Value {
    let bare = kind.trim_matches(['\'', '"']);
    let kind = match bare.split(['[', ' ', '|']).next().unwrap_or_default() {
        "int" | "integer" => "integer",
        "float" | "number" => "number",
        "bool" | "boolean" => "boolean",
        "dict" | "Dict" | "object" => "object",
        "list" | "List" | "array" => return json!({"type": "array", "items": {"type": "string"}}),
        "Optional" => return shape(bare.trim_start_matches("Optional[").trim_end_matches(']')),
        _ => "string",
    };
    json!({"type": kind})
}

/// The schema behind words such as `Tool Args:`; also one that is written as Python writes it.
fn schema(about: &str) -> Option<Value> {
    let leads = WORDS.arguments.iter();
    let at = leads
        .filter_map(|lead| about.find(lead).map(|at| at + lead.len()))
        .min()?;
    let at = at + about[at..].find('{')?;
    let written = &about[at..at + braces(&about[at..])?];
    let value: Value = serde_json::from_str(written)
        .or_else(|_| serde_json::from_str(&as_json(written)))
        .ok()?;
    let fields = value.as_object()?;
    if fields.get("properties").is_some_and(Value::is_object) {
        return Some(value);
    }
    let properties = fields.iter().map(|(name, field)| {
        let kind = field["type"].as_str().or(field.as_str());
        let field = match field {
            Value::Object(_) if kind.is_none_or(is_json_type) => field.clone(),
            _ => shape(kind.unwrap_or("str")),
        };
        (name.clone(), field)
    });
    let is_needed = |(_, field): &(&String, &Value)| field.get("default").is_none();
    let required = fields.iter().filter(is_needed);
    let required = required
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    Some(object(properties.collect(), required))
}

fn is_json_type(name: &str) -> bool {
    matches!(
        name,
        "string" | "integer" | "number" | "boolean" | "array" | "object" | "null"
    )
}

/// The length of what stands between braces.
fn braces(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at + 1)
    })
}

fn as_json(python: &str) -> String {
    let text = python.replace('\'', "\"");
    let text = text.replace(": None", ": null").replace(": True", ": true");
    text.replace(": False", ": false")
}

fn one(name: &str) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), json!({"type": "string"}))])
}

fn object(properties: Map<String, Value>, required: Vec<Value>) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}
