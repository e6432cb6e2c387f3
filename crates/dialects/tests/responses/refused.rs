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

/// Bodies, and the message and param of the refusal that they get.
fn refusals() -> Vec<(Value, &'static str, Option<&'static str>)> {
    vec![
        (
            json!({"input": "Hi"}),
            "Missing required parameter: 'model'.",
            Some("model"),
        ),
        (
            json!({"model": "gpt-4o"}),
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.",
            None,
        ),
        (
            with(json!({"previous_response_id": "resp_1", "conversation": "conv_1"})),
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only providing one of: 'previous_response_id' or 'conversation'.",
            None,
        ),
        (
            with(json!({"model": "o3", "temperature": 0.2})),
            "Unsupported parameter: 'temperature' is not supported with this model.",
            Some("temperature"),
        ),
        (
            with(json!({"model": "o3", "top_p": 0.2})),
            "Unsupported parameter: 'top_p' is not supported with this model.",
            Some("top_p"),
        ),
        (
            with(json!({"reasoning": {"effort": "low"}})),
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            Some("reasoning.effort"),
        ),
        (
            with(json!({"model": "o3", "reasoning": {"effort": "minimal"}})),
            "Unsupported value: 'minimal' is not supported with the 'o3' model. Supported values are: 'low', 'medium', and 'high'.",
            Some("reasoning.effort"),
        ),
        (
            with(json!({"text": {"verbosity": "low"}})),
            "Unsupported value: 'low' is not supported with the 'gpt-4o' model. Supported values are: 'medium'.",
            Some("text.verbosity"),
        ),
        (
            with(json!({"include": ["reasoning.encrypted_content"]})),
            "Encrypted content is not supported with this model.",
            Some("include"),
        ),
        (
            with(json!({"model": "o3", "include": ["message.output_text.logprobs"]})),
            "logprobs are not supported with reasoning models.",
            Some("include"),
        ),
        (
            with(json!({"stream_options": {"include_obfuscation": true}})),
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            Some("stream_options"),
        ),
        (
            with(json!({"background": true, "store": false})),
            "Background responses require 'store' to be true.",
            Some("background"),
        ),
        (
            with(json!({"tool_choice": "required"})),
            "Tool choice 'required' must be specified with 'tools' parameter.",
            Some("tool_choice"),
        ),
        (
            with(json!({"tool_choice": {"type": "function", "name": "f"}})),
            "Tool choice 'f' not found in 'tools' parameter.",
            Some("tool_choice"),
        ),
        (
            with(json!({"text": {"format": {"type": "json_object"}}})),
            "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.",
            Some("input"),
        ),
        (
            with(
                json!({"tools": [{"type": "function", "name": "a b", "parameters": null, "strict": null}]}),
            ),
            "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            Some("tools[0].name"),
        ),
        (
            with(
                json!({"tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {}}, "strict": true}]}),
            ),
            "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false.",
            Some("tools[0].parameters"),
        ),
        (
            with(
                json!({"text": {"format": {"type": "json_schema", "name": "s", "strict": true, "schema": {"type": "object", "properties": {}}}}}),
            ),
            "Invalid schema for response_format 's': In context=(), 'additionalProperties' is required to be supplied and to be false.",
            Some("text.format.schema"),
        ),
        (
            with(
                json!({"model": "o3-mini", "input": [{"role": "user", "content": [
                    {"type": "input_image", "image_url": "https://x.test/a.png"},
                ]}]}),
            ),
            "Invalid content type. input_image is only supported by certain models.",
            Some("input"),
        ),
        (
            with(json!({"model": "text-embedding-3-small"})),
            "The requested model 'text-embedding-3-small' is not supported with the Responses API.",
            Some("model"),
        ),
        (
            with(json!({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]})),
            "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
            Some("input"),
        ),
        (
            with(json!({"input": [
                {"type": "message", "role": "user", "id": "msg_1", "content": []},
                {"type": "message", "role": "user", "id": "msg_1", "content": []},
            ]})),
            "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
            Some("input"),
        ),
        (
            with(
                json!({"input": [{"type": "custom_tool_call", "call_id": "call_1", "name": "c", "input": ""}]}),
            ),
            "No tool output found for custom tool call call_1.",
            Some("input"),
        ),
        (
            with(json!({"input": [{"type": "compaction", "encrypted_content": "abcdefgh"}]})),
            "The encrypted content abcd...efgh could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
            None,
        ),
    ]
}

#[test]
fn what_the_provider_refuses_is_refused_in_its_words() {
    for (body, message, param) in refusals() {
        assert!(World::default().open(body.clone()).is_err(), "{message}");
        let (found, at, _) = World::default().refusal(body);
        assert_eq!((found.as_str(), at.as_deref()), (message, param));
    }
}

#[test]
fn a_mock_takes_all_of_it() {
    for (body, message, _) in refusals() {
        let opened = World::default().open_as(CREATE, body, Mode::Mock);
        assert!(opened.is_ok(), "{message}");
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
