//! Filters say what a naive reading says, and refuse what they can't mean.

#![allow(clippy::unwrap_used, reason = "this is test code")]

use fakeai_retrieval::{Attributes, Filter, Ranker, Ranking};
use proptest::prelude::*;
use serde_json::{Value, json};

fn attributes() -> Attributes {
    let Value::Object(attributes) = json!({"lang": "de", "year": 2024, "score": 0.5, "open": true})
    else {
        unreachable!()
    };
    attributes
}

fn matches(filter: Value) -> bool {
    Filter::from_json(&filter).unwrap().matches(&attributes())
}

fn compare(operator: &str, key: &str, value: Value) -> Value {
    json!({"type": operator, "key": key, "value": value})
}

#[test]
fn comparisons() {
    for (operator, key, value, expected) in [
        ("eq", "lang", json!("de"), true),
        ("eq", "lang", json!("en"), false),
        ("eq", "year", json!(2024.0), true),
        ("eq", "year", json!("2024"), false),
        ("eq", "open", json!(true), true),
        ("eq", "open", json!(1), false),
        ("eq", "missing", json!("x"), false),
        ("ne", "lang", json!("en"), true),
        ("ne", "missing", json!("x"), true),
        ("gt", "year", json!(2023), true),
        ("gt", "year", json!(2024), false),
        ("gte", "year", json!(2024), true),
        ("lt", "score", json!(0.51), true),
        ("lte", "score", json!(0.5), true),
        ("lt", "lang", json!("en"), true),
        ("lt", "lang", json!(5), false),
        ("lt", "missing", json!(5), false),
        ("in", "lang", json!(["en", "de"]), true),
        ("in", "year", json!([2023]), false),
        ("nin", "year", json!([2023]), true),
        ("nin", "lang", json!(["de"]), false),
        ("nin", "missing", json!(["de"]), true),
    ] {
        let filter = compare(operator, key, value);
        assert_eq!(matches(filter.clone()), expected, "{filter}");
    }
}

#[test]
fn compounds() {
    let (yes, no) = (
        compare("eq", "lang", json!("de")),
        compare("eq", "lang", json!("en")),
    );
    assert!(matches(json!({"type": "or", "filters": [no, yes]})));
    assert!(!matches(json!({"type": "and", "filters": [no, yes]})));
    assert!(matches(
        json!({"type": "and", "filters": [yes, {"type": "or", "filters": [no, yes]}]})
    ));
    assert!(matches(json!({"type": "and", "filters": []})));
    assert!(!matches(json!({"type": "or", "filters": []})));
}

#[test]
fn what_is_wrong_is_named() {
    let mut deep = compare("eq", "a", json!(1));
    for _ in 0..17 {
        deep = json!({"type": "and", "filters": [deep]});
    }
    for (filter, param, message) in [
        (
            json!([]),
            "filters",
            "Invalid type for 'filters': expected an object, but got an array instead.",
        ),
        (
            json!({}),
            "filters.type",
            "Missing required parameter: 'filters.type'.",
        ),
        (
            compare("like", "a", json!(1)),
            "filters.type",
            "Invalid value: 'like'. Supported values are: 'eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'and', and 'or'.",
        ),
        (
            json!({"type": "eq", "value": 1}),
            "filters.key",
            "Missing required parameter: 'filters.key'.",
        ),
        (
            json!({"type": "eq", "key": "a"}),
            "filters.value",
            "Missing required parameter: 'filters.value'.",
        ),
        (
            json!({"type": "and", "filters": [{"type": "eq", "key": "a", "value": null}]}),
            "filters.filters[0].value",
            "Invalid type for 'filters.filters[0].value': expected one of a string, number, or boolean for the operator 'eq', but got null instead.",
        ),
        (
            compare("gt", "a", json!(true)),
            "filters.value",
            "Invalid type for 'filters.value': expected one of a string or number for the operator 'gt', but got a boolean instead.",
        ),
        (
            compare("in", "a", json!("x")),
            "filters.value",
            "Invalid type for 'filters.value': expected an array of strings or numbers for the operator 'in', but got a string instead.",
        ),
        (
            json!({"type": "eq", "key": "a", "value": 1, "extra": 1}),
            "filters.extra",
            "Unknown parameter: 'filters.extra'.",
        ),
        (
            json!({"type": "or"}),
            "filters.filters",
            "Missing required parameter: 'filters.filters'.",
        ),
    ] {
        let error = Filter::from_json(&filter).unwrap_err();
        assert_eq!(
            (error.param.as_str(), error.message.as_str()),
            (param, message)
        );
    }
    assert!(
        Filter::from_json(&deep)
            .unwrap_err()
            .message
            .contains("nested")
    );
    let many = vec![compare("eq", "a", json!(1)); 1001];
    assert!(Filter::from_json(&json!({"type": "or", "filters": many})).is_err());
}

#[test]
fn ranking_options() {
    let options = json!({"ranker": "none", "score_threshold": 0.5, "hybrid_search": {"embedding_weight": 2, "text_weight": 1}});
    let ranking = Ranking::from_json(Some(&options)).unwrap();
    assert_eq!(ranking.ranker, Ranker::None);
    assert_eq!(
        ranking
            .hybrid
            .map(|weights| (weights.embedding_weight, weights.text_weight)),
        Some((2.0, 1.0))
    );
    assert_eq!(Ranking::from_json(None).unwrap(), Ranking::default());
    for (options, param) in [
        (json!({"ranker": "best"}), "ranking_options.ranker"),
        (
            json!({"score_threshold": 1.5}),
            "ranking_options.score_threshold",
        ),
        (
            json!({"score_threshold": -1}),
            "ranking_options.score_threshold",
        ),
        (
            json!({"score_threshold": "x"}),
            "ranking_options.score_threshold",
        ),
        (
            json!({"hybrid_search": {"text_weight": 1}}),
            "ranking_options.hybrid_search.embedding_weight",
        ),
        (
            json!({"hybrid_search": {"text_weight": 0, "embedding_weight": 0}}),
            "ranking_options.hybrid_search",
        ),
    ] {
        assert_eq!(Ranking::from_json(Some(&options)).unwrap_err().param, param);
    }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["a", "b", "c"]).prop_map(Value::from),
        (-2i64..3).prop_map(Value::from),
        prop::sample::select(vec![-1.0, 0.5, 2.0]).prop_map(Value::from),
    ]
}

fn filter() -> impl Strategy<Value = Value> {
    let key = || prop::sample::select(vec!["k", "l", "m"]);
    let ordered = prop::sample::select(vec!["eq", "ne", "gt", "gte", "lt", "lte"]);
    let lists = prop::sample::select(vec!["in", "nin"]);
    let leaf = prop_oneof![
        (ordered, key(), scalar()).prop_map(|(operator, key, value)| compare(operator, key, value)),
        (lists, key(), prop::collection::vec(scalar(), 0..4))
            .prop_map(|(operator, key, values)| compare(operator, key, Value::from(values))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        (
            prop::sample::select(vec!["and", "or"]),
            prop::collection::vec(inner, 0..4),
        )
            .prop_map(|(kind, filters)| json!({"type": kind, "filters": filters}))
    })
}

/// Reads the JSON directly, each operator by itself.
fn naive(filter: &Value, attributes: &Attributes) -> bool {
    let kind = filter["type"].as_str().unwrap();
    if let Some(filters) = filter["filters"].as_array() {
        let mut verdicts = filters.iter().map(|filter| naive(filter, attributes));
        return if kind == "and" {
            verdicts.all(|yes| yes)
        } else {
            verdicts.any(|yes| yes)
        };
    }
    let wanted = &filter["value"];
    let found = attributes.get(filter["key"].as_str().unwrap());
    let equal = |one: &Value, other: &Value| match (one, other) {
        (Value::String(one), Value::String(other)) => one == other,
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Bool(one), Value::Bool(other)) => one == other,
        _ => false,
    };
    let is_less = |one: &Value, other: &Value| match (one, other) {
        (Value::String(one), Value::String(other)) => one < other,
        (Value::Number(one), Value::Number(other)) => one.as_f64() < other.as_f64(),
        _ => false,
    };
    let Some(found) = found else {
        return kind == "ne" || kind == "nin";
    };
    let is_listed = || {
        wanted
            .as_array()
            .unwrap()
            .iter()
            .any(|item| equal(found, item))
    };
    match kind {
        "eq" => equal(found, wanted),
        "ne" => !equal(found, wanted),
        "lt" => is_less(found, wanted),
        "lte" => is_less(found, wanted) || equal(found, wanted),
        "gt" => is_less(wanted, found),
        "gte" => is_less(wanted, found) || equal(found, wanted),
        "in" => is_listed(),
        _ => !is_listed(),
    }
}

proptest! {
    #[test]
    fn a_filter_is_what_it_says(
        filter in filter(),
        values in prop::collection::vec(prop::option::of(prop_oneof![scalar(), any::<bool>().prop_map(Value::from)]), 3),
    ) {
        let pairs = ["k", "l", "m"].into_iter().zip(values);
        let attributes: Attributes =
            pairs.filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
        let read = Filter::from_json(&filter).unwrap();
        prop_assert_eq!(read.matches(&attributes), naive(&filter, &attributes));
    }
}
