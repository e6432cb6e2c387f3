//! Whatever comes, the walkers answer: no panic, no endless walk, and what is taken in strict mode
//! is taken in mock mode.
#![allow(clippy::unwrap_used)]

mod support;

use fakeai_contract::{Match, Method, Strictness, UserSchema, decode_query, openai};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::Seeded;

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "model",
        "messages",
        "role",
        "content",
        "type",
        "text",
        "input",
        "tools",
        "n",
        "stream",
        "function",
        "name",
        "parameters",
        "id",
        "filters",
        "$ref",
        "anyOf",
        "items",
        "properties",
        "required",
        "minItems",
        "enum",
        "pattern",
        "not",
        "if",
        "then",
        "allOf",
        "oneOf",
        "additionalProperties",
        "const",
        "multipleOf",
        "minimum",
        "uniqueItems",
    ]);
    let words = prop::sample::select(vec![
        "user",
        "assistant",
        "message",
        "text",
        "function",
        "object",
        "array",
        "string",
        "integer",
        "#",
        "#/properties/a",
        "and",
        "[a-z]+",
        "",
        "\u{1f600}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|float| json!(float)),
        words.prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let name = prop_oneof![names.clone().prop_map(String::from), ".{0,3}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requests_and_answers(value in any_json(), place in 0_usize..289) {
        let operation = &openai().operations()[place];
        for body in &operation.request {
            let strict = openai().validate_request(operation, &body.media, &value, Strictness::REALISTIC);
            let open = openai().validate_request(operation, &body.media, &value, Strictness::MOCK);
            prop_assert!(strict.is_err() || open.is_ok());
            if let Err(violation) = strict {
                prop_assert!(!violation.message().is_empty() && violation.code().is_some());
            }
        }
        let _ = openai().check_response(operation, 200, "application/json", &value, &[]);
        let _ = openai().check_event(operation, &value, &[]);
    }

    #[test]
    fn chat_bodies(messages in any_json(), tools in any_json()) {
        let operation = openai().operation("createChatCompletion").unwrap();
        let body = json!({"model": "m", "messages": [messages], "tools": tools});
        let _ = openai().validate_request(operation, "application/json", &body, Strictness::REALISTIC);
        let operation = openai().operation("createResponse").unwrap();
        let body = json!({"model": "m", "input": [messages], "tools": [tools]});
        let _ = openai().validate_request(operation, "application/json", &body, Strictness::REALISTIC);
    }

    #[test]
    fn user_schemas(schema in any_json(), value in any_json(), strict in any::<bool>()) {
        if let Ok(compiled) = UserSchema::compile(&schema, strict) {
            let _ = compiled.validate(&value);
            if let Ok(made) = compiled.instance(&mut Seeded::new(1, true)) {
                prop_assert!(compiled.validate(&made).is_ok());
            }
        }
    }

    #[test]
    fn paths_and_queries(path in "[/a-z%{}0-9.é]{0,40}", query in "[a-z\\[\\]=&%+0-9]{0,60}") {
        for operation in ["listFiles", "usage-costs", "listFineTuningJobs", "list-audit-logs"] {
            if let Some(operation) = openai().operation(operation) {
                let _ = openai().validate_query(operation, &decode_query(&query));
            }
        }
        let _ = openai().find(Method::Get, &path, false);
        if let Match::Found { params, .. } = openai().find(Method::Get, &format!("/models/{path}"), false) {
            let _ = params.get("model");
        }
    }
}

#[test]
fn deep_and_branching_schemas_end() {
    // A schema whose naive check doubles with each level.
    let schema = json!({
        "$ref": "#/$defs/a",
        "$defs": {"a": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1},
            {"type": "array", "items": {"$ref": "#/$defs/a"}, "minItems": 1, "maxItems": 5},
            {"type": "integer"},
        ]}},
    });
    let compiled = UserSchema::compile(&schema, false).unwrap();
    let mut value = json!("not an integer");
    for _ in 0..100 {
        value = json!([value]);
    }
    assert!(compiled.validate(&value).is_err());

    let mut nested = json!({"type": "string"});
    for _ in 0..90 {
        nested = json!({"type": "object", "properties": {"a": nested}, "required": ["a"]});
    }
    let compiled = UserSchema::compile(&nested, false).unwrap();
    assert!(compiled.instance(&mut Seeded::new(1, true)).is_ok());
    for _ in 0..90 {
        nested = json!({"type": "object", "properties": {"a": nested}, "required": ["a"]});
    }
    assert!(UserSchema::compile(&nested, false).is_err());
}

#[test]
fn circles_and_dead_references_are_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}),
        json!({"$ref": "#/$defs/nowhere"}),
    ] {
        assert!(UserSchema::compile(&schema, false).is_err(), "{schema}");
    }
    // Nothing finite fits this one: it compiles and has no instance.
    let endless = json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]});
    let compiled = UserSchema::compile(&endless, false).unwrap();
    assert!(compiled.instance(&mut Seeded::new(1, true)).is_err());
}
