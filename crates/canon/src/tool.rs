//! Tools, how they may be chosen, and the formats that an answer can be bound to.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde_json::Value;

/// A JSON Schema given by the user. Hashes and compares by its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema(pub Arc<Value>);

impl Hash for Schema {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Function with JSON arguments, or custom tool with free input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// JSON arguments.
    Function,
    /// Free text input.
    Custom,
}

/// A tool that the request offers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// A function of the application's.
    Function {
        /// Its name.
        name: String,
        /// What it does.
        description: Option<String>,
        /// The schema of its arguments; none means no arguments.
        parameters: Option<Schema>,
        /// Whether arguments must follow the schema to the letter.
        strict: bool,
    },
    /// A tool with free input.
    Custom {
        /// Its name.
        name: String,
        /// What it does.
        description: Option<String>,
        /// The grammar of its input, where bound.
        grammar: Option<Grammar>,
    },
    /// A tool that the provider runs: web search, file search, code interpreter …
    Hosted {
        /// Its wire type, such as `web_search`.
        kind: String,
        /// Its settings as sent.
        settings: Schema,
    },
}

impl Tool {
    /// The name by which a call names the tool; the wire type for a hosted one.
    pub fn name(&self) -> &str {
        match self {
            Tool::Function { name, .. } | Tool::Custom { name, .. } => name,
            Tool::Hosted { kind, .. } => kind,
        }
    }
}

/// The grammar of a custom tool's input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grammar {
    /// `lark` or `regex`.
    pub syntax: String,
    /// The grammar itself.
    pub definition: String,
}

/// Which tools the answer may or must call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum ToolChoice {
    /// None.
    None,
    /// As the model likes.
    #[default]
    Auto,
    /// At least one.
    Required,
    /// This one.
    Named(String),
    /// Any of these; at least one where `required`.
    Allowed {
        /// The names.
        names: Vec<String>,
        /// Whether one must be called.
        required: bool,
    },
}

/// The format that the text of the answer is bound to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// Free text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// An instance of a schema.
    JsonSchema {
        /// The name that the request gave it.
        name: String,
        /// The schema.
        schema: Schema,
        /// Whether the provider's strict subset is demanded.
        strict: bool,
    },
    /// A text in a grammar.
    Grammar(Grammar),
}
