//! What is said follows from the seed and the request alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::house::House;

const PROMPTS: &[&str] = &[
    "Why is the sky blue?",
    "Plan a weekend in Lisbon for two people.",
    "Erkläre mir die Photosynthese.",
    "Write a function that reverses a list.",
];

/// Requests of every kind that generates text.
fn requests() -> Vec<(&'static str, Value)> {
    let mut requests = Vec::new();
    for prompt in PROMPTS {
        let messages = json!([{"role": "user", "content": prompt}]);
        let chat = json!({"model": "gpt-4o", "messages": messages, "n": 2});
        let tools = json!({"model": "gpt-4o", "messages": messages, "tool_choice": "required",
            "tools": [{"type": "function", "function": {"name": "look_up", "parameters": {
                "type": "object", "required": ["topic"],
                "properties": {"topic": {"type": "string"}, "depth": {"type": "integer"}}}}}]});
        requests.push(("/v1/chat/completions", chat));
        requests.push(("/v1/chat/completions", tools));
        requests.push(("/v1/responses", json!({"model": "gpt-5", "input": prompt})));
        let completion = json!({"model": "gpt-3.5-turbo-instruct", "prompt": prompt, "best_of": 2});
        requests.push(("/v1/completions", completion));
    }
    requests
}

/// An answer without what follows from state and time.
pub(crate) fn said(mut answer: Value) -> Value {
    strip(&mut answer);
    answer
}

fn strip(value: &mut Value) {
    const STATE: &[&str] = &[
        "id",
        "item_id",
        "call_id",
        "created",
        "created_at",
        "completed_at",
        "cached_tokens",
        "encrypted_content",
    ];
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !STATE.contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn content_is_the_same_alone_and_in_a_crowd() {
    let seeded = || House::with(|config| config.server.seed = 11);
    let requests = requests();
    let quiet = seeded().await;
    let mut alone = Vec::new();
    for (path, body) in &requests {
        alone.push(said(quiet.post(path, body).await.ok()));
    }
    let busy = seeded().await;
    let crowd = (0..64).map(|number| {
        let (path, body) = &requests[number * 7 % requests.len()];
        busy.post(path, body)
    });
    let answers = futures_util::future::join_all(crowd).await;
    for (number, answer) in answers.iter().enumerate() {
        let index = number * 7 % requests.len();
        assert_eq!(said(answer.ok()), alone[index], "{}", requests[index].1);
    }
}

#[tokio::test]
async fn another_seed_says_something_else() {
    let mut answers = Vec::new();
    for seed in [1, 2] {
        let house = House::with(|config| config.server.seed = seed).await;
        let (path, body) = &requests()[0];
        answers.push(said(house.post(path, body).await.ok()));
    }
    assert_ne!(answers[0]["choices"], answers[1]["choices"]);
}

#[tokio::test]
async fn what_is_no_part_of_the_work_changes_nothing() {
    let house = House::open().await;
    let plain = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": PROMPTS[0]}]});
    let mut dressed = plain.clone();
    dressed["user"] = json!("somebody");
    dressed["metadata"] = json!({"team": "blue"});
    dressed["store"] = json!(true);
    let first = house.post("/v1/chat/completions", &plain).await.ok();
    let second = house.post("/v1/chat/completions", &dressed).await.ok();
    assert_eq!(first["choices"], second["choices"]);
    assert_ne!(
        first["id"], second["id"],
        "equal requests get ids of their own"
    );
}

#[tokio::test]
async fn a_picture_that_is_asked_for_is_drawn_in_the_size_of_its_tool() {
    let house = House::open().await;
    let tool = json!({"type": "image_generation", "size": "1024x1536", "partial_images": 2});
    let mut body = json!({"model": "gpt-4o", "input": "Draw a cat on a sofa.", "tools": [tool]});
    let response = house.post("/v1/responses", &body).await.ok();
    let drawn = &response["output"][0];
    assert_eq!(drawn["type"], "image_generation_call", "{response}");
    let result = drawn["result"].as_str().expect("a picture");
    let png = STANDARD.decode(result).expect("it is base64");
    // The header of a PNG has the sides at its 16th byte.
    let side = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
    assert!(png.starts_with(b"\x89PNG"));
    assert_eq!((side(16), side(20)), (1024, 1536));

    body["stream"] = json!(true);
    let events = house.stream("/v1/responses", &body).await.events().await;
    let partial = "response.image_generation_call.partial_image";
    let partials = events.iter().filter(|event| event.name == partial);
    assert_eq!(partials.count(), 2);
    body["stream"] = json!(false);
    body["input"] = json!("Why is the sky blue?");
    let plain = house.post("/v1/responses", &body).await.ok();
    assert_eq!(
        plain["output"][0]["type"], "message",
        "nobody asked for a picture"
    );
}
