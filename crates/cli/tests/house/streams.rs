//! What becomes of streams: each costs only itself, and ends when its client does.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::client::{Connection, Request};
use crate::house::House;

fn story() -> Value {
    json!({"model": "gpt-4o", "stream": true,
        "messages": [{"role": "user", "content": "Tell me a long story."}]})
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_its_stream_and_is_journalled() {
    let house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
    })
    .await;
    let mut stream = house.stream("/v1/chat/completions", &story()).await;
    while let Some(event) = stream.event().await {
        let text = event.json()["choices"][0]["delta"]["content"].clone();
        if text.as_str().is_some_and(|text| !text.is_empty()) {
            break;
        }
    }
    assert_eq!(house.running.open_streams(), 1);
    drop(stream);
    house.until(|running| running.open_streams() == 0).await;
    let entry = &house.journal("createChatCompletion").await[0];
    assert_eq!(entry["abandoned"], true, "{entry}");
    assert_eq!(entry["usage"]["completion_tokens"], 1, "{entry}");
    assert_eq!(house.get("/health").await.ok()["active_requests"], 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_only_its_own_stream() {
    let house = House::with(|config| {
        config.generation.fixed_text = Some("On and on it goes. ".repeat(1_000));
    })
    .await;
    let connection = Connection::http2(house.running.address()).await;
    let long = Request::post("/v1/chat/completions").json(&story());
    let unread = connection.open(long).await;
    let mut small = story();
    small["max_completion_tokens"] = json!(20);
    let small = Request::post("/v1/chat/completions").json(&small);
    for _ in 0..20 {
        assert_eq!(connection.send(small.clone()).await.status, 200);
    }
    assert_eq!(house.running.open_streams(), 1, "it waits for its reader");
    let chunks = unread.chunks().await;
    assert!(chunks.len() > 4_000, "{} chunks", chunks.len());
    house.until(|running| running.open_streams() == 0).await;
}

#[tokio::test]
async fn streams_beyond_the_limit_are_told_to_come_back() {
    let house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
        config.server.max_open_streams = 2;
    })
    .await;
    let first = house.stream("/v1/chat/completions", &story()).await;
    let second = house.stream("/v1/chat/completions", &story()).await;
    assert_eq!((first.status, second.status), (200, 200));
    let third = house.post("/v1/chat/completions", &story()).await;
    third.error(503);
    assert!(third.header("retry-after").parse::<u64>().is_ok());
    assert_eq!(third.header("content-type"), "application/json");
    let entry = &house.journal("createChatCompletion").await[0];
    assert_eq!(entry["abandoned"], false, "{entry}");
    drop(first);
    house.until(|running| running.open_streams() == 1).await;
    assert_eq!(
        house.stream("/v1/chat/completions", &story()).await.status,
        200
    );
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_a_whole_answer_is_let_go() {
    let house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
    })
    .await;
    let active = |running: &fakeai_server::Running| {
        let world = running.gateway().worlds.default();
        world.ledger.active_requests()
    };
    let mut body = story();
    body["stream"] = json!(false);
    let request = Request::post("/v1/chat/completions").json(&body);
    let mut socket = crate::client::tcp(house.running.address()).await;
    socket
        .write_all(&request.http1())
        .await
        .expect("it is sent");
    house.until(|running| active(running) == 1).await;
    drop(socket);
    house.until(|running| active(running) == 0).await;
    let entry = &house.journal("createChatCompletion").await[0];
    assert_eq!(entry["abandoned"], true, "{entry}");
}
