//! Takes fields out of a body that has passed its contract. A field that is absent, null or of a
//! type that the contract would not have let through counts as not given.

use serde_json::{Map, Value};

/// Up to so many fields, names are compared one after the other.
const SMALL: usize = 24;

/// An object whose fields are moved out one by one.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object; none of anything else.
    pub(crate) fn of(value: Value) -> Self {
        Self(match value {
            Value::Object(map) => map,
            _ => Map::new(),
        })
    }

    /// A field as it stands, left in its place.
    pub(crate) fn peek(&self, name: &str) -> Option<&Value> {
        // Most fields that are looked for are absent and most objects are small: comparing names
        // is then quicker than hashing one.
        let value = if self.0.len() <= SMALL {
            let mut fields = self.0.iter();
            fields
                .find(|(given, _)| given.as_str() == name)
                .map(|(_, value)| value)
        } else {
            self.0.get(name)
        };
        value.filter(|value| !value.is_null())
    }

    /// Whether the field is given and not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.peek(name).is_some()
    }

    /// Any field that is not null.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.peek(name)?;
        self.0.remove(name)
    }

    /// A string.
    pub(crate) fn string(&mut self, name: &str) -> Option<String> {
        self.take(name).and_then(into_string)
    }

    /// A boolean.
    pub(crate) fn boolean(&mut self, name: &str) -> Option<bool> {
        self.take(name)?.as_bool()
    }

    /// A whole number; one beyond 64 bits is clamped, as the contract's bounds are floats.
    pub(crate) fn integer(&mut self, name: &str) -> Option<i64> {
        into_integer(&self.take(name)?)
    }

    /// A whole number that is not negative; a negative one counts as 0.
    pub(crate) fn count(&mut self, name: &str) -> Option<u32> {
        let value = self.integer(name)?.clamp(0, i64::from(u32::MAX));
        Some(value as u32)
    }

    /// A number.
    pub(crate) fn number(&mut self, name: &str) -> Option<f64> {
        self.take(name)?.as_f64()
    }

    /// An object.
    pub(crate) fn object(&mut self, name: &str) -> Option<Fields> {
        self.take(name).map(Fields::of)
    }

    /// The items of an array; none where there is no array.
    pub(crate) fn array(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
}

/// The text of a string.
pub(crate) fn into_string(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A whole number, also where it is written with a fraction of zero.
pub(crate) fn into_integer(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_f64().map(|number| number as i64))
}
