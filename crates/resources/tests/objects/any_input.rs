//! Whatever a call brings that the contract lets in: no panic, and every answer fits the contract.

use fakeai_canon::{Mode, Rng, Seed};
use fakeai_contract::{Hint, Kind, Operation, Source, Strictness, openai};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{World, ids};

/// Takes optional properties and nulls half of the time.
struct Chance(Rng);

impl Source for Chance {
    fn string(&mut self, _: &Hint<'_>) -> String {
        format!("text {}", self.0.below(100))
    }

    fn integer(&mut self, _: &Hint<'_>, low: i64, high: i64) -> i64 {
        self.0.between(low.max(-1_000), high.min(1_000))
    }

    fn number(&mut self, _: &Hint<'_>, low: f64, high: f64) -> f64 {
        let (low, high) = (low.max(-10.0), high.min(10.0));
        low + self.0.unit() * (high - low)
    }

    fn boolean(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.5)
    }

    fn pick(&mut self, count: usize) -> usize {
        self.0.below(count)
    }

    fn length(&mut self, _: &Hint<'_>, low: usize, high: usize) -> usize {
        low.max(self.0.below(3)).min(high)
    }

    fn include(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.5)
    }

    fn null(&mut self, _: &Hint<'_>) -> bool {
        self.0.chance(0.5)
    }
}

#[test]
fn every_kind_of_item_that_the_contract_takes_can_be_stored() {
    let schema = openai().schema("InputItem").unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for seed in 0..1_500 {
        let mut world = World::realistic();
        let made = world.post("/conversations", json!({})).unwrap();
        let path = format!("/conversations/{}/items", made["id"].as_str().unwrap());
        let item = openai().instance(schema, &mut Chance(Seed(seed).rng()));
        if item["type"] == "item_reference" || item["type"] == "compaction_trigger" {
            continue;
        }
        if item.get("role").is_none() && item["type"].is_null() {
            continue;
        }
        let page = world.post(&path, json!({"items": [item]})).unwrap();
        assert_eq!(page["data"].as_array().unwrap().len(), 1, "{item}");
        let found = world.get(&path, json!({})).unwrap();
        assert_eq!(ids(&found), ids(&page));
        kinds.insert(item["type"].as_str().unwrap_or("message").to_owned());
    }
    assert!(kinds.len() >= 25, "only {kinds:?}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z_]{0,12}".prop_map(Value::from),
        Just(json!("item_reference")),
        Just(json!("reasoning.encrypted_content")),
    ];
    let name = prop_oneof![
        Just("items".to_owned()),
        Just("metadata".to_owned()),
        Just("type".to_owned()),
        Just("content".to_owned()),
        Just("include".to_owned()),
        Just("after".to_owned()),
        Just("limit".to_owned()),
        Just("model".to_owned()),
        "[a-z_]{1,8}",
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The body, or one that the contract makes up where it would not let this one in.
fn let_in(operation: &Operation, body: Value, seed: usize) -> Value {
    const JSON: &str = "application/json";
    let strictness = Strictness::MOCK;
    let Some(schema) = operation.body(JSON) else {
        return body;
    };
    let checked = openai().validate_request(operation, JSON, &body, strictness);
    checked.map_or_else(
        |_| openai().instance(schema, &mut Chance(Seed(seed as u64).rng())),
        |()| body,
    )
}

proptest! {
    #[test]
    fn nothing_that_a_call_brings_breaks_the_engine(
        place in 0usize..400,
        query in any_json(),
        body in any_json(),
        mock: bool,
    ) {
        let operations = openai().operations();
        let operation = &operations[place % operations.len()];
        prop_assume!(operation.kind != Kind::Infer && !operation.upgrade && !operation.beta);
        let body = let_in(operation, body, place);
        let mut world = World::new(if mock { Mode::Mock } else { Mode::Realistic });
        let path = operation.path.replace('{', "id-").replace('}', "");
        let outcome = world.outcome(operation.method.as_str(), &path, query, body);
        prop_assert!(outcome.is_ok() || !mock, "{:?}", outcome.err());
    }
}
