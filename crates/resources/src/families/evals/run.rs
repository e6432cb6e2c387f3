//! Runs: created, started on the world's clock, cancelled, deleted.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::work::{self, Work};
use super::{eval, sample, source, tally};
use crate::apply::{Moment, Site};
use crate::families::Hooks;
use crate::objects::Objects;
use crate::store::{Change, PageQuery, Parent, Record};
use crate::{Answer, Body, Effect, Next, Order, Outcome, ids, verbs};

pub(super) const FAMILY: &str = "evals.runs";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[("cancelEvalRun", cancel), ("deleteEvalRun", delete)],
    created: Some(created),
    due: Some(start),
    shown: Some(shown),
    ..Hooks::NONE
};

/// Between a run's being queued and its start.
const QUEUEING: Micros = Micros::from_millis(500);

fn created(site: &Site<'_>, draft: &mut verbs::Draft) -> Result<(), ApiError> {
    let data = site.call.body["data_source"].clone();
    let refused = |message: &str, param: &'static str| {
        Err(ApiError::invalid(message.to_owned()).param(param))
    };
    let eval = site
        .parent()?
        .and_then(|parent| site.store.find(eval::FAMILY, None, &parent.id));
    let config = eval.map_or(Value::Null, |eval| {
        eval.object["data_source_config"].clone()
    });
    if sample::samples(&data) {
        let model = data["model"].as_str().unwrap_or_default();
        if model.is_empty() {
            return refused(
                "'model' is required to sample from 'input_messages'.",
                "data_source.model",
            );
        }
        if !site.means.services.knows_model(site.store.project(), model) {
            let message =
                format!("The model '{model}' does not exist or you do not have access to it.");
            return Err(ApiError::invalid(message)
                .param("data_source.model")
                .code("model_not_found"));
        }
    }
    source::rows(site.means, &data["source"], &config)?;
    let parent = draft.record.parent.as_ref();
    let eval_id = parent.map(|parent| parent.id.clone()).unwrap_or_default();
    let id = draft.record.id.clone();
    let report = format!("https://platform.openai.com/evaluations/{eval_id}?run_id={id}");
    let model = data["model"].as_str().unwrap_or_default().to_owned();
    let name = site.call.body["name"].as_str().unwrap_or(&model).to_owned();
    let properties = [
        ("eval_id", json!(eval_id)),
        ("report_url", json!(report)),
        ("status", json!("queued")),
        ("model", json!(model)),
        ("name", json!(name)),
        (
            "result_counts",
            json!({"total": 0, "errored": 0, "failed": 0, "passed": 0}),
        ),
        ("per_model_usage", Value::Null),
        ("per_testing_criteria_results", Value::Null),
        ("data_source", data),
        ("error", Value::Null),
    ];
    for (name, value) in properties {
        draft.object.insert(name.to_owned(), value);
    }
    draft.record.due = Some(site.context.now + QUEUEING);
    Ok(())
}

/// The run with the counts of its tally, as long as it has one.
fn shown(site: &Site<'_>, record: &Record) -> Arc<Value> {
    match site.store.find(tally::FAMILY, None, &record.id) {
        Some(tally) => {
            let mut object = Value::clone(&record.object);
            tally::counted(&mut object, &tally.object);
            Arc::new(object)
        }
        None => Arc::clone(&record.object),
    }
}

/// Reads the source and lays out the work.
fn start(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let eval_id = record
        .parent
        .as_ref()
        .map_or("", |parent| parent.id.as_str());
    let Some(eval) = moment.means.store.find(eval::FAMILY, None, eval_id) else {
        return Ok(crate::forgotten(record));
    };
    let data = &record.object["data_source"];
    let config = &eval.object["data_source_config"];
    let rows = match source::rows(moment.means, &data["source"], config) {
        Ok(rows) => rows,
        Err(error) => return Ok(failed(record, &error)),
    };
    let mut next = Next::default();
    next.changes.push(Change::Replace(with(record, |object| {
        object["status"] = json!("in_progress");
    })));
    let total = rows.len();
    for (number, row) in rows.into_iter().enumerate() {
        let seed = moment.context.seed.fork("item").nth(number as u64);
        let id = ids::of("eval.run.output_item", seed).unwrap_or_default();
        let work = Work::waiting(number as u64, row);
        next.changes
            .push(Change::Put(work.record(id, &record.id, moment.context.now)));
    }
    let criteria = &eval.private["criteria"];
    next.changes.push(Change::Put(Record {
        project: None,
        family: tally::FAMILY,
        id: record.id.clone(),
        parent: Some(Parent {
            family: FAMILY,
            id: record.id.clone(),
        }),
        created: moment.context.now,
        object: Arc::new(tally::empty(criteria, total)),
        private: Value::Null,
        due: Some(moment.context.now),
        blob: None,
    }));
    Ok(next)
}

/// The record with a changed object and no deadline.
pub(super) fn with(record: &Record, change: impl FnOnce(&mut Value)) -> Record {
    let mut object = Value::clone(&record.object);
    change(&mut object);
    Record {
        object: Arc::new(object),
        due: None,
        ..record.clone()
    }
}

fn failed(record: &Record, error: &ApiError) -> Next {
    let code = error.code.as_deref().unwrap_or("invalid_data_source");
    let failed = with(record, |object| {
        object["status"] = json!("failed");
        object["error"] = json!({"code": code, "message": error.message});
    });
    Next {
        changes: vec![Change::Replace(failed)],
        effects: vec![announce("eval.run.failed", &record.id)],
    }
}

pub(super) fn announce(event: &'static str, id: &str) -> Effect {
    Effect::Announce {
        event,
        data: json!({"id": id}),
    }
}

/// Ends a run that has not ended; what is under way comes back to nobody.
fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let status = record.object["status"].as_str().unwrap_or_default();
    if !matches!(status, "queued" | "in_progress") {
        let message = format!(
            "Cannot cancel eval run {} with status '{status}'.",
            record.id
        );
        return Err(ApiError::invalid(message));
    }
    let object = shown(site, &record);
    let cancelled = with(&record, |cancelled| {
        cancelled.clone_from(&object);
        cancelled["status"] = json!("canceled");
    });
    let mut answer = Answer::json(Arc::clone(&cancelled.object));
    answer.next.changes.push(Change::Replace(cancelled));
    answer
        .next
        .changes
        .extend(leftovers(site.store, &record.id));
    answer
        .next
        .effects
        .push(announce("eval.run.canceled", &record.id));
    Ok(Outcome::Answer(answer))
}

/// Removes the work and the tally of a run.
fn leftovers(store: Objects<'_>, run: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    for family in [work::FAMILY, tally::FAMILY] {
        let query = PageQuery {
            family,
            parent: Some(run),
            after: None,
            before: None,
            order: Order::Ascending,
            limit: source::MOST_ROWS,
            filters: Vec::new(),
        };
        let found = store.page(&query).unwrap_or_default().records;
        changes.extend(found.iter().map(|record| Change::Delete {
            family,
            parent: Some(run.to_owned()),
            id: record.id.clone(),
        }));
    }
    changes
}

fn delete(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut answer = verbs::delete(site)?;
    let id = site.call.params.get("run_id").unwrap_or_default();
    let body = json!({"object": "eval.run.deleted", "deleted": true, "run_id": id});
    answer.body = Body::Json(Arc::new(body));
    Ok(Outcome::Answer(answer))
}
