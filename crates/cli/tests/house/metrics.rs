//! What is counted is what was sent.

use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

#[tokio::test]
async fn the_tokens_counted_are_the_tokens_told() {
    let house = House::open().await;
    let (mut prompt, mut completion) = (0, 0);
    for limit in [5, 17, 40] {
        let mut body = json!({"model": "gpt-4o", "max_completion_tokens": limit,
            "messages": [{"role": "user", "content": "Tell me about lighthouses."}]});
        let whole = house.post("/v1/chat/completions", &body).await.ok()["usage"].clone();
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": true});
        let chunks = house
            .stream("/v1/chat/completions", &body)
            .await
            .chunks()
            .await;
        let streamed = chunks.last().expect("a chunk")["usage"].clone();
        for usage in [whole, streamed] {
            prompt += usage["prompt_tokens"].as_u64().expect("a count");
            completion += usage["completion_tokens"].as_u64().expect("a count");
        }
    }
    house
        .post("/v1/chat/completions", &json!({"model": "gpt-4o"}))
        .await
        .error(400);

    let world = house.get("/metrics").await.ok()["worlds"][0].clone();
    let operation = world["operations"]
        .as_array()
        .expect("operations")
        .iter()
        .find(|row| row["operation"] == "createChatCompletion" && row["model"] == "gpt-4o")
        .expect("its row")
        .clone();
    assert_eq!(operation["tokens"]["prompt"], prompt, "{operation}");
    assert_eq!(operation["tokens"]["completion"], completion, "{operation}");
    assert_eq!(operation["requests"], 6);
    assert_eq!(operation["streamed"], 3);
    assert_eq!(
        world["total"]["errors"],
        json!({"missing_required_parameter": 1})
    );
    assert_eq!(operation["time_to_first_token_seconds"]["count"], 6);

    let text = house
        .send(Request::get("/metrics").header("accept", "text/plain"))
        .await;
    assert!(text.header("content-type").starts_with("text/plain"));
    let text = text.text();
    assert_eq!(
        series(&text, "fakeai_tokens_total", "type=\"prompt\""),
        prompt
    );
    assert_eq!(
        series(&text, "fakeai_tokens_total", "type=\"completion\""),
        completion
    );
    assert!(
        text.contains("# TYPE fakeai_requests_total counter"),
        "{text}"
    );
}

/// The sum of the series of that name with that label.
fn series(text: &str, name: &str, label: &str) -> u64 {
    text.lines()
        .filter(|line| line.starts_with(name) && line.contains(label))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum::<f64>() as u64
}

#[tokio::test]
async fn the_journal_tells_what_was_called_and_can_be_cleared() {
    let house = House::open().await;
    house
        .post("/v1/moderations", &json!({"input": "hello"}))
        .await
        .ok();
    house.get("/v1/responses/resp_none").await.error(404);
    let entry = house.journal("createModeration").await[0].clone();
    assert_eq!(entry["path"], "/v1/moderations");
    assert_eq!(entry["method"], "POST");
    assert_eq!(entry["status"], 200);
    assert_eq!(entry["request"], json!({"input": "hello"}).to_string());
    assert!(entry["reply_bytes"].as_u64().is_some(), "{entry}");
    let missing = house.get("/_fakeai/journal?status=404").await.ok();
    assert_eq!(missing["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(missing["data"][0]["operation"], "getResponse");
    house.delete("/_fakeai/journal").await.ok();
    let after = house.get("/_fakeai/journal").await.ok();
    assert_eq!(after["held"], 0, "{after}");
}

#[tokio::test]
async fn the_checks_can_be_read() {
    let house = House::open().await;
    house.get("/v1/models").await.ok();
    let checks: Value = house.get("/_fakeai/checks").await.ok();
    assert_eq!(
        (&checks["enabled"], &checks["violations"]),
        (&json!(true), &json!(0))
    );
    assert!(checks["checked"].as_u64() >= Some(1), "{checks}");
}
