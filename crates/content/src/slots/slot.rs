//! The slots of a user's schema. Only what is needed to find values is read; the schema itself
//! is the contract room's. Not here: validation.

use serde_json::Value;

use super::rules::{Class, Direction, RULES};
use crate::embedding::is_stop_word;
use crate::identifier;

/// A place of a schema that takes a value.
pub(crate) struct Slot {
    /// The property's name.
    pub(crate) name: String,
    /// The words of its name.
    pub(crate) words: Vec<String>,
    /// The words of its description that carry a topic.
    pub(crate) described: Vec<String>,
    /// What it takes.
    pub(crate) wants: Wants,
    /// Whether it takes several values.
    pub(crate) is_list: bool,
    /// The array of objects that it stands in.
    pub(crate) within: Option<String>,
    /// Whether an instance must have it.
    pub(crate) is_required: bool,
    /// The texts of the literals that it takes.
    pub(crate) choices: Vec<String>,
    /// The format of a string.
    pub(crate) format: Option<String>,
    pub(super) classes: Vec<&'static Class>,
    pub(super) direction: Option<&'static Direction>,
}

/// What a slot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// One of several literals.
    Choice,
    /// Yes or no.
    Boolean,
}

/// More slots than this are not looked at, nor deeper ones.
const MOST: usize = 64;
const DEEPEST: usize = 6;

/// The slots of a schema, in its order.
pub(crate) fn slots_of(schema: &Value) -> Vec<Slot> {
    let mut slots = Vec::new();
    let top = Place {
        name: "",
        described: "",
        is_required: true,
        is_list: false,
        within: None,
    };
    Walk {
        root: schema,
        slots: &mut slots,
    }
    .visit(schema, &top, 0);
    slots
}

struct Walk<'a> {
    root: &'a Value,
    slots: &'a mut Vec<Slot>,
}

/// Where in the schema a walk stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    described: &'a str,
    is_required: bool,
    is_list: bool,
    within: Option<&'a str>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, schema: &'a Value, place: &Place<'a>, depth: usize) {
        if depth > DEEPEST || self.slots.len() >= MOST {
            return;
        }
        let schema = self.resolve(schema);
        let described = schema["description"].as_str().unwrap_or(place.described);
        let place = Place {
            described,
            ..*place
        };
        if let Some(properties) = schema["properties"].as_object() {
            for (name, property) in properties {
                let required = schema["required"].as_array();
                // What has one argument is called for it, also where it says that it is optional.
                let is_only = depth == 0 && properties.len() == 1;
                let is_listed = required.is_some_and(|all| all.iter().any(|one| one == name));
                let is_required = is_listed || is_only;
                let is_required = is_required && place.is_required;
                let inner = Place {
                    name,
                    described: "",
                    is_required,
                    ..place
                };
                self.visit(property, &inner, depth + 1);
            }
        } else if let Some(items) = schema.get("items") {
            let is_object = self.resolve(items).get("properties").is_some();
            let within = if is_object {
                Some(place.name)
            } else {
                place.within
            };
            self.visit(
                items,
                &Place {
                    is_list: true,
                    within,
                    ..place
                },
                depth + 1,
            );
        } else if let Some(wants) = wants(schema) {
            self.slots.push(Slot::new(&place, wants, schema));
        } else {
            let branches = ["anyOf", "oneOf", "allOf"]
                .iter()
                .find_map(|word| schema[word].as_array());
            let real = branches
                .into_iter()
                .flatten()
                .find(|branch| branch["type"] != "null");
            if let Some(branch) = real {
                self.visit(branch, &place, depth + 1);
            }
        }
    }

    /// What a reference inside the schema stands for.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let reference = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix('#'));
        reference
            .and_then(|path| self.root.pointer(path))
            .unwrap_or(schema)
    }
}

fn wants(schema: &Value) -> Option<Wants> {
    if schema.get("enum").is_some() || schema.get("const").is_some() {
        return Some(Wants::Choice);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null")?.as_str()?,
        Value::String(kind) => kind,
        _ => return None,
    };
    match kind {
        "string" => Some(Wants::Text),
        "integer" => Some(Wants::Integer),
        "number" => Some(Wants::Number),
        "boolean" => Some(Wants::Boolean),
        _ => None,
    }
}

fn choices(schema: &Value) -> Vec<String> {
    let listed = schema["enum"].as_array().into_iter().flatten();
    listed
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

impl Slot {
    fn new(place: &Place<'_>, wants: Wants, schema: &Value) -> Self {
        let words = identifier::words(place.name);
        let described = identifier::words(place.described);
        let described: Vec<_> = described
            .into_iter()
            .filter(|word| !is_stop_word(word))
            .collect();
        let named = |word: &String| -> Vec<&'static Class> {
            RULES
                .class
                .iter()
                .filter(|class| class.words.contains(word))
                .collect()
        };
        // The last word of a name says most: `start_date` is a date.
        let last = words.last().map(named).unwrap_or_default();
        let mut classes = last;
        if classes.is_empty() {
            classes = words.iter().flat_map(named).collect();
        }
        if classes.is_empty() {
            classes = described.iter().flat_map(named).take(1).collect();
        }
        let has = |direction: &&Direction| words.iter().any(|word| direction.words.contains(word));
        Slot {
            name: place.name.to_owned(),
            direction: RULES.direction.iter().find(has),
            is_list: place.is_list,
            within: place.within.map(str::to_owned),
            is_required: place.is_required,
            format: schema["format"].as_str().map(str::to_owned),
            choices: choices(schema),
            words,
            described,
            wants,
            classes,
        }
    }

    /// Whether the request itself suits where no value does.
    pub(crate) fn takes_phrase(&self) -> bool {
        self.wants == Wants::Text
            && self.format.is_none()
            && self.classes.iter().any(|class| class.phrase)
    }
}
