//! The Responses API over a WebSocket.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::client::tcp;
use crate::house::House;
use crate::talk::Talk;

/// Where responses are created over a socket.
const RESPONSES: &str = "/v1/responses";

/// Everything up to the end of one answer.
async fn answer(talk: &mut Talk) -> Vec<Value> {
    let mut events = Vec::new();
    loop {
        let event = talk.hear().await;
        let kind = event["type"].as_str().expect("a type").to_owned();
        events.push(event);
        if kind == "response.completed" || kind == "error" {
            return events;
        }
    }
}

fn create(input: &str) -> Value {
    json!({"type": "response.create", "model": "gpt-4o", "input": input})
}

#[tokio::test]
async fn two_turns_share_a_socket_and_a_conversation() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    talk.say(&create("Name a colour.")).await;
    let first = answer(&mut talk).await;
    assert_eq!(first[0]["type"], "response.created");
    let response = &first.last().expect("an event")["response"];
    assert_eq!(response["status"], "completed");

    let mut second = create("And another one.");
    second["previous_response_id"] = response["id"].clone();
    second["stream_id"] = json!("mine");
    talk.say(&second).await;
    let events = answer(&mut talk).await;
    assert!(events.iter().all(|event| event["stream_id"] == "mine"));
    let last = &events.last().expect("an event")["response"];
    assert_eq!(last["previous_response_id"], response["id"]);
    let tokens = |response: &Value| response["usage"]["input_tokens"].as_u64();
    assert!(
        tokens(last) > tokens(response),
        "it has heard the first turn"
    );
    assert_eq!(house.journal("createResponse").await.len(), 2);
}

fn unstored(input: &str, before: &Value) -> Value {
    let mut event = create(input);
    event["store"] = json!(false);
    event["previous_response_id"] = before.clone();
    event
}

#[tokio::test]
async fn a_connection_goes_on_from_its_last_response_though_nothing_is_stored() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    let mut before = Value::Null;
    let mut told = Vec::new();
    for input in ["My name is Ada.", "Name a colour.", "And another one."] {
        talk.say(&unstored(input, &before)).await;
        let events = answer(&mut talk).await;
        let response = events.last().expect("an event")["response"].clone();
        assert_eq!(response["status"], "completed", "{response}");
        assert_eq!(response["previous_response_id"], before);
        before = response["id"].clone();
        told.push(response["usage"].clone());
    }
    for pair in told.windows(2) {
        let count = |usage: &Value, name: &str| usage[name].as_u64().expect("a count");
        let least = count(&pair[0], "input_tokens") + count(&pair[0], "output_tokens");
        assert!(
            count(&pair[1], "input_tokens") > least,
            "it has heard all before: {told:?}"
        );
    }
    let id = before.as_str().expect("an id");
    house.get(&format!("/v1/responses/{id}")).await.error(404);

    // Another connection knows nothing of it, and this one only the last.
    let mut stranger = Talk::open(&house, RESPONSES).await;
    stranger.say(&unstored("And now?", &before)).await;
    let error = stranger.hear().await;
    assert_eq!(
        error["error"]["code"], "previous_response_not_found",
        "{error}"
    );
    // A turn that fails is the end of the chain.
    let mut wrong = unstored("And now?", &before);
    wrong["temperature"] = json!(9);
    talk.say(&wrong).await;
    assert_eq!(talk.hear().await["type"], "error");
    talk.say(&unstored("And now?", &before)).await;
    let error = talk.hear().await;
    assert_eq!(
        error["error"]["code"], "previous_response_not_found",
        "{error}"
    );
}

#[tokio::test]
async fn a_warm_up_says_nothing_and_can_be_gone_on_from() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    let mut warm = unstored("My name is Ada.", &Value::Null);
    warm["generate"] = json!(false);
    talk.say(&warm).await;
    let events = answer(&mut talk).await;
    let response = &events.last().expect("an event")["response"];
    assert_eq!(
        (&response["status"], &response["output"]),
        (&json!("completed"), &json!([]))
    );
    assert_eq!(response["usage"]["output_tokens"], 0);
    assert!(
        events.iter().all(|event| event["response"].is_object()),
        "{events:?}"
    );

    talk.say(&unstored("What is my name?", &response["id"]))
        .await;
    let next = answer(&mut talk).await;
    let usage = &next.last().expect("an event")["response"]["usage"];
    let before = response["usage"]["input_tokens"].as_u64();
    assert!(
        usage["input_tokens"].as_u64() > before,
        "it has heard what was prepared"
    );

    let mut body = json!({"model": "gpt-4o", "input": "x"});
    body["generate"] = json!(false);
    let error = house.post("/v1/responses", &body).await.error(400);
    assert_eq!(error["code"], "unknown_parameter", "only a socket knows it");
}

#[tokio::test]
async fn what_is_wrong_is_told_and_the_socket_stays_open() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    let wrong = [
        (json!([1]), 400),
        (json!({"type": "session.update"}), 400),
        (
            json!({"type": "response.create", "model": 5, "input": "x"}),
            400,
        ),
        (
            json!({"type": "response.create", "model": "gpt-4o", "input": "x",
            "previous_response_id": "resp_none"}),
            400,
        ),
    ];
    for (event, status) in wrong {
        talk.say(&event).await;
        let answer = talk.hear().await;
        assert_eq!(answer["type"], "error", "{answer}");
        assert_eq!(answer["status"], status, "{answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
    talk.0
        .send(Message::Ping(vec![7].into()))
        .await
        .expect("it is sent");
    let pong = talk.0.next().await.expect("a message").expect("a message");
    assert_eq!(pong, Message::Pong(vec![7].into()));
    talk.say(&create("Still there?")).await;
    assert_eq!(
        answer(&mut talk).await.last().expect("an event")["type"],
        "response.completed"
    );
}

#[tokio::test]
async fn what_is_asked_during_an_answer_is_answered_after_it() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    for mark in ["a", "b", "c"] {
        let mut event = create("Name a colour.");
        event["stream_id"] = json!(mark);
        talk.say(&event).await;
    }
    for mark in ["a", "b", "c"] {
        let events = answer(&mut talk).await;
        assert!(events.iter().all(|event| event["stream_id"] == mark));
    }
}

#[tokio::test]
async fn a_client_that_closes_frees_its_stream() {
    let house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
    })
    .await;
    let mut talk = Talk::open(&house, RESPONSES).await;
    talk.say(&create("Tell me a long story.")).await;
    talk.hear().await;
    assert_eq!(house.running.open_streams(), 1);
    talk.0.close(None).await.expect("it closes");
    house.until(|running| running.open_streams() == 0).await;
    let entry = &house.journal("createResponse").await[0];
    assert_eq!(entry["abandoned"], true, "{entry}");
}

#[tokio::test]
async fn a_socket_without_a_key_or_a_path_is_refused() {
    let house = House::with(|config| config.auth.api_keys.0 = vec!["sk-right".to_owned()]).await;
    let address = house.running.address();
    for (path, status) in [("/v1/responses", 401), ("/v1/models", 404)] {
        let target = format!("ws://{address}{path}");
        match client_async(target, tcp(address).await).await {
            Err(Error::Http(answer)) => {
                assert_eq!(answer.status(), status);
                assert!(answer.headers().contains_key("x-request-id"));
            }
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let mut house = House::with(|config| {
        config.generation.itl = Some("3600000".parse().expect("a time"));
        config.server.shutdown_grace = Duration::from_secs(1);
    })
    .await;
    let mut busy = Talk::open(&house, RESPONSES).await;
    busy.say(&create("Tell me a long story.")).await;
    assert_eq!(busy.hear().await["type"], "response.created");
    house.running.shutdown();
    loop {
        let event = busy.hear().await;
        let kind = event["type"].as_str().expect("a type");
        if kind == "error" || kind == "response.failed" {
            break;
        }
    }
    goodbye(&mut busy).await;
}

#[tokio::test]
async fn an_idle_socket_does_not_wait_for_the_end_of_the_grace() {
    let mut house = House::with(|config| {
        config.server.shutdown_grace = Duration::from_secs(3600);
    })
    .await;
    let mut responses = Talk::open(&house, RESPONSES).await;
    let mut session = Talk::open(&house, "/v1/realtime?model=gpt-realtime").await;
    session.hear().await;
    house.running.shutdown();
    for talk in [&mut responses, &mut session] {
        goodbye(talk).await;
    }
}

async fn goodbye(talk: &mut Talk) {
    match talk.0.next().await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(frame.code, CloseCode::Away),
        other => panic!("{other:?}"),
    }
}
