//! One row of a run: its answer is sampled, then every criterion grades it, then it becomes an
//! output item.

use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Micros};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::run;
use super::sample::{self, Reply};
use super::source::Row;
use super::tally::Desk;
use crate::apply::Moment;
use crate::families::Hooks;
use crate::grading::{Answered, Ask, Fault, Subject, asks, grade};
use crate::store::{Change, Parent, Record};
use crate::{Effect, Errand, Next, Returned};

pub(super) const FAMILY: &str = "evals.runs.work";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    returned: Some(returned),
    ..Hooks::NONE
};

/// What is known of a row so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Work {
    number: u64,
    row: Row,
    /// Whether the answer is there.
    sampled: bool,
    /// Answers to the graders' calls, by their place.
    answers: Vec<Value>,
    /// How often it was begun; answers to earlier attempts are not taken.
    attempt: u64,
}

impl Work {
    pub(super) fn waiting(number: u64, row: Row) -> Self {
        Self {
            number,
            row,
            sampled: false,
            answers: Vec::new(),
            attempt: 0,
        }
    }

    pub(super) fn of(record: &Record) -> Option<Self> {
        Self::deserialize(&record.private).ok()
    }

    /// The record of work that nobody has begun.
    pub(super) fn record(&self, id: String, run: &str, at: Micros) -> Record {
        Record {
            project: None,
            family: FAMILY,
            id,
            parent: Some(Parent {
                family: run::FAMILY,
                id: run.to_owned(),
            }),
            created: at,
            object: Arc::new(json!({"state": "waiting"})),
            private: json!(self),
            due: None,
            blob: None,
        }
    }

    fn subject(&self) -> Subject {
        Subject {
            item: self.row.item.clone(),
            sample: self.row.sample.clone(),
        }
    }

    fn stored(&self, record: &Record) -> Change {
        Change::Replace(Record {
            object: Arc::new(json!({"state": "asked"})),
            private: json!(self),
            ..record.clone()
        })
    }
}

/// Takes up a row that waits.
pub(super) fn begin(desk: &mut Desk<'_>, record: &Record) {
    let Some(work) = Work::of(record) else {
        return;
    };
    desk.change("under_way", 1);
    go_on(desk, record, work);
}

/// Asks once more for what never came back.
pub(super) fn again(desk: &mut Desk<'_>, record: &Record, mut work: Work) {
    work.answers.clear();
    go_on(desk, record, work);
}

/// The next thing that a row needs: its answer, its grades, or its end.
fn go_on(desk: &mut Desk<'_>, record: &Record, mut work: Work) {
    work.attempt += 1;
    let source = desk.data_source().clone();
    if sample::samples(&source) && !work.sampled {
        match sample::messages(&source, &work.subject()) {
            Ok(messages) => {
                let ask = sample::ask(&source, &messages);
                work.row.sample = json!({"input": messages});
                send(desk, record, &format!("sample:{}", work.attempt), ask);
                desk.next.changes.push(work.stored(record));
            }
            Err(fault) => finish(desk, record, &work, Some(named(&fault))),
        }
        return;
    }
    let subject = work.subject();
    let needed: Vec<Ask> = desk
        .graders
        .iter()
        .flat_map(|(_, grader)| asks(grader, &subject))
        .collect();
    if needed.is_empty() {
        return finish(desk, record, &work, None);
    }
    work.answers = vec![Value::Null; needed.len()];
    for (place, ask) in needed.into_iter().enumerate() {
        send(
            desk,
            record,
            &format!("grade:{}:{place}", work.attempt),
            ask,
        );
    }
    desk.next.changes.push(work.stored(record));
}

fn send(desk: &mut Desk<'_>, record: &Record, tag: &str, ask: Ask) {
    desk.next.effects.push(Effect::Send(Errand {
        project: None,
        family: FAMILY,
        id: record.id.clone(),
        tag: tag.to_owned(),
        path: ask.path.to_owned(),
        body: Bytes::from(ask.body.to_string()),
    }));
}

fn returned(moment: &Moment<'_>, record: &Record, answer: &Returned) -> Result<Next, ApiError> {
    let run = record.parent.as_ref().map_or("", |run| run.id.as_str());
    let (Some(mut desk), Some(mut work)) = (Desk::of(moment, run), Work::of(record)) else {
        return Ok(Next::default());
    };
    let mut tag = answer.tag.split(':');
    let (kind, attempt) = (
        tag.next(),
        tag.next().and_then(|number| number.parse().ok()),
    );
    if attempt != Some(work.attempt) {
        return Ok(Next::default());
    }
    if kind == Some("sample") {
        let path = match desk.data_source()["type"].as_str() {
            Some("responses") => sample::RESPONSES,
            _ => sample::CHAT,
        };
        let reply = Reply::read(path, answer.status, &answer.body);
        if let Some(error) = reply.error {
            finish(&mut desk, record, &work, Some(error));
            return Ok(desk.done());
        }
        desk.spend(&reply.model, reply.usage);
        let input = work.row.sample["input"].take();
        work.row.sample = reply.sample();
        work.row.sample["input"] = input;
        work.sampled = true;
        go_on(&mut desk, record, work);
        return Ok(desk.done());
    }
    let place: usize = tag.next().and_then(|place| place.parse().ok()).unwrap_or(0);
    if let Some(slot) = work.answers.get_mut(place) {
        *slot = Answered::read(answer.status, &answer.body).0;
    }
    if work.answers.iter().any(Value::is_null) {
        desk.next.changes.push(work.stored(record));
    } else {
        finish(&mut desk, record, &work, None);
    }
    Ok(desk.done())
}

/// A fault by the name of its flag.
fn named(fault: &Fault) -> (String, String) {
    let (code, message) = match fault {
        Fault::Formula => ("formula_parse_error", "The formula has no value."),
        Fault::SampleParse => ("sample_parse_error", "The output is not JSON."),
        Fault::Truncated => (
            "truncated_observation_error",
            "The grader's output was cut off.",
        ),
        Fault::InvalidVariable => (
            "invalid_variable_error",
            "A template uses a variable that the item and the sample do not have.",
        ),
        Fault::Python => (
            "python_grader_server_error",
            "Python graders are not run by this server.",
        ),
        Fault::ModelServer(details) => ("model_grader_server_error", details.as_str()),
        Fault::ModelRefusal => ("model_grader_refusal_error", "The grader refused."),
        Fault::ModelParse => (
            "model_grader_parse_error",
            "The grader's output is no grade of the expected form.",
        ),
    };
    (code.to_owned(), message.to_owned())
}

/// Grades the row and puts the output item in its work's place.
fn finish(desk: &mut Desk<'_>, record: &Record, work: &Work, error: Option<(String, String)>) {
    let subject = work.subject();
    let mut answers = work.answers.iter().cloned().map(Answered);
    let mut results = Vec::new();
    let mut error = error;
    let mut spent = Vec::new();
    if error.is_none() {
        for (name, grader) in &desk.graders {
            let graded = grade(grader, &subject, &mut answers);
            spent.extend(graded.usage);
            if error.is_none() {
                error = graded.faults.first().map(named);
            }
            results.push(json!({
                "name": name,
                "type": grader.type_name(),
                "score": graded.score,
                "passed": graded.passed,
                "sample": graded.said,
            }));
        }
    }
    for (model, usage) in spent {
        desk.spend(&model, usage);
    }
    let passed = results.iter().all(|result| result["passed"] == json!(true));
    let status = match (&error, passed) {
        (Some(_), _) => "error",
        (None, true) => "pass",
        (None, false) => "fail",
    };
    let item = output_item(desk, record, work, (status, &results, error.as_ref()));
    desk.next.changes.push(Change::Delete {
        family: FAMILY,
        parent: record.parent.as_ref().map(|run| run.id.clone()),
        id: record.id.clone(),
    });
    desk.next.changes.push(Change::Put(item));
    desk.count(status, &results);
    desk.change("under_way", -1);
}

fn output_item(
    desk: &Desk<'_>,
    record: &Record,
    work: &Work,
    (status, results, error): (&str, &[Value], Option<&(String, String)>),
) -> Record {
    let now = desk.moment.context.now;
    let (run, eval) = desk.ids();
    let object = json!({
        "object": "eval.run.output_item",
        "id": record.id,
        "created_at": now.whole_seconds(),
        "run_id": run,
        "eval_id": eval,
        "status": status,
        "datasource_item_id": work.number,
        "datasource_item": work.row.item,
        "results": results,
        "sample": sample::shown(desk.data_source(), &work.row.sample, error),
    });
    Record {
        family: "evals.runs.output_items",
        created: now,
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        ..record.clone()
    }
}
