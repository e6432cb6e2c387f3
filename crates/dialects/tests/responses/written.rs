//! Answers of text: their bytes, their ends, and who may see them while they run.

use fakeai_canon::{
    ApiError, Choice, Delta, ErrorKind, Finish, PartHead, Segment, Stopped, Tokens, Usage,
};
use serde_json::{Value, json};

use crate::house::{says, with_logprobs};
use crate::player::tokens;
use crate::world::{LATER, World, events, start, types, write};

fn request(more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "input": "Hi"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn a_whole_response_repeats_the_request_and_counts_its_tokens() {
    let more = json!({"instructions": "Be brief", "temperature": 0.5, "metadata": {"a": "b"}});
    let mut body = World::default().fold(request(more), says("Hello world!"));
    for id in [body["id"].take(), body["output"][0]["id"].take()] {
        assert_eq!(id.as_str().unwrap().split_once('_').unwrap().1.len(), 50);
    }
    assert_eq!(
        body,
        json!({
            "id": null,
            "object": "response",
            "created_at": 1_700_000_000,
            "status": "completed",
            "background": false,
            "completed_at": 1_700_000_000,
            "error": null,
            "incomplete_details": null,
            "instructions": "Be brief",
            "max_output_tokens": null,
            "max_tool_calls": null,
            "parallel_tool_calls": true,
            "previous_response_id": null,
            "prompt_cache_key": null,
            "prompt_cache_retention": null,
            "safety_identifier": null,
            "temperature": 0.5,
            "tool_choice": "auto",
            "top_logprobs": 0,
            "top_p": 1.0,
            "truncation": "disabled",
            "metadata": {"a": "b"},
            "model": "gpt-4o-2024-08-06",
            "output": [{
                "id": null,
                "type": "message",
                "status": "completed",
                "content": [{
                    "type": "output_text",
                    "annotations": [],
                    "logprobs": [],
                    "text": "Hello world!",
                }],
                "role": "assistant",
            }],
            "reasoning": {"effort": null, "summary": null},
            "service_tier": "default",
            "text": {"format": {"type": "text"}, "verbosity": "medium"},
            "tools": [],
            "usage": {
                "input_tokens": 9,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": 3,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 12,
            },
        })
    );
}

#[test]
fn a_stream_tells_every_step_in_order() {
    let events = World::default().stream(request(json!({})), says("Hello world"));
    let names: Vec<_> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    assert_eq!(events[0]["response"]["status"], "in_progress");
    assert_eq!(events[4]["delta"], "Hello");
    assert_eq!(events[5]["delta"], " world");
    assert_eq!(events[6]["text"], "Hello world");
    assert_eq!(events[8]["item"], events[9]["response"]["output"][0]);
    assert_eq!(events[9]["response"]["usage"]["output_tokens"], 2);
}

#[test]
fn the_folded_answer_is_the_last_event_of_the_stream() {
    let (one, two) = (World::default(), World::default());
    let folded = one.fold(request(json!({})), says("Hello world"));
    let streamed = two.stream(request(json!({})), says("Hello world"));
    assert_eq!(streamed.last().unwrap()["response"], folded);
}

#[test]
fn a_delta_frame_has_the_providers_bytes() {
    let mut opened = World::default()
        .open(request(json!({"stream": true})))
        .unwrap();
    let (text, start) = (tokens("\"Hi\""), start());
    let open = Delta::Open {
        choice: 0,
        part: PartHead::Text,
    };
    write(&mut opened, &[Delta::Start(&start), open]);
    let frame = write(&mut opened, &[piece(&text)]);
    let id = &frame[frame.find("msg_").unwrap()..][..54];
    assert_eq!(
        frame,
        format!(
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\
             \"sequence_number\":4,\"item_id\":\"{id}\",\"output_index\":0,\"content_index\":0,\
             \"delta\":\"\\\"Hi\\\"\",\"logprobs\":[]}}\n\n"
        )
    );
}

fn piece(tokens: &Tokens) -> Delta<'_> {
    Delta::Piece {
        choice: 0,
        text: tokens.text(),
        ids: &tokens.ids,
        ends: &tokens.ends,
        logprobs: &tokens.logprobs,
    }
}

#[test]
fn logprobs_come_with_deltas_and_stay_with_the_text() {
    let more = json!({"include": ["message.output_text.logprobs"], "top_logprobs": 1});
    let choice = Choice {
        segments: vec![Segment::Text(with_logprobs(tokens("Hello é")))],
        finish: Finish::Stop,
    };
    let events = World::default().stream(request(more), choice);
    let delta = &events[4]["logprobs"];
    let hello = json!({
        "token": "Hello",
        "logprob": -0.5,
        "top_logprobs": [{"token": "Hello", "logprob": -0.5}],
    });
    assert_eq!(*delta, json!([hello]));
    let done = events
        .iter()
        .find(|event| event["type"] == "response.output_text.done")
        .unwrap();
    let tokens: Vec<_> = done["logprobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["token"])
        .collect();
    assert_eq!(tokens, ["Hello", " ", "\\xc3", "\\xa9"]);
    let item = &events.last().unwrap()["response"]["output"][0]["content"][0]["logprobs"];
    assert_eq!(item[2]["bytes"], json!([0xc3]));
    assert_eq!(item.as_array().unwrap().len(), 4);
}

#[test]
fn deltas_are_padded_only_when_asked_for() {
    let more = json!({"stream_options": {"include_obfuscation": true}});
    let events = World::default().stream(request(more), says("Hello world"));
    let lengths: Vec<_> = [4, 5]
        .iter()
        .map(|place| {
            let event = &events[*place];
            event["delta"].as_str().unwrap().len() + event["obfuscation"].as_str().unwrap().len()
        })
        .collect();
    assert_eq!(lengths, [16, 16]);
}

#[test]
fn a_limit_leaves_an_incomplete_response() {
    let choice = Choice {
        finish: Finish::Length,
        ..says("Hello")
    };
    let events = World::default().stream(request(json!({"max_output_tokens": 16})), choice);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(
        last["response"]["incomplete_details"],
        json!({"reason": "max_output_tokens"})
    );
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
    assert_eq!(last["response"]["completed_at"], Value::Null);
}

#[test]
fn a_background_response_can_be_seen_from_its_first_moment() {
    let world = World::default();
    let mut opened = world.open(request(json!({"background": true}))).unwrap();
    assert!(opened.background && !opened.stream);
    let start = start();
    let mut stream = write(&mut opened, &[Delta::Start(&start)]);
    world.keep(opened.encoder.keep());
    let id = world.ids("responses").pop().unwrap();
    let queued = fakeai_canon::Shelf::object(&world, "responses", &id).unwrap();
    assert_eq!(queued["status"], "queued");
    let text = tokens("Hi");
    let end = Delta::End {
        usage: &Usage::default(),
        at: LATER,
    };
    stream += &write(
        &mut opened,
        &[
            Delta::Open {
                choice: 0,
                part: PartHead::Text,
            },
            piece(&text),
            Delta::Close { choice: 0 },
            Delta::Finish {
                choice: 0,
                reason: Finish::Stop,
            },
            end,
        ],
    );
    world.keep(opened.encoder.keep());
    assert_eq!(
        types(&events(&stream))[..3],
        ["created", "queued", "in_progress"]
    );
    let done = fakeai_canon::Shelf::object(&world, "responses", &id).unwrap();
    assert_eq!(done["status"], "completed");
    assert_eq!(done["completed_at"], 1_700_000_001);
}

#[test]
fn a_cancelled_response_keeps_what_it_had() {
    let world = World::default();
    let mut opened = world.open(request(json!({"background": true}))).unwrap();
    let (start, text) = (start(), tokens("Hi"));
    let cancel = Delta::Cancel {
        usage: &Usage::default(),
        at: LATER,
        why: Stopped::ByClient,
    };
    let open = Delta::Open {
        choice: 0,
        part: PartHead::Text,
    };
    write(
        &mut opened,
        &[Delta::Start(&start), open, piece(&text), cancel],
    );
    world.keep(opened.encoder.keep());
    let id = world.ids("responses").pop().unwrap();
    let object = fakeai_canon::Shelf::object(&world, "responses", &id).unwrap();
    assert_eq!(object["status"], "cancelled");
    assert_eq!(object["output"][0]["content"][0]["text"], "Hi");
    assert_eq!(object["output"][0]["status"], "incomplete");
}

#[test]
fn a_failure_is_told_as_a_failed_response_or_as_an_error() {
    let world = World::default();
    let error = ApiError::new(ErrorKind::Overloaded, "The engine is busy.");
    let fail = Delta::Fail {
        error: &error,
        at: LATER,
    };
    let start = start();
    let mut running = world.open(request(json!({"stream": true}))).unwrap();
    let stream = write(&mut running, &[Delta::Start(&start), fail]);
    let told = events(&stream);
    let last = told.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    let wanted = json!({"code": "server_error", "message": "The engine is busy."});
    assert_eq!(last["response"]["error"], wanted);
    let mut waiting = world.open(request(json!({"stream": true}))).unwrap();
    let stream = write(&mut waiting, &[fail]);
    assert_eq!(types(&events(&stream)), ["error"]);
    assert!(waiting.encoder.keep().is_empty());
}

#[test]
fn a_folded_answer_that_fails_leaves_nothing() {
    let world = World::default();
    let error = ApiError::new(ErrorKind::Overloaded, "The engine is busy.");
    let mut opened = world.open(request(json!({}))).unwrap();
    let fail = Delta::Fail {
        error: &error,
        at: LATER,
    };
    assert_eq!(write(&mut opened, &[Delta::Start(&start()), fail]), "");
    assert!(opened.encoder.keep().is_empty());
}

#[test]
fn what_is_not_stored_leaves_nothing() {
    let world = World::default();
    world.fold(request(json!({"store": false})), says("Hello"));
    assert!(world.kept.lock().unwrap().is_empty());
}

#[test]
fn how_an_answer_is_sent_does_not_change_what_is_asked() {
    let world = World::default();
    let seed = |more: Value| fakeai_canon::Seed(1).of(&world.open(request(more)).unwrap().work);
    let plain = seed(json!({}));
    assert_eq!(
        plain,
        seed(json!({"stream": true, "user": "me", "metadata": {"a": "b"}}))
    );
    assert_ne!(plain, seed(json!({"temperature": 0.2})));
}
