//! Evaluations themselves: created with a source and criteria, listed by either time, deleted.

use std::sync::Arc;

use fakeai_canon::{Alphabet, ApiError, Seed};
use fakeai_contract::UserSchema;
use serde_json::{Value, json};

use crate::apply::Site;
use crate::families::Hooks;
use crate::grading::Grader;
use crate::store::{PageQuery, Record};
use crate::{Body, Order, Outcome, page, verbs};

pub(super) const FAMILY: &str = "evals";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("listEvals", list), ("deleteEval", delete)],
    created: Some(created),
    updated: Some(updated),
    ..Hooks::NONE
};

/// Evaluations that a list by the time of their last change looks at.
const SORTED: usize = 10_000;
/// Criteria that an evaluation may have.
const CRITERIA: usize = 64;

fn created(site: &Site<'_>, draft: &mut verbs::Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let criteria = body["testing_criteria"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if criteria.is_empty() || criteria.len() > CRITERIA {
        let message = format!("'testing_criteria' must have 1 to {CRITERIA} graders.");
        return Err(ApiError::invalid(message).param("testing_criteria"));
    }
    for (place, criterion) in criteria.iter().enumerate() {
        Grader::read(criterion, &format!("testing_criteria[{place}]"))?;
    }
    let names = criteria.iter().enumerate().map(|(place, criterion)| {
        let name = criterion["name"].as_str().unwrap_or_default();
        let seed = site.context.seed.fork("criterion").nth(place as u64);
        format!("{name}-{}", uuid(seed))
    });
    draft.record.private = json!({
        "criteria": names.collect::<Vec<_>>(),
        "updated": site.context.now.0,
    });
    let stored: Vec<Value> = criteria.iter().map(stored_form).collect();
    let stored = verbs::tellable(site, "testing_criteria", &json!(stored));
    for (place, criterion) in stored.as_array().into_iter().flatten().enumerate() {
        check_messages(criterion, &format!("testing_criteria[{place}]"))?;
    }
    let source = source_config(&body["data_source_config"])?;
    draft.object.insert("data_source_config".to_owned(), source);
    draft.object.insert("testing_criteria".to_owned(), stored);
    if draft.object["name"].is_null() {
        draft.object.insert("name".to_owned(), json!(""));
    }
    Ok(())
}

fn uuid(seed: Seed) -> String {
    let hex = seed.id("", Alphabet::Hex, 32);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

/// A criterion as it is shown: messages of plain text become messages with a part.
fn stored_form(criterion: &Value) -> Value {
    let mut stored = criterion.clone();
    let messages = stored.get_mut("input").and_then(Value::as_array_mut);
    for message in messages.into_iter().flatten() {
        message["type"] = json!("message");
        if let Some(text) = message["content"].as_str() {
            message["content"] = json!({"type": "input_text", "text": text});
        }
    }
    stored
}

/// A message of plain text may have any role by the contract of requests; it is kept, and then only
/// some are left.
fn check_messages(criterion: &Value, param: &str) -> Result<(), ApiError> {
    let contract = fakeai_contract::openai();
    let Some(schema) = contract.schema("EvalItem") else {
        return Ok(());
    };
    let messages = criterion["input"].as_array().into_iter().flatten();
    for (place, message) in messages.enumerate() {
        let found = contract.check_schema(schema, message, &[]);
        if let Some(violation) = found.err().and_then(|found| found.into_iter().next()) {
            let param = format!("{param}.input[{place}].{}", violation.param);
            return Err(ApiError::invalid(violation.message()).param(param));
        }
    }
    Ok(())
}

/// The source with the schema of what a grader sees: the row, and the answer where there is one.
fn source_config(config: &Value) -> Result<Value, ApiError> {
    let sample = json!({"type": "object", "properties": {
        "model": {"type": "string"},
        "output_text": {"type": "string"},
        "output_json": {"type": "object"},
        "output_tools": {"type": "array", "items": {"type": "object"}},
        "choices": {"type": "array", "items": {"type": "object"}},
    }});
    let schema = |item: Value, sample: Option<Value>| {
        let mut schema = json!({
            "type": "object",
            "properties": {"item": item},
            "required": ["item"],
        });
        if let Some(sample) = sample {
            schema["properties"]["sample"] = sample;
            schema["required"] = json!(["item", "sample"]);
        }
        schema
    };
    let kind = &config["type"];
    if kind == "custom" {
        let item = &config["item_schema"];
        UserSchema::compile(item, false).map_err(|error| {
            let message = format!("Invalid item_schema: {error}");
            ApiError::invalid(message).param("data_source_config.item_schema")
        })?;
        let with = config["include_sample_schema"] == json!(true);
        let schema = schema(item.clone(), with.then_some(sample));
        return Ok(json!({"type": kind, "schema": schema}));
    }
    let schema = schema(json!({"type": "object"}), Some(json!({"type": "object"})));
    let metadata = match &config["metadata"] {
        Value::Object(pairs) => pairs.clone().into_iter().collect(),
        _ => serde_json::Map::new(),
    };
    Ok(json!({"type": kind, "metadata": metadata, "schema": schema}))
}

fn updated(site: &Site<'_>, _: &Record, draft: &mut verbs::Draft) -> Result<(), ApiError> {
    draft.record.private["updated"] = json!(site.context.now.0);
    Ok(())
}

/// A list by the time of the last change is sorted here; the store knows the other order.
fn list(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let query = page::query(site, None)?;
    if site.call.query["order_by"] != "updated_at" {
        return verbs::list(site).map(Outcome::Answer);
    }
    let all = PageQuery {
        after: None,
        before: None,
        order: Order::Ascending,
        limit: SORTED,
        ..query.clone()
    };
    let mut records = site.store.page(&all).unwrap_or_default().records;
    records.sort_by_key(|record| record.private["updated"].as_u64());
    if query.order == Order::Descending {
        records.reverse();
    }
    let first = match query.after {
        Some(after) => records
            .iter()
            .position(|record| record.id == after)
            .map(|place| place + 1)
            .ok_or_else(|| ApiError::invalid(site.family.missing(after).message).param("after"))?,
        None => 0,
    };
    let rest = &records[first..];
    let shown: Vec<Arc<Value>> = rest
        .iter()
        .take(query.limit)
        .map(|record| verbs::show(site, record))
        .collect();
    let body = page::body(&site.family.page, &shown, rest.len() > query.limit);
    Ok(Outcome::Answer(crate::Answer::json(Arc::new(body))))
}

fn delete(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut answer = verbs::delete(site)?;
    let id = site.call.params.get("eval_id").unwrap_or_default();
    let body = json!({"object": "eval.deleted", "deleted": true, "eval_id": id});
    answer.body = Body::Json(Arc::new(body));
    Ok(Outcome::Answer(answer))
}
