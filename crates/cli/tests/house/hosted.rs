//! Tools that the provider runs: those that the prompt asks for, as many as the request allows.

use serde_json::{Value, json};

use crate::house::House;

/// A question that a search, a program and a picture help with.
const QUESTION: &str =
    "Search the web for lighthouses, work out 17 * 23, and draw a picture of one.";

fn body(most: Option<u64>) -> Value {
    let mut body = json!({"model": "gpt-4.1", "input": QUESTION, "tools": [
        {"type": "web_search"},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "image_generation", "size": "1024x1024"},
    ]});
    if let Some(most) = most {
        body["max_tool_calls"] = json!(most);
    }
    body
}

fn kinds(response: &Value) -> Vec<&str> {
    let items = response["output"].as_array().expect("items").iter();
    items.filter_map(|item| item["type"].as_str()).collect()
}

#[tokio::test]
async fn hosted_tools_run_as_often_as_the_request_allows() {
    let house = House::open().await;
    let all = [
        "web_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "message",
    ];
    for most in [None, Some(9), Some(3), Some(2), Some(1), Some(0)] {
        let response = house.post("/v1/responses", &body(most)).await.ok();
        let calls = most.map_or(3, |most| most.min(3) as usize);
        let wanted: Vec<&str> = all[..calls].iter().chain(&all[3..]).copied().collect();
        assert_eq!(kinds(&response), wanted, "{most:?}");
        assert_eq!(response["max_tool_calls"], json!(most));
        let text = &response["output"][calls]["content"][0]["text"];
        let says = text.as_str().is_some_and(|text| text.contains("391"));
        assert_eq!(says, calls > 1, "the program's result is told: {text}");
    }
}

#[tokio::test]
async fn a_container_that_an_answer_makes_is_there_until_it_expires() {
    let house = House::open().await;
    let tool = json!({"type": "code_interpreter",
        "container": {"type": "auto", "memory_limit": "4g"}});
    let asked = json!({"model": "gpt-4.1", "input": "What is 3 * 17?", "tools": [tool],
        "store": false});
    let response = house.post("/v1/responses", &asked).await.ok();
    let id = response["output"][0]["container_id"]
        .as_str()
        .expect("an id");
    let target = format!("/v1/containers/{id}");
    let made = house.get(&target).await.ok();
    assert_eq!(
        (&made["id"], &made["status"]),
        (&json!(id), &json!("running"))
    );
    assert_eq!(made["memory_limit"], "4g");
    assert_eq!(house.get("/v1/containers").await.ok()["data"][0]["id"], id);
    let files = house.get(&format!("{target}/files")).await.ok();
    assert_eq!(files["data"], json!([]));
    // It serves further answers, and makes no other container then.
    let mut again = asked.clone();
    again["tools"][0]["container"] = json!(id);
    let response = house.post("/v1/responses", &again).await.ok();
    assert_eq!(response["output"][0]["container_id"], id);
    let all = house.get("/v1/containers").await.ok();
    assert_eq!(all["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(house.delete(&target).await.status, 200);
    house.get(&target).await.error(404);
    house.post("/v1/responses", &again).await.error(404);
}

#[tokio::test]
async fn fewer_than_no_calls_are_refused() {
    let house = House::open().await;
    let mut wrong = body(None);
    wrong["max_tool_calls"] = json!(-1);
    let error = house.post("/v1/responses", &wrong).await.error(400);
    assert_eq!(error["param"], "max_tool_calls");
}

#[tokio::test]
async fn a_search_of_the_web_is_left_alone_where_nobody_asks_for_it() {
    let house = House::open().await;
    let mut body = json!({"model": "gpt-4.1", "input": "Tell me a joke.",
        "tools": [{"type": "web_search"}]});
    let response = house.post("/v1/responses", &body).await.ok();
    assert_eq!(kinds(&response), ["message"]);
    body["input"] = json!("What was a positive news story from today?");
    let response = house.post("/v1/responses", &body).await.ok();
    assert_eq!(kinds(&response), ["web_search_call", "message"]);

    // The pages that it found are cited for the whole text, streamed as well.
    let content = &response["output"][1]["content"][0];
    let length = content["text"].as_str().map(|text| text.chars().count());
    let cited = content["annotations"].as_array().expect("a list");
    assert_eq!(cited.len(), 3);
    for citation in cited {
        assert_eq!(citation["type"], "url_citation");
        assert_eq!(citation["end_index"], json!(length));
        assert!(citation["url"].is_string() && citation["title"].is_string());
    }
    body["stream"] = json!(true);
    let events = house.stream("/v1/responses", &body).await.events().await;
    let added = events
        .iter()
        .filter(|event| event.name == "response.output_text.annotation.added");
    let added: Vec<Value> = added
        .map(|event| event.json()["annotation"].clone())
        .collect();
    assert_eq!(json!(added), content["annotations"]);
}
