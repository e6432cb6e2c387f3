//! Tools of chat completions and which of them may be called, in the present and in the
//! deprecated form.

use std::sync::Arc;

use fakeai_canon::{Format, Grammar, Schema, Tool, ToolChoice};
use serde_json::Value;

use super::fields::Fields;

/// Reads `tools`.
pub(super) fn tools(values: Vec<Value>) -> Vec<Tool> {
    values
        .into_iter()
        .map(|value| tool(Fields::of(value)))
        .collect()
}

/// Reads the deprecated `functions`.
pub(super) fn functions(values: Vec<Value>) -> Vec<Tool> {
    values
        .into_iter()
        .map(|value| function(Fields::of(value)))
        .collect()
}

fn tool(mut fields: Fields) -> Tool {
    match fields.object("custom") {
        Some(body) => custom(body),
        None => function(
            fields
                .object("function")
                .unwrap_or_else(|| Fields::of(Value::Null)),
        ),
    }
}

/// A function by its own fields: name, description, parameters, strict.
pub(super) fn function(mut body: Fields) -> Tool {
    Tool::Function {
        name: body.string("name").unwrap_or_default(),
        description: body.string("description"),
        parameters: body
            .take("parameters")
            .map(|schema| Schema(Arc::new(schema))),
        strict: body.boolean("strict").unwrap_or(false),
    }
}

/// A custom tool by its own fields: name, description, format. In chat the grammar lies one
/// object deeper than in responses; both are read.
pub(super) fn custom(mut body: Fields) -> Tool {
    let grammar = body.object("format").and_then(|mut format| {
        let mut rules = format.object("grammar").unwrap_or(format);
        Some(Grammar {
            syntax: rules.string("syntax")?,
            definition: rules.string("definition")?,
        })
    });
    Tool::Custom {
        name: body.string("name").unwrap_or_default(),
        description: body.string("description"),
        grammar,
    }
}

/// Reads `tool_choice`.
pub(super) fn choice(value: Value) -> ToolChoice {
    let mut fields = match value {
        Value::String(word) => return by_word(&word),
        other => Fields::of(other),
    };
    if let Some(mut allowed) = fields.object("allowed_tools") {
        return ToolChoice::Allowed {
            required: allowed.string("mode").as_deref() == Some("required"),
            names: allowed
                .array("tools")
                .unwrap_or_default()
                .into_iter()
                .filter_map(named)
                .collect(),
        };
    }
    fields
        .object("function")
        .or_else(|| fields.object("custom"))
        .and_then(|mut tool| tool.string("name"))
        .map_or(ToolChoice::Auto, ToolChoice::Named)
}

/// Reads the deprecated `function_call`.
pub(super) fn function_call(value: Value) -> ToolChoice {
    match value {
        Value::String(word) => by_word(&word),
        other => Fields::of(other)
            .string("name")
            .map_or(ToolChoice::Auto, ToolChoice::Named),
    }
}

fn by_word(word: &str) -> ToolChoice {
    match word {
        "none" => ToolChoice::None,
        "required" => ToolChoice::Required,
        _ => ToolChoice::Auto,
    }
}

fn named(tool: Value) -> Option<String> {
    let mut fields = Fields::of(tool);
    fields
        .object("function")
        .or_else(|| fields.object("custom"))
        .and_then(|mut body| body.string("name"))
        .or_else(|| fields.string("name"))
}

/// Reads `response_format`. A schema that is left out lets anything pass.
pub(super) fn format(value: Value) -> Format {
    let mut fields = Fields::of(value);
    match fields.string("type").as_deref() {
        Some("json_object") => Format::JsonObject,
        Some("json_schema") => {
            let mut body = fields.object("json_schema").unwrap_or(fields);
            Format::JsonSchema {
                name: body.string("name").unwrap_or_default(),
                schema: Schema(Arc::new(
                    body.take("schema").unwrap_or_else(|| Value::Bool(true)),
                )),
                strict: body.boolean("strict").unwrap_or(false),
            }
        }
        _ => Format::Text,
    }
}
