//! Schemas that users hand in: tool parameters and structured outputs.
//!
//! Permissive: whatever JSON Schema of any draft can be honoured is, the rest is passed over.
//! Strict: the subset that the provider allows, with its words for what is refused.

mod parameters;
mod strict;

use serde_json::Value;

use crate::check::{Fields, Violation, Walk};
use crate::error::SchemaError;
use crate::make::{Heights, Maker, Source};
use crate::schema::{Builder, Limits, SchemaId, Schemas};

/// Sizes beyond which a schema is refused rather than compiled.
const LIMITS: Limits = Limits {
    weight: 100_000,
    depth: 100,
};
/// How often an instance is made before it is made as small as can be.
const ATTEMPTS: usize = 12;

/// A compiled schema.
pub struct UserSchema {
    schemas: Schemas,
    heights: Heights,
    root: SchemaId,
}

/// Nothing was found that fits the schema.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unsatisfiable;

impl std::fmt::Display for Unsatisfiable {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("no value was found that fits the schema")
    }
}

impl std::error::Error for Unsatisfiable {}

impl UserSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// References that lead nowhere or in a circle, and sizes beyond all use; when strict, also
    /// whatever the provider's structured outputs do not allow.
    pub fn compile(schema: &Value, strict: bool) -> Result<Self, SchemaError> {
        if strict {
            strict::check(schema)?;
        }
        let mut builder = Builder::new(LIMITS, true);
        let root = builder.slot("#");
        builder.read_into(root, schema)?;
        while let Some(reference) = builder.next_waiting() {
            let target =
                target(schema, &reference).ok_or_else(|| SchemaError::unresolved(&reference))?;
            let slot = builder.slot(&reference);
            builder.read_into(slot, target)?;
        }
        let schemas = builder.finish()?;
        let heights = Heights::of(&schemas);
        Ok(Self {
            schemas,
            heights,
            root,
        })
    }

    /// Compiles the parameters of a function: whatever they say, its arguments are an object.
    ///
    /// # Errors
    /// Those of [`UserSchema::compile`], and what the provider refuses in any function.
    pub fn parameters(schema: &Value, strict: bool) -> Result<Self, SchemaError> {
        parameters::check(schema)?;
        if strict {
            return Self::compile(schema, true);
        }
        let mut members = schema.as_object().cloned().unwrap_or_default();
        members.insert("type".to_owned(), "object".into());
        Self::compile(&Value::Object(members), false)
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The first violation.
    pub fn validate(&self, value: &Value) -> Result<(), Violation> {
        match Walk::new(&self.schemas, Fields::Open, 1)
            .for_user()
            .run(self.root, value)
            .pop()
        {
            Some(violation) => Err(violation),
            None => Ok(()),
        }
    }

    /// A value that fits: made from the source, checked, made again if it did not fit.
    ///
    /// # Errors
    /// When the schema allows nothing, or too little to be found.
    pub fn instance(&self, source: &mut dyn Source) -> Result<Value, Unsatisfiable> {
        for attempt in 0..=ATTEMPTS {
            let plain = attempt == ATTEMPTS;
            let made = Maker::new(&self.schemas, &self.heights, source, plain).make(self.root);
            if let Some(value) = made.filter(|value| self.validate(value).is_ok()) {
                return Ok(value);
            }
        }
        Err(Unsatisfiable)
    }

    /// A value that fits, or else one that comes as near as could be made.
    pub fn nearest(&self, source: &mut dyn Source) -> Value {
        self.instance(source).unwrap_or_else(|_| {
            let made = Maker::new(&self.schemas, &self.heights, source, true).make(self.root);
            made.unwrap_or_else(|| Value::Object(serde_json::Map::new()))
        })
    }
}

/// Where a reference leads: a JSON pointer into the document, or an anchor or id in its
/// definitions.
fn target<'s>(schema: &'s Value, reference: &str) -> Option<&'s Value> {
    let fragment = reference.strip_prefix('#');
    if let Some(pointer) = fragment.filter(|pointer| pointer.starts_with('/')) {
        return schema.pointer(&crate::route::decoded(pointer));
    }
    let named = |candidate: &&Value| {
        let anchor = candidate.get("$anchor").and_then(Value::as_str);
        let id = candidate.get("$id").and_then(Value::as_str);
        fragment.is_some() && anchor == fragment || id == Some(reference)
    };
    let holders = ["$defs", "definitions"]
        .into_iter()
        .filter_map(|name| schema.get(name));
    let mut inner = holders
        .filter_map(Value::as_object)
        .flat_map(|members| members.values());
    if named(&schema) {
        Some(schema)
    } else {
        inner.find(named)
    }
}
