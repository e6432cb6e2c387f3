//! Schemas of users: instances fit by another implementation's judgement, and strict refusals have
//! the provider's words.
#![allow(clippy::unwrap_used)]

mod support;

use fakeai_contract::UserSchema;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::Seeded;

fn agrees(schema: &Value, seeds: u64) {
    let compiled =
        UserSchema::compile(schema, false).unwrap_or_else(|error| panic!("{error}: {schema}"));
    let oracle = jsonschema::options()
        .should_validate_formats(true)
        .build(schema)
        .unwrap();
    for seed in 0..seeds {
        let value = compiled
            .instance(&mut Seeded::new(seed, seed % 2 == 1))
            .unwrap_or_else(|error| panic!("{error}: {schema}"));
        let errors: Vec<String> = oracle
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{schema}\n{value}\n{errors:?}");
    }
}

#[test]
fn common_schemas_have_instances_that_fit() {
    let schemas = [
        json!({}),
        json!(true),
        json!({"type": "object"}),
        json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 5}}, "required": ["a"], "additionalProperties": false}),
        json!({"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4}),
        json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
        json!({"type": "number", "multipleOf": 0.1, "minimum": 1}),
        json!({"type": "integer", "multipleOf": 7, "minimum": 100}),
        json!({"type": "string", "pattern": "^[A-Z]{3}-\\d{4}$"}),
        json!({"type": "string", "pattern": "^(foo|bar)+x?$", "minLength": 12}),
        json!({"type": "string", "pattern": "^\\w+@\\w+\\.com$", "maxLength": 12}),
        json!({"type": "string", "minLength": 40, "maxLength": 41}),
        json!({"type": "string", "maxLength": 0}),
        json!({"type": "string", "format": "date-time"}),
        json!({"type": "string", "format": "date"}),
        json!({"type": "string", "format": "time"}),
        json!({"type": "string", "format": "duration"}),
        json!({"type": "string", "format": "email"}),
        json!({"type": "string", "format": "hostname"}),
        json!({"type": "string", "format": "ipv4"}),
        json!({"type": "string", "format": "ipv6"}),
        json!({"type": "string", "format": "uuid"}),
        json!({"type": "string", "format": "uri"}),
        json!({"enum": ["a", 1, null, {"x": [1]}]}),
        json!({"const": {"a": 1}}),
        json!({"type": ["string", "null"]}),
        json!({"type": "array", "items": {"type": "boolean"}, "minItems": 3, "maxItems": 4}),
        json!({"type": "array", "items": {"enum": [1, 2, 3, 4]}, "uniqueItems": true, "minItems": 4}),
        json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 2}),
        json!({"type": "array", "contains": {"const": "x"}, "minContains": 2}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 2, "maxProperties": 3}),
        json!({"type": "object", "patternProperties": {"^x_[a-z]+$": {"type": "integer"}}, "additionalProperties": false, "minProperties": 1}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "dependentRequired": {"a": ["b"]}, "required": ["a"]}),
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
        json!({"oneOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"a": {"minimum": 10}, "b": {"type": "string"}}, "required": ["b"]}]}),
        json!({"allOf": [{"$ref": "#/$defs/base"}], "properties": {"kind": {"const": "dog"}}, "required": ["kind"], "$defs": {"base": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}}),
        json!({"not": {"type": "string"}}),
        json!({"type": "object", "properties": {"kind": {"enum": ["a", "b"]}, "x": {"type": "integer"}}, "required": ["kind"], "if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["x"]}, "else": {"properties": {"y": {"const": 1}}, "required": ["y"]}}),
        json!({"type": "object", "properties": {"value": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}, "required": ["value", "next"], "additionalProperties": false}),
        json!({"$defs": {"node": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["children"]}}, "$ref": "#/$defs/node"}),
        json!({"definitions": {"p": {"type": "string", "minLength": 2}}, "type": "array", "items": {"$ref": "#/definitions/p"}, "minItems": 1}),
        json!({"type": "object", "properties": {"tool": {"description": "which", "oneOf": [{"type": "object", "properties": {"type": {"const": "x"}, "v": {"type": "number"}}, "required": ["type", "v"]}, {"type": "object", "properties": {"type": {"const": "y"}}, "required": ["type"]}]}}, "required": ["tool"]}),
        json!({"type": "object", "propertyNames": {"pattern": "^[a-c]{2}$"}, "additionalProperties": {"type": "null"}, "minProperties": 2}),
    ];
    for schema in &schemas {
        agrees(schema, 12);
    }
}

/// Schemas that always have instances, of the kinds that tools and structured outputs use.
fn satisfiable() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        (0_usize..20, 0_usize..20).prop_map(
            |(low, more)| json!({"type": "string", "minLength": low, "maxLength": low + more})
        ),
        (-50_i64..50, 0_i64..100).prop_map(
            |(low, more)| json!({"type": "integer", "minimum": low, "maximum": low + more})
        ),
        (-5.0_f64..5.0, 0.1_f64..9.0).prop_map(
            |(low, more)| json!({"type": "number", "minimum": low, "exclusiveMaximum": low + more})
        ),
        (1_i64..9).prop_map(|step| json!({"type": "integer", "multipleOf": step})),
        Just(json!({"type": "boolean"})),
        Just(json!({"type": ["integer", "null"]})),
        prop::collection::vec("[a-z]{1,6}", 1..5).prop_map(|words| json!({"enum": words})),
        "[a-z]{1,3}"
            .prop_map(|word| json!({"type": "string", "pattern": format!("^{word}[0-9]{{2,4}}$")})),
        prop::sample::select(vec!["date", "uuid", "email", "ipv4"])
            .prop_map(|name| json!({"type": "string", "format": name})),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let fields = prop::collection::btree_map("[a-e]", (inner.clone(), any::<bool>()), 0..4);
        let object = (fields, any::<bool>()).prop_map(|(fields, closed)| {
            let required: Vec<&String> =
                fields.iter().filter(|(_, field)| field.1).map(|(name, _)| name).collect();
            let properties: serde_json::Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), field.0.clone())).collect();
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": !closed})
        });
        prop_oneof![
            object,
            (inner.clone(), 0_usize..3, 0_usize..3)
                .prop_map(|(items, low, more)| json!({"type": "array", "items": items, "minItems": low, "maxItems": low + more})),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|branches| json!({"anyOf": branches})),
            (inner.clone(), inner.clone()).prop_map(|(items, map)| json!({"type": "object", "properties": {"list": {"type": "array", "prefixItems": [items]}}, "additionalProperties": map})),
            inner.prop_map(|schema| json!({"$ref": "#/$defs/x", "$defs": {"x": schema}})),
        ]
    })
}

/// Nested `$defs` are lifted to where `#/$defs/x` finds them.
fn lifted(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => match members.get("$defs").and_then(|defs| defs.get("x")) {
            Some(inner) => lifted(inner),
            None => members
                .iter()
                .map(|(name, value)| (name.clone(), lifted(value)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(lifted).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn instances_fit_by_another_judgement(schema in satisfiable()) {
        agrees(&lifted(&schema), 4);
        agrees(&json!({"$ref": "#/$defs/x", "$defs": {"x": lifted(&schema)}}), 2);
    }

    #[test]
    fn the_two_validators_agree(schema in satisfiable(), other in satisfiable()) {
        let (schema, other) = (lifted(&schema), lifted(&other));
        let compiled = UserSchema::compile(&schema, false).unwrap();
        let oracle = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let value = UserSchema::compile(&other, false).unwrap().instance(&mut Seeded::new(7, true)).unwrap();
        prop_assert_eq!(compiled.validate(&value).is_ok(), oracle.is_valid(&value), "{} {}", schema, value);
    }
}

#[test]
fn strict_refusals_have_the_providers_words() {
    let object = |inner: Value| json!({"type": "object", "properties": {"a": inner}, "required": ["a"], "additionalProperties": false});
    let cases = [
        (
            json!({"type": "object", "properties": {}}),
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
            "In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.",
        ),
        (
            object(json!({"type": "array"})),
            "In context=('properties', 'a'), array schema missing items.",
        ),
        (
            object(json!({"type": "object", "properties": {}})),
            "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            object(json!({"description": "x"})),
            "In context=('properties', 'a'), schema must have a 'type' key.",
        ),
        (
            object(json!({"oneOf": [{"type": "string"}]})),
            "In context=('properties', 'a'), 'oneOf' is not permitted.",
        ),
        (
            object(json!({"type": "string", "format": "uri"})),
            "In context=('properties', 'a'), 'uri' is not a valid format.",
        ),
        (
            object(json!({"$ref": "#/$defs/b", "description": "x"})),
            "In context=('properties', 'a'), $ref cannot have keywords {'description'}.",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}}),
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        ),
    ];
    for (schema, message) in cases {
        let error = UserSchema::compile(&schema, true).err().unwrap();
        assert_eq!(error.to_string(), message, "{schema}");
        assert_eq!(
            error.response_format("out"),
            format!("Invalid schema for response_format 'out': {message}")
        );
    }
    let fine = object(
        json!({"anyOf": [{"type": "string", "pattern": "^a"}, {"$ref": "#"}, {"type": "null"}]}),
    );
    assert!(UserSchema::compile(&fine, true).is_ok());
}

#[test]
fn strict_patterns_must_be_ones_that_texts_can_be_held_against() {
    let schema = |pattern: &str| json!({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"], "additionalProperties": false});
    let cases = [
        (
            "^(?=x)y",
            "Invalid JSON schema: regex lookaround is not supported. Found at $.properties.a.pattern.",
        ),
        (
            "([",
            "Invalid JSON schema: regex is not supported. Found at $.properties.a.pattern.",
        ),
    ];
    for (pattern, message) in cases {
        let error = UserSchema::compile(&schema(pattern), true).err().unwrap();
        assert_eq!(error.response_format("out"), message);
        assert_eq!(error.code(), Some("invalid_json_schema"));
        assert!(UserSchema::compile(&schema(pattern), false).is_ok());
    }
}

#[test]
fn parameters_are_those_of_an_object() {
    for schema in [json!({}), json!(true), json!({"description": "none"})] {
        let compiled = UserSchema::parameters(&schema, false).unwrap();
        assert_eq!(
            compiled.instance(&mut Seeded::new(7, true)).unwrap(),
            json!({})
        );
    }
    let refused = [
        (
            json!({"type": "array"}),
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        ),
        (
            json!({"type": "object", "properties": {"a": {"type": "array"}}}),
            "Invalid schema for function 'f': In context=('properties', 'a'), array schema missing items.",
        ),
    ];
    for (schema, message) in refused {
        let error = UserSchema::parameters(&schema, false).err().unwrap();
        assert_eq!(error.function("f"), message);
    }
}

#[test]
fn what_must_be_contained_follows_the_prefix() {
    agrees(
        &json!({"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 10}, "prefixItems": [{"const": 1}], "minItems": 3}),
        4,
    );
    agrees(
        &json!({"type": "array", "items": false, "contains": {"minimum": 10}, "prefixItems": [{"const": 12}]}),
        4,
    );
}

#[test]
fn violations_name_their_place() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}, "required": ["a"]});
    let compiled = UserSchema::compile(&schema, false).unwrap();
    let violation = compiled.validate(&json!({"a": [1, "x"]})).unwrap_err();
    assert_eq!(violation.param, "a[1]");
}
