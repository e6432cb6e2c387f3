//! Containers that answers run programs in: what lies in them, how long they serve, what ends them.

use fakeai_server::config::ClockKind;
use http::Method;
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;
use crate::vector_stores::upload;

async fn house() -> House {
    House::with(|config| config.server.clock = ClockKind::Virtual).await
}

/// A question that a program answers, with further fields.
async fn ask(house: &House, files: &[&str], more: Value) -> Value {
    let container = json!({"type": "auto", "memory_limit": "4g", "file_ids": files});
    let mut body = json!({"model": "gpt-4.1", "input": "What is 3 * 17?",
        "tools": [{"type": "code_interpreter", "container": container}]});
    for (name, value) in more.as_object().expect("fields") {
        body[name] = value.clone();
    }
    house.post("/v1/responses", &body).await.ok()
}

/// The container that the answer's program ran in.
fn container(response: &Value) -> &str {
    let mut items = response["output"].as_array().expect("items").iter();
    let call = items.find(|item| item["type"] == "code_interpreter_call");
    call.and_then(|call| call["container_id"].as_str())
        .expect("a container")
}

async fn advance(house: &House, minutes: u64) {
    let body = json!({"advance_seconds": minutes * 60});
    house.post("/_fakeai/clock", &body).await.ok();
}

/// The files of a container, the newest first.
async fn files(house: &House, container: &str) -> Vec<Value> {
    let page = house
        .get(&format!("/v1/containers/{container}/files"))
        .await
        .ok();
    page["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_automatic_container_holds_the_files_that_it_was_given() {
    let house = house().await;
    let table = upload(&house, "table.csv", "a,b\n1,2\n").await;
    let shown = upload(&house, "shown.txt", "Three lighthouses.").await;
    let content = json!([{"type": "input_file", "file_id": shown},
        {"type": "input_text", "text": "What is 3 * 17?"}]);
    let input = json!({"input": [{"role": "user", "content": content}]});
    let response = ask(&house, &[&table], input).await;
    let id = container(&response).to_owned();
    let made = house.get(&format!("/v1/containers/{id}")).await.ok();
    assert_eq!(made["memory_limit"], "4g");
    let inside = files(&house, &id).await;
    let name = |file: &Value| file["path"].as_str().expect("a path").to_owned();
    assert_eq!(inside.len(), 2, "{inside:?}");
    let file = inside
        .iter()
        .find(|file| name(file).ends_with("-table.csv"));
    let file = file.expect("the table");
    assert!(name(file).starts_with("/mnt/data/"), "{file}");
    assert_eq!(
        (&file["source"], &file["bytes"]),
        (&json!("user"), &json!(8))
    );
    assert!(inside.iter().any(|file| name(file).ends_with("-shown.txt")));
    // It outlives what it was copied from.
    house.delete(&format!("/v1/files/{table}")).await;
    let own = file["id"].as_str().expect("an id");
    let target = format!("/v1/containers/{id}/files/{own}/content");
    let answer = house.send(Request::new(Method::GET, &target)).await;
    assert_eq!(answer.text(), "a,b\n1,2\n");
    let gone = json!({"model": "gpt-4.1", "input": "What is 3 * 17?", "tools": [
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": [table]}}]});
    let error = house.post("/v1/responses", &gone).await.error(404);
    assert_eq!(
        error["message"],
        format!("No such File object: {table}").as_str()
    );
}

#[tokio::test]
async fn a_conversation_goes_on_in_its_container_as_long_as_that_is_used() {
    let house = house().await;
    let (one, two) = (
        upload(&house, "one.txt", "1").await,
        upload(&house, "two.txt", "2").await,
    );
    let first = ask(&house, &[&one], json!({})).await;
    let id = container(&first).to_owned();
    advance(&house, 19).await;
    let after = |response: &Value| json!({"previous_response_id": response["id"]});
    let second = ask(&house, &[&one, &two], after(&first)).await;
    assert_eq!(container(&second), id);
    // What it had already it is not given again.
    assert_eq!(files(&house, &id).await.len(), 2);
    advance(&house, 19).await;
    let third = ask(&house, &[], after(&second)).await;
    assert_eq!(container(&third), id);
    let all = house.get("/v1/containers").await.ok();
    assert_eq!(all["data"].as_array().map(Vec::len), Some(1));
    // Nobody else's conversation goes on there.
    assert_ne!(container(&ask(&house, &[], json!({})).await), id);

    advance(&house, 20).await;
    let fourth = ask(&house, &[&one], after(&third)).await;
    let new = container(&fourth).to_owned();
    assert_ne!(new, id);
    assert_eq!(files(&house, &new).await.len(), 1);
    let old = house.get(&format!("/v1/containers/{id}")).await.ok();
    assert_eq!(old["status"], "expired");
    let named = json!({"model": "gpt-4.1", "input": "What is 3 * 17?",
        "tools": [{"type": "code_interpreter", "container": id}]});
    let error = house.post("/v1/responses", &named).await.error(400);
    assert_eq!(error["message"], "Container is expired.");
}

#[tokio::test]
async fn a_stored_conversation_has_its_container_and_naming_one_keeps_it_alive() {
    let house = house().await;
    let made = house.post("/v1/conversations", &json!({})).await.ok();
    let within = json!({"conversation": made["id"], "stream": false});
    let first = ask(&house, &[], within.clone()).await;
    let second = ask(&house, &[], within).await;
    assert_eq!(container(&first), container(&second));

    let id = container(&first);
    for _ in 0..3 {
        advance(&house, 15).await;
        let named = json!({"model": "gpt-4.1", "input": "What is 3 * 17?",
            "tools": [{"type": "code_interpreter", "container": id}]});
        house.post("/v1/responses", &named).await.ok();
    }
    let seen = house.get(&format!("/v1/containers/{id}")).await.ok();
    assert_eq!(seen["status"], "running");
}
