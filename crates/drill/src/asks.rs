//! What is asked in a drill: answers of every kind, questions about what earlier calls left
//! behind, and calls that are wrong.

use fakeai_canon::{Call, Mode, Rng};
use http::Method;
use serde_json::{Value, json};

use crate::memory::Memory;

const PROMPTS: &[&str] = &[
    "Explain how a hash table resolves collisions.",
    "What is the weather in Paris and in Tokyo?",
    "Write a haiku about the sea. 🌊",
    "Erkläre mir, wie ein Kompass funktioniert.",
    "Say \"pong\".",
    "List five ways to save water at home",
    "日本の四季について教えてください。",
    "magic_function(3)",
];

const MODELS: &[&str] = &[
    "gpt-4o",
    "gpt-4o-mini",
    "o3-mini",
    "gpt-5",
    "openai/gpt-oss-120b",
    "some-new-model-7b",
];

/// Paths that only mock mode answers.
const MADE_UP: &[&str] = &[
    "/v1/files",
    "/v1/batches/batch_1",
    "/v1/fine_tuning/jobs",
    "/v1/vector_stores/vs_1",
    "/v1/threads/thread_1/runs/run_1",
    "/v1/organization/projects",
];

/// Draws a call.
pub(crate) fn call(rng: &mut Rng, memory: &Memory, mode: Mode) -> Call {
    match rng.below(20) {
        0..=4 => post("/v1/chat/completions", &chat(rng)),
        5..=8 => post("/v1/responses", &response(rng, memory)),
        9 => post("/v1/completions", &completion(rng)),
        10 => post(
            "/v1/embeddings",
            &json!({
                "model": "text-embedding-3-small", "input": [prompt(rng), prompt(rng)],
                "dimensions": 8 + rng.below(64),
            }),
        ),
        11 => post("/v1/moderations", &json!({"input": prompt(rng)})),
        12 if mode == Mode::Mock => get(MADE_UP[rng.below(MADE_UP.len())]),
        12 => get("/v1/models"),
        13..=15 => about_response(rng, memory),
        16 => about_conversation(rng, memory),
        17 => about_completion(rng, memory),
        _ => broken(rng),
    }
}

fn post(path: &str, body: &Value) -> Call {
    Call::new(Method::POST, path).json(body.to_string())
}

fn get(target: &str) -> Call {
    Call::new(Method::GET, target)
}

fn prompt(rng: &mut Rng) -> &'static str {
    PROMPTS[rng.below(PROMPTS.len())]
}

fn model(rng: &mut Rng) -> &'static str {
    MODELS[rng.below(MODELS.len())]
}

fn chat(rng: &mut Rng) -> Value {
    let mut body = json!({
        "model": model(rng),
        "messages": [{"role": "user", "content": prompt(rng)}],
        "stream": rng.chance(0.6),
        "store": rng.chance(0.3),
    });
    if rng.chance(0.3) {
        body["max_completion_tokens"] = json!(1 + rng.below(60));
    }
    if rng.chance(0.2) {
        body["n"] = json!(2 + rng.below(2));
    }
    if rng.chance(0.4) {
        body["tools"] = json!([{"type": "function", "function": weather()}]);
        if rng.chance(0.5) {
            chat_results(&mut body);
        }
    } else if rng.chance(0.3) {
        body["response_format"] = json!({"type": "json_schema", "json_schema": {
            "name": "reply", "strict": true, "schema": {
                "type": "object", "additionalProperties": false, "required": ["title", "score"],
                "properties": {"title": {"type": "string"}, "score": {"type": "integer"}},
            },
        }});
    }
    body
}

fn weather() -> Value {
    json!({
        "name": "get_weather", "description": "Current weather of a city",
        "parameters": {"type": "object", "required": ["city"],
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    })
}

/// The turns of a loop in which the tools have answered.
fn chat_results(body: &mut Value) {
    let Some(messages) = body["messages"].as_array_mut() else {
        return;
    };
    messages.push(json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "call_1", "type": "function",
            "function": {"name": "get_weather", "arguments": "{\"city\":\"Paris\"}"}},
        {"id": "call_2", "type": "function",
            "function": {"name": "get_weather", "arguments": "{\"city\":\"Tokyo\"}"}},
    ]}));
    messages.push(json!({"role": "tool", "tool_call_id": "call_1", "content": "{\"celsius\":21}"}));
    messages.push(json!({"role": "tool", "tool_call_id": "call_2", "content": "{\"celsius\":9}"}));
}

fn completion(rng: &mut Rng) -> Value {
    json!({
        "model": "gpt-3.5-turbo-instruct", "prompt": ["Once upon a time", "It was"],
        "max_tokens": 5 + rng.below(30), "echo": rng.chance(0.5), "stream": rng.chance(0.5),
    })
}

fn response(rng: &mut Rng, memory: &Memory) -> Value {
    let background = rng.chance(0.4);
    let mut body = json!({
        "model": model(rng),
        "input": prompt(rng),
        "stream": rng.chance(0.6),
        "background": background,
        "store": background || rng.chance(0.7),
    });
    match rng.below(4) {
        0 => {
            if let Some(id) = memory.response(rng) {
                body["previous_response_id"] = json!(id);
            }
        }
        1 => {
            if let Some(id) = memory.conversation(rng) {
                body["conversation"] = json!(id);
            }
        }
        _ => {}
    }
    if rng.chance(0.4) {
        let mut tool = weather();
        tool["type"] = json!("function");
        tool["strict"] = json!(false);
        body["tools"] = json!([tool]);
        if rng.chance(0.5) {
            body["input"] = json!([
                {"role": "user", "content": prompt(rng)},
                {"type": "function_call", "call_id": "call_1", "name": "get_weather",
                    "arguments": "{\"city\":\"Paris\"}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "{\"celsius\":21}"},
            ]);
        }
    }
    body
}

fn about_response(rng: &mut Rng, memory: &Memory) -> Call {
    let Some(id) = memory.response(rng) else {
        return get("/v1/responses/resp_missing");
    };
    let path = format!("/v1/responses/{id}");
    match rng.below(7) {
        0 | 1 => get(&path),
        2 => get(&format!("{path}?stream=true")),
        3 => get(&format!(
            "{path}?stream=true&starting_after={}",
            rng.below(12)
        )),
        4 => post(&format!("{path}/cancel"), &json!({})),
        5 => get(&format!("{path}/input_items?limit=2")),
        _ => Call::new(Method::DELETE, &path),
    }
}

fn about_conversation(rng: &mut Rng, memory: &Memory) -> Call {
    let Some(id) = memory.conversation(rng) else {
        let item = json!({"type": "message", "role": "user", "content": prompt(rng)});
        return post("/v1/conversations", &json!({"items": [item]}));
    };
    let path = format!("/v1/conversations/{id}");
    match rng.below(5) {
        0 => get(&path),
        1 => get(&format!("{path}/items?order=asc&limit=3")),
        2 => post(&path, &json!({"metadata": {"turn": "second"}})),
        3 => {
            let item = json!({"type": "message", "role": "user", "content": prompt(rng)});
            post(&format!("{path}/items"), &json!({"items": [item]}))
        }
        _ => Call::new(Method::DELETE, &path),
    }
}

fn about_completion(rng: &mut Rng, memory: &Memory) -> Call {
    let Some(id) = memory.completion(rng) else {
        return get("/v1/chat/completions?limit=2");
    };
    let path = format!("/v1/chat/completions/{id}");
    match rng.below(4) {
        0 => get(&path),
        1 => get(&format!("{path}/messages")),
        2 => post(&path, &json!({"metadata": {"seen": "yes"}})),
        _ => Call::new(Method::DELETE, &path),
    }
}

fn broken(rng: &mut Rng) -> Call {
    match rng.below(4) {
        0 => Call::new(Method::POST, "/v1/chat/completions").json("{\"model\": "),
        1 => post(
            "/v1/chat/completions",
            &json!({"model": "gpt-4o", "messages": []}),
        ),
        2 => get("/v1/responses/resp_missing"),
        _ => Call::new(Method::PUT, "/v1/nowhere"),
    }
}
