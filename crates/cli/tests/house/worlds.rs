//! Worlds: each with its own state and seed.

use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

fn stored() -> Value {
    json!({"model": "gpt-4o", "input": "Name a colour.", "store": true})
}

#[tokio::test]
async fn what_is_stored_in_one_world_is_not_in_another() {
    let house = House::open().await;
    let mine = house.post("/w/mine/v1/responses", &stored()).await.ok();
    let id = mine["id"].as_str().expect("an id");
    house.get(&format!("/w/mine/v1/responses/{id}")).await.ok();
    house.get(&format!("/v1/responses/{id}")).await.error(404);
    house
        .get(&format!("/w/other/v1/responses/{id}"))
        .await
        .error(404);
    let by_header = Request::get(&format!("/v1/responses/{id}")).header("x-fakeai-world", "mine");
    house.send(by_header).await.ok();

    let names: Vec<Value> = house.get("/_fakeai/worlds").await.ok()["data"]
        .as_array()
        .expect("worlds")
        .iter()
        .map(|world| world["name"].clone())
        .collect();
    assert_eq!(names, ["default", "mine", "other"]);
    let entries = house.get("/w/other/_fakeai/journal").await.ok();
    assert_eq!(entries["held"], 1, "{entries}");
}

#[tokio::test]
async fn each_world_has_a_seed_of_its_own() {
    let house = House::open().await;
    let said = |answer: Value| answer["output"][0]["content"][0]["text"].clone();
    let long = json!({"model": "gpt-4o", "input": "Tell me about the history of bread."});
    let mine = said(house.post("/w/mine/v1/responses", &long).await.ok());
    let other = said(house.post("/w/other/v1/responses", &long).await.ok());
    assert!(mine.is_string());
    assert_ne!(mine, other);
    assert_eq!(
        mine,
        said(house.post("/w/mine/v1/responses", &long).await.ok())
    );
}

#[tokio::test]
async fn a_reset_world_is_as_new_and_the_others_stay() {
    let house = House::with(|config| {
        config.server.clock = fakeai_server::config::ClockKind::Virtual;
    })
    .await;
    let first = house.post("/w/a/v1/responses", &stored()).await;
    let kept = house.post("/w/b/v1/responses", &stored()).await.ok();
    let id = first.ok()["id"].as_str().expect("an id").to_owned();
    house.post("/w/a/_fakeai/reset", &json!({})).await.ok();
    house
        .get(&format!("/w/a/v1/responses/{id}"))
        .await
        .error(404);
    let kept = kept["id"].as_str().expect("an id");
    house.get(&format!("/w/b/v1/responses/{kept}")).await.ok();
    house.post("/w/a/_fakeai/reset", &json!({})).await.ok();
    let again = house.post("/w/a/v1/responses", &stored()).await;
    assert_eq!(
        first.body, again.body,
        "the same history gives the same bytes"
    );
    assert_eq!(first.header("x-request-id"), again.header("x-request-id"));
}

#[tokio::test]
async fn what_is_under_way_in_a_world_that_is_dropped_comes_to_its_end() {
    let house = House::with(|config| {
        config.server.clock = fakeai_server::config::ClockKind::Virtual;
        config.generation.itl = Some("1000".parse().expect("a time"));
        config.features.max_worlds = 1;
    })
    .await;
    let long = json!({"model": "gpt-4o", "stream": true,
        "messages": [{"role": "user", "content": "Tell me a long story."}]});
    for world in ["", "/w/a"] {
        let stream = house
            .stream(&format!("{world}/v1/chat/completions"), &long)
            .await;
        house
            .post(&format!("{world}/_fakeai/reset"), &json!({}))
            .await
            .ok();
        assert!(stream.chunks().await.len() > 3);
    }
    let stream = house.stream("/w/b/v1/chat/completions", &long).await;
    house.get("/w/c/v1/models").await.ok();
    assert!(stream.chunks().await.len() > 3, "its world made room");
}
