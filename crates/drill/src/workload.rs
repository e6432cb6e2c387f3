//! What is asked in a drill, and how its clients behave.

use fakeai_canon::{Call, Micros, Rng, Seed};
use http::Method;
use serde_json::{Value, json};

/// One call of a drill.
pub(crate) struct Errand {
    /// When it is made, counted from the start.
    pub(crate) at: Micros,
    /// The call.
    pub(crate) call: Call,
    /// How its client behaves.
    pub(crate) client: Client,
}

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// Reads what comes when it comes.
    Steady,
    /// Reads everything this much late.
    Slow(Micros),
    /// Leaves after so many reads.
    Leaves(u32),
}

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

/// The errands of a seed.
pub(crate) fn errands(seed: Seed) -> Vec<Errand> {
    let mut rng = seed.fork("workload").rng();
    let count = 8 + rng.below(16);
    let mut at = Micros::ZERO;
    (0..count)
        .map(|_| {
            at = at + Micros(rng.below(50_000) as u64);
            Errand {
                at,
                call: call(&mut rng),
                client: client(&mut rng),
            }
        })
        .collect()
}

fn client(rng: &mut Rng) -> Client {
    match rng.below(10) {
        0 => Client::Leaves(1 + rng.below(6) as u32),
        1 => Client::Slow(Micros(rng.below(30_000) as u64)),
        _ => Client::Steady,
    }
}

fn call(rng: &mut Rng) -> Call {
    match rng.below(12) {
        0..=3 => post("/v1/chat/completions", &chat(rng)),
        4..=6 => post("/v1/responses", &response(rng)),
        7 => post(
            "/v1/completions",
            &json!({
                "model": "gpt-3.5-turbo-instruct", "prompt": ["Once upon a time", "It was"],
                "max_tokens": 5 + rng.below(30), "echo": rng.chance(0.5), "stream": rng.chance(0.5),
            }),
        ),
        8 => post(
            "/v1/embeddings",
            &json!({
                "model": "text-embedding-3-small", "input": [prompt(rng), prompt(rng)],
                "dimensions": 8 + rng.below(64),
            }),
        ),
        9 => post("/v1/moderations", &json!({"input": prompt(rng)})),
        10 => Call::new(Method::GET, "/v1/models"),
        _ => broken(rng),
    }
}

fn post(path: &str, body: &Value) -> Call {
    Call::new(Method::POST, path).json(body.to_string())
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
    });
    if rng.chance(0.3) {
        body["max_completion_tokens"] = json!(1 + rng.below(60));
    }
    if rng.chance(0.2) {
        body["n"] = json!(2 + rng.below(2));
    }
    if rng.chance(0.3) {
        body["tools"] = json!([{"type": "function", "function": {
            "name": "get_weather", "description": "Current weather of a city",
            "parameters": {"type": "object", "required": ["city"],
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
        }}]);
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

fn response(rng: &mut Rng) -> Value {
    let background = rng.chance(0.3);
    json!({
        "model": model(rng),
        "input": prompt(rng),
        "stream": rng.chance(0.6),
        "background": background,
        "store": background || rng.chance(0.7),
    })
}

fn broken(rng: &mut Rng) -> Call {
    match rng.below(4) {
        0 => Call::new(Method::POST, "/v1/chat/completions").json("{\"model\": "),
        1 => post(
            "/v1/chat/completions",
            &json!({"model": "gpt-4o", "messages": []}),
        ),
        2 => Call::new(Method::GET, "/v1/responses/resp_missing"),
        _ => Call::new(Method::PUT, "/v1/nowhere"),
    }
}
