//! Stored chat completions and their messages.

use fakeai_canon::Keep;
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids, keep};

fn completion(id: &str, model: &str, metadata: Value) -> Vec<Keep> {
    let object = json!({
        "id": id,
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": model,
        "metadata": metadata,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Hi", "refusal": null},
            "logprobs": null,
            "finish_reason": "stop",
        }],
    });
    let message = |object| keep("chat.completions.messages", "", Some(id), object);
    vec![
        keep("chat.completions", id, None, object),
        message(json!({"role": "assistant", "content": "Hello"})),
        message(json!({"role": "assistant", "content": [{"type": "text", "text": "What?"}]})),
    ]
}

fn world() -> World {
    let mut world = World::realistic();
    world.keep(completion(
        "chatcmpl-1",
        "gpt-4o",
        json!({"team": "a", "tier": "1"}),
    ));
    world.keep(completion("chatcmpl-2", "gpt-5", json!({"team": "a"})));
    world.keep(completion("chatcmpl-3", "gpt-4o", json!({"team": "b"})));
    world
}

#[test]
fn lists_are_oldest_first_and_can_be_filtered() {
    let mut world = world();
    let mut list = |query| {
        let page = world.get("/chat/completions", query).unwrap();
        ids(&page).join(" ")
    };
    assert_eq!(list(json!({})), "chatcmpl-1 chatcmpl-2 chatcmpl-3");
    assert_eq!(
        list(json!({"order": "desc"})),
        "chatcmpl-3 chatcmpl-2 chatcmpl-1"
    );
    assert_eq!(list(json!({"model": "gpt-4o"})), "chatcmpl-1 chatcmpl-3");
    assert_eq!(
        list(json!({"metadata": {"team": "a"}})),
        "chatcmpl-1 chatcmpl-2"
    );
    assert_eq!(
        list(json!({"metadata": {"team": "a", "tier": "1"}})),
        "chatcmpl-1"
    );
    assert_eq!(
        list(json!({"model": "gpt-4o", "after": "chatcmpl-1"})),
        "chatcmpl-3"
    );
}

#[test]
fn metadata_can_be_changed_and_is_found_by() {
    let mut world = world();
    let path = "/chat/completions/chatcmpl-2";
    let changed = world
        .post(path, json!({"metadata": {"team": "c"}}))
        .unwrap();
    assert_eq!(changed["metadata"], json!({"team": "c"}));
    assert_eq!(world.get(path, json!({})).unwrap(), changed);
    let found = world
        .get("/chat/completions", json!({"metadata": {"team": "c"}}))
        .unwrap();
    assert_eq!(ids(&found), ["chatcmpl-2"]);
}

#[test]
fn messages_are_those_of_the_request_in_order() {
    let mut world = world();
    let path = "/chat/completions/chatcmpl-1/messages";
    let page = world.get(path, json!({})).unwrap();
    assert_eq!(ids(&page), ["chatcmpl-1-0", "chatcmpl-1-1"]);
    assert_eq!(page["data"][0]["content"], "Hello");
    assert_eq!(page["data"][1]["content"], Value::Null);
    assert_eq!(page["data"][1]["content_parts"][0]["text"], "What?");
    let rest = world.get(path, json!({"after": "chatcmpl-1-0"})).unwrap();
    assert_eq!(ids(&rest), ["chatcmpl-1-1"]);
}

#[test]
fn a_deleted_completion_is_gone_with_its_messages() {
    let mut world = world();
    let path = "/chat/completions/chatcmpl-1";
    assert_eq!(
        world.delete(path).unwrap(),
        json!({"id": "chatcmpl-1", "object": "chat.completion.deleted", "deleted": true})
    );
    let missing = "Chat completion with id 'chatcmpl-1' not found.";
    assert_missing(world.get(path, json!({})), missing);
    assert_missing(world.get(&format!("{path}/messages"), json!({})), missing);
    assert_missing(world.post(path, json!({"metadata": {}})), missing);
    assert_eq!(world.count(), 6);
}
