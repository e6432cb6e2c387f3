//! Single keywords of a schema's text into facts.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Additional, Literal, Node, NumberFacts, ObjectFacts, Pattern, TextFacts, Types};

/// Keywords that are read together, in the order in which they are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Literals,
    Number,
    Text,
    Array,
    Object,
    Unions,
    Conjuncts,
    Rare,
}

/// The groups of which a schema has a keyword.
pub(super) fn groups(members: &Map<String, Value>) -> Vec<Group> {
    let mut found: Vec<Group> = members
        .keys()
        .filter_map(|keyword| group(keyword))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn group(keyword: &str) -> Option<Group> {
    Some(match keyword {
        "enum" | "const" => Group::Literals,
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            Group::Number
        }
        "minLength" | "maxLength" | "pattern" | "format" => Group::Text,
        "items" | "prefixItems" | "additionalItems" | "minItems" | "maxItems" | "uniqueItems"
        | "contains" => Group::Array,
        "properties"
        | "required"
        | "additionalProperties"
        | "patternProperties"
        | "propertyNames"
        | "minProperties"
        | "maxProperties"
        | "dependentRequired"
        | "x-closed"
        | "x-optional" => Group::Object,
        "anyOf" | "oneOf" => Group::Unions,
        "allOf" | "$ref" => Group::Conjuncts,
        "not" | "if" | "description" | "x-added" => Group::Rare,
        _ => return None,
    })
}

impl ObjectFacts {
    pub(super) fn says_something(&self) -> bool {
        !self.properties.is_empty()
            || self.additional != Additional::Unsaid
            || !self.patterns.is_empty()
            || self.names.is_some()
            || self.fewest > 0
            || self.most.is_some()
            || !self.dependent.is_empty()
            || self.closed.is_some()
    }
}

/// What a node costs to keep and to work with, in the unit of `Limits::weight`.
pub(super) fn weight(node: &Node) -> usize {
    let literals = node.allowed.iter().flatten().map(|literal| match literal {
        Literal::Text(_) => 1,
        Literal::Other(_) => 50,
    });
    let object = node.object.as_ref();
    let fields = object.map_or(0, |facts| {
        facts.properties.len() + 100 * facts.patterns.len()
    });
    let patterns = node
        .text
        .as_ref()
        .map_or(0, |facts| 100 * facts.patterns.len());
    1 + fields + patterns + literals.sum::<usize>()
}

/// Keywords beside `$ref` that change nothing about what fits.
pub(super) fn says_nothing(keyword: &str) -> bool {
    matches!(
        keyword,
        "$ref"
            | "description"
            | "title"
            | "default"
            | "deprecated"
            | "example"
            | "examples"
            | "$comment"
            | "readOnly"
            | "writeOnly"
            | "$defs"
            | "definitions"
            | "$schema"
            | "$id"
    )
}

pub(super) fn types(members: &Map<String, Value>) -> Types {
    match members.get("type") {
        Some(Value::String(name)) => Types::named(name).unwrap_or(Types::ALL),
        Some(Value::Array(names)) => {
            let named = names.iter().filter_map(|name| Types::named(name.as_str()?));
            let all = named.fold(Types::NONE, Types::or);
            if all.is_none() { Types::ALL } else { all }
        }
        _ => Types::ALL,
    }
}

pub(super) fn number(members: &Map<String, Value>) -> Option<Box<NumberFacts>> {
    let float = |keyword: &str| members.get(keyword).and_then(Value::as_f64);
    let facts = NumberFacts {
        minimum: float("minimum"),
        maximum: float("maximum"),
        above: float("exclusiveMinimum"),
        below: float("exclusiveMaximum"),
        multiples: float("multipleOf")
            .into_iter()
            .filter(|step| *step > 0.0)
            .collect(),
    };
    let said = [facts.minimum, facts.maximum, facts.above, facts.below]
        .iter()
        .any(Option::is_some);
    (said || !facts.multiples.is_empty()).then(|| Box::new(facts))
}

pub(super) fn text(members: &Map<String, Value>) -> Option<Box<TextFacts>> {
    let string = |keyword: &str| members.get(keyword).and_then(Value::as_str);
    let pattern = string("pattern").map(|source| Arc::new(Pattern::new(source)));
    let facts = TextFacts {
        shortest: count(members, "minLength").unwrap_or(0),
        longest: count(members, "maxLength"),
        patterns: pattern.into_iter().collect(),
        format: string("format").map(Arc::from),
    };
    let said = facts.shortest > 0 || facts.longest.is_some() || facts.format.is_some();
    (said || !facts.patterns.is_empty()).then(|| Box::new(facts))
}

pub(super) fn count(members: &Map<String, Value>, keyword: &str) -> Option<usize> {
    let value = members.get(keyword)?;
    let whole = value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|float| *float >= 0.0 && float.fract() == 0.0)
            .map(|float| float as u64)
    })?;
    usize::try_from(whole).ok()
}

pub(super) fn entries<'a>(
    members: &'a Map<String, Value>,
    keyword: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    members
        .get(keyword)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}
