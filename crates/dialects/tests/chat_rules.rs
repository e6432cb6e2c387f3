//! What chat completions refuse in realistic mode, word for word, and let pass in mock mode.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

mod house;
mod player;

use fakeai_canon::Mode;
use house::{open, refused};
use serde_json::{Value, json};

const CHAT: &str = "createChatCompletion";

fn request(more: Value) -> Value {
    let mut body = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    body
}

/// Every request is refused with these words, param and code, and passes in mock mode.
fn refuses(more: Value, message: &str, param: &str, code: Option<&str>) {
    let (told, at, machine) = refused(CHAT, request(more.clone()));
    assert_eq!(told, message);
    assert_eq!(
        (at.as_deref(), machine.as_deref()),
        (Some(param), code),
        "{message}"
    );
    assert!(open(CHAT, request(more), Mode::Mock).is_ok(), "{message}");
}

#[test]
fn calls_want_their_results() {
    let calls = json!({"role": "assistant", "tool_calls": [
        {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "call_b", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let user = json!({"role": "user", "content": "Hi"});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "1"});
    refuses(
        json!({"messages": [user, calls, result("call_b"), user]}),
        "An assistant message with 'tool_calls' must be followed by tool messages responding to \
         each 'tool_call_id'. The following tool_call_ids did not have response messages: call_a",
        "messages.[3].role",
        None,
    );
    refuses(
        json!({"messages": [user, result("call_a")]}),
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message \
         with 'tool_calls'.",
        "messages.[1].role",
        None,
    );
    refuses(
        json!({"messages": [user, calls, result("call_c")]}),
        "Invalid parameter: 'tool_call_id' of 'call_c' not found in 'tool_calls' of previous \
         message.",
        "messages.[2].tool_call_id",
        None,
    );
    let whole = json!({"messages": [user, calls, result("call_b"), result("call_a"), user]});
    assert!(open(CHAT, request(whole), Mode::Realistic).is_ok());
}

#[test]
fn reasoning_models_take_no_sampling() {
    refuses(
        json!({"model": "o3", "temperature": 0.2}),
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default \
         (1) value is supported.",
        "temperature",
        Some("unsupported_value"),
    );
    refuses(
        json!({"model": "o3", "max_tokens": 5}),
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
         'max_completion_tokens' instead.",
        "max_tokens",
        Some("unsupported_parameter"),
    );
    refuses(
        json!({"model": "o3", "logprobs": true}),
        "Unsupported parameter: 'logprobs' is not supported with this model.",
        "logprobs",
        Some("unsupported_parameter"),
    );
    refuses(
        json!({"model": "o3", "reasoning_effort": "minimal"}),
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. \
         Supported values are: 'low', 'medium', and 'high'.",
        "reasoning_effort",
        Some("unsupported_value"),
    );
    assert!(
        open(
            CHAT,
            request(json!({"model": "o3", "temperature": 1})),
            Mode::Realistic
        )
        .is_ok()
    );
}

#[test]
fn the_first_reasoning_models_take_no_instructions() {
    let user = json!({"role": "user", "content": "Hi"});
    for (model, role) in [
        ("o1-mini", "system"),
        ("o1-mini-2024-09-12", "developer"),
        ("o1-preview", "system"),
    ] {
        let told = json!({"role": role, "content": "Be brief."});
        for (place, messages) in [[&told, &user], [&user, &told]].iter().enumerate() {
            refuses(
                json!({"model": model, "messages": messages}),
                &format!(
                    "Unsupported value: 'messages[{place}].role' does not support '{role}' with \
                     this model."
                ),
                &format!("messages[{place}].role"),
                Some("unsupported_value"),
            );
        }
    }
    for role in ["system", "developer"] {
        let messages = json!([{"role": role, "content": "Be brief."}, user]);
        let body = request(json!({"model": "o1", "messages": messages}));
        assert!(open(CHAT, body, Mode::Realistic).is_ok(), "{role}");
    }
}

#[test]
fn fields_that_need_another_say_so() {
    for (name, value, other) in [
        ("stream_options", json!({"include_usage": true}), "stream"),
        ("top_logprobs", json!(2), "logprobs"),
        ("metadata", json!({"a": "b"}), "store"),
    ] {
        let message = format!("The '{name}' parameter is only allowed when '{other}' is enabled.");
        refuses(json!({ name: value }), &message, name, None);
    }
    for (name, value, other) in [
        ("tool_choice", json!("auto"), "tools"),
        ("parallel_tool_calls", json!(true), "tools"),
        ("function_call", json!("auto"), "functions"),
    ] {
        let message = format!(
            "Invalid value for '{name}': '{name}' is only allowed when '{other}' are specified."
        );
        refuses(json!({ name: value }), &message, name, None);
    }
    refuses(
        json!({"max_tokens": 5, "max_completion_tokens": 5}),
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "max_tokens",
        Some("invalid_parameter_combination"),
    );
}

#[test]
fn tools_are_held_against_their_choice_and_their_names() {
    let tool = |name: &str| json!([{"type": "function", "function": {"name": name}}]);
    refuses(
        json!({"tools": tool("f"), "tool_choice": {"type": "function", "function": {"name": "g"}}}),
        "Invalid value for 'tool_choice': no function named g was specified in the 'tools' \
         parameter.",
        "tool_choice",
        None,
    );
    refuses(
        json!({"functions": [{"name": "f"}], "function_call": {"name": "g"}}),
        "Invalid value for 'function_call': no function named g was specified in the 'functions' \
         parameter.",
        "function_call",
        None,
    );
    refuses(
        json!({"tools": tool("a b")}),
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that \
         matches the pattern '^[a-zA-Z0-9_-]+$'.",
        "tools[0].function.name",
        Some("invalid_value"),
    );
    refuses(
        json!({"tools": []}),
        "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty \
         array instead.",
        "tools",
        Some("empty_array"),
    );
}

#[test]
fn the_plain_json_format_wants_json_to_be_mentioned() {
    let format = json!({"type": "json_object"});
    refuses(
        json!({"response_format": format}),
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type \
         'json_object'.",
        "messages",
        None,
    );
    let told = json!([{"role": "user", "content": "as JSON"}]);
    let body = request(json!({"response_format": format, "messages": told}));
    assert!(open(CHAT, body, Mode::Realistic).is_ok());
}

#[test]
fn images_are_addresses_or_data() {
    let image = |url: &str| {
        json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {"url": url}}]}]})
    };
    for (url, found) in [
        ("iVBORw0KGgo=", "a value without the 'data:' prefix"),
        (
            "data:text/plain;base64,AAAA",
            "unsupported MIME type 'text/plain'",
        ),
        ("data:image/png;base64,", "empty base64-encoded bytes"),
        ("data:image/png;base64,§", "invalid base64-encoded bytes"),
    ] {
        let message = format!(
            "Invalid image URL: 'messages[0].content[1].image_url.url'. Expected a base64-encoded \
             data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), \
             but got {found}."
        );
        let param = "messages[0].content[1].image_url.url";
        refuses(image(url), &message, param, Some("invalid_value"));
    }
}

#[test]
fn a_model_that_does_not_see_or_chat_says_so() {
    let image = json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}});
    refuses(
        json!({"model": "gpt-3.5-turbo", "messages": [{"role": "user", "content": [image]}]}),
        "Invalid content type. image_url is only supported by certain models.",
        "messages.[0].content.[0].type",
        None,
    );
    refuses(
        json!({"model": "text-embedding-3-small"}),
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did \
         you mean to use v1/completions?",
        "model",
        None,
    );
}

#[test]
fn limits_and_metadata_have_bounds() {
    refuses(
        json!({"max_completion_tokens": 0}),
        "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but \
         got 0 instead.",
        "max_completion_tokens",
        Some("integer_below_min_value"),
    );
    refuses(
        json!({"max_tokens": 1_000_000}),
        "max_tokens is too large: 1000000. This model supports at most 16384 completion tokens, \
         whereas you provided 1000000.",
        "max_tokens",
        Some("invalid_value"),
    );
    refuses(
        json!({"store": true, "metadata": {"k": "v".repeat(513)}}),
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got \
         a string with length 513 instead.",
        "metadata.k",
        Some("string_above_max_length"),
    );
    refuses(
        json!({"logit_bias": {"5": 101}}),
        "Invalid 'logit_bias.5': integer above maximum value. Expected a value <= 100, but got 101 \
         instead.",
        "logit_bias.5",
        Some("integer_above_max_value"),
    );
}
