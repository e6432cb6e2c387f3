//! Flavours: fields that servers of other makers take beside the provider's. What is named here is
//! validated here; who serves which flavour is decided elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::{Operation, UserSchema, Violation};

/// The fields that a flavour adds to some operations' bodies.
pub struct Flavour {
    operations: Vec<String>,
    fields: BTreeMap<String, UserSchema>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    operations: Vec<String>,
    fields: BTreeMap<String, Value>,
}

/// What vLLM's server takes.
pub fn vllm() -> &'static Flavour {
    static VLLM: LazyLock<Flavour> =
        LazyLock::new(|| Flavour::read(include_str!("../../../data/contracts/vllm.toml")));
    &VLLM
}

impl Flavour {
    fn read(rows: &str) -> Self {
        let rows: Rows = toml::from_str(rows).expect("the flavour is part of this program");
        let fields = rows.fields.into_iter().map(|(name, schema)| {
            let schema = UserSchema::compile(&schema, false);
            (name, schema.expect("the flavour's schemas are valid"))
        });
        Self {
            operations: rows.operations,
            fields: fields.collect(),
        }
    }

    /// The names of the fields that it adds to an operation's body; none where it adds nothing.
    pub fn names(&self, operation: &Operation) -> Vec<&str> {
        if self.operations.iter().any(|known| **known == *operation.id) {
            self.fields.keys().map(String::as_str).collect()
        } else {
            Vec::new()
        }
    }

    /// Validates the added fields of a body; null is as good as nothing.
    ///
    /// # Errors
    /// The first violation, under the field's name.
    pub fn validate(&self, body: &Value) -> Result<(), Violation> {
        for (name, schema) in &self.fields {
            let Some(value) = body.get(name).filter(|value| !value.is_null()) else {
                continue;
            };
            schema.validate(value).map_err(|violation| Violation {
                param: match violation.param.as_str() {
                    "" => name.clone(),
                    inner => format!("{name}.{inner}"),
                },
                ..violation
            })?;
        }
        Ok(())
    }
}
