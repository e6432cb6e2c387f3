//! Bodies that nobody would write: whatever fits the contract, a mock answers within the contract,
//! and in realistic mode there is work or an error, never a panic.

use std::sync::Mutex;

use fakeai_canon::{Finish, Mode, Rng, Seed, Segment};
use fakeai_contract::{Hint, Source, Strictness};
use serde_json::{Map, Value, json};

use crate::house::plan;
use crate::player::{self, tokens};
use crate::world::{CREATE, World, check_body, events_of};

const OPERATIONS: [&str; 6] = [
    CREATE,
    "beta_createResponse",
    "Compactconversation",
    "beta_Compactconversation",
    "Getinputtokencounts",
    "beta_Getinputtokencounts",
];

const TEXTS: [&str; 8] = [
    "",
    "Hello",
    "é🙂",
    "data:image/png;base64,AA",
    "resp_1",
    "{\"a\":1}",
    "gAAAAA==",
    "call_1",
];

/// Values for made-up bodies.
struct Made(Rng);

impl Source for Made {
    fn string(&mut self, hint: &Hint<'_>) -> String {
        match hint.name {
            "model" => (*self.0.pick(&["gpt-4o", "o3", "gpt-5"]).unwrap()).to_owned(),
            _ => (*self.0.pick(&TEXTS).unwrap()).to_owned(),
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

    fn length(&mut self, _: &Hint<'_>, low: usize, high: usize) -> usize {
        low + self.0.below(high.saturating_sub(low).min(3) + 1)
    }

    fn include(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.4)
    }

    fn null(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.3)
    }
}

/// Answers a body, and holds the answer and all that it leaves against the contract. Only
/// realistic mode may refuse it.
fn answered(operation: &str, body: &Value, mode: Mode) {
    let world = World {
        kept: Mutex::default(),
        beta: operation.starts_with("beta"),
    };
    let mut opened = match world.open_as(operation, body.clone(), mode) {
        Ok(opened) => opened,
        Err(_) if mode == Mode::Realistic => return,
        Err(error) => panic!("{operation}: {error}: {body}"),
    };
    let choice = fakeai_canon::Choice {
        segments: vec![
            Segment::Reasoning(tokens("Hello")),
            Segment::Text(tokens("Hi")),
        ],
        finish: Finish::Stop,
    };
    let text = player::play(opened.encoder.as_mut(), &plan(vec![choice]), 9);
    if opened.stream || opened.background {
        events_of(operation, &text);
    } else {
        check_body(operation, &serde_json::from_str(&text).unwrap());
    }
    world.keep(opened.encoder.keep());
}

#[test]
fn whatever_fits_the_contract_is_answered_within_it() {
    let contract = fakeai_contract::openai();
    for operation in OPERATIONS {
        let row = contract.operation(operation).unwrap();
        let body = &row.request[0];
        let mut valid = 0;
        for seed in 0..400 {
            let made = contract.instance(body.schema, &mut Made(Seed(seed).rng()));
            let fits = contract.validate_request(row, &body.media, &made, Strictness::MOCK);
            if fits.is_ok() {
                valid += 1;
                answered(operation, &made, Mode::Mock);
                answered(operation, &made, Mode::Realistic);
            }
        }
        assert!(valid > 200, "only {valid} made-up bodies of {operation}");
    }
}

const NAMES: [&str; 30] = [
    "model",
    "input",
    "type",
    "role",
    "content",
    "text",
    "id",
    "call_id",
    "output",
    "arguments",
    "name",
    "action",
    "summary",
    "encrypted_content",
    "image_url",
    "file_data",
    "tools",
    "tool_choice",
    "format",
    "schema",
    "parameters",
    "include",
    "reasoning",
    "effort",
    "prompt",
    "variables",
    "conversation",
    "previous_response_id",
    "context_management",
    "instructions",
];

const TYPES: [&str; 12] = [
    "message",
    "function",
    "function_call",
    "function_call_output",
    "reasoning",
    "compaction",
    "item_reference",
    "shell_call",
    "computer_call_output",
    "json_schema",
    "allowed_tools",
    "namespace",
];

fn anything(rng: &mut Rng, depth: usize) -> Value {
    match rng.below(if depth == 0 { 5 } else { 9 }) {
        0 => Value::Null,
        1 => json!(rng.chance(0.5)),
        2 => json!(rng.between(i64::MIN, i64::MAX)),
        3 => json!(rng.pick(&TYPES)),
        4 => json!(rng.pick(&TEXTS)),
        5 | 6 => (0..rng.below(4))
            .map(|_| anything(rng, depth - 1))
            .collect(),
        _ => Value::Object(fields(rng, depth - 1)),
    }
}

fn fields(rng: &mut Rng, depth: usize) -> Map<String, Value> {
    let count = rng.below(8);
    (0..count)
        .map(|_| {
            (
                (*rng.pick(&NAMES).unwrap()).to_owned(),
                anything(rng, depth),
            )
        })
        .collect()
}

#[test]
fn nonsense_is_work_or_an_error() {
    let world = World::default();
    for seed in 0..3_000 {
        let mut rng = Seed(seed).rng();
        let mut body = fields(&mut rng, 6);
        body.entry("model").or_insert_with(|| "gpt-4o".into());
        body.entry("input").or_insert_with(|| anything(&mut rng, 5));
        for operation in [CREATE, "Compactconversation", "Getinputtokencounts"] {
            for mode in [Mode::Realistic, Mode::Mock] {
                let _ = world.open_as(operation, Value::Object(body.clone()), mode);
            }
        }
    }
}
