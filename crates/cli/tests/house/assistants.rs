//! Runs of assistants on a clock: polled, cancelled, expired, left alone.

use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::client::{Answer, Event, Request};
use crate::house::House;
use crate::vector_stores::upload;

const BETA: &str = "assistants=v2";

/// Ten seconds to the first token, and the clock jumps.
async fn paced() -> House {
    House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.generation.ttft = Some("10000".parse().expect("a time"));
        config.generation.itl = Some("50".parse().expect("a time"));
    })
    .await
}

/// One token, and then none for an hour.
async fn stuck() -> House {
    House::with(|config| config.generation.itl = Some("3600000".parse().expect("a time"))).await
}

fn posted(target: &str, body: &Value) -> Request {
    Request::post(target).header("openai-beta", BETA).json(body)
}

async fn post(house: &House, target: &str, body: Value) -> Answer {
    house.send(posted(target, &body)).await
}

async fn get(house: &House, target: &str) -> Value {
    let request = Request::get(target).header("openai-beta", BETA);
    house.send(request).await.ok()
}

async fn stream(house: &House, target: &str, body: Value) -> Vec<Event> {
    let connection = house.connect().await;
    connection.open(posted(target, &body)).await.events().await
}

/// An assistant with a function, and the body that runs it on a question.
async fn asked(house: &House, question: &str) -> Value {
    let weather = json!({"type": "function", "function": {"name": "get_weather",
        "description": "Get the current weather for a location", "parameters": {"type": "object",
        "properties": {"location": {"type": "string"}}, "required": ["location"]}}});
    let body = json!({"model": "gpt-4o", "tools": [weather]});
    let assistant = post(house, "/v1/assistants", body).await.ok();
    json!({"assistant_id": assistant["id"],
        "thread": {"messages": [{"role": "user", "content": question}]}})
}

fn path(run: &Value) -> String {
    let id = |name: &str| run[name].as_str().expect("an id").to_owned();
    format!("/v1/threads/{}/runs/{}", id("thread_id"), id("id"))
}

/// The run once nothing goes on in it.
async fn settled(house: &House, run: &Value) -> Value {
    loop {
        let now = get(house, &path(run)).await;
        let status = now["status"].as_str().expect("a status").to_owned();
        if !["queued", "in_progress", "cancelling"].contains(&status.as_str()) {
            return now;
        }
    }
}

#[tokio::test]
async fn a_run_is_queued_polled_and_completed() {
    let house = paced().await;
    let body = asked(&house, "Tell me about rivers.").await;
    let begun = post(&house, "/v1/threads/runs", body).await.ok();
    assert_eq!(
        (&begun["status"], &begun["started_at"]),
        (&json!("queued"), &Value::Null)
    );
    let done = settled(&house, &begun).await;
    assert_eq!(done["status"], "completed");
    let time = |name: &str| done[name].as_u64().expect("a time");
    assert!(time("completed_at") >= time("created_at") + 10, "{done}");
    let journal = house.journal("createThreadAndRun").await;
    assert_eq!(
        journal[0]["usage"]["completion_tokens"],
        done["usage"]["completion_tokens"]
    );
}

#[tokio::test]
async fn a_run_waits_on_a_virtual_clock_until_time_is_up() {
    let house = paced().await;
    let body = asked(&house, "What's the weather in Paris?").await;
    let begun = post(&house, "/v1/threads/runs", body.clone()).await.ok();
    let waiting = settled(&house, &begun).await;
    assert_eq!(waiting["status"], "requires_action");
    let call = &waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0];
    let outputs = json!({"tool_outputs": [{"tool_call_id": call["id"], "output": "rain"}]});
    let submit = format!("{}/submit_tool_outputs", path(&begun));
    post(&house, &submit, outputs.clone()).await.ok();
    assert_eq!(settled(&house, &begun).await["status"], "completed");

    let begun = post(&house, "/v1/threads/runs", body).await.ok();
    let waiting = settled(&house, &begun).await;
    assert_eq!(waiting["status"], "requires_action");
    house
        .post("/_fakeai/clock", &json!({"advance_seconds": 601.0}))
        .await
        .ok();
    let expired = get(&house, &path(&begun)).await;
    assert_eq!(
        (&expired["status"], &expired["required_action"]),
        (&json!("expired"), &Value::Null)
    );
    let refused = post(
        &house,
        &format!("{}/submit_tool_outputs", path(&begun)),
        outputs,
    )
    .await;
    let said = "Runs in status \"expired\" do not accept tool outputs.";
    assert_eq!(refused.error(400)["message"], said);
}

#[tokio::test]
async fn a_run_goes_on_behind_the_back_of_who_left_its_stream() {
    let house = paced().await;
    let mut body = asked(&house, "Tell me about rivers.").await;
    body["stream"] = json!(true);
    let connection = house.connect().await;
    let mut left = connection.open(posted("/v1/threads/runs", &body)).await;
    left.event().await.expect("the thread");
    let run = left.event().await.expect("the run").json();
    drop(left);
    let done = settled(&house, &run).await;
    assert_eq!(done["status"], "completed");
    let whole = stream(&house, "/v1/threads/runs", body).await;
    let last = &whole[whole.len() - 2];
    assert_eq!(last.name, "thread.run.completed");
    assert_eq!(last.json()["usage"], done["usage"]);
}

#[tokio::test]
async fn a_cancelled_run_tells_its_stream_and_frees_its_thread() {
    let house = stuck().await;
    let mut body = asked(&house, "Tell me about rivers.").await;
    body["stream"] = json!(true);
    let connection = house.connect().await;
    let mut following = connection.open(posted("/v1/threads/runs", &body)).await;
    let run = loop {
        let event = following.event().await.expect("an event");
        if event.name == "thread.run.created" {
            break event.json();
        }
    };
    let cancelled = post(&house, &format!("{}/cancel", path(&run)), json!({}))
        .await
        .ok();
    assert_eq!(cancelled["status"], "cancelling");
    let rest = following.events().await;
    let names: Vec<_> = rest
        .iter()
        .rev()
        .take(3)
        .map(|event| event.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["done", "thread.run.cancelled", "thread.run.step.cancelled"]
    );
    let run = settled(&house, &run).await;
    assert_eq!(run["status"], "cancelled");
    let messages = format!(
        "/v1/threads/{}/messages",
        run["thread_id"].as_str().expect("an id")
    );
    let page = get(&house, &messages).await;
    assert_eq!(
        page["data"][0]["incomplete_details"]["reason"],
        "run_cancelled"
    );
    post(
        &house,
        &messages,
        json!({"role": "user", "content": "Again."}),
    )
    .await
    .ok();
}

#[tokio::test]
async fn one_of_two_runs_at_once_is_refused() {
    let house = stuck().await;
    let body = asked(&house, "Tell me about rivers.").await;
    let thread = post(&house, "/v1/threads", body["thread"].clone())
        .await
        .ok();
    let target = format!("/v1/threads/{}/runs", thread["id"].as_str().expect("an id"));
    let run = json!({"assistant_id": body["assistant_id"]});
    let (one, other) = tokio::join!(
        post(&house, &target, run.clone()),
        post(&house, &target, run)
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn a_run_searches_what_comes_along_with_it() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let text = "Office hours: the office opens at nine in the morning and closes at six.";
    let file = upload(&house, "handbook.md", text).await;
    let search = json!({"type": "file_search"});
    let body = json!({"model": "gpt-4o", "tools": [search]});
    let assistant = post(&house, "/v1/assistants", body).await.ok();
    let message = |file: &str| {
        json!({"role": "user", "content": "When does the office open?",
            "attachments": [{"file_id": file, "tools": [search]}]})
    };
    let alone = json!({"assistant_id": assistant["id"], "thread": {"messages": [message(&file)]}});
    let empty = post(&house, "/v1/threads", json!({})).await.ok();
    let runs = format!("/v1/threads/{}/runs", empty["id"].as_str().expect("an id"));
    let added = json!({"assistant_id": assistant["id"], "additional_messages": [message(&file)]});
    for (target, body) in [("/v1/threads/runs", alone), (runs.as_str(), added)] {
        let run = post(&house, target, body).await.ok();
        assert_eq!(settled(&house, &run).await["status"], "completed");
        let thread = format!("/v1/threads/{}", run["thread_id"].as_str().expect("an id"));
        let messages = get(&house, &format!("{thread}/messages")).await;
        let said = &messages["data"][0]["content"][0]["text"];
        assert!(
            said["value"]
                .as_str()
                .expect("a text")
                .contains("nine in the morning")
        );
        assert_eq!(said["annotations"][0]["file_citation"]["file_id"], file);
        let stores = &get(&house, &thread).await["tool_resources"]["file_search"];
        let store = stores["vector_store_ids"][0].as_str().expect("a store");
        let store = get(&house, &format!("/v1/vector_stores/{store}")).await;
        assert_eq!(store["file_counts"]["completed"], 1);
    }
    // What is refused leaves nothing behind.
    let before = house.get("/v1/vector_stores").await.ok();
    for (assistant, file) in [
        (&assistant["id"], "file-none"),
        (&json!("asst_none"), &file),
    ] {
        let body = json!({"assistant_id": assistant, "thread": {"messages": [message(file)]}});
        post(&house, "/v1/threads/runs", body).await.error(404);
    }
    assert_eq!(house.get("/v1/vector_stores").await.ok(), before);
}
