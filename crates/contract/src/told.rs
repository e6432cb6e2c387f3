//! What an answer may tell of a value: the fields that its schema names. For answers that show what
//! a request has sent, where the contract of requests knows more than that of answers.

use serde_json::Value;

use crate::check::{Fields, Walk};
use crate::contract::Contract;
use crate::schema::{Additional, ObjectFacts, SchemaId};

impl Contract {
    /// The value without the fields that its schema has no name for. Of a choice of schemas, the
    /// first that the value fits otherwise is meant.
    pub fn told(&self, schema: SchemaId, value: Value) -> Value {
        let node = self.schemas.node(schema);
        if let Some(union) = node.union() {
            let fits =
                |id: &&SchemaId| Walk::new(&self.schemas, Fields::Open, 0).fits_root(**id, &value);
            return match union.branches.iter().find(fits) {
                Some(branch) => self.told(*branch, value),
                None => value,
            };
        }
        match (value, &node.object, &node.array) {
            (Value::Object(members), Some(facts), _) if !facts.is_map() => {
                let told = members.into_iter().filter_map(|(name, value)| {
                    let schema = named(facts, &name)?;
                    Some((name, self.told(schema, value)))
                });
                Value::Object(told.collect())
            }
            (Value::Array(items), _, Some(facts)) => {
                let told = items.into_iter().enumerate().map(|(place, item)| {
                    let schema = facts.prefix.get(place).copied().unwrap_or(facts.items);
                    self.told(schema, item)
                });
                Value::Array(told.collect())
            }
            (value, _, _) => value,
        }
    }
}

/// The schema of a field, where an object's schema has one for its name.
fn named(facts: &ObjectFacts, name: &str) -> Option<SchemaId> {
    let property = facts.property(name).map(|property| property.schema);
    let patterned = || {
        let mut patterns = facts.patterns.iter();
        patterns.find(|(pattern, _)| pattern.fits(name))
    };
    let additional = || match facts.additional {
        Additional::Fits(schema) => Some(schema),
        Additional::Unsaid | Additional::Never => None,
    };
    property
        .or_else(|| patterned().map(|(_, schema)| *schema))
        .or_else(additional)
}
