//! Why a schema can't be compiled.

use std::fmt;

/// A schema that is refused: where, and why, in the provider's words where it has some.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaError {
    /// Keywords and names from the root to the place, e.g. `["properties", "name"]`.
    pub path: Vec<String>,
    /// What is wrong there.
    pub message: String,
    /// What the provider's sentence is built like.
    form: Form,
}

/// How the provider words a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// With the place as a tuple before the message.
    Placed,
    /// The message alone: it is about the schema as a whole.
    Whole,
    /// With the place as a path behind the message, and nobody's name.
    Found,
}

impl SchemaError {
    pub(crate) fn at(path: &[String], message: impl Into<String>) -> Self {
        Self {
            path: path.to_vec(),
            message: message.into(),
            form: Form::Placed,
        }
    }

    pub(crate) fn whole(message: impl Into<String>) -> Self {
        Self {
            form: Form::Whole,
            ..Self::at(&[], message)
        }
    }

    pub(crate) fn found(path: &[String], message: impl Into<String>) -> Self {
        Self {
            form: Form::Found,
            ..Self::at(path, message)
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
        self.named("response_format", name)
    }

    /// The provider's sentence about a function's parameters.
    pub fn function(&self, name: &str) -> String {
        self.named("function", name)
    }

    fn named(&self, what: &str, name: &str) -> String {
        match self.form {
            Form::Found => format!("Invalid JSON schema: {self}"),
            Form::Placed | Form::Whole => format!("Invalid schema for {what} '{name}': {self}"),
        }
    }

    /// The provider's code where it does not follow from what the schema is for.
    pub fn code(&self) -> Option<&'static str> {
        (self.form == Form::Found).then_some("invalid_json_schema")
    }
}

impl fmt::Display for SchemaError {
    /// As the provider writes a place: `In context=('properties', 'name'), …`, or
    /// `… Found at $.properties.name.`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Placed => {}
            Form::Whole => return out.write_str(&self.message),
            Form::Found => {
                return write!(out, "{} Found at $.{}.", self.message, self.path.join("."));
            }
        }
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
