//! Models: listed, made on first use, refused where they are strict.

use serde_json::{Value, json};

use crate::house::House;

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "hi"}]})
}

fn ids(list: &Value) -> Vec<&str> {
    let models = list["data"].as_array().expect("models");
    models
        .iter()
        .filter_map(|model| model["id"].as_str())
        .collect()
}

#[tokio::test]
async fn models_are_listed_shown_and_described() {
    let house = House::open().await;
    let list = house.get("/v1/models").await.ok();
    assert!(ids(&list).contains(&"gpt-4o"));
    let model = house.get("/v1/models/gpt-4o").await.ok();
    assert_eq!(
        (&model["id"], &model["object"]),
        (&json!("gpt-4o"), &json!("model"))
    );
    let abilities = house.get("/v1/models/gpt-4o/capabilities").await.ok();
    assert_eq!(abilities["supports_vision"], true);
    assert_eq!(abilities["context_window"], 128_000);
    assert_eq!(abilities["tokenizer"]["name"], "o200k_base");
}

#[tokio::test]
async fn a_model_that_nobody_listed_is_made_on_first_use() {
    let house = House::open().await;
    let id = "acme/Neuron-Vision-70B";
    assert!(!ids(&house.get("/v1/models").await.ok()).contains(&id));
    assert_eq!(
        house.post("/v1/chat/completions", &chat(id)).await.ok()["model"],
        id
    );
    assert!(ids(&house.get("/v1/models").await.ok()).contains(&id));
    for path in [id.to_owned(), id.replace('/', "%2F")] {
        let model = house.get(&format!("/v1/models/{path}")).await.ok();
        assert_eq!(model["id"], id);
        let abilities = house
            .get(&format!("/v1/models/{path}/capabilities"))
            .await
            .ok();
        assert_eq!(abilities["supports_vision"], true, "{abilities}");
    }
    house.delete(&format!("/v1/models/{id}")).await.ok();
    assert!(!ids(&house.get("/v1/models").await.ok()).contains(&id));
    house.delete("/v1/models/gpt-4o").await.error(403);
}

#[tokio::test]
async fn strict_models_are_the_listed_ones() {
    let house = House::with(|config| config.generation.strict_models = true).await;
    house
        .post("/v1/chat/completions", &chat("gpt-4o"))
        .await
        .ok();
    for answer in [
        house.post("/v1/chat/completions", &chat("gpt-99")).await,
        house.get("/v1/models/gpt-99").await,
        house.get("/v1/models/gpt-99/capabilities").await,
    ] {
        let error = answer.error(404);
        assert_eq!(error["code"], "model_not_found");
        assert!(
            error["message"]
                .as_str()
                .expect("words")
                .contains("`gpt-99`")
        );
    }
}
