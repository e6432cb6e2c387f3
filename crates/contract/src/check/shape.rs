//! JSON types as the provider names them in messages.

use serde_json::Value;

use crate::schema::{Node, SchemaId, Schemas, Types};

/// A type in a message. Arrays know what they hold when the schema says one type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `null`
    Null,
    /// `a boolean`
    Boolean,
    /// `an integer`
    Integer,
    /// `a decimal`
    Decimal,
    /// `a string`
    Text,
    /// `an array`, or `an array of strings`
    Array(Option<Box<Shape>>),
    /// `an object`
    Object,
}

impl Shape {
    /// The shape of a value.
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) if Types::of(value) == Types::INTEGER => Self::Integer,
            Value::Number(_) => Self::Decimal,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::Array(None),
            Value::Object(_) => Self::Object,
        }
    }

    /// The shapes that a schema takes. Null is left out where there is something else.
    pub(crate) fn expected(schemas: &Schemas, id: SchemaId) -> Vec<Self> {
        let mut shapes = Vec::new();
        let node = schemas.node(id);
        match node.union() {
            Some(union) => {
                for branch in &union.branches {
                    add(schemas, schemas.node(*branch), &mut shapes);
                }
            }
            None => add(schemas, node, &mut shapes),
        }
        if shapes.len() > 1 {
            shapes.retain(|shape| *shape != Self::Null);
        }
        shapes
    }
}

fn add(schemas: &Schemas, node: &Node, shapes: &mut Vec<Shape>) {
    let named = [
        (Types::STRING, Shape::Text),
        (Types::BOOLEAN, Shape::Boolean),
        (Types::OBJECT, Shape::Object),
        (Types::NULL, Shape::Null),
    ];
    let mut found: Vec<Shape> = Vec::new();
    for (types, shape) in named {
        if node.types.has(types) {
            found.push(shape);
        }
    }
    if node.types.has(Types::NUMBER) {
        found.push(Shape::Decimal);
    } else if node.types.has(Types::INTEGER) {
        found.push(Shape::Integer);
    }
    if node.types.has(Types::ARRAY) {
        found.push(Shape::Array(items(schemas, node).map(Box::new)));
    }
    shapes.extend(
        found
            .into_iter()
            .filter(|shape| !shapes.contains(shape))
            .collect::<Vec<_>>(),
    );
}

fn items(schemas: &Schemas, node: &Node) -> Option<Shape> {
    let items = schemas.node(node.array.as_ref()?.items);
    let single = [
        (Types::STRING, Shape::Text),
        (Types::BOOLEAN, Shape::Boolean),
        (Types::OBJECT, Shape::Object),
        (Types::INTEGER, Shape::Integer),
        (Types::NUMBER, Shape::Decimal),
        (Types::ARRAY, Shape::Array(None)),
    ];
    single
        .into_iter()
        .find(|(types, _)| items.types == *types)
        .map(|(_, shape)| shape)
}
