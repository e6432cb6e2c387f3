//! Samples: what a model is asked for a row, and what it answered.

use serde_json::{Value, json};

use super::source::text;
use crate::grading::{Ask, Fault, Subject, Usage, chat_messages, sample_of, value};

/// The seed and the limit of a run that names none, as in the provider's own examples.
const SEED: u64 = 42;
const MOST_TOKENS: u64 = 2_048;

/// An answer of a model, whichever operation it came from.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    text: String,
    tools: Value,
    finish_reason: String,
    pub(super) model: String,
    pub(super) usage: Usage,
    /// The code and the message of a failure.
    pub(super) error: Option<(String, String)>,
}

impl Reply {
    /// Reads what came back from an operation.
    pub(super) fn read(path: &str, status: u16, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if status != 200 {
            let error = &body["error"];
            let code = error["code"].as_str().or(error["type"].as_str());
            let message = error["message"]
                .as_str()
                .unwrap_or("The model did not answer.");
            return Self {
                error: Some((
                    code.unwrap_or("server_error").to_owned(),
                    message.to_owned(),
                )),
                ..Self::default()
            };
        }
        match path {
            RESPONSES => Self::of_response(&body),
            _ => Self::of_chat(&body),
        }
    }

    pub(super) fn of_chat(body: &Value) -> Self {
        let choice = &body["choices"][0];
        let message = &choice["message"];
        let said = message["content"].as_str().or(message["refusal"].as_str());
        Self {
            text: said.unwrap_or_default().to_owned(),
            tools: message["tool_calls"].clone(),
            finish_reason: choice["finish_reason"]
                .as_str()
                .unwrap_or("stop")
                .to_owned(),
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            usage: Usage::read(&body["usage"]),
            error: None,
        }
    }

    pub(super) fn of_response(body: &Value) -> Self {
        let items = body["output"].as_array().into_iter().flatten();
        let mut said = Vec::new();
        let mut tools = Vec::new();
        for item in items {
            match item["type"].as_str() {
                Some("message") => said.push(text(&item["content"])),
                Some("function_call" | "custom_tool_call") => tools.push(item.clone()),
                _ => {}
            }
        }
        let whole = body["status"] == "completed";
        Self {
            text: said.join("\n"),
            tools: if tools.is_empty() {
                Value::Null
            } else {
                json!(tools)
            },
            finish_reason: if whole { "stop" } else { "length" }.to_owned(),
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            usage: Usage::read(&body["usage"]),
            error: None,
        }
    }

    /// The answer as templates and output items know it.
    pub(super) fn sample(&self) -> Value {
        let mut sample = sample_of(&self.text, self.tools.clone());
        sample["model"] = json!(self.model);
        sample["choices"] = json!([{
            "message": {"role": "assistant", "content": self.text, "tool_calls": self.tools},
            "finish_reason": self.finish_reason,
        }]);
        sample["finish_reason"] = json!(self.finish_reason);
        sample["usage"] = self.usage.json();
        sample
    }
}

pub(super) const RESPONSES: &str = "/v1/responses";
pub(super) const CHAT: &str = "/v1/chat/completions";

/// Whether a run asks a model at all.
pub(super) fn samples(source: &Value) -> bool {
    source["type"] != "jsonl" && !source["input_messages"].is_null()
}

/// The conversation that a row's model is asked to go on with.
///
/// # Errors
/// A variable that names nothing.
pub(super) fn messages(source: &Value, subject: &Subject) -> Result<Vec<Value>, Fault> {
    let input = &source["input_messages"];
    if input["type"] == "item_reference" {
        let name = input["item_reference"].as_str().unwrap_or_default();
        return Ok(match value(name, subject)? {
            Value::Array(messages) => messages.clone(),
            other => vec![json!({"role": "user", "content": text(other)})],
        });
    }
    let template = input["template"].as_array();
    chat_messages(template.map_or(&[], Vec::as_slice), subject)
}

/// The call that samples a row's answer.
pub(super) fn ask(source: &Value, messages: &[Value]) -> Ask {
    let params = &source["sampling_params"];
    let mut body = json!({"model": source["model"]});
    let set = |body: &mut Value, name: &str, value: &Value| {
        if !value.is_null() {
            body[name] = value.clone();
        }
    };
    for name in ["temperature", "top_p", "tools"] {
        set(&mut body, name, &params[name]);
    }
    let most = most_tokens(source);
    if source["type"] == "responses" {
        body["input"] = messages.iter().map(response_message).collect();
        body["max_output_tokens"] = json!(most);
        body["store"] = json!(false);
        set(&mut body, "text", &params["text"]);
        if !params["reasoning_effort"].is_null() {
            body["reasoning"] = json!({"effort": params["reasoning_effort"]});
        }
        let path = RESPONSES;
        return Ask { path, body };
    }
    body["messages"] = json!(messages);
    body["max_completion_tokens"] = json!(most);
    body["seed"] = json!(seed(source));
    set(&mut body, "response_format", &params["response_format"]);
    set(&mut body, "reasoning_effort", &params["reasoning_effort"]);
    let path = CHAT;
    Ask { path, body }
}

/// A message of a chat completion in the words of responses.
fn response_message(message: &Value) -> Value {
    let mut message = message.clone();
    let output = message["role"] == "assistant";
    for part in message["content"].as_array_mut().into_iter().flatten() {
        match part["type"].as_str() {
            Some("text") if output => part["type"] = json!("output_text"),
            Some("text") => part["type"] = json!("input_text"),
            Some("image_url") => {
                let image = part["image_url"].clone();
                let detail = image["detail"].as_str().unwrap_or("auto");
                *part = json!({"type": "input_image", "image_url": image["url"], "detail": detail});
            }
            _ => {}
        }
    }
    message
}

fn seed(source: &Value) -> u64 {
    source["sampling_params"]["seed"].as_u64().unwrap_or(SEED)
}

fn most_tokens(source: &Value) -> u64 {
    let asked = source["sampling_params"]["max_completion_tokens"].as_u64();
    asked.unwrap_or(MOST_TOKENS)
}

/// The sample of an output item: what was asked, what was said, and how it was drawn.
pub(super) fn shown(source: &Value, sample: &Value, error: Option<&(String, String)>) -> Value {
    let turn = |role: &Value, content: &Value| json!({"role": role, "content": text(content)});
    let input = sample["input"].as_array().into_iter().flatten();
    let input: Vec<Value> = input
        .map(|message| turn(&message["role"], &message["content"]))
        .collect();
    let said = sample["output_text"].as_str();
    let output = said.map(|text| json!({"role": "assistant", "content": text}));
    let params = &source["sampling_params"];
    let usage = match &sample["usage"] {
        Value::Null => Usage::default().json(),
        usage => usage.clone(),
    };
    json!({
        "input": input,
        "output": output.into_iter().collect::<Vec<_>>(),
        "finish_reason": sample["finish_reason"].as_str().unwrap_or(if error.is_some() { "error" } else { "stop" }),
        "model": sample["model"].as_str().unwrap_or_default(),
        "usage": usage,
        "error": error.map(|(code, message)| json!({"code": code, "message": message})),
        "temperature": params["temperature"].as_f64().unwrap_or(1.0),
        "max_completion_tokens": most_tokens(source),
        "top_p": params["top_p"].as_f64().unwrap_or(1.0),
        "seed": seed(source),
    })
}
