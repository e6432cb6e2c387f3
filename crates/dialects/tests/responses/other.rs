//! What is not creation: compaction, token counts, and the WebSocket's messages.

use bytes::BytesMut;
use fakeai_canon::{Choice, Finish, Mode, Plan, Role, Segment, Usage, Work};
use fakeai_dialects::openai::responses::{socket_error, socket_request};
use serde_json::{Value, json};

use crate::house::{plan, says};
use crate::player::{self, tokens};
use crate::world::{Conversation, World, check_body, inner, types};

fn summary() -> Choice {
    Choice {
        segments: vec![Segment::Summary(tokens("They greeted."))],
        finish: Finish::Stop,
    }
}

#[test]
fn a_compacted_conversation_keeps_what_the_user_said_and_can_be_gone_on_with() {
    let world = World::default();
    let input = json!([
        {"role": "user", "content": "Hi"},
        {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed", "content": [{"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}]},
    ]);
    let body = json!({"model": "gpt-5", "input": input});
    let mut opened = world
        .open_as("Compactconversation", body, Mode::Realistic)
        .unwrap();
    assert!(matches!(opened.work, Work::Compact(_)));
    let text = player::play(opened.encoder.as_mut(), &plan(vec![summary()]), 9);
    let compacted: Value = serde_json::from_str(&text).unwrap();
    check_body("Compactconversation", &compacted);
    check_body("beta_Compactconversation", &compacted);
    assert_eq!(compacted["object"], "response.compaction");
    let output = compacted["output"].as_array().unwrap();
    assert_eq!(output.len(), 2);
    assert_eq!(output[0]["content"][0]["text"], "Hi");

    let mut input = output.clone();
    input.push(json!({"role": "user", "content": "Go on"}));
    let messages = world.messages(json!({"model": "gpt-5", "input": input}));
    let roles: Vec<_> = messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Developer, Role::User]);
    assert_eq!(messages[1].joined_text(), "They greeted.");
}

#[test]
fn a_mock_compacts_to_what_the_official_clients_can_read() {
    let body = json!({"model": "gpt-5", "input": "Hi"});
    let mut opened = World::default()
        .open_as("Compactconversation", body, Mode::Mock)
        .unwrap();
    let text = player::play(opened.encoder.as_mut(), &plan(vec![summary()]), 9);
    let compacted: Value = serde_json::from_str(&text).unwrap();
    check_body("Compactconversation", &compacted);
    let output = compacted["output"].as_array().unwrap();
    assert_eq!(output.len(), 1);
    assert_eq!(output[0]["type"], "compaction");
}

#[test]
fn a_request_that_ends_with_the_wish_to_be_compacted_is_answered_by_a_compaction() {
    let world = World::default();
    let input = json!([{"role": "user", "content": "Hi"}, {"type": "compaction_trigger"}]);
    let body = json!({"model": "gpt-5", "input": input});
    assert!(matches!(
        world.open(body.clone()).unwrap().work,
        Work::Compact(_)
    ));
    let events = world.stream(body, summary());
    assert_eq!(
        types(&events)[2..],
        ["output_item.added", "output_item.done", "completed"]
    );
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["output"][0]["type"], "compaction");
    let body = json!({"model": "gpt-5", "input": "Go on", "previous_response_id": response["id"]});
    let messages = world.messages(body);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].joined_text(), "They greeted.");
}

#[test]
fn a_long_conversation_compacts_itself_where_that_is_asked_for() {
    let world = World::default();
    let body = |threshold: u64| {
        let managed = json!([{"type": "compaction", "compact_threshold": threshold}]);
        json!({"model": "gpt-5", "input": "Hi", "context_management": managed})
    };
    let short = World::default().fold(body(1000), says("Hello"));
    assert_eq!(short["output"].as_array().unwrap().len(), 1);
    let events = world.stream(body(9), says("Hello"));
    let response = &events.last().unwrap()["response"];
    assert_eq!(response["output"][0]["type"], "compaction");
    assert_eq!(
        types(&events)[2..4],
        ["output_item.added", "output_item.done"]
    );
    let body = json!({"model": "gpt-5", "input": "Go on", "previous_response_id": response["id"]});
    let messages = world.messages(body);
    let texts: Vec<_> = messages
        .iter()
        .map(|message| message.joined_text())
        .collect();
    assert_eq!(texts, ["user: Hi\n", "Hello", "Go on"]);
}

#[test]
fn a_count_answers_with_the_prompts_tokens() {
    let world = World::default();
    let first = world.fold(json!({"model": "gpt-4o", "input": "One"}), says("Hello"));
    let body = json!({"model": "gpt-4o", "input": "Two", "previous_response_id": first["id"]});
    let mut opened = world
        .open_as("Getinputtokencounts", body, Mode::Realistic)
        .unwrap();
    assert!(matches!(opened.work, Work::Count(_)));
    assert_eq!(inner(&opened.work).input_messages().len(), 3);
    let counted = Plan::Count(Usage {
        prompt: 11,
        ..Usage::default()
    });
    let text = player::play(opened.encoder.as_mut(), &counted, 11);
    let body: Value = serde_json::from_str(&text).unwrap();
    check_body("Getinputtokencounts", &body);
    assert_eq!(
        body,
        json!({"object": "response.input_tokens", "input_tokens": 11})
    );
}

#[test]
fn a_sockets_event_is_the_body_of_a_streamed_request() {
    let text = r#"{"type":"response.create","stream_id":"a","model":"gpt-4o","input":"Hi"}"#;
    let request = socket_request(text).unwrap();
    assert_eq!(request.stream_id.as_deref(), Some("a"));
    assert_eq!(
        request.body,
        json!({"model": "gpt-4o", "input": "Hi", "stream": true})
    );
    for bad in ["", "[]", "{}", r#"{"type":"session.update"}"#] {
        let error = socket_request(bad).err().unwrap();
        let mut out = BytesMut::new();
        socket_error(&error, &mut out);
        let event: Value = serde_json::from_slice(&out).unwrap();
        let contract = fakeai_contract::openai();
        let schema = contract.schema("ResponsesServerEvent").unwrap();
        contract.check_schema(schema, &event, &[]).unwrap();
        assert_eq!(event["type"], "error");
        assert_eq!(event["status"], 400);
        assert_eq!(event["error"]["message"], error.message);
    }
}
