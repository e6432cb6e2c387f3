//! The metrics by model: what each was asked and what it cost, side by side and in order.

use serde_json::{Value, json};

use crate::exposition::parse;
use crate::house::House;

/// One question to each of two models, three to the first; and one that is refused.
async fn asked() -> House {
    let house = House::open().await;
    let body = |model: &str| {
        json!({"model": model, "max_completion_tokens": 20,
            "messages": [{"role": "user", "content": "Tell me about lighthouses."}]})
    };
    for model in ["gpt-4o", "openai/gpt-3.5-turbo", "gpt-4o", "gpt-4o"] {
        house.post("/v1/chat/completions", &body(model)).await.ok();
    }
    let mut long = body("openai/gpt-3.5-turbo");
    long["messages"][0]["content"] = json!("lighthouse ".repeat(20_000));
    house.post("/v1/chat/completions", &long).await.error(400);
    house
}

#[tokio::test]
async fn every_model_has_its_figures() {
    let house = asked().await;
    let all = house.get("/metrics/by-model").await.ok();
    let models = all["models"].as_object().expect("models");
    assert_eq!(models.len(), 2);
    let one = house
        .get("/metrics/by-model/openai/gpt-3.5-turbo")
        .await
        .ok();
    assert_eq!(one, models["openai/gpt-3.5-turbo"]);
    assert_eq!(one["request_count"], 2);
    assert_eq!(one["errors"]["count"], 1);
    assert_eq!(one["errors"]["rate_percent"], 50.0);
    let first = &models["gpt-4o"];
    assert_eq!(first["request_count"], 3);
    assert_eq!(first["endpoints"], json!({"createChatCompletion": 3}));
    let tokens = |kind: &str| first["tokens"][kind].as_f64().expect("a count");
    assert_eq!(tokens("completion"), 60.0);
    // 2.50 and 10 dollars for a million tokens.
    let cost = (tokens("prompt") * 2.5 + tokens("completion") * 10.0) / 1e6;
    let told = first["cost"]["total_usd"].as_f64().expect("dollars");
    assert!((told - cost).abs() < 1e-12, "{told} {cost}");
    let costs = house.get("/metrics/costs").await.ok();
    assert_eq!(costs["costs_by_model"]["gpt-4o"].as_f64(), Some(told));

    let text = house.get("/metrics/by-model/prometheus").await;
    assert!(text.header("content-type").starts_with("text/plain"));
    let page = parse(&text.text());
    let requests = &page["fakeai_model_requests_total"];
    assert_eq!(requests.sum(&[("model", "gpt-4o")]), 3.0);
    assert_eq!(requests.sum(&[]), 5.0);

    house.get("/metrics/by-model/nobody").await.error(404);
    let table = house.get("/metrics/csv").await;
    assert!(table.header("content-type").starts_with("text/csv"));
    let table = table.text();
    let mut lines = table.lines();
    let columns = lines.next().expect("a head").split(',').count();
    assert!(lines.all(|line| line.split(',').count() == columns));
}

#[tokio::test]
async fn models_are_compared_and_ranked() {
    let house = asked().await;
    let compare = house
        .get("/metrics/compare?model1=gpt-4o&model2=openai/gpt-3.5-turbo")
        .await
        .ok();
    let requests = &compare["comparison"]["request_count"];
    assert_eq!(
        (&requests["model1"], &requests["model2"], &requests["delta"]),
        (&json!(3.0), &json!(2.0), &json!(-1.0))
    );
    assert_eq!(compare["winner"]["error_rate"], "gpt-4o");
    let names = |ranking: &Value| -> Vec<String> {
        let models = ranking["models"].as_array().expect("models").iter();
        models
            .filter_map(|row| Some(row["model"].as_str()?.to_owned()))
            .collect()
    };
    let ranking = house.get("/metrics/ranking").await.ok();
    assert_eq!(names(&ranking), ["gpt-4o", "openai/gpt-3.5-turbo"]);
    let errors = house
        .get("/metrics/ranking?metric=error_rate&limit=1")
        .await
        .ok();
    assert_eq!(names(&errors), ["openai/gpt-3.5-turbo"]);
    house.get("/metrics/ranking?metric=beauty").await.error(400);
    house.get("/metrics/ranking?limit=0").await.error(400);
    house.get("/metrics/compare?model1=gpt-4o").await.error(400);

    // A world has its own.
    house.get("/w/other/metrics/by-model").await.ok();
    let other = house.get("/w/other/metrics/by-model").await.ok();
    assert_eq!(other["models"], json!({}));
}
