//! Why a schema can't be compiled.

use std::fmt;

/// A schema that is refused: where, and why, in the provider's words where it has some.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaError {
    /// Keywords and names from the root to the place, e.g. `["properties", "name"]`.
    pub path: Vec<String>,
    /// What is wrong there.
    pub message: String,
}

impl SchemaError {
    pub(crate) fn at(path: &[String], message: impl Into<String>) -> Self {
        Self {
            path: path.to_vec(),
            message: message.into(),
        }
    }

    fn root(message: &str) -> Self {
        Self::at(&[], message)
    }

    pub(crate) fn too_large() -> Self {
        Self::root("the schema is too large.")
    }

    pub(crate) fn too_deep() -> Self {
        Self::root("the schema is nested too deeply.")
    }

    pub(crate) fn endless() -> Self {
        Self::root("the schema refers to itself without an end.")
    }

    pub(crate) fn tangled() -> Self {
        Self::root("pattern properties beside closed alternatives are not supported.")
    }

    pub(crate) fn unresolved(reference: &str) -> Self {
        Self::root(&format!(
            "reference to component '{reference}' which was not found in the schema."
        ))
    }
}

impl SchemaError {
    /// The provider's sentence about a response format.
    pub fn response_format(&self, name: &str) -> String {
        format!("Invalid schema for response_format '{name}': {self}")
    }

    /// The provider's sentence about a function's parameters.
    pub fn function(&self, name: &str) -> String {
        format!("Invalid schema for function '{name}': {self}")
    }
}

impl fmt::Display for SchemaError {
    /// As the provider writes a place: `In context=('properties', 'name'), …`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("In context=(")?;
        for (index, step) in self.path.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(out, "{comma}'{step}'")?;
        }
        // A tuple of one is written with a comma.
        let last = if self.path.len() == 1 { ",), " } else { "), " };
        write!(out, "{last}{}", self.message)
    }
}

impl std::error::Error for SchemaError {}
