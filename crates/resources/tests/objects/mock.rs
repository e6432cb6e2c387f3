//! What nothing serves: refused in realistic mode, made up in mock mode.

use fakeai_canon::{ErrorKind, Micros, Mode, Seed};
use fakeai_contract::{Kind, Match, openai};
use fakeai_resources::{Body, Context, make_up};
use serde_json::{Value, json};

use crate::world::World;

#[test]
fn an_operation_that_nothing_serves_is_refused_by_name() {
    let error = World::realistic().get("/models", json!({})).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotImplemented);
    assert!(
        error.message.contains("'listModels' (GET /models)"),
        "{error}"
    );
}

#[test]
fn unknown_ids_exist_all_the_way_down() {
    let mut world = World::new(Mode::Mock);
    assert_eq!(
        world.get("/conversations/conv_123", json!({})).unwrap()["id"],
        "conv_123"
    );
    for path in [
        "/responses/resp_1",
        "/evals/eval_1/runs/run_1",
        "/conversations/conv_123/items/msg_abc",
    ] {
        assert!(
            world
                .get(path, json!({"after": "after"}))
                .unwrap()
                .is_object()
        );
    }
    let cancelled = world.post("/responses/resp_1/cancel", Value::Null).unwrap();
    assert_eq!(cancelled["object"], "response");
}

#[test]
fn what_was_really_made_is_found_in_mock_mode_too() {
    let mut world = World::new(Mode::Mock);
    let made = world
        .post("/conversations", json!({"metadata": {"a": "b"}}))
        .unwrap();
    let path = format!("/conversations/{}", made["id"].as_str().unwrap());
    assert_eq!(world.get(&path, json!({})).unwrap(), made);
    let page = world
        .get("/chat/completions", json!({"limit": 0, "after": "after"}))
        .unwrap();
    assert_eq!(page["data"], json!([]));
}

#[test]
fn the_body_comes_back_where_the_answer_has_its_properties() {
    let mut world = World::new(Mode::Mock);
    let body = json!({"name": "My store", "metadata": {"a": "b"}, "file_ids": ["file-1"]});
    let made = world.post("/vector_stores", body).unwrap();
    assert_eq!(made["name"], "My store");
    assert_eq!(made["metadata"], json!({"a": "b"}));
}

#[test]
fn every_operation_can_be_made_up_and_is_valid_and_the_same_for_its_seed() {
    let contract = openai();
    let mut checked = 0;
    for operation in contract.operations() {
        if operation.kind == Kind::Infer || operation.upgrade {
            continue;
        }
        let path = operation.path.replace('{', "id-").replace('}', "");
        let found = contract.find(operation.method, &path, operation.beta);
        let Match::Found { operation, params } = found else {
            panic!("{path} is not found");
        };
        for seed in 0..4 {
            let context = Context {
                now: Micros::from_seconds(1_700_000_000.0),
                seed: Seed(seed),
                mode: Mode::Mock,
            };
            let answer = make_up(operation, &params, &Value::Null, &context);
            assert_eq!(
                answer.body,
                make_up(operation, &params, &Value::Null, &context).body
            );
            if let Body::Json(body) = &answer.body {
                let valid = contract.check_response(
                    operation,
                    answer.status,
                    "application/json",
                    body,
                    &[],
                );
                assert!(valid.is_ok(), "{}: {valid:?}: {body}", operation.id);
                checked += 1;
            }
        }
    }
    assert!(checked > 800, "only {checked} answers had JSON");
}
