//! Triton's generate extension in front of TensorRT-LLM, where that engine is simulated.

use fakeai_server::config::{ClockKind, Config, EngineKind};
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";
const GENERATE: &str = "/v2/models/ensemble/generate";
const STREAM: &str = "/v2/models/ensemble/generate_stream";

fn serve(config: &mut Config) {
    config.serving.engine = Some(EngineKind::TensorRt);
    config.serving.served_model = MODEL.to_owned();
    config.server.clock = ClockKind::Virtual;
}

fn asks(more: Value) -> Value {
    let mut body = json!({"text_input": "Once upon a time", "max_tokens": 12, "min_length": 12});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_text_is_continued_at_once_and_in_pieces() {
    let house = House::with(serve).await;
    let whole = house.post(GENERATE, &asks(json!({}))).await.ok();
    let said = whole["text_output"].as_str().unwrap();
    assert_eq!(
        (&whole["model_name"], &whole["model_version"]),
        (&json!("ensemble"), &json!("1"))
    );
    let counted = house.post("/tokenize", &json!({"prompt": said})).await.ok();
    assert_eq!(counted["count"], 12, "{said}");
    let journal = house.journal("tritonGenerate").await;
    assert_eq!(journal[0]["usage"]["completion_tokens"], 12);
    // What load generators send: tokens one by one, or each with all that were before it.
    for accumulates in [false, true] {
        let body = asks(json!({"stream": true, "accumulate_tokens": accumulates}));
        let events = house.stream(STREAM, &body).await.events().await;
        let texts: Vec<_> = events
            .iter()
            .map(|event| event.json()["text_output"].as_str().unwrap().to_owned())
            .collect();
        assert!((2..=12).contains(&texts.len()), "{texts:?}");
        match accumulates {
            false => assert_eq!(texts.concat(), said),
            true => assert_eq!(texts.last().unwrap(), said),
        }
    }
    let events = house.stream(STREAM, &asks(json!({}))).await.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].json()["text_output"], said);
    // Inputs may stand in `parameters`.
    let body = json!({"text_input": "Once upon a time",
        "parameters": {"max_tokens": 12, "min_length": 12, "return_log_probs": true}});
    let answer = house.post(GENERATE, &body).await.ok();
    assert_eq!(answer["output_log_probs"].as_array().unwrap().len(), 12);
    assert!(answer["cum_log_probs"].as_f64().unwrap() < 0.0);
    let word = said.split_whitespace().nth(2).unwrap();
    let stopped = asks(json!({"stop_words": [word]}));
    let stopped = house.post(GENERATE, &stopped).await.ok();
    let stopped = stopped["text_output"].as_str().unwrap();
    assert!(said.starts_with(stopped) && !stopped.contains(word));
}

#[tokio::test]
async fn it_is_ready_tells_its_models_and_refuses_in_its_own_shape() {
    let house = House::with(serve).await;
    for path in [
        "/v2/health/ready",
        "/v2/health/live",
        "/v2/models/ensemble/ready",
    ] {
        assert_eq!(house.get(path).await.status, 200, "{path}");
    }
    let model = house.get("/v2/models/ensemble").await.ok();
    assert_eq!(model["platform"], "ensemble");
    assert_eq!(model["inputs"][0]["name"], "text_input");
    let unknown = house.get("/v2/models/other").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.json()["error"].is_string());
    let own = "/v2/models/Llama-3.1-8B-Instruct/generate";
    assert_eq!(house.post(own, &asks(json!({}))).await.status, 200);
    let unknown = house
        .post("/v2/models/other/generate", &asks(json!({})))
        .await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (
            404,
            json!({"error": "Request for unknown model: 'other' is not found"})
        )
    );
    let body = json!({"text_input": "Once"});
    let missing = house.post(GENERATE, &body).await;
    let message = "expected 2 inputs but got 1 inputs for model 'ensemble'. Got input(s) \
        ['text_input'], but missing required input(s) ['max_tokens']. Please provide all required \
        input(s).";
    assert_eq!(
        (missing.status, missing.json()),
        (400, json!({ "error": message }))
    );
    let other = House::open().await;
    for path in ["/v2/health/ready", "/v2/models/ensemble"] {
        other.get(path).await.error(404);
    }
    assert_eq!(other.post(GENERATE, &asks(json!({}))).await.status, 404);
}

#[tokio::test]
async fn a_body_needs_no_header_that_tells_its_type() {
    let house = House::with(serve).await;
    let form = "application/x-www-form-urlencoded";
    let request = Request::post(GENERATE).body(form, asks(json!({})).to_string());
    let answer = house.send(request).await.ok();
    assert!(answer["text_output"].is_string());
}
