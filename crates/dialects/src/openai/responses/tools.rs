//! Tools of the Responses API and which of them may be called. Functions lie flat here, unlike in
//! chat, and hosted tools stand beside them.

use std::sync::Arc;

use fakeai_canon::{Format, Schema, Tool, ToolChoice};
use serde_json::{Map, Value};

use super::super::fields::Fields;
use super::super::tool;
use super::content::{owned, text};
use super::schemas;

/// The tools of a request.
#[derive(Default)]
pub(super) struct Tools {
    /// All of them, those of namespaces among them.
    pub(super) offered: Vec<Tool>,
    /// Tool names and the namespaces that they lie in.
    pub(super) namespaces: Vec<(String, String)>,
}

impl Tools {
    /// Reads a list of tools.
    pub(super) fn read(&mut self, values: &[Value]) {
        for value in values {
            self.push(value, None);
        }
    }

    fn push(&mut self, value: &Value, namespace: Option<&str>) {
        let tool = match text(value, "type").unwrap_or("function") {
            "function" => function(value),
            "custom" => tool::custom(Fields::of(value.clone())),
            "namespace" => {
                let name = owned(value, "name");
                for inner in value["tools"].as_array().into_iter().flatten() {
                    self.push(inner, Some(&name));
                }
                return;
            }
            kind => Tool::Hosted {
                kind: kind.to_owned(),
                settings: Schema(Arc::new(value.clone())),
            },
        };
        if let Some(namespace) = namespace {
            self.namespaces
                .push((tool.name().to_owned(), namespace.to_owned()));
        }
        self.offered.push(tool);
    }

    /// Leaves out the tools that the provider runs.
    pub(super) fn without_hosted(&mut self) {
        self.offered
            .retain(|tool| !matches!(tool, Tool::Hosted { .. }));
    }

    /// The choice as far as there are tools for it: one that can't be made is left to the model.
    pub(super) fn possible(&self, choice: ToolChoice) -> ToolChoice {
        let fits = match &choice {
            ToolChoice::None | ToolChoice::Auto => true,
            ToolChoice::Required => !self.offered.is_empty(),
            ToolChoice::Named(name) => self.has(name),
            ToolChoice::Allowed { names, .. } => names.iter().all(|name| self.has(name)),
        };
        if fits { choice } else { ToolChoice::Auto }
    }

    /// Whether one has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.offered.iter().any(|tool| tool.name() == name)
    }
}

fn function(value: &Value) -> Tool {
    let mut read = tool::function(Fields::of(value.clone()));
    if let Tool::Function { strict, .. } = &mut read {
        *strict = schemas::is_strict(value);
    }
    read
}

/// Reads `tool_choice`.
pub(in crate::openai) fn choice(value: &Value) -> ToolChoice {
    match value.as_str() {
        Some("none") => return ToolChoice::None,
        Some("required") => return ToolChoice::Required,
        Some(_) => return ToolChoice::Auto,
        None => {}
    }
    match text(value, "type") {
        Some("allowed_tools") => ToolChoice::Allowed {
            names: value["tools"]
                .as_array()
                .into_iter()
                .flatten()
                .map(name_of)
                .collect(),
            required: text(value, "mode") == Some("required"),
        },
        Some(_) => ToolChoice::Named(name_of(value)),
        None => ToolChoice::Auto,
    }
}

/// The name by which a choice means a tool: that of a function or custom tool, the type of a
/// hosted one.
fn name_of(tool: &Value) -> String {
    match text(tool, "type") {
        Some("function" | "custom") | None => owned(tool, "name"),
        Some(kind) => kind.to_owned(),
    }
}

/// Reads `text.format`.
pub(super) fn format(value: &Value) -> Format {
    match text(value, "type") {
        Some("json_object") => Format::JsonObject,
        Some("json_schema") => Format::JsonSchema {
            name: owned(value, "name"),
            schema: Schema(Arc::new(
                value.get("schema").cloned().unwrap_or(Value::Bool(true)),
            )),
            strict: value["strict"].as_bool().unwrap_or(false),
        },
        _ => Format::Text,
    }
}

/// Tools as a response repeats them: defaults filled in, secrets left out.
pub(super) fn repeated(mut tools: Vec<Value>) -> Vec<Value> {
    for tool in tools.iter_mut().filter_map(Value::as_object_mut) {
        match tool.get("type").and_then(Value::as_str) {
            Some("function") if tool.get("strict").is_none_or(Value::is_null) => {
                let strict = schemas::is_strict(&Value::Object(tool.clone()));
                default(tool, "strict", Value::Bool(strict));
            }
            Some("custom") => default(tool, "format", serde_json::json!({"type": "text"})),
            Some("web_search" | "web_search_preview") => {
                default(tool, "search_context_size", "medium".into());
            }
            Some("mcp") => hide_secrets(tool),
            _ => {}
        }
    }
    tools
}

fn default(tool: &mut Map<String, Value>, name: &str, value: Value) {
    if tool.get(name).is_none_or(Value::is_null) {
        tool.insert(name.to_owned(), value);
    }
}

fn hide_secrets(tool: &mut Map<String, Value>) {
    tool.remove("authorization");
    if let Some(headers) = tool.get_mut("headers").and_then(Value::as_object_mut) {
        headers
            .values_mut()
            .for_each(|value| *value = "<redacted>".into());
    }
}
