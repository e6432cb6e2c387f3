//! Queries and forms become JSON of the right types.
#![allow(clippy::unwrap_used)]

use fakeai_contract::{decode_query, openai};
use serde_json::{Value, json};

fn query(operation: &str, raw: &str) -> Result<Value, String> {
    let operation = openai().operation(operation).unwrap();
    let pairs = decode_query(raw);
    openai()
        .validate_query(operation, &pairs)
        .map_err(|violation| violation.to_string())
}

#[test]
fn queries_are_decoded_by_their_schemas() {
    let cases = [
        (
            "listFiles",
            "limit=5&order=asc&after=a%20b+c",
            json!({"limit": 5, "order": "asc", "after": "a b c"}),
        ),
        ("listFiles", "", json!({})),
        ("listFiles", "what=1", json!({"what": "1"})),
        (
            "listInputItems",
            "include%5B%5D=message.output_text.logprobs&include[]=reasoning.encrypted_content",
            json!({"include": ["message.output_text.logprobs", "reasoning.encrypted_content"]}),
        ),
        (
            "listInputItems",
            "include=message.output_text.logprobs",
            json!({"include": ["message.output_text.logprobs"]}),
        ),
        (
            "getResponse",
            "stream=true&starting_after=3",
            json!({"stream": true, "starting_after": 3}),
        ),
        (
            "list-audit-logs",
            "effective_at[gte]=5&project_ids[]=a&project_ids[]=b",
            json!({"effective_at": {"gte": 5}, "project_ids": ["a", "b"]}),
        ),
        (
            "listChatCompletions",
            "metadata[foo]=bar",
            json!({"metadata": {"foo": "bar"}}),
        ),
        (
            "usage-completions",
            "start_time=0&group_by[]=model",
            json!({"start_time": 0, "group_by": ["model"]}),
        ),
    ];
    for (operation, raw, wanted) in cases {
        assert_eq!(query(operation, raw), Ok(wanted), "{operation}?{raw}");
    }
}

#[test]
fn wrong_queries_get_the_providers_words() {
    let cases = [
        (
            "listFiles",
            "limit=x",
            "Invalid type for 'limit': expected an integer, but got a string instead.",
        ),
        (
            "listFiles",
            "order=up",
            "Invalid value: 'up'. Supported values are: 'asc' and 'desc'.",
        ),
        (
            "usage-completions",
            "",
            "Missing required parameter: 'start_time'.",
        ),
    ];
    for (operation, raw, message) in cases {
        assert_eq!(
            query(operation, raw),
            Err(message.to_owned()),
            "{operation}?{raw}"
        );
    }
}

#[test]
fn forms_are_typed_like_bodies() {
    let operation = openai().operation("createTranscription").unwrap();
    let fields = [
        ("file", "a.wav"),
        ("model", "whisper-1"),
        ("temperature", "0.5"),
        ("stream", "true"),
        ("timestamp_granularities[]", "word"),
    ];
    let fields: Vec<(String, String)> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let body = openai().form_value(operation, "multipart/form-data", &fields);
    assert_eq!(
        body,
        json!({"file": "a.wav", "model": "whisper-1", "temperature": 0.5, "stream": true, "timestamp_granularities": ["word"]})
    );
    let outcome = openai().validate_request(
        operation,
        "multipart/form-data",
        &body,
        fakeai_contract::Strictness::REALISTIC,
    );
    assert_eq!(outcome.map_err(|violation| violation.to_string()), Ok(()));
}
