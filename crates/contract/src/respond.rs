//! Made-up answers: what mock mode sends for every operation.

use serde_json::{Map, Value};

use crate::check::{Fields, Walk};
use crate::contract::Contract;
use crate::make::{Maker, Source};
use crate::operation::{Answer, Method, Operation};
use crate::route::PathParams;
use crate::schema::{SchemaId, Types};

/// How often a value is made before it is made as small as can be.
const ATTEMPTS: usize = 8;

impl Contract {
    /// A value that fits a schema. Optional fields are left out unless the source wants them.
    pub fn instance(&self, schema: SchemaId, source: &mut dyn Source) -> Value {
        // The contract's schemas all have values: a test makes one of each.
        self.make(schema, source).unwrap_or(Value::Null)
    }

    /// What `not` forbids is not known while a value is made: it is checked, and made again.
    fn make(&self, schema: SchemaId, source: &mut dyn Source) -> Option<Value> {
        (0..=ATTEMPTS).find_map(|attempt| {
            let plain = attempt == ATTEMPTS;
            let made = Maker::new(&self.schemas, self.heights(), source, plain).make(schema);
            made.filter(|value| Walk::new(&self.schemas, Fields::Open, 0).fits_root(schema, value))
        })
    }

    /// The JSON body of a success. Ids in the path come back in the object they name. None for an
    /// operation whose success has no JSON body.
    pub fn respond(
        &self,
        operation: &Operation,
        params: &PathParams,
        source: &mut dyn Source,
    ) -> Option<Value> {
        let schema = json(operation)?.schema?;
        let mut value = self.make(schema, source)?;
        if let Value::Object(members) = &mut value {
            self.echo(operation, schema, params, members);
        }
        Some(value)
    }

    /// One event of the operation's stream.
    pub fn respond_event(&self, operation: &Operation, source: &mut dyn Source) -> Option<Value> {
        self.make(operation.event?, source)
    }

    fn echo(
        &self,
        operation: &Operation,
        schema: SchemaId,
        params: &PathParams,
        members: &mut Map<String, Value>,
    ) {
        for (name, value) in params.iter() {
            self.set(schema, members, name, value);
        }
        if let Some((_, value)) = params.iter().next_back()
            && self.answers_the_object(operation)
        {
            self.set(schema, members, "id", value);
        }
    }

    /// Sets a field that is there, if the value still fits.
    fn set(&self, schema: SchemaId, members: &mut Map<String, Value>, name: &str, value: &str) {
        let Some(field) = members.get_mut(name).filter(|field| field.is_string()) else {
            return;
        };
        let before = std::mem::replace(field, Value::String(value.to_owned()));
        let whole = Value::Object(members.clone());
        if self.check_schema(schema, &whole, &[]).is_err() {
            members.insert(name.to_owned(), before);
        }
    }

    /// Whether the answer is the object that the path names: the path ends in its id, or in an
    /// action upon it that answers what GET on it answers.
    fn answers_the_object(&self, operation: &Operation) -> bool {
        if operation.path.ends_with('}') {
            return true;
        }
        let Some((object, _)) = operation.path.rsplit_once('/') else {
            return false;
        };
        let schema = |row: &Operation| json(row).and_then(|answer| answer.schema);
        let same = |row: &&Operation| {
            row.method == Method::Get && *row.path == *object && row.beta == operation.beta
        };
        object.ends_with('}')
            && operation.method == Method::Post
            && self
                .operations()
                .iter()
                .find(same)
                .is_some_and(|get| schema(get) == schema(operation))
    }

    /// Whether a schema takes a type at its root.
    pub fn takes(&self, schema: SchemaId, types: Types) -> bool {
        self.schemas.node(schema).types.meets(types)
    }
}

fn json(operation: &Operation) -> Option<&Answer> {
    operation.answer(operation.success_status(), "application/json")
}
