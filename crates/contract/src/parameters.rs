//! Text fields into JSON: queries and forms, with brackets for lists and objects, typed by the
//! schema they have to fit.

use serde_json::{Map, Value};

use crate::check::{Fields, Violation, ViolationKind, Walk};
use crate::contract::Contract;
use crate::operation::{Operation, Place};
use crate::route::decoded;
use crate::schema::{Additional, Node, SchemaId, Schemas, Types};

/// Brackets in one name; a name with more is taken as it stands.
const BRACKETS: usize = 8;

/// The names and values of a raw query, decoded.
pub fn decode_query(raw: &str) -> Vec<(String, String)> {
    let text = |part: &str| decoded(&part.replace('+', " "));
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, value)) => (text(name), text(value)),
            None => (text(pair), String::new()),
        })
        .collect()
}

impl Contract {
    /// Checks a query and gives it as an object: lists and objects from brackets, numbers and
    /// booleans where the schema wants them. Fields the document does not name are kept as text.
    ///
    /// # Errors
    /// The first violation.
    pub fn validate_query(
        &self,
        operation: &Operation,
        query: &[(String, String)],
    ) -> Result<Value, Violation> {
        let mut tree = tree(query);
        for parameter in operation
            .parameters
            .iter()
            .filter(|one| one.place == Place::Query)
        {
            let name = parameter.name.trim_end_matches("[]");
            let Some(value) = tree.get_mut(name) else {
                if parameter.required {
                    return Err(Violation {
                        param: name.to_owned(),
                        kind: ViolationKind::Missing,
                    });
                }
                continue;
            };
            *value = typed(&self.schemas, parameter.schema, value.take());
            let walk = Walk::new(&self.schemas, Fields::Open, 1);
            if let Some(violation) = walk.run_at(parameter.schema, value, name).pop() {
                return Err(violation);
            }
        }
        Ok(Value::Object(tree))
    }

    /// The text fields of a form as the JSON body that `media` describes. A file's field may stand
    /// in the list with any text, such as its name.
    pub fn form_value(
        &self,
        operation: &Operation,
        media: &str,
        fields: &[(String, String)],
    ) -> Value {
        let tree = Value::Object(tree(fields));
        match operation.body(media) {
            Some(schema) => typed(&self.schemas, schema, tree),
            None => tree,
        }
    }
}

/// `a=1&b[]=2&c[d]=3` as `{"a":"1","b":["2"],"c":{"d":"3"}}`; a repeated name makes a list.
fn tree(pairs: &[(String, String)]) -> Map<String, Value> {
    let mut root = Value::Object(Map::new());
    for (name, value) in pairs {
        let (head, keys) = split(name);
        let mut steps = vec![head];
        steps.extend(keys);
        insert(&mut root, &steps, value);
    }
    match root {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// `a[b][]` as `a` and `["b", ""]`.
fn split(name: &str) -> (&str, Vec<&str>) {
    let Some((head, rest)) = name.split_once('[') else {
        return (name, Vec::new());
    };
    let Some(inner) = rest.strip_suffix(']') else {
        return (name, Vec::new());
    };
    let keys: Vec<&str> = inner.split("][").collect();
    if head.is_empty() || keys.len() > BRACKETS {
        (name, Vec::new())
    } else {
        (head, keys)
    }
}

fn insert(place: &mut Value, steps: &[&str], text: &str) {
    let Some((step, rest)) = steps.split_first() else {
        let leaf = Value::String(text.to_owned());
        match place {
            Value::Null => *place = leaf,
            Value::Array(items) => items.push(leaf),
            other => *other = Value::Array(vec![other.take(), leaf]),
        }
        return;
    };
    // A list: `a[]`, or `a[0]` in order.
    if step.is_empty() || step.bytes().all(|byte| byte.is_ascii_digit()) && !place.is_object() {
        if !place.is_array() {
            *place = match place.take() {
                Value::Null => Value::Array(Vec::new()),
                other => Value::Array(vec![other]),
            };
        }
        if let Value::Array(items) = place {
            let mut item = Value::Null;
            insert(&mut item, rest, text);
            items.push(item);
        }
        return;
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    if let Value::Object(members) = place {
        insert(
            members.entry((*step).to_owned()).or_insert(Value::Null),
            rest,
            text,
        );
    }
}

/// Text as what the schema wants, where it can be read so.
fn typed(schemas: &Schemas, id: SchemaId, value: Value) -> Value {
    let node = schemas.node(id);
    if value.is_string() && !node.types.has(Types::STRING) && node.types.has(Types::ARRAY) {
        return typed(schemas, id, Value::Array(vec![value]));
    }
    match value {
        Value::String(text) => scalar(node, text),
        Value::Array(items) => {
            let schema = below(schemas, node, |node| {
                node.array.as_ref().map(|facts| facts.items)
            });
            let schema = schema.unwrap_or(SchemaId::ANY);
            Value::Array(
                items
                    .into_iter()
                    .map(|item| typed(schemas, schema, item))
                    .collect(),
            )
        }
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| {
                    let schema = below(schemas, node, |node| field(node, &name));
                    let value = typed(schemas, schema.unwrap_or(SchemaId::ANY), value);
                    (name, value)
                })
                .collect(),
        ),
        other => other,
    }
}

fn scalar(node: &Node, text: String) -> Value {
    if node.types.has(Types::STRING) {
        return Value::String(text);
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(read) if node.types.meets(Types::of(&read)) => read,
        _ => Value::String(text),
    }
}

/// What a node, or the first branch of a union that says anything, has below it.
fn below(
    schemas: &Schemas,
    node: &Node,
    get: impl Fn(&Node) -> Option<SchemaId>,
) -> Option<SchemaId> {
    match node.union() {
        Some(union) => union
            .branches
            .iter()
            .find_map(|branch| get(schemas.node(*branch))),
        None => get(node),
    }
}

fn field(node: &Node, name: &str) -> Option<SchemaId> {
    let facts = node.object.as_ref()?;
    match (facts.property(name), facts.additional) {
        (Some(property), _) => Some(property.schema),
        (None, Additional::Fits(schema)) => Some(schema),
        (None, Additional::Unsaid | Additional::Never) => None,
    }
}
