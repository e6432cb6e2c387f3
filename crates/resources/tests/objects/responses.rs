//! Stored responses: retrieve, follow, cancel, delete, input items.

use fakeai_canon::{Keep, Micros};
use fakeai_resources::{Effect, Keeping, Objects, Outcome, Store};
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids, keep};

fn response(id: &str, status: &str, background: bool) -> Keep {
    let object = json!({
        "id": id,
        "object": "response",
        "created_at": 1_700_000_000,
        "status": status,
        "background": background,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "metadata": {},
        "model": "gpt-5",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"},
            {"type": "message", "id": "msg_9", "status": "completed", "role": "assistant", "content": [
                {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": [
                    {"token": "Hi", "bytes": [72, 105], "logprob": -0.1, "top_logprobs": []},
                ]},
            ]},
        ],
        "parallel_tool_calls": true,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    });
    keep("responses", id, None, object)
}

fn with_input(id: &str, status: &str, background: bool) -> Vec<Keep> {
    let message = |item: &str, text: &str| {
        let content = json!([{"type": "input_text", "text": text}]);
        let object =
            json!({"type": "message", "role": "user", "status": "completed", "content": content});
        keep("responses.input_items", item, Some(id), object)
    };
    // The response comes after its items: an answer need not know what depends on what.
    vec![
        message("msg_1", "Hello"),
        message("msg_2", "Well?"),
        message("msg_3", "And?"),
        keep(
            "responses.output_items",
            "msg_9",
            Some(id),
            json!({"response_id": id}),
        ),
        response(id, status, background),
    ]
}

#[test]
fn a_response_is_kept_until_it_is_deleted_with_its_items() {
    let mut world = World::realistic();
    world.keep(with_input("resp_1", "completed", false));
    world.keep(with_input("resp_2", "completed", false));
    assert_eq!(
        world.get("/responses/resp_1", json!({})).unwrap()["id"],
        "resp_1"
    );
    assert_eq!(
        world.delete("/responses/resp_1").unwrap(),
        json!({"id": "resp_1", "object": "response", "deleted": true})
    );
    let missing = "Response with id 'resp_1' not found.";
    assert_missing(world.get("/responses/resp_1", json!({})), missing);
    assert_missing(
        world.get("/responses/resp_1/input_items", json!({})),
        missing,
    );
    assert_missing(world.delete("/responses/resp_1"), missing);
    assert!(
        world
            .store
            .children("", "responses.input_items", "resp_1")
            .is_empty()
    );
    assert_eq!(
        world
            .store
            .children("", "responses.input_items", "resp_2")
            .len(),
        3
    );
    assert!(world.effects.is_empty());
}

#[test]
fn input_items_come_newest_first() {
    let mut world = World::realistic();
    world.keep(with_input("resp_1", "completed", false));
    let path = "/responses/resp_1/input_items";
    let page = world.get(path, json!({"limit": 2})).unwrap();
    assert_eq!(page["has_more"], true);
    assert_eq!(page["data"][0]["content"][0]["text"], "And?");
    let rest = world.get(path, json!({"after": page["last_id"]})).unwrap();
    assert_eq!(
        rest["data"][0]["content"],
        json!([{"type": "input_text", "text": "Hello"}])
    );
    assert_eq!((ids(&page).len(), ids(&rest).len()), (2, 1));
}

#[test]
fn what_include_does_not_name_is_left_out() {
    let mut world = World::realistic();
    world.keep(with_input("resp_1", "completed", false));
    let plain = world.get("/responses/resp_1", json!({})).unwrap();
    assert_eq!(plain["output"][0].get("encrypted_content"), None);
    assert_eq!(plain["output"][1]["content"][0]["logprobs"], json!([]));
    let include =
        json!({"include": ["reasoning.encrypted_content", "message.output_text.logprobs"]});
    let whole = world.get("/responses/resp_1", include).unwrap();
    assert_eq!(whole["output"][0]["encrypted_content"], "sealed");
    assert_eq!(
        whole["output"][1]["content"][0]["logprobs"][0]["token"],
        "Hi"
    );
    assert_eq!(world.get("/responses/resp_1", json!({})).unwrap(), plain);
}

#[test]
fn a_running_background_response_is_cancelled_once() {
    let mut world = World::realistic();
    world.keep(vec![response("resp_1", "in_progress", true)]);
    let path = "/responses/resp_1/cancel";
    let cancelled = world.post(path, Value::Null).unwrap();
    assert_eq!(cancelled["status"], "cancelled");
    let id = "resp_1".to_owned();
    assert_eq!(world.effects, [Effect::CancelWork { id }]);
    assert_eq!(world.post(path, Value::Null).unwrap(), cancelled);
    assert_eq!(world.effects.len(), 1);
    assert_eq!(
        world.get("/responses/resp_1", json!({})).unwrap()["status"],
        "cancelled"
    );
}

#[test]
fn only_what_still_runs_in_the_background_can_be_cancelled() {
    for (status, background, message) in [
        ("completed", false, "Cannot cancel a synchronous response."),
        (
            "in_progress",
            false,
            "Cannot cancel a synchronous response.",
        ),
        ("completed", true, "Cannot cancel a completed response."),
        ("failed", true, "Cannot cancel a failed response."),
    ] {
        let mut world = World::realistic();
        world.keep(vec![response("resp_1", status, background)]);
        let error = world
            .post("/responses/resp_1/cancel", Value::Null)
            .unwrap_err();
        assert_eq!(error.message, message);
    }
    let lost = World::realistic().post("/responses/resp_1/cancel", Value::Null);
    assert_missing(lost, "Response with id 'resp_1' not found.");
}

#[test]
fn a_background_response_can_be_followed() {
    let mut world = World::realistic();
    world.keep(vec![
        response("resp_1", "in_progress", true),
        response("resp_2", "completed", false),
    ]);
    let query = json!({"stream": true, "starting_after": 4});
    let outcome = world
        .outcome("GET", "/responses/resp_1", query.clone(), Value::Null)
        .unwrap();
    let Outcome::Follow { id, starting_after } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((id.as_str(), starting_after), ("resp_1", Some(4)));
    let error = world.get("/responses/resp_2", query).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("stream"));
}

#[test]
fn deleting_a_running_response_ends_it_and_it_does_not_come_back() {
    let mut world = World::realistic();
    let mut keeping = Keeping::default();
    let early = keeping.changes(
        vec![response("resp_1", "in_progress", true)],
        Micros::ZERO,
        Objects::of(&world.store, ""),
    );
    world.store.commit(early).unwrap();
    world.delete("/responses/resp_1").unwrap();
    assert_eq!(world.effects.len(), 1);
    let late = keeping.changes(
        with_input("resp_1", "completed", true),
        Micros::ZERO,
        Objects::of(&world.store, ""),
    );
    world.store.commit(late).unwrap();
    assert_eq!(world.count(), 0);
}

#[test]
fn a_later_version_replaces_the_earlier_in_its_place() {
    let mut world = World::realistic();
    let mut keeping = Keeping::default();
    for status in ["in_progress", "completed"] {
        let changes = keeping.changes(
            vec![response("resp_1", status, true)],
            Micros::ZERO,
            Objects::of(&world.store, ""),
        );
        world.store.commit(changes).unwrap();
    }
    assert_eq!(
        world.get("/responses/resp_1", json!({})).unwrap()["status"],
        "completed"
    );
    assert_eq!(world.count(), 1);
}

#[test]
fn a_conversation_takes_what_a_model_said_by_reference() {
    let mut world = World::realistic();
    world.keep(with_input("resp_1", "completed", false));
    let items = json!([
        {"type": "item_reference", "id": "msg_9"},
        {"type": "item_reference", "id": "msg_1"},
    ]);
    let made = world
        .post("/conversations", json!({"items": items}))
        .unwrap();
    let path = format!("/conversations/{}/items", made["id"].as_str().unwrap());
    let page = world.get(&path, json!({"order": "asc"})).unwrap();
    assert_eq!(ids(&page), ["msg_9", "msg_1"]);
    assert_eq!(page["data"][0]["content"][0]["text"], "Hi");
}
