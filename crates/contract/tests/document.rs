//! The contract comes back as an OpenAPI document, and the provider's own examples fit it.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use fakeai_contract::{Method, Strictness, id_shape, id_shapes, openai, openapi_document};
use serde_json::Value;

#[test]
fn the_page_holds_every_operation_and_no_dead_reference() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    assert_eq!(document["servers"][0]["url"], "/v1");
    let paths = document["paths"].as_object().unwrap();
    let below = openai().mounts().iter().flat_map(|mount| &mount.operations);
    let rows: usize = paths
        .values()
        .map(|item| item.as_object().unwrap().len())
        .sum();
    assert_eq!(
        rows,
        openai()
            .operations()
            .iter()
            .filter(|row| !row.upgrade)
            .count()
            + below.count()
    );
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 2000);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

/// Without a mapping, a discriminator's values would be the names of schemas.
#[test]
fn discriminators_say_which_value_leads_where() {
    let document: Value = serde_json::from_str(openapi_document()).unwrap();
    let schemas = &document["components"]["schemas"];
    let session = &schemas["RealtimeCreateClientSecretResponse"]["properties"]["session"];
    assert_eq!(
        session["discriminator"]["mapping"]["realtime"],
        "#/components/schemas/RealtimeSessionCreateResponseGA"
    );
    let text = document.to_string();
    let all = text.matches("\"propertyName\":").count();
    assert!(all > 50 && all == text.matches("\"mapping\":").count());
}

/// Whatever the document says of single operations: clients read one shape of refusals.
#[test]
fn every_refusal_has_the_one_shape() {
    let shape = openai().schema("ErrorResponse");
    for operation in openai().operations() {
        let refusals = operation.responses.iter().filter(|row| row.status >= 400);
        for refusal in refusals {
            assert_eq!(refusal.schema, shape, "{}", operation.id);
        }
    }
}

fn collect(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                out.push(reference.clone());
            }
            members.values().for_each(|member| collect(member, out));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        _ => {}
    }
}

#[test]
fn id_shapes_are_distinct_and_known() {
    let shape = id_shape("chat.completion").unwrap();
    assert_eq!((shape.prefix.as_str(), shape.length), ("chatcmpl-", 29));
    for (index, shape) in id_shapes().iter().enumerate() {
        assert!(shape.length >= 8 && !shape.prefix.is_empty());
        assert!(
            id_shapes()[..index]
                .iter()
                .all(|other| other.object != shape.object)
        );
    }
}

/// The provider's document, if the environment says where it is.
#[allow(clippy::disallowed_methods)]
fn reference() -> Option<Value> {
    let Ok(folder) = std::env::var("FAKEAI_REFERENCE") else {
        eprintln!(
            "SKIPPED: FAKEAI_REFERENCE does not name the folder with spec/openai-openapi.json"
        );
        return None;
    };
    let path = std::path::Path::new(&folder).join("spec/openai-openapi.json");
    Some(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
}

#[test]
fn the_documents_own_examples_fit_as_often_as_measured() {
    let Some(document) = reference() else { return };
    let (mut answers, mut fitting, mut bodies, mut taken) = (0, 0, 0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, given) in item.as_object().unwrap() {
            let beta = path.ends_with("?beta=true");
            let id = given["operationId"].as_str().unwrap();
            let operation = openai().operation(id).unwrap();
            assert_eq!(
                (operation.method, operation.beta),
                (Method::parse(method).unwrap(), beta)
            );
            for example in examples(&given["x-oaiMeta"]["examples"]) {
                if let Some(answer) = example["response"].as_str().and_then(parse)
                    && operation
                        .answer(operation.success_status(), "application/json")
                        .is_some()
                {
                    answers += 1;
                    let schema = operation.success().unwrap().schema.unwrap();
                    let named = openai().check_schema(schema, &answer, &[]);
                    // Undocumented fields do not count here: the examples are old.
                    let only_unknown = named.as_ref().err().is_none_or(|list| {
                        list.iter()
                            .all(|one| one.kind == fakeai_contract::ViolationKind::Unknown)
                    });
                    fitting += usize::from(only_unknown);
                }
                if let Some(body) = example["request"]["curl"].as_str().and_then(curl_body)
                    && operation.body("application/json").is_some()
                {
                    bodies += 1;
                    let outcome = openai().validate_request(
                        operation,
                        "application/json",
                        &body,
                        Strictness::MOCK,
                    );
                    taken += usize::from(outcome.is_ok());
                }
            }
        }
    }
    println!("answers that fit: {fitting} of {answers}; bodies that fit: {taken} of {bodies}");
    assert!(
        answers > 230 && fitting * 100 >= answers * 60,
        "{fitting} of {answers}"
    );
    assert!(
        bodies > 100 && taken * 100 >= bodies * 90,
        "{taken} of {bodies}"
    );
}

/// One example, or several by name or in a list.
fn examples(given: &Value) -> Vec<&Value> {
    match given {
        Value::Array(list) => list.iter().collect(),
        Value::Object(members)
            if members.contains_key("response") || members.contains_key("request") =>
        {
            vec![given]
        }
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    }
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn curl_body(text: &str) -> Option<Value> {
    let start = text
        .find("-d '")
        .map(|at| at + 4)
        .or_else(|| text.find("--data '").map(|at| at + 8))?;
    let rest = &text[start..];
    parse(&rest[..rest.rfind('\'')?])
}
