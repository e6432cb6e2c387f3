//! Realtime sessions over their socket, beyond what a client of the provider's own tries: who is let
//! in, what a session may hold, and when its time is up. The rest is in `tests/sdk`.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakeai_canon::{Clock, Micros, Mode};
use fakeai_server::config::{ByteCount, ClockKind};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::house::House;
use crate::talk::Talk;

/// Where a session is held.
const SESSION: &str = "/v1/realtime?model=gpt-realtime";

fn question(text: &str) -> Value {
    let content = json!([{"type": "input_text", "text": text}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    json!({"type": "conversation.item.create", "item": item})
}

#[tokio::test]
async fn a_browser_says_its_key_among_the_protocols() {
    let house = House::with(|config| config.auth.api_keys.0 = vec!["sk-mine".to_owned()]).await;
    let protocols = |key: &str| format!("realtime, openai-insecure-api-key.{key}");
    let name = "sec-websocket-protocol";
    let (mut talk, response) = Talk::with(&house, SESSION, &[(name, &protocols("sk-mine"))])
        .await
        .expect("it opens");
    assert_eq!(response.headers()[name], "realtime");
    assert_eq!(talk.hear().await["type"], "session.created");
    for headers in [&[][..], &[(name, &*protocols("sk-another"))]] {
        match Talk::with(&house, SESSION, headers).await {
            Err(Error::Http(refused)) => assert_eq!(refused.status(), 401),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("a stranger is let in"),
        }
    }
}

#[tokio::test]
async fn an_azure_deployment_holds_sessions_of_its_model() {
    let house = House::with(|config| {
        config.azure.azure_deployments = vec!["mine=gpt-realtime".to_owned()];
        config.auth.api_keys.0 = vec!["sk-mine".to_owned()];
    })
    .await;
    let key = [("api-key", "sk-mine")];
    let older = "/openai/realtime?api-version=2025-04-01-preview&deployment=mine";
    for target in ["/openai/v1/realtime?model=mine", older] {
        let (mut talk, _) = Talk::with(&house, target, &key).await.expect("it opens");
        let created = talk.hear().await;
        assert_eq!(created["session"]["model"], "gpt-realtime", "{created}");
        talk.say(&question("Why is the sky blue?")).await;
        talk.say(&json!({"type": "response.create"})).await;
        let done = talk.until("response.done").await;
        assert_eq!(done["response"]["status"], "completed");
    }
    let (mut talk, _) = Talk::with(&house, "/openai/v1/realtime?model=other", &key)
        .await
        .expect("it opens");
    assert_eq!(talk.hear().await["error"]["code"], "DeploymentNotFound");
}

#[tokio::test]
async fn answers_of_a_session_are_in_the_journal_with_what_they_cost() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.say(&question("Why is the sky blue?")).await;
    talk.say(&json!({"type": "response.create"})).await;
    let done = talk.until("response.done").await;
    let usage = &done["response"]["usage"];
    let entries = house.journal("connectRealtime").await;
    assert_eq!(entries.len(), 1);
    let counted = &entries[0]["usage"];
    assert_eq!(counted["prompt_tokens"], usage["input_tokens"]);
    assert_eq!(counted["completion_tokens"], usage["output_tokens"]);
}

#[tokio::test]
async fn the_same_words_get_the_same_answer_in_every_session() {
    let house = House::open().await;
    let mut said = Vec::new();
    for _ in 0..2 {
        let mut talk = Talk::open(&house, SESSION).await;
        talk.say(&question("Tell me about lighthouses.")).await;
        talk.say(&json!({"type": "response.create"})).await;
        let mut done = talk.until("response.done").await;
        said.push(done["response"]["output"][0]["content"].take());
    }
    assert_eq!(said[0], said[1]);
}

#[tokio::test]
async fn a_session_holds_as_much_as_it_may_and_goes_on() {
    let house = House::with(|config| {
        config.server.realtime_items = 2;
        config.server.realtime_audio = ByteCount(4_800);
    })
    .await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.hear().await;
    talk.say(&json!({"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"turn_detection": null}}}}))
        .await;
    talk.hear().await;
    // A tenth of a second fits, and no more.
    let append = |bytes: usize| {
        let audio = "AAAA".repeat(bytes / 3);
        json!({"type": "input_audio_buffer.append", "audio": audio})
    };
    talk.say(&append(4_800)).await;
    talk.say(&append(48)).await;
    assert_eq!(talk.hear().await["error"]["code"], "audio_too_large");
    talk.say(&json!({"type": "input_audio_buffer.commit"}))
        .await;
    talk.until("conversation.item.done").await;
    talk.say(&question("One.")).await;
    talk.until("conversation.item.done").await;
    talk.say(&question("Two.")).await;
    assert_eq!(talk.hear().await["error"]["code"], "too_many_items");
    talk.say(&json!({"type": "response.create"})).await;
    let done = talk.until("response.done").await;
    assert_eq!(done["response"]["status"], "completed");
}

#[tokio::test]
async fn a_session_whose_time_is_up_is_closed() {
    let house = House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.server.realtime_session = Duration::from_secs(1800);
    })
    .await;
    let mut talk = Talk::open(&house, SESSION).await;
    let created = talk.hear().await;
    let world = house.running.gateway().worlds.default();
    let expires = created["session"]["expires_at"].as_u64();
    assert_eq!(expires, Some(world.clock.now().whole_seconds() + 1800));
    world
        .clock
        .advance(world.clock.now() + Micros::from_seconds(1800.0));
    talk.say(&question("Hello?")).await;
    let error = talk.hear().await;
    assert_eq!(error["error"]["code"], "session_expired");
    assert_eq!(
        error["error"]["message"],
        "Your session hit the maximum duration of 30 minutes."
    );
    match talk.0.next().await {
        Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), 1001),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn silence_is_answered_after_a_while_where_that_is_wanted() {
    let house = House::with(|config| {
        config.server.time_scale = 1_000.0;
        config.server.realtime_session = Duration::from_secs(86_400);
    })
    .await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.hear().await;
    let turns = json!({"type": "server_vad", "idle_timeout_ms": 5000});
    let input = json!({"input": {"turn_detection": turns}});
    let session = json!({"type": "realtime", "audio": input});
    talk.say(&json!({"type": "session.update", "session": session}))
        .await;
    talk.until("session.updated").await;
    talk.say(&question("Hello.")).await;
    talk.say(&json!({"type": "response.create"})).await;
    talk.until("response.done").await;
    let silence = talk.until("input_audio_buffer.timeout_triggered").await;
    let added = talk.until("conversation.item.added").await;
    assert_eq!(added["item"]["id"], silence["item_id"]);
    talk.until("response.created").await;
}

/// Every event with every field at values that it is not made for.
fn nonsense() -> Vec<Value> {
    let kinds = [
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "conversation.item.create",
        "conversation.item.delete",
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "response.create",
        "response.cancel",
    ];
    let fields = [
        (
            "",
            vec![
                "session",
                "item",
                "response",
                "audio",
                "item_id",
                "content_index",
                "audio_end_ms",
            ],
        ),
        (
            "session",
            vec![
                "audio",
                "tools",
                "tool_choice",
                "truncation",
                "include",
                "instructions",
            ],
        ),
        (
            "item",
            vec!["content", "role", "id", "output", "call_id", "arguments"],
        ),
        (
            "response",
            vec![
                "input",
                "conversation",
                "audio",
                "tools",
                "metadata",
                "max_output_tokens",
            ],
        ),
    ];
    let values = json!([
        null, true, -1, 1e300, "", "x", [], {}, [[]], [{}], {"type": "message"},
        {"input": {"format": {"type": "audio/pcma"}, "turn_detection": {"type": "semantic_vad"}}},
    ]);
    let mut all = Vec::new();
    for kind in kinds {
        for (inside, names) in &fields {
            for (name, value) in names.iter().flat_map(|name| {
                values
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(move |v| (name, v))
            }) {
                let mut event = json!({"type": kind});
                match *inside {
                    "" => event[*name] = value.clone(),
                    _ => event[*inside] = json!({"type": "realtime", *name: value}),
                }
                all.push(event);
            }
        }
    }
    all
}

#[tokio::test]
async fn nonsense_is_told_and_ends_nothing() {
    for mode in [Mode::Realistic, Mode::Mock] {
        let house = House::with(|config| config.server.mode = mode).await;
        let mut talk = Talk::open(&house, SESSION).await;
        for event in nonsense() {
            talk.say(&event).await;
            // What follows from it is heard before the next.
            let end = json!({"type": "conversation.item.delete", "item_id": "item_none", "event_id": "end"});
            talk.say(&end).await;
            while talk.hear().await["error"]["event_id"] != "end" {}
        }
        talk.say(&question("Are you still there?")).await;
        talk.say(&json!({"type": "response.create", "response": {"conversation": "none"}}))
            .await;
        while talk.hear().await["type"] != "response.done" {}
    }
}

fn create(response: Value) -> Value {
    json!({"type": "response.create", "response": response})
}

#[tokio::test]
async fn an_item_that_is_being_said_can_be_cut_read_and_deleted() {
    // The second token never comes.
    let house =
        House::with(|config| config.generation.itl = Some("60000".parse().expect("a time"))).await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.say(&question("Tell me about lighthouses.")).await;
    talk.say(&create(json!({}))).await;
    let item = talk.until("response.output_item.added").await["item"]["id"].take();
    talk.until("response.output_audio_transcript.delta").await;
    // An answer beside it reads the conversation as far as it has come.
    let aside =
        json!({"conversation": "none", "output_modalities": ["text"], "instructions": null});
    talk.say(&create(aside)).await;
    let begun = talk.until("response.created").await;
    assert_eq!(begun["response"]["conversation_id"], Value::Null);
    let delete = json!({"type": "conversation.item.delete", "item_id": item});
    talk.say(&delete).await;
    talk.until("conversation.item.deleted").await;
    talk.say(&json!({"type": "response.cancel"})).await;
    let done = talk.until("response.done").await;
    assert_eq!(done["response"]["status"], "cancelled");
    // Its end does not bring it back.
    talk.say(&json!({"type": "conversation.item.retrieve", "item_id": item}))
        .await;
    let refused = talk.hear().await;
    assert_eq!(refused["error"]["code"], "item_retrieve_invalid_item_id");
}

#[tokio::test]
async fn an_answer_has_begun_before_anything_else_is_heard() {
    let house =
        House::with(|config| config.generation.ttft = Some("60000".parse().expect("a time"))).await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.hear().await;
    for _ in 0..5 {
        talk.say(&create(json!({}))).await;
        talk.say(&json!({"type": "response.cancel"})).await;
        let begun = talk.hear().await;
        assert_eq!(begun["type"], "response.created");
        let done = talk.until("response.done").await;
        assert_eq!(done["response"]["id"], begun["response"]["id"]);
    }
}

#[tokio::test]
async fn the_next_answer_may_be_asked_for_as_soon_as_one_is_done() {
    let house =
        House::with(|config| config.generation.itl = Some("0.2".parse().expect("a time"))).await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.hear().await;
    for _ in 0..20 {
        talk.say(&create(
            json!({"output_modalities": ["text"], "max_output_tokens": 3}),
        ))
        .await;
        let done = talk.until("response.done").await;
        assert_eq!(done["response"]["status"], "incomplete");
    }
}

#[tokio::test]
async fn what_is_said_goes_on_when_settings_change_meanwhile() {
    let house = House::open().await;
    let mut talk = Talk::open(&house, SESSION).await;
    talk.hear().await;
    let append = |loud: bool, milliseconds: usize| {
        // A square wave, a period of four samples.
        let period: &[u8] = if loud {
            &[0, 32, 0, 32, 0, 224, 0, 224]
        } else {
            &[0; 8]
        };
        let audio = STANDARD.encode(period.repeat(6 * milliseconds));
        json!({"type": "input_audio_buffer.append", "audio": audio})
    };
    talk.say(&append(true, 1000)).await;
    let began = talk.until("input_audio_buffer.speech_started").await;
    let session = json!({"type": "realtime", "instructions": "Be brief.",
        "audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 300}}}});
    talk.say(&json!({"type": "session.update", "session": session}))
        .await;
    talk.until("session.updated").await;
    talk.say(&append(false, 500)).await;
    let ended = talk.until("input_audio_buffer.speech_stopped").await;
    assert_eq!(ended["item_id"], began["item_id"]);
    assert_eq!(ended["audio_end_ms"], 1300);
    talk.until("response.done").await;
}

#[tokio::test]
async fn a_goodbye_is_answered() {
    let house = House::open().await;
    for target in [SESSION, "/v1/responses"] {
        let (mut talk, _) = Talk::with(&house, target, &[]).await.expect("it opens");
        talk.0.close(None).await.expect("it is sent");
        let last = loop {
            match talk.0.next().await {
                Some(Ok(Message::Close(_))) => break "answered",
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break "cut",
            }
        };
        assert_eq!(last, "answered", "{target}");
    }
}
