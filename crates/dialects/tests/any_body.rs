//! Bodies that nobody would write: whatever stands in them, opening a call ends with work or with
//! an error, and never with a panic; what the contract lets pass, a mock takes.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use fakeai_canon::{Mode, Rng, Seed};
use fakeai_contract::{Hint, Source, Strictness};
use house::open;
use serde_json::{Map, Value, json};

const OPERATIONS: [&str; 4] = [
    "createChatCompletion",
    "createCompletion",
    "createEmbedding",
    "createModeration",
];

const NAMES: [&str; 34] = [
    "model",
    "messages",
    "role",
    "content",
    "type",
    "text",
    "image_url",
    "url",
    "input_audio",
    "data",
    "file",
    "file_data",
    "tool_calls",
    "tool_call_id",
    "tools",
    "function",
    "name",
    "tool_choice",
    "allowed_tools",
    "functions",
    "function_call",
    "response_format",
    "json_schema",
    "stop",
    "n",
    "max_tokens",
    "logit_bias",
    "metadata",
    "store",
    "stream",
    "prompt",
    "input",
    "dimensions",
    "prediction",
];

const TEXTS: [&str; 14] = [
    "",
    "user",
    "assistant",
    "tool",
    "function",
    "custom",
    "gpt-4o",
    "o3",
    "json_schema",
    "image_url",
    "data:image/png;base64,AA",
    "data:",
    "text-embedding-3-small",
    "é\u{0}🙂",
];

/// Any value, of fields that the endpoints know.
fn anything(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth == 0 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.chance(0.5)),
        2 => json!(rng.between(i64::MIN, i64::MAX)),
        3 => json!(rng.unit() * 1e300),
        4 => json!(rng.pick(&TEXTS)),
        5 => (0..rng.below(4))
            .map(|_| anything(rng, depth - 1))
            .collect(),
        _ => Value::Object(fields(rng, depth - 1)),
    }
}

fn fields(rng: &mut Rng, depth: usize) -> Map<String, Value> {
    let count = rng.below(8);
    (0..count)
        .map(|_| (rng.pick(&NAMES).unwrap().to_string(), anything(rng, depth)))
        .collect()
}

#[test]
fn nonsense_is_work_or_an_error() {
    for seed in 0..4_000 {
        let mut rng = Seed(seed).rng();
        let body = Value::Object(fields(&mut rng, 6));
        for operation in OPERATIONS {
            for mode in [Mode::Realistic, Mode::Mock] {
                let _ = open(operation, body.clone(), mode);
            }
        }
    }
}

/// Values for made-up bodies.
struct Made(Rng);

impl Source for Made {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        match hint.name {
            "model" => "gpt-4o".to_owned(),
            _ => self.0.pick(&TEXTS).unwrap().to_string(),
        }
    }

    fn integer(&mut self, _: &Hint<'_>, low: i64, high: i64) -> i64 {
        self.0.between(low, high)
    }

    fn number(&mut self, _: &Hint<'_>, low: f64, high: f64) -> f64 {
        low + self.0.unit() * (high - low)
    }

    fn boolean(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.5)
    }

    fn pick(&mut self, count: usize) -> usize {
        self.0.below(count)
    }

    fn include(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.4)
    }
}

#[test]
fn a_mock_takes_whatever_fits_the_contract() {
    let contract = fakeai_contract::openai();
    for operation in OPERATIONS {
        let row = contract.operation(operation).unwrap();
        let media = &row.request[0].media;
        let mut valid = 0;
        for seed in 0..300 {
            let body = contract.instance(row.request[0].schema, &mut Made(Seed(seed).rng()));
            if contract
                .validate_request(row, media, &body, Strictness::MOCK)
                .is_err()
            {
                continue;
            }
            valid += 1;
            let taken = open(operation, body.clone(), Mode::Mock);
            assert!(taken.is_ok(), "{operation}: {body}");
            let _ = open(operation, body, Mode::Realistic);
        }
        assert!(
            valid > 200,
            "only {valid} made-up bodies of {operation} were valid"
        );
    }
}
