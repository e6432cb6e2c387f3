//! Structured answers: an instance of the schema whenever the finish is `stop`.

use fakeai_canon::{Format, Generate, Work};
use fakeai_contract::UserSchema;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::desk::{chat, choice, is_stop, json_schema, plan, said};

fn answer(asked: &str, schema: Value, strict: bool) -> Value {
    let text = said(&Generate {
        format: json_schema(schema.clone(), strict),
        ..chat(asked)
    });
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let compiled = UserSchema::compile(&schema, false).expect("a schema");
    assert!(compiled.validate(&value).is_ok(), "{value}");
    assert_eq!(text, value.to_string(), "compact");
    value
}

#[test]
fn values_of_the_prompt_are_taken() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "date": {"type": "string"},
            "participants": {"type": "array", "items": {"type": "string"}}
        },
        "required": ["name", "date", "participants"],
        "additionalProperties": false
    });
    let value = answer(
        "Extract the event: Alice and Bob are going to a science fair on Friday.",
        schema,
        true,
    );
    assert_eq!(value["participants"], json!(["Alice", "Bob"]));
    assert_eq!(value["date"], "Friday");
    assert_eq!(
        value
            .as_object()
            .expect("object")
            .keys()
            .collect::<Vec<_>>(),
        ["name", "date", "participants"]
    );
}

#[test]
fn people_and_their_numbers_keep_together() {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}, "required": ["name", "age"], "additionalProperties": false});
    let schema = json!({"type": "object", "properties": {"people": {"type": "array", "items": person}}, "required": ["people"], "additionalProperties": false});
    let value = answer(
        "Extract: Alice is 30 years old and Bob is 25 years old.",
        schema,
        true,
    );
    assert_eq!(
        value["people"],
        json!([{"name": "Alice", "age": 30}, {"name": "Bob", "age": 25}])
    );
}

#[test]
fn literals_are_chosen_by_what_the_prompt_says() {
    let schema = json!({"type": "object", "properties": {"sentiment": {"type": "string", "enum": ["positive", "neutral", "negative"]}}, "required": ["sentiment"], "additionalProperties": false});
    let value = answer(
        "Classify: I loved this film, it was wonderful!",
        schema.clone(),
        true,
    );
    assert_eq!(value["sentiment"], "positive");
    let value = answer(
        "Classify: the worst, most horrible service ever",
        schema,
        true,
    );
    assert_eq!(value["sentiment"], "negative");
}

#[test]
fn choices_follow_what_the_text_speaks_for() {
    let one_of = |labels: Value| json!({"type": "object", "properties": {"label": {"type": "string", "enum": labels}}, "required": ["label"], "additionalProperties": false});
    for (asked, labels, expected) in [
        (
            "The waiter was rude and the soup cold.",
            json!(["positive", "neutral", "negative"]),
            "negative",
        ),
        (
            "The second season is not good at all.",
            json!(["positive", "neutral", "negative"]),
            "negative",
        ),
        (
            "My card was charged twice, I want my money back.",
            json!(["technical", "billing", "other"]),
            "billing",
        ),
        (
            "URGENT: you won a prize, click to claim your free gift card",
            json!(["ham", "spam"]),
            "spam",
        ),
    ] {
        let value = answer(asked, one_of(labels), true);
        assert_eq!(value["label"], expected, "{asked}");
    }
}

#[test]
fn references_unions_and_recursion_hold() {
    let schema = json!({
        "type": "object",
        "properties": {
            "root": {"$ref": "#/$defs/node"},
            "when": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"},
            "kind": {"const": "tree"},
            "score": {"type": "number", "minimum": 0, "maximum": 1}
        },
        "required": ["root", "when", "code", "kind", "score"],
        "additionalProperties": false,
        "$defs": {"node": {
            "type": "object",
            "properties": {"label": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
            "required": ["label", "children"],
            "additionalProperties": false
        }}
    });
    answer("Make a tree of animals", schema, true);
}

#[test]
fn a_json_object_has_the_keys_that_the_prompt_names() {
    let object = |asked: &str| -> Value {
        let text = said(&Generate {
            format: Format::JsonObject,
            ..chat(asked)
        });
        serde_json::from_str(&text).expect("JSON")
    };
    let value = object("Return a JSON object with the keys name, age and city.");
    assert_eq!(
        value
            .as_object()
            .expect("object")
            .keys()
            .collect::<Vec<_>>(),
        ["name", "age", "city"]
    );
    assert!(value["age"].is_i64());
    let value = object("Answer in JSON like {\"joke\": \"...\", \"rating\": 5}");
    assert_eq!(
        value
            .as_object()
            .expect("object")
            .keys()
            .collect::<Vec<_>>(),
        ["joke", "rating"]
    );
    assert!(object("Tell me about whales in JSON").is_object());
}

#[test]
fn a_schema_that_strict_forbids_is_the_providers_400() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let work = Generate {
        format: json_schema(schema, true),
        ..chat("Hi")
    };
    let error = plan(&Work::Generate(Box::new(work)))
        .err()
        .expect("not strict");
    assert!(
        error.message.contains("additionalProperties"),
        "{}",
        error.message
    );
    assert_eq!(error.param.as_deref(), Some("response_format"));
}

/// Schemas in the strict subset.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": "null"})),
        (-50i64..50, 0i64..50).prop_map(
            |(low, span)| json!({"type": "integer", "minimum": low, "maximum": low + span})
        ),
        Just(json!({"type": "number", "exclusiveMinimum": 0, "maximum": 2.5})),
        Just(json!({"type": "string", "enum": ["red", "green", "blue"]})),
        Just(json!({"type": "string", "format": "email"})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "pattern": "^[a-f0-9]{2,6}$"})),
        Just(json!({"const": 7})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0usize..3).prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least, "maxItems": least + 2})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|branches| json!({"anyOf": branches})),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map("name|city|tags|total|is_open|email|notes|unit", inner, 1..5).prop_map(|properties| {
        let required: Vec<_> = properties.keys().cloned().collect();
        let properties: Map<String, Value> = properties.into_iter().collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_answer_that_stops_is_an_instance(schema in object(schemas()), asked in ".{0,80}") {
        let work = Generate { format: json_schema(schema.clone(), true), ..chat(&asked) };
        let choice = choice(&work);
        prop_assert!(is_stop(&choice));
        let value: Value = serde_json::from_str(&crate::desk::text(&choice)).expect("JSON");
        let compiled = UserSchema::compile(&schema, true).expect("strict");
        prop_assert!(compiled.validate(&value).is_ok(), "{} is no {}", value, schema);
    }
}
