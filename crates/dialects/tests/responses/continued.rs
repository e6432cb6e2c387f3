//! Requests that go on from something: a response, a conversation, an item.

use fakeai_canon::{CallKind, Choice, Finish, Message, Role, Segment, Shelf};
use serde_json::json;

use crate::house::{planned, says};
use crate::world::World;

fn texts(messages: &[Message]) -> Vec<(Role, String)> {
    messages
        .iter()
        .map(|message| (message.role, message.joined_text()))
        .collect()
}

#[test]
fn a_chain_of_responses_is_remembered_whole() {
    let world = World::default();
    let first = world.fold(
        json!({"model": "gpt-4o", "input": "One", "instructions": "Be old"}),
        says("Hello"),
    );
    let input = json!([{"role": "user", "content": [{"type": "input_text", "text": "Two"}]}]);
    let body = json!({"model": "gpt-4o", "input": input, "previous_response_id": first["id"]});
    let mut second = world.open(body).unwrap();
    let start = fakeai_canon::Start {
        ids: fakeai_canon::Seed(99),
        ..crate::world::start()
    };
    let usage = fakeai_canon::Usage::default();
    let text = crate::world::write(
        &mut second,
        &[
            fakeai_canon::Delta::Start(&start),
            fakeai_canon::Delta::End {
                usage: &usage,
                at: crate::world::LATER,
            },
        ],
    );
    world.keep(second.encoder.keep());
    let second: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(second["previous_response_id"], first["id"]);
    let body = json!({"model": "gpt-4o", "input": "Three", "instructions": "Be new", "previous_response_id": second["id"]});
    let wanted = [
        (Role::Developer, "Be new"),
        (Role::User, "One"),
        (Role::Assistant, "Hello"),
        (Role::User, "Two"),
        (Role::User, "Three"),
    ];
    assert_eq!(
        texts(&world.messages(body)),
        wanted.map(|(role, text)| (role, text.to_owned()))
    );
}

#[test]
fn a_response_that_is_not_there_can_not_be_continued() {
    let body = json!({"model": "gpt-4o", "input": "Hi", "previous_response_id": "resp_none"});
    let (message, param, code) = World::default().refusal(body);
    assert_eq!(message, "Previous response with id 'resp_none' not found.");
    assert_eq!(param.as_deref(), Some("previous_response_id"));
    assert_eq!(code.as_deref(), Some("previous_response_not_found"));
}

#[test]
fn a_call_of_an_earlier_response_is_answered_in_the_next() {
    let world = World::default();
    let tools = json!([{"type": "function", "name": "weather", "parameters": {"type": "object"}, "strict": false}]);
    let plan = Choice {
        segments: vec![Segment::Call(planned("weather", "{}", CallKind::Function))],
        finish: Finish::ToolCalls,
    };
    let first = world.fold(
        json!({"model": "gpt-4o", "input": "Hi", "tools": tools}),
        plan,
    );
    let call = &first["output"][0]["call_id"];
    let next = |input: serde_json::Value| json!({"model": "gpt-4o", "input": input, "previous_response_id": first["id"]});
    let output = json!({"type": "function_call_output", "call_id": call, "output": "Hot"});
    let messages = world.messages(next(json!([output])));
    assert_eq!(messages[1].calls[0].id, call.as_str().unwrap());
    assert_eq!(messages[2].answers.as_deref(), call.as_str());
    assert_eq!(messages[2].joined_text(), "Hot");

    let (message, param, _) = world.refusal(next(json!("Hello?")));
    let call = call.as_str().unwrap();
    assert_eq!(
        message,
        format!("No tool output found for function call {call}.")
    );
    assert_eq!(param.as_deref(), Some("input"));
    let stray =
        json!([output, {"type": "function_call_output", "call_id": "call_x", "output": ""}]);
    let (message, ..) = world.refusal(next(stray));
    assert_eq!(
        message,
        "No tool call found for function call output with call_id call_x."
    );
}

#[test]
fn a_conversation_grows_by_input_and_output() {
    let world = World::default();
    world.put(
        "conversations",
        "conv_1",
        json!({"id": "conv_1", "object": "conversation"}),
    );
    let body = json!({"model": "gpt-4o", "input": "One", "conversation": "conv_1", "store": false});
    let response = world.fold(body, says("Hello"));
    assert_eq!(response["conversation"], json!({"id": "conv_1"}));
    let items = world.children("conversations.items", "conv_1");
    let roles: Vec<_> = items.iter().map(|item| &item["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    let body = json!({"model": "gpt-4o", "input": "Two", "conversation": {"id": "conv_1"}});
    let wanted = [
        (Role::User, "One"),
        (Role::Assistant, "Hello"),
        (Role::User, "Two"),
    ];
    assert_eq!(
        texts(&world.messages(body)),
        wanted.map(|(role, text)| (role, text.to_owned()))
    );

    let body = json!({"model": "gpt-4o", "input": "Hi", "conversation": "conv_none"});
    let error = world.open(body).err().unwrap();
    assert_eq!(error.message, "Conversation with id 'conv_none' not found.");
    assert_eq!(error.kind, fakeai_canon::ErrorKind::NotFound);
}

#[test]
fn a_reference_stands_for_the_stored_item() {
    let world = World::default();
    let first = world.fold(json!({"model": "gpt-4o", "input": "One"}), says("Hello"));
    let given = world.ids("responses.input_items").pop().unwrap();
    let input = json!([
        {"type": "item_reference", "id": given},
        {"id": first["output"][0]["id"]},
        {"role": "user", "content": "Two"},
    ]);
    let wanted = [
        (Role::User, "One"),
        (Role::Assistant, "Hello"),
        (Role::User, "Two"),
    ];
    let messages = world.messages(json!({"model": "gpt-4o", "input": input}));
    assert_eq!(
        texts(&messages),
        wanted.map(|(role, text)| (role, text.to_owned()))
    );

    let input = json!([{"type": "item_reference", "id": "msg_none"}]);
    let error = world
        .open(json!({"model": "gpt-4o", "input": input}))
        .err()
        .unwrap();
    assert!(
        error
            .message
            .starts_with("Item with id 'msg_none' not found.")
    );
    assert_eq!(error.kind, fakeai_canon::ErrorKind::NotFound);
}
