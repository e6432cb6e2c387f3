//! The simulated serving engine behind answers, and what is done to its replicas.

use fakeai_server::config::{ClockKind, Config, EngineKind, WorkerFailure};
use serde_json::{Value, json};

use crate::house::House;

fn two(config: &mut Config) {
    config.server.clock = ClockKind::Virtual;
    config.serving.engine = Some(EngineKind::Vllm);
    config.serving.replicas = 2;
}

fn chat() -> Value {
    json!({"model": "meta-llama/Llama-3.1-8B", "max_tokens": 6,
        "messages": [{"role": "user", "content": "Tell me about tides."}]})
}

#[tokio::test]
async fn replicas_fail_drain_and_come_back_at_a_word() {
    let house = House::with(two).await;
    let page = "/_fakeai/engine/workers";
    let workers = house.get(page).await.ok();
    assert_eq!(workers["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(workers["data"][0]["state"], "up");
    let order = |body: Value| {
        let house = &house;
        async move { house.post(page, &body).await.ok() }
    };
    let failed = order(json!({"worker": 0, "action": "fail"})).await;
    assert_eq!(failed["data"][0]["state"], "down");
    let answer = house.post("/v1/chat/completions", &chat()).await.ok();
    assert_eq!(answer["usage"]["completion_tokens"], 6);
    let drained = order(json!({"worker": 1, "action": "drain"})).await;
    assert_eq!(drained["data"][1]["state"], "down");
    let back = order(json!({"worker": 0, "action": "restore"})).await;
    assert_eq!(back["data"][0]["state"], "up");
    let more = order(json!({"action": "add"})).await;
    assert_eq!(more["data"].as_array().map(Vec::len), Some(3));
    let answer = house.post("/v1/chat/completions", &chat()).await.ok();
    assert_eq!(answer["usage"]["completion_tokens"], 6);
}

#[tokio::test]
async fn without_any_replica_an_answer_ends_with_an_error_where_that_is_asked_for() {
    let house = House::with(|config| {
        two(config);
        config.serving.replicas = 1;
        config.serving.on_worker_failure = WorkerFailure::Error;
    })
    .await;
    let fail = json!({"worker": 0, "action": "fail"});
    house.post("/_fakeai/engine/workers", &fail).await.ok();
    let answer = house.post("/v1/chat/completions", &chat()).await;
    assert_eq!(answer.status, 500);
}

#[tokio::test]
async fn the_longest_context_of_the_engine_bounds_requests() {
    let house = House::with(|config| {
        two(config);
        config.serving.max_model_len = 64;
    })
    .await;
    house.post("/v1/chat/completions", &chat()).await.ok();
    let mut long = chat();
    long["max_tokens"] = json!(64);
    let refused = house.post("/v1/chat/completions", &long).await;
    assert_eq!(refused.status, 400);
    let error = refused.json();
    let message = error["error"]["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("maximum context length is 64 tokens"),
        "{message}"
    );
}

#[tokio::test]
async fn a_predicted_output_comes_faster_and_usage_tells_the_same() {
    let code = "function total(items) {\n  let sum = 0;\n  for (const item of items) {\n    sum += item.price;\n  }\n  return sum;\n}\n".repeat(4);
    let ask = "Rename the variable sum to total. Respond only with code.";
    let body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": ask}],
        "prediction": {"type": "content", "content": code}});
    let mut told = Vec::new();
    for engine in [None, Some(EngineKind::Vllm)] {
        let house = House::with(|config| {
            config.server.clock = ClockKind::Virtual;
            config.serving.engine = engine;
        })
        .await;
        let answer = house.post("/v1/chat/completions", &body).await.ok();
        told.push(answer["usage"]["completion_tokens_details"].clone());
        if engine.is_some() {
            let page = house.get("/metrics?format=json").await.ok();
            let rows = page["metrics"].as_array().expect("rows");
            let row = rows
                .iter()
                .find(|row| row["name"] == "vllm:inter_token_latency_seconds");
            let steps = row.expect("a row")["samples"][0]["count"].as_u64();
            let accepted = told[1]["accepted_prediction_tokens"].as_u64();
            assert!(
                accepted > Some(100) && steps < accepted.map(|n| n / 3),
                "{steps:?} {accepted:?}"
            );
        }
    }
    assert_eq!(told[0], told[1]);
}
