//! Models as judges: what they are told, the form in which they answer, and how it is read.

use serde_json::{Map, Value, json};

use super::grade::Fault;
use super::subject::Subject;
use super::template;

/// A model and what it is told.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    pub(super) model: String,
    input: Vec<Value>,
    sampling: Value,
}

/// What an answer cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
    pub(crate) cached: u64,
}

impl Usage {
    /// The counts by the names of chat completions or of responses.
    pub(crate) fn read(usage: &Value) -> Self {
        let count = |names: [&str; 2]| {
            let found = names.iter().find_map(|name| usage[*name].as_u64());
            found.unwrap_or(0)
        };
        let details = ["prompt_tokens_details", "input_tokens_details"];
        let cached = details
            .iter()
            .find_map(|name| usage[*name]["cached_tokens"].as_u64());
        Self {
            prompt: count(["prompt_tokens", "input_tokens"]),
            completion: count(["completion_tokens", "output_tokens"]),
            cached: cached.or(usage["cached_tokens"].as_u64()).unwrap_or(0),
        }
    }

    /// Adds what another answer cost.
    pub(crate) fn add(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.completion += other.completion;
        self.cached += other.cached;
    }

    /// The counts as evaluations and graders write them.
    pub(crate) fn json(self) -> Value {
        json!({
            "prompt_tokens": self.prompt,
            "total_tokens": self.prompt + self.completion,
            "completion_tokens": self.completion,
            "cached_tokens": self.cached,
        })
    }
}

impl Judge {
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let input = value["input"].as_array().cloned().unwrap_or_default();
        if input.is_empty() {
            return Err("'input' is empty".to_owned());
        }
        for message in &input {
            check(&message["content"])?;
        }
        Ok(Self {
            model: value["model"].as_str().unwrap_or_default().to_owned(),
            input,
            sampling: value["sampling_params"].clone(),
        })
    }

    /// The chat completion that asks for a result of a given schema.
    pub(super) fn request(&self, subject: &Subject, result: Value) -> Result<Value, Fault> {
        let schema = json!({
            "type": "object",
            "properties": {"result": result},
            "required": ["result"],
            "additionalProperties": false,
        });
        let mut request = json!({
            "model": self.model,
            "messages": chat_messages(&self.input, subject)?,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "grade", "strict": true, "schema": schema},
            },
        });
        let sampling = self.sampling.as_object();
        for (name, value) in sampling.into_iter().flatten() {
            let name = match name.as_str() {
                "max_completions_tokens" => "max_completion_tokens",
                name @ ("temperature" | "top_p" | "seed" | "reasoning_effort") => name,
                _ => continue,
            };
            if !value.is_null() {
                request[name] = value.clone();
            }
        }
        Ok(request)
    }
}

/// Refuses unknown variables in a message's content.
fn check(content: &Value) -> Result<(), String> {
    match content {
        Value::String(text) => match template::unknown_variable(text) {
            Some(name) => Err(format!(
                "'input' uses '{{{{{name}}}}}', but variables begin with 'item' or 'sample'"
            )),
            None => Ok(()),
        },
        Value::Array(parts) => parts.iter().try_for_each(check),
        Value::Object(part) => part.get("text").map_or(Ok(()), check),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Messages of a template, filled in and in the form of chat completions.
///
/// # Errors
/// A variable that names nothing.
pub(crate) fn chat_messages(templates: &[Value], subject: &Subject) -> Result<Vec<Value>, Fault> {
    let message = |template: &Value| {
        let content = match &template["content"] {
            Value::Array(parts) => Value::Array(
                parts
                    .iter()
                    .map(|part| chat_part(part, subject))
                    .collect::<Result<_, _>>()?,
            ),
            Value::Object(_) => {
                let part = chat_part(&template["content"], subject)?;
                match part["text"].as_str() {
                    Some(text) => json!(text),
                    None => json!([part]),
                }
            }
            other => json!(template::fill(other.as_str().unwrap_or_default(), subject)?),
        };
        Ok(json!({"role": template["role"], "content": content}))
    };
    templates.iter().map(message).collect()
}

fn chat_part(part: &Value, subject: &Subject) -> Result<Value, Fault> {
    if let Some(text) = part.as_str() {
        return Ok(json!({"type": "text", "text": template::fill(text, subject)?}));
    }
    let filled = |value: &Value| template::fill(value.as_str().unwrap_or_default(), subject);
    Ok(match part["type"].as_str().unwrap_or_default() {
        "input_image" => {
            let mut image = Map::new();
            image.insert("url".to_owned(), json!(filled(&part["image_url"])?));
            if part["detail"].is_string() {
                image.insert("detail".to_owned(), part["detail"].clone());
            }
            json!({"type": "image_url", "image_url": image})
        }
        "input_audio" => {
            let audio = &part["input_audio"];
            let data = filled(&audio["data"])?;
            json!({"type": "input_audio", "input_audio": {"data": data, "format": audio["format"]}})
        }
        _ => json!({"type": "text", "text": filled(&part["text"])?}),
    })
}
