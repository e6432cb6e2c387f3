//! The rules of the provider's structured outputs, and its words for breaking them.
//!
//! Rules: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>. Words: the
//! public reports named in `data/errors/strict_schema.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::SchemaError;
use crate::schema::{Limits, Pattern, Types};

#[derive(Deserialize)]
struct Rules {
    not_permitted: Vec<String>,
    formats: Vec<String>,
    deepest: usize,
    most_properties: usize,
    most_enum_values: usize,
    wording: BTreeMap<String, Wording>,
}

#[derive(Deserialize)]
struct Wording {
    message: String,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/errors/strict_schema.toml"))
        .expect("the embedded rules are read by a test")
});

/// How deep the check itself goes; JSON text stops at 128.
const NESTING: Limits = Limits {
    weight: 0,
    depth: 200,
};

struct Check {
    path: Vec<String>,
    properties: usize,
    literals: usize,
}

/// The provider's sentence for a broken rule.
pub(super) fn worded(row: &str, detail: &str) -> String {
    let wording = RULES.wording.get(row);
    let message = wording.map_or("", |wording| wording.message.as_str());
    message.replace("{detail}", detail)
}

/// The refusal of a schema that is not one of objects.
pub(super) fn root_type(got: &str) -> SchemaError {
    SchemaError::whole(worded("root_type", got))
}

/// Refuses what a strict schema may not have.
pub(super) fn check(schema: &Value) -> Result<(), SchemaError> {
    let mut check = Check {
        path: Vec::new(),
        properties: 0,
        literals: 0,
    };
    let kind = schema.get("type").and_then(Value::as_str);
    if kind != Some("object") {
        let got = kind.map_or_else(|| "None".to_owned(), str::to_owned);
        return Err(root_type(&got));
    }
    for keyword in ["anyOf", "oneOf", "allOf", "enum", "not"] {
        if schema.get(keyword).is_some() {
            return Err(SchemaError::whole(worded("root_keyword", keyword)));
        }
    }
    check.schema(schema, 1)
}

impl Check {
    fn refuse(&self, row: &str, detail: &str) -> SchemaError {
        SchemaError::at(&self.path, worded(row, detail))
    }

    /// Refuses a pattern that texts can't be made for.
    fn pattern(&self, source: &str) -> Result<(), SchemaError> {
        if Pattern::new(source).is_supported() {
            return Ok(());
        }
        let looks = ["(?=", "(?!", "(?<=", "(?<!"];
        let row = match looks.iter().any(|mark| source.contains(mark)) {
            true => "look_around",
            false => "bad_pattern",
        };
        let place = [&self.path[..], &["pattern".to_owned()]].concat();
        Err(SchemaError::found(&place, worded(row, "")))
    }

    /// `level` counts objects and arrays on the way down.
    fn schema(&mut self, schema: &Value, level: usize) -> Result<(), SchemaError> {
        let Some(members) = schema.as_object() else {
            return Err(self.refuse("not_a_schema", &schema.to_string()));
        };
        if level > RULES.deepest || self.path.len() > NESTING.depth {
            return Err(self.refuse("too_deep", &RULES.deepest.to_string()));
        }
        if members.contains_key("$ref") {
            return self.reference(members);
        }
        for keyword in &RULES.not_permitted {
            if members.contains_key(keyword) {
                return Err(self.refuse("not_permitted", keyword));
            }
        }
        self.definitions(members)?;
        self.enumeration(members)?;
        if let Some(branches) = members.get("anyOf").and_then(Value::as_array) {
            return self.each("anyOf", branches, level);
        }
        self.typed(members, level)
    }

    fn reference(&self, members: &Map<String, Value>) -> Result<(), SchemaError> {
        match members.keys().find(|keyword| *keyword != "$ref") {
            Some(other) => Err(self.refuse("ref_siblings", other)),
            None => Ok(()),
        }
    }

    fn definitions(&mut self, members: &Map<String, Value>) -> Result<(), SchemaError> {
        for holder in ["$defs", "definitions"] {
            for (name, schema) in members
                .get(holder)
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                self.below(&[holder, name], |check| check.schema(schema, 1))?;
            }
        }
        Ok(())
    }

    fn enumeration(&mut self, members: &Map<String, Value>) -> Result<(), SchemaError> {
        self.literals += members
            .get("enum")
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if self.literals > RULES.most_enum_values {
            return Err(self.refuse("too_many_literals", &RULES.most_enum_values.to_string()));
        }
        Ok(())
    }

    fn typed(&mut self, members: &Map<String, Value>, level: usize) -> Result<(), SchemaError> {
        let types = match members.get("type") {
            Some(Value::String(name)) => vec![name.as_str()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ if members.contains_key("enum") || members.contains_key("const") => return Ok(()),
            _ => return Err(self.refuse("no_type", "")),
        };
        if let Some(odd) = types.iter().find(|name| Types::named(name).is_none()) {
            return Err(self.refuse("bad_type", odd));
        }
        let format = members.get("format").and_then(Value::as_str);
        if let Some(odd) = format.filter(|name| !RULES.formats.iter().any(|known| known == name)) {
            return Err(self.refuse("bad_format", odd));
        }
        if let Some(source) = members.get("pattern").and_then(Value::as_str) {
            self.pattern(source)?;
        }
        if types.contains(&"object") {
            self.object(members, level)?;
        }
        if types.contains(&"array") {
            match members.get("items") {
                Some(items) => self.below(&["items"], |check| check.schema(items, level + 1))?,
                None => return Err(self.refuse("no_items", "")),
            }
        }
        Ok(())
    }

    fn object(&mut self, members: &Map<String, Value>, level: usize) -> Result<(), SchemaError> {
        if members.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(self.refuse("additional_properties", ""));
        }
        let empty = Map::new();
        let properties = members
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(&empty);
        self.properties += properties.len();
        if self.properties > RULES.most_properties {
            return Err(self.refuse("too_many_properties", &RULES.most_properties.to_string()));
        }
        self.required(members, properties)?;
        for (name, schema) in properties {
            self.below(&["properties", name], |check| {
                check.schema(schema, level + 1)
            })?;
        }
        Ok(())
    }

    fn required(
        &self,
        members: &Map<String, Value>,
        properties: &Map<String, Value>,
    ) -> Result<(), SchemaError> {
        let required = members.get("required").and_then(Value::as_array);
        let names: std::collections::BTreeSet<&str> = required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(absent) = properties
            .keys()
            .find(|name| !names.contains(name.as_str()))
        {
            return Err(self.refuse("required", absent));
        }
        if let Some(extra) = names.iter().find(|name| !properties.contains_key(**name)) {
            return Err(self.refuse("extra_required", extra));
        }
        Ok(())
    }

    fn each(&mut self, keyword: &str, list: &[Value], level: usize) -> Result<(), SchemaError> {
        for (index, schema) in list.iter().enumerate() {
            self.below(&[keyword, &index.to_string()], |check| {
                check.schema(schema, level)
            })?;
        }
        Ok(())
    }

    fn below(
        &mut self,
        steps: &[&str],
        run: impl FnOnce(&mut Self) -> Result<(), SchemaError>,
    ) -> Result<(), SchemaError> {
        self.path
            .extend(steps.iter().map(|step| (*step).to_owned()));
        let outcome = run(self);
        self.path.truncate(self.path.len() - steps.len());
        outcome
    }
}
