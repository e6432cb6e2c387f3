//! What a wire adds to the answers of operations that are not its own, and the check of it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::Api;
use crate::check::Violation;
use crate::contract::Contract;
use crate::operation::Operation;
use crate::schema::SchemaId;

/// A wire beside OpenAI's.
pub(crate) struct Wire {
    pub(crate) api: Api,
    /// What its errors look like.
    pub(crate) errors: SchemaId,
    /// The first event of a stream, where it is of a shape of its own.
    pub(crate) opening: Option<SchemaId>,
    /// Fields that answers have besides, by their path; `[]` stands for any item.
    pub(crate) answers: BTreeMap<String, SchemaId>,
}

impl Contract {
    fn wire(&self, api: Api) -> Option<&Wire> {
        self.wires.iter().find(|wire| wire.api == api)
    }

    /// What the errors of a wire look like.
    pub fn error_schema(&self, api: Api) -> Option<SchemaId> {
        let own = self.wire(api).map(|wire| wire.errors);
        own.or_else(|| self.schema("ErrorResponse"))
    }

    /// The paths of the fields that a wire adds to answers, as `choices[].name`.
    pub fn added_fields(&self, api: Api) -> impl Iterator<Item = &str> {
        let wire = self.wire(api).into_iter();
        wire.flat_map(|wire| wire.answers.keys().map(String::as_str))
    }

    /// Checks the fields that a wire adds to an answer, or to an event.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check_added(&self, api: Api, answer: &Value) -> Result<(), Vec<Violation>> {
        let Some(wire) = self.wire(api) else {
            return Ok(());
        };
        for (path, schema) in &wire.answers {
            let mut values = vec![answer];
            for name in path.split('.') {
                let name = name.trim_end_matches("[]");
                let fields = values.into_iter().filter_map(|value| value.get(name));
                values = fields.flat_map(each).collect();
            }
            for value in values {
                self.check_schema(*schema, value, &[])?;
            }
        }
        Ok(())
    }

    /// Whether an event is the one by which a wire's streams begin.
    pub fn is_opening(&self, api: Api, operation: &Operation, event: &Value) -> bool {
        let opening = self.wire(api).and_then(|wire| wire.opening);
        operation.event.is_some()
            && opening.is_some_and(|schema| self.check_schema(schema, event, &[]).is_ok())
    }
}

/// The items of a list, or the value itself.
fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        value => vec![value],
    }
}
