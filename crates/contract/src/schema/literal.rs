//! Literal values of `enum` and `const`, and what it means that two JSON values are the same.

use std::sync::Arc;

use serde_json::Value;

/// One value of an enumeration.
#[derive(Clone, Debug)]
pub enum Literal {
    /// Nearly all of them.
    Text(Arc<str>),
    /// Null, numbers, booleans, and in user schemas anything.
    Other(Box<Value>),
}

impl Literal {
    /// Whether `value` is this literal.
    pub fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(text), Value::String(given)) => **text == **given,
            (Self::Text(_), _) => false,
            (Self::Other(own), given) => same(own, given),
        }
    }

    /// The literal as JSON.
    pub fn to_value(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.to_string()),
            Self::Other(value) => (**value).clone(),
        }
    }

    /// The text of a string literal.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Other(_) => None,
        }
    }
}

/// Equality of JSON Schema: `1` is `1.0`, and the order of members does not count.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}
