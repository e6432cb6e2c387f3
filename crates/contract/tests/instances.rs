//! Everything the contract can make fits the contract.
#![allow(clippy::unwrap_used)]

mod support;

use fakeai_contract::{Match, Method, Operation, PathParams, Types, openai};
use serde_json::Value;
use support::Seeded;

const SEEDS: u64 = 6;

fn params(operation: &Operation) -> PathParams {
    let path = operation.path.replace('{', "abc_").replace('}', "");
    match openai().find(operation.method, &path, operation.beta) {
        Match::Found { params, .. } => params,
        _ => PathParams::default(),
    }
}

#[test]
fn the_answer_of_every_operation_passes_its_own_check() {
    let mut checked = 0;
    for operation in openai().operations() {
        for seed in 0..SEEDS {
            let mut source = Seeded::new(seed, seed >= 3);
            let Some(body) = openai().respond(operation, &params(operation), &mut source) else {
                continue;
            };
            let status = operation.success_status();
            let outcome =
                openai().check_response(operation, status, "application/json", &body, &[]);
            assert_eq!(outcome, Ok(()), "{} seed {seed}: {body}", operation.id);
            checked += 1;
        }
    }
    // 276 JSON answers of the document, without the one that is bytes, our view of a model, and those of the rows beside it.
    assert_eq!(checked, 286 * SEEDS);
}

#[test]
fn every_event_and_every_named_schema_has_instances_that_fit() {
    for operation in openai().operations().iter().filter(|row| row.streams) {
        for seed in 0..SEEDS {
            let mut source = Seeded::new(seed, seed >= 3);
            let event = openai().respond_event(operation, &mut source).unwrap();
            assert_eq!(
                openai().check_event(operation, &event, &[]),
                Ok(()),
                "{}",
                operation.id
            );
        }
    }
    let names: Vec<&str> = openai().schema_names().collect();
    assert!(names.len() >= 1422, "{}", names.len());
    for name in names {
        let schema = openai().schema(name).unwrap();
        for seed in 0..SEEDS {
            let value = openai().instance(schema, &mut Seeded::new(seed, seed >= 3));
            assert_eq!(
                openai().check_schema(schema, &value, &[]),
                Ok(()),
                "{name}: {value}"
            );
            let kind = Types::of(&value);
            assert!(openai().takes(schema, kind), "{name}: {value}");
        }
    }
    for webhook in openai().webhooks() {
        let value = openai().instance(webhook.schema, &mut Seeded::new(1, true));
        assert_eq!(
            openai().check_schema(webhook.schema, &value, &[]),
            Ok(()),
            "{}",
            webhook.name
        );
    }
}

#[test]
fn ids_in_the_path_come_back() {
    let cases = [
        (
            Method::Get,
            "/chat/completions/chatcmpl-1",
            "id",
            "chatcmpl-1",
        ),
        (Method::Get, "/models/meta/llama", "id", "meta/llama"),
        (Method::Post, "/batches/batch_7/cancel", "id", "batch_7"),
        (Method::Delete, "/files/file-9", "id", "file-9"),
        (
            Method::Get,
            "/threads/thread_1/runs/run_2",
            "thread_id",
            "thread_1",
        ),
        (Method::Get, "/threads/thread_1/runs/run_2", "id", "run_2"),
        (
            Method::Post,
            "/threads/thread_1/runs",
            "thread_id",
            "thread_1",
        ),
    ];
    for (method, path, field, value) in cases {
        let Match::Found { operation, params } = openai().find(method, path, false) else {
            panic!("{path}")
        };
        let body = openai()
            .respond(operation, &params, &mut Seeded::new(1, false))
            .unwrap();
        assert_eq!(body[field], Value::from(value), "{path}: {body}");
    }
    let Match::Found { operation, params } =
        openai().find(Method::Post, "/threads/thread_1/runs", false)
    else {
        panic!()
    };
    let body = openai()
        .respond(operation, &params, &mut Seeded::new(1, false))
        .unwrap();
    assert_ne!(body["id"], Value::from("thread_1"));
}

#[test]
fn the_same_seed_makes_the_same_answer() {
    let operation = openai().operation("createResponse").unwrap();
    let answer = |seed| {
        openai().respond(
            operation,
            &PathParams::default(),
            &mut Seeded::new(seed, true),
        )
    };
    assert_eq!(answer(5), answer(5));
    assert_ne!(answer(5), answer(6));
}

#[test]
fn broken_answers_are_found() {
    let operation = openai().operation("createEmbedding").unwrap();
    let good = serde_json::json!({"object": "list", "model": "m", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 1, "total_tokens": 1}});
    let check =
        |body: &Value| openai().check_response(operation, 200, "application/json", body, &[]);
    assert_eq!(check(&good), Ok(()));
    let mut base64 = good.clone();
    base64["data"][0]["embedding"] = "AAAAPw==".into();
    assert_eq!(check(&base64), Ok(()));
    let mut broken = good.clone();
    broken["object"] = "lists".into();
    broken["usage"]["total_tokens"] = Value::Null;
    broken["data"][0]["extra"] = 1.into();
    let found: Vec<String> = check(&broken)
        .unwrap_err()
        .into_iter()
        .map(|violation| violation.param)
        .collect();
    assert_eq!(found, ["object", "data[0].extra", "usage.total_tokens"]);
    let allowed = openai().check_response(
        operation,
        200,
        "application/json",
        &{
            let mut body = good.clone();
            body["data"][0]["extra"] = 1.into();
            body
        },
        &["data[].extra"],
    );
    assert_eq!(allowed, Ok(()));
    let error =
        serde_json::json!({"error": {"message": "m", "type": "t", "param": null, "code": null}});
    assert_eq!(
        openai().check_response(operation, 418, "application/json", &error, &[]),
        Ok(())
    );
    assert!(
        openai()
            .check_response(operation, 500, "application/json", &good, &[])
            .is_err()
    );
}

/// Typed clients know the document's types, not what the overlay takes besides.
#[test]
fn what_is_made_up_keeps_to_the_document() {
    let made = |name: &str, full: bool| {
        let schema = openai().schema(name).unwrap();
        openai().instance(schema, &mut Seeded::new(7, full))
    };
    for full in [false, true] {
        let run = made("EvalRun", full);
        assert!(run["error"].is_object(), "{run}");
        assert!(run["per_model_usage"].is_array(), "{run}");
        let job = made("FineTuningJob", full);
        assert_ne!(job["status"], "paused", "{job}");
        assert!(made("Embedding", full)["embedding"].is_array());
    }
}

#[test]
fn an_answer_tells_what_its_schema_names() {
    let schema = openai()
        .schema("RealtimeCreateClientSecretResponse")
        .unwrap();
    let heard = serde_json::json!({"transcription": {"model": "whisper-1", "delay": "minimal"},
        "noise_reduction": {"type": "near_field"}});
    let session = serde_json::json!({"type": "realtime", "object": "realtime.session", "id": "s",
        "parallel_tool_calls": true, "audio": {"input": heard}});
    let whole = serde_json::json!({"value": "ek", "expires_at": 1, "session": session});
    let told = openai().told(schema, whole);
    assert_eq!(openai().check_schema(schema, &told, &[]), Ok(()));
    let input = &told["session"]["audio"]["input"];
    assert_eq!(
        input["transcription"],
        serde_json::json!({"model": "whisper-1"})
    );
    assert_eq!(input["noise_reduction"]["type"], "near_field");
}
