//! What the provider refuses, in its words; and that a mock refuses none of it.

use fakeai_canon::{Mode, ToolChoice};
use serde_json::{Value, json};

use crate::house::generate;
use crate::world::{CREATE, World};

fn with(more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "input": "Hi"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

/// Rows of a body, and the message and param of the refusal that it gets.
fn refusals() -> Vec<Value> {
    serde_json::from_str(include_str!("refusals.json")).unwrap()
}

#[test]
fn what_the_provider_refuses_is_refused_in_its_words() {
    for row in refusals() {
        let error = World::default().open(row["body"].clone()).err();
        let found = error.map(|error| json!([error.message, error.param]));
        assert_eq!(found, Some(json!([row["message"], row["param"]])));
    }
}

#[test]
fn a_mock_takes_all_of_it() {
    for row in refusals() {
        let opened = World::default().open_as(CREATE, row["body"].clone(), Mode::Mock);
        assert!(opened.is_ok(), "{row}");
    }
    let choice = with(json!({"tool_choice": {"type": "function", "name": "f"}}));
    let opened = World::default()
        .open_as(CREATE, choice, Mode::Mock)
        .unwrap();
    assert_eq!(generate(&opened).tool_choice, ToolChoice::Auto);
    let unknown = json!({"input": "Hi", "previous_response_id": "x", "conversation": "y"});
    assert!(
        World::default()
            .open_as(CREATE, unknown, Mode::Mock)
            .is_ok()
    );
}

#[test]
fn models_that_draw_freely_without_reasoning_take_a_temperature_then() {
    let body = |effort: &str| json!({"model": "gpt-5.1", "input": "Hi", "temperature": 0.5, "reasoning": {"effort": effort}});
    assert!(World::default().open(body("none")).is_ok());
    assert!(World::default().open(body("low")).is_err());
}
