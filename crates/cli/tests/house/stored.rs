//! Stored objects: chat completions, conversations, responses.

use serde_json::{Value, json};

use crate::house::House;

fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

fn ids(list: &Value) -> Vec<&str> {
    list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(id)
        .collect()
}

#[tokio::test]
async fn stored_completions_are_listed_by_page_changed_and_deleted() {
    let house = House::open().await;
    let mut stored = Vec::new();
    for number in 0..5 {
        let body = json!({"model": "gpt-4o", "store": true, "metadata": {"run": "a"},
            "messages": [{"role": "system", "content": "Be brief."},
                {"role": "user", "content": format!("Question {number}")}]});
        stored.push(house.post("/v1/chat/completions", &body).await.ok());
    }
    let unstored = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
    let unstored = house.post("/v1/chat/completions", &unstored).await.ok();
    house
        .get(&format!("/v1/chat/completions/{}", id(&unstored)))
        .await
        .error(404);

    let first = house.get("/v1/chat/completions?limit=2").await.ok();
    assert_eq!(first["has_more"], true);
    let after = first["last_id"].as_str().expect("an id");
    let rest = house
        .get(&format!("/v1/chat/completions?limit=10&after={after}"))
        .await
        .ok();
    assert_eq!(rest["has_more"], false);
    let mut listed = ids(&first);
    listed.extend(ids(&rest));
    let expected: Vec<&str> = stored.iter().map(id).collect();
    assert_eq!(listed, expected);

    let path = format!("/v1/chat/completions/{}", id(&stored[0]));
    let kept = house.get(&path).await.ok();
    assert_eq!(kept["choices"], stored[0]["choices"]);
    assert_eq!(kept["usage"], stored[0]["usage"]);
    let messages = house.get(&format!("{path}/messages")).await.ok();
    assert_eq!(
        messages["data"].as_array().map(Vec::len),
        Some(2),
        "{messages}"
    );
    let changed = house
        .post(&path, &json!({"metadata": {"run": "b"}}))
        .await
        .ok();
    assert_eq!(changed["metadata"], json!({"run": "b"}));
    let filtered = house.get("/v1/chat/completions?metadata[run]=b").await.ok();
    assert_eq!(ids(&filtered), [id(&stored[0])]);
    assert_eq!(house.delete(&path).await.ok()["deleted"], true);
    house.get(&path).await.error(404);
    house.delete(&path).await.error(404);
}

#[tokio::test]
async fn a_conversation_grows_by_what_is_said_in_it() {
    let house = House::open().await;
    let item = |text: &str| json!({"type": "message", "role": "user", "content": text});
    let body = json!({"items": [item("First."), item("Second.")], "metadata": {"topic": "a"}});
    let conversation = house.post("/v1/conversations", &body).await.ok();
    let path = format!("/v1/conversations/{}", id(&conversation));
    let response = json!({"model": "gpt-4o", "input": "Third.", "conversation": id(&conversation)});
    let response = house.post("/v1/responses", &response).await.ok();
    assert_eq!(response["conversation"]["id"], conversation["id"]);
    let items = house.get(&format!("{path}/items?order=asc")).await.ok();
    let roles: Vec<&str> = items["data"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|item| item["role"].as_str())
        .collect();
    assert_eq!(roles, ["user", "user", "user", "assistant"], "{items}");

    let added = house
        .post(
            &format!("{path}/items"),
            &json!({"items": [item("Fifth.")]}),
        )
        .await
        .ok();
    let item_path = format!("{path}/items/{}", ids(&added)[0]);
    assert_eq!(
        house.get(&item_path).await.ok()["content"][0]["text"],
        "Fifth."
    );
    house.delete(&item_path).await.ok();
    house.get(&item_path).await.error(404);
    let changed = house
        .post(&path, &json!({"metadata": {"topic": "b"}}))
        .await
        .ok();
    assert_eq!(changed["metadata"]["topic"], "b");
    let page = house
        .get(&format!("{path}/items?limit=3&order=asc"))
        .await
        .ok();
    assert_eq!((ids(&page).len(), &page["has_more"]), (3, &json!(true)));
    assert_eq!(house.delete(&path).await.ok()["deleted"], true);
    house.get(&path).await.error(404);
}

#[tokio::test]
async fn a_response_is_kept_with_its_input_until_it_is_deleted() {
    let house = House::open().await;
    let first = house
        .post(
            "/v1/responses",
            &json!({"model": "gpt-4o", "input": "My name is Ada."}),
        )
        .await
        .ok();
    let next =
        json!({"model": "gpt-4o", "input": "What is my name?", "previous_response_id": id(&first)});
    let next = house.post("/v1/responses", &next).await.ok();
    assert_eq!(next["previous_response_id"], first["id"]);
    let path = format!("/v1/responses/{}", id(&first));
    assert_eq!(house.get(&path).await.ok()["output"], first["output"]);
    let input = house.get(&format!("{path}/input_items")).await.ok();
    assert_eq!(
        input["data"][0]["content"][0]["text"], "My name is Ada.",
        "{input}"
    );
    assert_eq!(house.delete(&path).await.ok()["deleted"], true);
    house.get(&path).await.error(404);
    let unstored = json!({"model": "gpt-4o", "input": "x", "store": false});
    let unstored = house.post("/v1/responses", &unstored).await.ok();
    house
        .get(&format!("/v1/responses/{}", id(&unstored)))
        .await
        .error(404);
}

#[tokio::test]
async fn an_answer_that_finds_no_room_is_refused_and_not_lost() {
    let house = House::with(|config| config.storage.max_objects = 2).await;
    let body = json!({"model": "gpt-4o", "store": true,
        "messages": [{"role": "user", "content": "Keep this."}]});
    house.post("/v1/chat/completions", &body).await.ok();
    let refused = house.post("/v1/chat/completions", &body).await;
    assert!(refused.status >= 400, "{}", refused.text());
    let listed = house.get("/v1/chat/completions").await.ok();
    assert_eq!(ids(&listed).len(), 1, "{listed}");
}

#[tokio::test]
async fn of_responses_that_nobody_asked_to_store_the_newest_stay() {
    let house = House::with(|config| config.storage.unasked_responses = 2).await;
    let ask = async |store: Value| {
        let mut body = json!({"model": "gpt-4o", "input": "hi", "max_output_tokens": 16});
        if !store.is_null() {
            body["store"] = store;
        }
        house.post("/v1/responses", &body).await.ok()
    };
    let asked = ask(json!(true)).await;
    let mut unasked = Vec::new();
    for _ in 0..4 {
        unasked.push(ask(Value::Null).await);
    }
    let path = |response: &Value| format!("/v1/responses/{}", id(response));
    for gone in &unasked[..2] {
        house.get(&path(gone)).await.error(404);
        let items = format!("{}/input_items", path(gone));
        house.get(&items).await.error(404);
    }
    for kept in unasked[2..].iter().chain([&asked]) {
        assert_eq!(id(&house.get(&path(kept)).await.ok()), id(kept));
    }
    let next = json!({"model": "gpt-4o", "input": "and?", "previous_response_id": id(&unasked[3])});
    house.post("/v1/responses", &next).await.ok();
}

#[tokio::test]
async fn of_a_stored_message_text_and_pictures_are_shown() {
    let house = House::open().await;
    let url = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let text = json!({"type": "text", "text": "What is in both?"});
    let picture = json!({"type": "image_url", "image_url": {"url": url, "detail": "low"}});
    let file = json!({"type": "file", "file":
        {"filename": "a.txt", "file_data": "data:text/plain;base64,aGk="}});
    let messages = async |model: &str, parts: Value| {
        let body = json!({"model": model, "store": true,
            "messages": [{"role": "user", "content": parts}]});
        let stored = house.post("/v1/chat/completions", &body).await.ok();
        let path = format!("/v1/chat/completions/{}/messages", id(&stored));
        house.get(&path).await.ok()["data"][0]["content_parts"].clone()
    };
    let parts = messages("gpt-4o", json!([text, picture, file])).await;
    assert_eq!(parts, json!([text, picture]));
    // What a server of open weights ignores is no part of the message.
    let mut more = picture.clone();
    more["image_url"]["colour"] = json!("red");
    let parts = messages("Qwen/Qwen2.5-VL-7B-Instruct", json!([more])).await;
    assert_eq!(parts, json!([picture]));
}
