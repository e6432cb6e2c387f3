//! Conversations and their items.

use fakeai_canon::ErrorKind;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids};

fn text(text: &str) -> Value {
    json!({"role": "user", "content": text})
}

fn conversation(world: &mut World, items: Value) -> String {
    let made = world
        .post("/conversations", json!({"items": items}))
        .unwrap();
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_conversation_lives_from_create_to_delete() {
    let mut world = World::realistic();
    let made = world
        .post(
            "/conversations",
            json!({"metadata": {"topic": "demo"}, "items": [text("Hello!")]}),
        )
        .unwrap();
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with("conv_"));
    assert_eq!(made["created_at"], 1_700_000_000);
    let path = format!("/conversations/{id}");
    assert_eq!(world.get(&path, json!({})).unwrap(), made);
    let changed = world
        .post(&path, json!({"metadata": {"topic": "other"}}))
        .unwrap();
    assert_eq!(changed["metadata"], json!({"topic": "other"}));
    assert_eq!(world.get(&path, json!({})).unwrap(), changed);
    let items = world.get(&format!("{path}/items"), json!({})).unwrap();
    let item = items["data"][0].clone();
    assert_eq!(
        item["content"],
        json!([{"type": "input_text", "text": "Hello!"}])
    );
    assert_eq!(
        world.delete(&path).unwrap(),
        json!({"id": id, "object": "conversation.deleted", "deleted": true})
    );
    let missing = format!("Conversation with id '{id}' not found.");
    assert_missing(world.get(&path, json!({})), &missing);
    assert_missing(world.get(&format!("{path}/items"), json!({})), &missing);
    assert_missing(world.delete(&path), &missing);
    assert_eq!(world.count(), 0);
}

#[test]
fn metadata_left_out_or_null_is_empty() {
    let mut world = World::realistic();
    for body in [
        json!({}),
        json!({"metadata": null, "items": null}),
        Value::Null,
    ] {
        let made = world.post("/conversations", body).unwrap();
        assert_eq!(made["metadata"], json!({}));
    }
    assert_eq!(world.count(), 3);
}

#[test]
fn items_of_all_kinds_take_their_stored_form() {
    let mut world = World::realistic();
    let id = conversation(&mut world, json!([]));
    let path = format!("/conversations/{id}/items");
    let sent = json!({"items": [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "What is this?"},
            {"type": "input_image", "image_url": "https://example.com/a.png"},
        ]},
        {"role": "assistant", "content": "A cat."},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "id": null, "status": null, "call_id": "call_1", "output": "3"},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "shell_call", "call_id": "call_2", "action": {"commands": ["ls"], "timeout_ms": null, "max_output_length": null}},
    ]});
    let made = world.post(&path, sent).unwrap();
    let data = made["data"].as_array().unwrap();
    assert_eq!(data.len(), 7);
    assert_eq!(data[1]["content"][1]["detail"], "auto");
    assert_eq!(data[2]["content"][0]["type"], "output_text");
    assert_eq!(data[4]["status"], "completed");
    assert_eq!(data[5]["id"], "rs_1");
    assert_eq!(made["first_id"], data[0]["id"]);
    assert_eq!(made["last_id"], data[6]["id"]);
    let newest_first = world.get(&path, json!({})).unwrap();
    let oldest_first = world.get(&path, json!({"order": "asc"})).unwrap();
    assert_eq!(oldest_first["data"], made["data"]);
    let mut reversed = ids(&newest_first);
    reversed.reverse();
    assert_eq!(reversed, ids(&made));
}

#[test]
fn deleting_an_item_answers_with_its_conversation() {
    let mut world = World::realistic();
    let id = conversation(&mut world, json!([text("one"), text("two")]));
    let path = format!("/conversations/{id}/items");
    let items = world.get(&path, json!({"order": "asc"})).unwrap();
    let item = format!("{path}/{}", ids(&items)[0]);
    assert_eq!(world.get(&item, json!({})).unwrap(), items["data"][0]);
    assert_eq!(world.delete(&item).unwrap()["id"], json!(id));
    let missing = format!("Item with id '{}' not found.", ids(&items)[0]);
    assert_missing(world.get(&item, json!({})), &missing);
    let left = world.get(&path, json!({})).unwrap();
    assert_eq!(ids(&left), &ids(&items)[1..]);
}

#[test]
fn an_item_of_another_conversation_is_not_found() {
    let mut world = World::realistic();
    let one = conversation(&mut world, json!([text("one")]));
    let other = conversation(&mut world, json!([]));
    let items = world
        .get(&format!("/conversations/{one}/items"), json!({}))
        .unwrap();
    let item = ids(&items)[0];
    assert_missing(
        world.get(&format!("/conversations/{other}/items/{item}"), json!({})),
        &format!("Item with id '{item}' not found."),
    );
}

#[test]
fn a_reference_brings_the_item_it_names() {
    let mut world = World::realistic();
    let one = conversation(&mut world, json!([text("one")]));
    let items = world
        .get(&format!("/conversations/{one}/items"), json!({}))
        .unwrap();
    let reference = json!({"type": "item_reference", "id": ids(&items)[0]});
    let other = conversation(&mut world, json!([reference]));
    let found = world
        .get(&format!("/conversations/{other}/items"), json!({}))
        .unwrap();
    assert_eq!(found["data"], items["data"]);
    let lost = json!({"items": [{"type": "item_reference", "id": "msg_lost"}]});
    assert_missing(
        world.post("/conversations", lost),
        "Item with id 'msg_lost' not found.",
    );
    assert_eq!(world.count(), 4);
}

#[test]
fn equal_calls_make_different_ids() {
    let mut world = World::realistic();
    let one = conversation(&mut world, json!([text("same"), text("same")]));
    let other = conversation(&mut world, json!([text("same")]));
    assert_ne!(one, other);
    assert_eq!(world.count(), 5);
}

#[test]
fn limits_out_of_bounds_are_the_providers_errors() {
    let mut world = World::realistic();
    let id = conversation(&mut world, json!([]));
    let path = format!("/conversations/{id}/items");
    let error = world.get(&path, json!({"limit": 0})).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("integer_below_min_value"));
    assert_eq!(error.param.as_deref(), Some("limit"));
    assert_eq!(
        error.message,
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead."
    );
    let error = world.get(&path, json!({"limit": 101})).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("integer_above_max_value"));
    let empty = world.get(&path, json!({"limit": 100})).unwrap();
    assert_eq!(
        (&empty["first_id"], &empty["has_more"]),
        (&json!(""), &json!(false))
    );
}

#[test]
fn a_deleted_cursor_is_the_providers_error() {
    let mut world = World::realistic();
    let id = conversation(&mut world, json!([text("one"), text("two")]));
    let path = format!("/conversations/{id}/items");
    let items = world.get(&path, json!({})).unwrap();
    let gone = ids(&items)[0];
    world.delete(&format!("{path}/{gone}")).unwrap();
    let error = world.get(&path, json!({"after": gone})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::InvalidRequest);
    assert_eq!(error.param.as_deref(), Some("after"));
    assert_eq!(error.message, format!("Item with id '{gone}' not found."));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn paging_through_a_list_meets_every_item_once(count in 0usize..60, limit in 1usize..25, newest_first: bool) {
        let mut world = World::realistic();
        let id = conversation(&mut world, json!([]));
        let path = format!("/conversations/{id}/items");
        let mut made = Vec::new();
        for start in (0..count).step_by(20) {
            let items = (start..count.min(start + 20)).map(|place| text(&place.to_string()));
            let page = world.post(&path, json!({"items": items.collect::<Vec<_>>()})).unwrap();
            made.extend(ids(&page).into_iter().map(str::to_owned));
        }
        if newest_first {
            made.reverse();
        }
        let order = if newest_first { "desc" } else { "asc" };
        let mut query = json!({"limit": limit, "order": order});
        let mut met = Vec::new();
        loop {
            let page = world.get(&path, query.clone()).unwrap();
            met.extend(ids(&page).into_iter().map(str::to_owned));
            if page["has_more"] != json!(true) {
                break;
            }
            prop_assert_eq!(ids(&page).len(), limit);
            query["after"] = page["last_id"].clone();
        }
        prop_assert_eq!(met, made);
    }
}
