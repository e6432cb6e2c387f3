//! The definitions of tools in a prompt.
//!
//! Functions follow the published rule (`data/tokens/tools.toml`): the words of each line
//! (`name:description`, `property:type:description`, enum values) and set numbers of structure
//! tokens. The rule covers flat parameters; properties inside properties follow it again. Custom
//! tools count as functions without parameters plus their grammar, hosted tools as their name:
//! nothing is published of what they add.

use std::sync::LazyLock;

use fakeai_canon::{Prompt, Schema, Tool};
use serde::Deserialize;
use serde_json::Value;

use super::Writer;

/// Structure tokens, by their name in the published rule.
#[derive(Deserialize)]
struct Structure {
    each_function: i32,
    all_properties: i32,
    each_property: i32,
    an_enum: i32,
    each_enum_value: i32,
    after_all: i32,
}

#[derive(Deserialize)]
struct File {
    o200k_base: Structure,
    cl100k_base: Structure,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/tokens/tools.toml"))
        .expect("data/tokens/tools.toml fits its shape (a test reads it)")
});

impl Writer<'_> {
    pub(super) fn tools(&mut self, tools: &[Tool]) {
        if tools.is_empty() {
            return;
        }
        let structure = match self.vocabulary.name() {
            "cl100k_base" => &FILE.cl100k_base,
            _ => &FILE.o200k_base,
        };
        tools.iter().for_each(|tool| self.tool(tool, structure));
        self.structure(structure.after_all);
    }

    fn tool(&mut self, tool: &Tool, structure: &Structure) {
        self.structure(structure.each_function);
        match tool {
            Tool::Function {
                name,
                description,
                parameters,
                ..
            } => {
                self.line(&[name, description.as_deref().unwrap_or_default()]);
                if let Some(Schema(schema)) = parameters {
                    self.properties(schema, structure);
                }
            }
            Tool::Custom {
                name,
                description,
                grammar,
            } => {
                self.line(&[name, description.as_deref().unwrap_or_default()]);
                if let Some(grammar) = grammar {
                    self.text(&grammar.definition);
                }
            }
            Tool::Hosted { kind, .. } => self.text(kind),
        }
    }

    fn properties(&mut self, schema: &Value, structure: &Structure) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        if properties.is_empty() {
            return;
        }
        self.structure(structure.all_properties);
        for (name, property) in properties {
            self.property(name, property, structure);
        }
    }

    fn property(&mut self, name: &str, property: &Value, structure: &Structure) {
        let values = property.get("enum").and_then(Value::as_array);
        // An enum takes away what its property adds.
        self.structure(structure.each_property + values.map_or(0, |_| structure.an_enum));
        for value in values.into_iter().flatten() {
            self.structure(structure.each_enum_value);
            match value.as_str() {
                Some(text) => self.text(text),
                None => self.text(&value.to_string()),
            }
        }
        let description = property
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.line(&[name, &type_name(property), description]);
        self.properties(property, structure);
        if let Some(items) = property.get("items") {
            self.properties(items, structure);
        }
    }

    /// Parts joined by colons, without the last one's full stop.
    fn line(&mut self, parts: &[&str]) {
        let line = parts.join(":");
        self.text(line.strip_suffix('.').unwrap_or(&line));
    }

    fn structure(&mut self, count: i32) {
        let marks = std::iter::repeat_n(Prompt::PSEUDO, usize::try_from(count).unwrap_or(0));
        self.prompt.ids.extend(marks);
    }
}

/// `string`, `string|null`, the name behind a `$ref`, or `any`.
fn type_name(property: &Value) -> String {
    let reference = property.get("$ref").and_then(Value::as_str);
    match (property.get("type"), reference) {
        (Some(Value::String(name)), _) => name.clone(),
        (Some(Value::Array(names)), _) => names
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("|"),
        (_, Some(reference)) => reference.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => "any".to_owned(),
    }
}
