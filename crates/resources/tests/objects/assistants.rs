//! Assistants, threads, messages and stored runs: made, listed, changed, cancelled, expired.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ErrorKind, Keep, Micros};
use fakeai_resources::{Blobs, Change, Effect, Record, Store};
use serde_json::{Value, json};

use crate::world::{World, assert_missing, ids, keep};

const NOW: u64 = 1_700_000_000;

fn assistant(world: &mut World) -> Value {
    let body = json!({"model": "gpt-5", "name": "Tutor", "reasoning_effort": "low",
        "tools": [{"type": "file_search"}]});
    world.post("/assistants", body).unwrap()
}

fn thread(world: &mut World) -> String {
    let body = json!({"messages": [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [{"type": "text", "text": "Hi"},
            {"type": "image_file", "image_file": {"file_id": "file-1"}}]},
    ]});
    let thread = world.post("/threads", body).unwrap();
    thread["id"].as_str().unwrap().to_owned()
}

fn run(id: &str, thread: &str, status: &str) -> Keep {
    let action = json!({"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}});
    let object = json!({
        "object": "thread.run", "created_at": NOW, "thread_id": thread,
        "assistant_id": "asst_1", "status": status,
        "required_action": if status == "requires_action" { action } else { Value::Null },
        "last_error": null, "expires_at": NOW + 600, "started_at": NOW, "cancelled_at": null,
        "failed_at": null, "completed_at": null, "model": "gpt-4o", "instructions": "",
        "tools": [], "metadata": {}, "usage": null, "incomplete_details": null,
        "temperature": 1.0, "top_p": 1.0, "max_prompt_tokens": null,
        "max_completion_tokens": null,
        "truncation_strategy": {"type": "auto", "last_messages": null}, "tool_choice": "auto",
        "parallel_tool_calls": true, "response_format": "auto",
    });
    keep("threads.runs", id, Some(thread), object)
}

fn step(run: &str, thread: &str) -> Keep {
    let object = json!({
        "object": "thread.run.step", "created_at": NOW, "run_id": run, "assistant_id": "asst_1",
        "thread_id": thread, "type": "tool_calls", "status": "in_progress", "cancelled_at": null,
        "completed_at": null, "expired_at": null, "failed_at": null, "last_error": null,
        "step_details": {"type": "tool_calls", "tool_calls": [
            {"id": "call_2", "type": "file_search", "file_search": {
                "ranking_options": {"ranker": "auto", "score_threshold": 0.0},
                "results": [{"file_id": "file-1", "file_name": "a.txt", "score": 0.5,
                    "content": [{"type": "text", "text": "found"}]}]}}]},
        "metadata": {}, "usage": null,
    });
    keep("threads.runs.steps", "step_1", Some(run), object)
}

/// A text that is being written by a run.
fn half_said(thread: &str) -> Keep {
    let object = json!({
        "object": "thread.message", "created_at": NOW, "assistant_id": "asst_1",
        "thread_id": thread, "run_id": "run_1", "status": "in_progress",
        "incomplete_details": null, "incomplete_at": null, "completed_at": null,
        "role": "assistant", "content": [], "attachments": [], "metadata": {},
    });
    keep("threads.messages", "msg_half", Some(thread), object)
}

fn waiting(world: &mut World) -> String {
    let thread = thread(world);
    world.keep(vec![
        run("run_1", &thread, "requires_action"),
        step("run_1", &thread),
        half_said(&thread),
    ]);
    thread
}

#[test]
fn an_assistant_lives_until_it_is_deleted() {
    let mut world = World::realistic();
    let made = assistant(&mut world);
    let path = format!("/assistants/{}", made["id"].as_str().unwrap());
    assert!(made["id"].as_str().unwrap().starts_with("asst_"));
    assert_eq!(made["response_format"], "auto");
    assert_eq!(made.get("reasoning_effort"), None);
    let other = assistant(&mut world);
    let page = world.get("/assistants", json!({"limit": 1})).unwrap();
    assert_eq!(ids(&page), [other["id"].as_str().unwrap()]);
    assert_eq!(page["has_more"], true);
    let changed = json!({"name": null, "metadata": {"a": "b"}, "model": "gpt-4.1"});
    let changed = world.post(&path, changed).unwrap();
    assert_eq!(
        (&changed["name"], &changed["metadata"]),
        (&Value::Null, &json!({"a": "b"}))
    );
    assert_eq!(world.get(&path, json!({})).unwrap()["model"], "gpt-4.1");
    assert_eq!(world.delete(&path).unwrap()["object"], "assistant.deleted");
    let id = made["id"].as_str().unwrap();
    assert_missing(
        world.get(&path, json!({})),
        &format!("No assistant found with id '{id}'."),
    );
}

#[test]
fn a_model_that_cannot_chat_makes_no_assistant() {
    let mut world = World::realistic();
    let error = world
        .post("/assistants", json!({"model": "nobody"}))
        .unwrap_err();
    assert_eq!(
        error.message,
        "The requested model 'nobody' does not exist."
    );
    assert_eq!(error.code.as_deref(), Some("model_not_found"));
    let made = world.post("/assistants", json!({"model": "gpt-3.5-turbo-instruct"}));
    let error = made.unwrap_err();
    assert_eq!(error.code.as_deref(), Some("unsupported_model"));
    assert_eq!(error.param.as_deref(), Some("model"));
    let body = json!({"model": "gpt-5", "temperature": 0.1});
    let error = world.post("/assistants", body).unwrap_err();
    let said = "Unsupported parameter: 'temperature' is not supported with this model.";
    assert_eq!(error.message, said);
}

#[test]
fn messages_are_stored_in_parts_below_their_thread() {
    let mut world = World::realistic();
    let thread = thread(&mut world);
    let path = format!("/threads/{thread}/messages");
    let sent = json!({"role": "user", "content": "And now?", "metadata": {"n": "3"}});
    let third = world.post(&path, sent).unwrap();
    assert_eq!(
        third["content"][0]["text"],
        json!({"value": "And now?", "annotations": []})
    );
    assert_eq!(third["thread_id"], *thread);
    let page = world.get(&path, json!({"order": "asc"})).unwrap();
    let texts: Vec<_> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["content"][0]["text"]["value"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["Hello", "Hi", "And now?"]);
    assert_eq!(
        page["data"][1]["content"][1]["image_file"]["detail"],
        "auto"
    );
    let one = format!("{path}/{}", third["id"].as_str().unwrap());
    let changed = world.post(&one, json!({"metadata": {"n": "4"}})).unwrap();
    assert_eq!(changed["metadata"]["n"], "4");
    assert_eq!(
        world.delete(&one).unwrap()["object"],
        "thread.message.deleted"
    );
    let of_run = world.get(&path, json!({"run_id": "run_1"})).unwrap();
    assert_eq!(ids(&of_run), Vec::<&str>::new());
    let gone = world.delete(&format!("/threads/{thread}")).unwrap();
    assert_eq!(gone["object"], "thread.deleted");
    assert_missing(
        world.get(&path, json!({})),
        &format!("No thread found with id '{thread}'."),
    );
}

#[test]
fn a_thread_with_an_active_run_takes_no_message() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    let path = format!("/threads/{thread}/messages");
    let error = world
        .post(&path, json!({"role": "user", "content": "x"}))
        .unwrap_err();
    let said = format!("Can't add messages to {thread} while a run run_1 is active.");
    assert_eq!(
        (error.kind, error.message),
        (ErrorKind::InvalidRequest, said)
    );
}

#[test]
fn a_cancelled_run_is_cancelling_first_and_ends_its_step_and_message() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    let path = format!("/threads/{thread}/runs/run_1");
    let cancelling = world.post(&format!("{path}/cancel"), Value::Null).unwrap();
    assert_eq!(cancelling["status"], "cancelling");
    assert_eq!(cancelling["required_action"], Value::Null);
    assert!(matches!(&world.effects[..], [Effect::CancelWork { id }] if id == "run_1"));
    world.settle(NOW);
    let run = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&run["status"], &run["cancelled_at"]),
        (&json!("cancelled"), &json!(NOW))
    );
    let steps = world.get(&format!("{path}/steps"), json!({})).unwrap();
    assert_eq!(steps["data"][0]["status"], "cancelled");
    let message = world
        .get(&format!("/threads/{thread}/messages/msg_half"), json!({}))
        .unwrap();
    assert_eq!(message["incomplete_details"]["reason"], "run_cancelled");
    let again = world
        .post(&format!("{path}/cancel"), Value::Null)
        .unwrap_err();
    assert_eq!(again.message, "Cannot cancel run with status 'cancelled'.");
}

#[test]
fn a_run_that_nobody_answers_expires_after_ten_minutes() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    let path = format!("/threads/{thread}/runs/run_1");
    world.settle(NOW + 599);
    assert_eq!(
        world.get(&path, json!({})).unwrap()["status"],
        "requires_action"
    );
    world.settle(NOW + 600);
    let run = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&run["status"], &run["required_action"]),
        (&json!("expired"), &Value::Null)
    );
    let steps = world.get(&format!("{path}/steps"), json!({})).unwrap();
    assert_eq!(steps["data"][0]["status"], "expired");
    assert_eq!(steps["data"][0]["expired_at"], NOW + 600);
}

#[test]
fn what_a_client_sets_on_a_run_outlives_the_answer_and_what_ended_stays_ended() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    let path = format!("/threads/{thread}/runs/run_1");
    world.post(&path, json!({"metadata": {"a": "b"}})).unwrap();
    world.keep(vec![run("run_1", &thread, "completed")]);
    let done = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&done["status"], &done["metadata"]["a"]),
        (&json!("completed"), &json!("b"))
    );
    world.keep(vec![run("run_1", &thread, "in_progress")]);
    assert_eq!(world.get(&path, json!({})).unwrap()["status"], "completed");
}

#[test]
fn texts_of_results_are_shown_to_who_asks() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    let path = format!("/threads/{thread}/runs/run_1/steps/step_1");
    let result =
        |step: &Value| step["step_details"]["tool_calls"][0]["file_search"]["results"][0].clone();
    let plain = world.get(&path, json!({})).unwrap();
    assert_eq!(result(&plain).get("content"), None);
    let include = ["step_details.tool_calls[*].file_search.results[*].content"];
    let whole = world.get(&path, json!({"include": include})).unwrap();
    assert_eq!(result(&whole)["content"][0]["text"], "found");
}

#[test]
fn a_run_lies_below_its_own_thread_only() {
    let mut world = World::realistic();
    waiting(&mut world);
    let other = thread(&mut world);
    let missing = "No run found with id 'run_1'.";
    assert_missing(
        world.get(&format!("/threads/{other}/runs/run_1"), json!({})),
        missing,
    );
    assert_missing(
        world.get(&format!("/threads/{other}/runs/run_1/steps"), json!({})),
        missing,
    );
}

#[test]
fn deleting_a_thread_ends_its_run() {
    let mut world = World::realistic();
    let thread = waiting(&mut world);
    world.delete(&format!("/threads/{thread}")).unwrap();
    assert!(matches!(&world.effects[..], [Effect::CancelWork { id }] if id == "run_1"));
}

/// A file that was uploaded.
fn file(world: &World, id: &str) {
    let mut writer = world.blobs.create().unwrap();
    writer.write(Bytes::from_static(b"red apples")).unwrap();
    let record = Record {
        project: None,
        family: "files",
        id: id.to_owned(),
        parent: None,
        created: Micros::ZERO,
        object: Arc::new(json!({"id": id, "object": "file", "filename": "a.txt"})),
        private: Value::Null,
        due: None,
        blob: Some(writer.finish().unwrap()),
    };
    world.store.commit(vec![Change::Put(record)]).unwrap();
}

/// The vector store of a thread or an assistant.
fn vector_store(object: &Value) -> String {
    let stores = object["tool_resources"]["file_search"]["vector_store_ids"]
        .as_array()
        .unwrap();
    assert_eq!(stores.len(), 1, "{object}");
    stores[0].as_str().unwrap().to_owned()
}

#[test]
fn a_vector_store_is_made_along_with_its_assistant() {
    let mut world = World::realistic();
    file(&world, "file-a");
    let stores = json!([{"file_ids": ["file-a"], "metadata": {"k": "v"}}]);
    let search = json!({"file_search": {"vector_stores": stores}});
    let body = json!({"model": "gpt-4o", "tool_resources": search});
    let made = world.post("/assistants", body).unwrap();
    let path = format!("/vector_stores/{}", vector_store(&made));
    let store = world.get(&path, json!({})).unwrap();
    assert_eq!(
        (&store["metadata"]["k"], &store["file_counts"]["total"]),
        (&json!("v"), &json!(1))
    );
    let unknown = json!({"file_search": {"vector_store_ids": ["vs_none"]}});
    let body = json!({"model": "gpt-4o", "tool_resources": unknown});
    assert_missing(
        world.post("/assistants", body),
        "No vector store found with id 'vs_none'.",
    );
}

#[test]
fn what_messages_bring_along_comes_to_the_store_of_their_thread() {
    let mut world = World::realistic();
    file(&world, "file-a");
    file(&world, "file-b");
    let message = |id: &str, tool: &str| {
        let attachment = json!({"file_id": id, "tools": [{"type": tool}]});
        json!({"role": "user", "content": "Read this.", "attachments": [attachment]})
    };
    let body = json!({"messages": [message("file-a", "file_search")]});
    let thread = world.post("/threads", body).unwrap();
    let path = format!("/threads/{}", thread["id"].as_str().unwrap());
    let messages = format!("{path}/messages");
    world
        .post(&messages, message("file-b", "file_search"))
        .unwrap();
    world
        .post(&messages, message("file-b", "code_interpreter"))
        .unwrap();
    let thread = world.get(&path, json!({})).unwrap();
    let files = &thread["tool_resources"]["code_interpreter"]["file_ids"];
    assert_eq!(*files, json!(["file-b"]));
    let store = world
        .get(
            &format!("/vector_stores/{}", vector_store(&thread)),
            json!({}),
        )
        .unwrap();
    assert_eq!(
        (
            &store["file_counts"]["total"],
            &store["expires_after"]["days"]
        ),
        (&json!(2), &json!(7))
    );
    let missing = world.post(&messages, message("file-none", "file_search"));
    assert_missing(missing, "No such File object: file-none");
}
