//! Requests that don't fit get the provider's words, code and place.
#![allow(clippy::unwrap_used)]

use fakeai_contract::{Strictness, openai};
use serde_json::{Value, json};

fn refused(operation: &str, body: Value) -> (String, String, String) {
    let operation = openai().operation(operation).unwrap();
    let outcome =
        openai().validate_request(operation, "application/json", &body, Strictness::REALISTIC);
    let violation = outcome.expect_err(&format!("{body} was taken"));
    let code = violation.code().unwrap_or_default().to_owned();
    (violation.param.clone(), code, violation.message())
}

fn chat(messages: Value, extra: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "messages": messages});
    for (name, value) in extra.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn hi() -> Value {
    json!([{"role": "user", "content": "hi"}])
}

#[test]
fn chat_violations() {
    let cases = [
        (
            json!({"model": "gpt-4o"}),
            "messages",
            "missing_required_parameter",
            "Missing required parameter: 'messages'.",
        ),
        (
            chat(json!("x"), json!({})),
            "messages",
            "invalid_type",
            "Invalid type for 'messages': expected an array of objects, but got a string instead.",
        ),
        (
            chat(json!([]), json!({})),
            "messages",
            "empty_array",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (
            chat(json!([{"role": "user", "content": 7}]), json!({})),
            "messages[0].content",
            "invalid_type",
            "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
        ),
        (
            chat(json!([{"role": "user"}]), json!({})),
            "messages[0].content",
            "missing_required_parameter",
            "Missing required parameter: 'messages[0].content'.",
        ),
        (
            chat(json!([{"content": "hi"}]), json!({})),
            "messages[0].role",
            "missing_required_parameter",
            "Missing required parameter: 'messages[0].role'.",
        ),
        (
            chat(json!([{"role": "foo", "content": "hi"}]), json!({})),
            "messages[0].role",
            "invalid_value",
            "Invalid value: 'foo'. Supported values are: 'developer', 'system', 'user', 'assistant', 'tool', and 'function'.",
        ),
        (
            chat(
                json!([{"role": "user", "content": [{"type": "txt"}]}]),
                json!({}),
            ),
            "messages[0].content[0].type",
            "invalid_value",
            "Invalid value: 'txt'. Supported values are: 'text', 'image_url', 'input_audio', and 'file'.",
        ),
        (
            chat(
                json!([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]),
                json!({}),
            ),
            "messages[0].content[0].image_url.url",
            "missing_required_parameter",
            "Missing required parameter: 'messages[0].content[0].image_url.url'.",
        ),
        (
            chat(json!([{"role": "user", "content": ["x"]}]), json!({})),
            "messages[0].content[0]",
            "invalid_type",
            "Invalid type for 'messages[0].content[0]': expected an object, but got a string instead.",
        ),
        (
            chat(hi(), json!({"temperature": 3})),
            "temperature",
            "integer_above_max_value",
            "Invalid 'temperature': integer above maximum value. Expected a value <= 2, but got 3 instead.",
        ),
        (
            chat(hi(), json!({"temperature": 2.5})),
            "temperature",
            "decimal_above_max_value",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        ),
        (
            chat(hi(), json!({"temperature": "hot"})),
            "temperature",
            "invalid_type",
            "Invalid type for 'temperature': expected a decimal, but got a string instead.",
        ),
        (
            chat(hi(), json!({"n": 0})),
            "n",
            "integer_below_min_value",
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            chat(hi(), json!({"n": 1.5})),
            "n",
            "invalid_type",
            "Invalid type for 'n': expected an integer, but got a decimal number instead.",
        ),
        (
            chat(hi(), json!({"foo": 1})),
            "foo",
            "unknown_parameter",
            "Unknown parameter: 'foo'.",
        ),
        (
            chat(
                json!([{"role": "user", "content": "hi", "foo": 1}]),
                json!({}),
            ),
            "messages[0].foo",
            "unknown_parameter",
            "Unknown parameter: 'messages[0].foo'.",
        ),
        (
            chat(hi(), json!({"response_format": {"type": "xml"}})),
            "response_format.type",
            "invalid_value",
            "Invalid value: 'xml'. Supported values are: 'text', 'json_schema', and 'json_object'.",
        ),
        (
            chat(
                hi(),
                json!({"response_format": {"type": "json_schema", "json_schema": {}}}),
            ),
            "response_format.json_schema.name",
            "missing_required_parameter",
            "Missing required parameter: 'response_format.json_schema.name'.",
        ),
        (
            chat(
                hi(),
                json!({"tools": [{"type": "function", "function": {}}]}),
            ),
            "tools[0].function.name",
            "missing_required_parameter",
            "Missing required parameter: 'tools[0].function.name'.",
        ),
        (
            chat(
                hi(),
                json!({"tools": [{"type": "function", "function": {"name": "get weather"}}]}),
            ),
            "tools[0].function.name",
            "invalid_value",
            "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
        ),
        (
            chat(hi(), json!({"stream": "yes"})),
            "stream",
            "invalid_type",
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
        ),
        (
            chat(hi(), json!({"top_logprobs": 21})),
            "top_logprobs",
            "integer_above_max_value",
            "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 20, but got 21 instead.",
        ),
        (
            chat(hi(), json!({"stop": ["a", "b", "c", "d", "e"]})),
            "stop",
            "array_above_max_length",
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 instead.",
        ),
        (
            chat(hi(), json!({"logit_bias": {"5": "x"}})),
            "logit_bias.5",
            "invalid_type",
            "Invalid type for 'logit_bias.5': expected an integer, but got a string instead.",
        ),
    ];
    check("createChatCompletion", cases);
}

fn check<const COUNT: usize>(operation: &str, cases: [(Value, &str, &str, &str); COUNT]) {
    for (body, param, code, message) in cases {
        let got = refused(operation, body.clone());
        assert_eq!(
            (&*got.0, &*got.1, &*got.2),
            (param, code, message),
            "{body}"
        );
    }
}

fn input(input: Value) -> Value {
    json!({"model": "gpt-4o", "input": input})
}

#[test]
fn responses_violations() {
    let cases = [
        (
            input(json!(5)),
            "input",
            "invalid_type",
            "Invalid type for 'input': expected one of a string or array of objects, but got an integer instead.",
        ),
        (
            input(json!([{"role": "user"}])),
            "input[0].content",
            "missing_required_parameter",
            "Missing required parameter: 'input[0].content'.",
        ),
        (
            input(json!([{"role": "user", "content": "hi", "foo": 1}])),
            "input[0].foo",
            "unknown_parameter",
            "Unknown parameter: 'input[0].foo'.",
        ),
        (
            input(json!([{"role": "user", "content": [{"type": "input_text"}]}])),
            "input[0].content[0].text",
            "missing_required_parameter",
            "Missing required parameter: 'input[0].content[0].text'.",
        ),
        (
            input(json!([{"role": "nobody", "content": "hi"}])),
            "input[0].role",
            "invalid_value",
            "Invalid value: 'nobody'. Supported values are: 'user', 'assistant', 'system', and 'developer'.",
        ),
        (
            input(json!([{"type": "function_call_output", "call_id": "c"}])),
            "input[0].output",
            "missing_required_parameter",
            "Missing required parameter: 'input[0].output'.",
        ),
        (
            json!({"input": "x", "model": "gpt-4o", "max_output_tokens": 5}),
            "max_output_tokens",
            "integer_below_min_value",
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 5 instead.",
        ),
        (
            json!({"input": "x", "model": "gpt-4o", "messages": []}),
            "messages",
            "unknown_parameter",
            "Unknown parameter: 'messages'.",
        ),
    ];
    check("createResponse", cases);
}

#[test]
fn other_violations() {
    check(
        "createCompletion",
        [
            (
                json!({"model": "m", "prompt": [1, "a"]}),
                "prompt[1]",
                "invalid_type",
                "Invalid type for 'prompt[1]': expected an integer, but got a string instead.",
            ),
            (
                json!({"model": "m", "prompt": {}}),
                "prompt",
                "invalid_type",
                "Invalid type for 'prompt': expected one of a string, array of strings, array of integers, or array of arrays, but got an object instead.",
            ),
        ],
    );
    check(
        "createEmbedding",
        [
            (
                json!({"model": "m", "input": "x", "encoding_format": "hex"}),
                "encoding_format",
                "invalid_value",
                "Invalid value: 'hex'. Supported values are: 'float' and 'base64'.",
            ),
            (
                json!({"model": "m", "input": []}),
                "input",
                "empty_array",
                "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            ),
        ],
    );
}

#[test]
fn what_the_provider_takes_is_taken() {
    let cases = [
        (
            "createChatCompletion",
            chat(
                hi(),
                json!({"temperature": null, "stop": "x", "max_tokens": 5, "seed": -9007199254740991_i64}),
            ),
        ),
        (
            "createChatCompletion",
            chat(
                json!([{"role": "assistant", "content": null, "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}]),
                json!({}),
            ),
        ),
        (
            "createResponse",
            input(json!([{"role": "user", "content": [{"type": "input_text", "text": "x"}]}])),
        ),
        (
            "createResponse",
            input(
                json!([{"role": "user", "content": "x"}, {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}, {"type": "function_call_output", "call_id": "c", "output": "1"}]),
            ),
        ),
        (
            "createResponse",
            input(
                json!([{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [{"type": "output_text", "text": "x", "annotations": []}]}]),
            ),
        ),
        (
            "createResponse",
            input(
                json!([{"role": "assistant", "content": [{"type": "output_text", "text": "x"}]}]),
            ),
        ),
        (
            "createEmbedding",
            json!({"model": "m", "input": [[1, 2], [3]]}),
        ),
        (
            "createModeration",
            json!({"input": [{"type": "text", "text": "x"}]}),
        ),
    ];
    for (operation, body) in cases {
        let operation = openai().operation(operation).unwrap();
        let outcome =
            openai().validate_request(operation, "application/json", &body, Strictness::REALISTIC);
        assert_eq!(
            outcome.map_err(|violation| violation.to_string()),
            Ok(()),
            "{body}"
        );
    }
}

#[test]
fn mock_mode_and_flavours_take_more_fields() {
    let operation = openai().operation("createChatCompletion").unwrap();
    let body = chat(hi(), json!({"top_k": 5}));
    let flavour = Strictness {
        closed: true,
        extras: &["top_k"],
    };
    for strictness in [Strictness::MOCK, flavour] {
        let outcome = openai().validate_request(operation, "application/json", &body, strictness);
        assert!(outcome.is_ok());
    }
}
