//! The tally of a run under way: it counts, sees to it that a bounded number of rows is worked on,
//! and ends the run after the last.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros};
use serde_json::{Value, json};

use super::work::{self, Work};
use super::{eval, run};
use crate::apply::Moment;
use crate::families::Hooks;
use crate::grading::{Grader, Usage};
use crate::store::{Change, Filter, PageQuery, Record};
use crate::{Next, Order};

pub(super) const FAMILY: &str = "evals.runs.tally";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    due: Some(due),
    ..Hooks::NONE
};

/// Rows that are worked on at the same time.
const AT_ONCE: u64 = 16;
/// Rows that are finished in one go where no model has to be asked.
const IN_ONE_GO: usize = 500;
/// After so long without an answer, what is under way is asked again: the server was stopped.
const PATIENCE: Micros = Micros::from_millis(900_000);

/// A tally of nothing yet.
pub(super) fn empty(criteria: &Value, rows: usize) -> Value {
    let names = criteria.as_array().into_iter().flatten();
    let of = |name: &Value| json!({"testing_criteria": name, "passed": 0, "failed": 0});
    json!({
        "result_counts": {"total": 0, "errored": 0, "failed": 0, "passed": 0},
        "per_model_usage": [],
        "per_testing_criteria_results": names.map(of).collect::<Vec<_>>(),
        "under_way": 0,
        "left": rows,
    })
}

/// Puts the tally's counts into the run.
pub(super) fn counted(run: &mut Value, tally: &Value) {
    for name in [
        "result_counts",
        "per_model_usage",
        "per_testing_criteria_results",
    ] {
        run[name] = tally[name].clone();
    }
}

/// A run under way, taken up from the store.
pub(super) struct Desk<'a> {
    pub(super) moment: &'a Moment<'a>,
    run: Arc<Record>,
    tally: Record,
    pub(super) object: Value,
    /// The evaluation's criteria, with the names under which results are told.
    pub(super) graders: Vec<(String, Grader)>,
    pub(super) next: Next,
}

impl<'a> Desk<'a> {
    /// The desk of a run; none where the run has ended.
    pub(super) fn of(moment: &'a Moment<'a>, run: &str) -> Option<Self> {
        let store = moment.means.store;
        let tally = store.find(FAMILY, None, run)?;
        let run = store.find(run::FAMILY, None, run)?;
        let eval = store.find(eval::FAMILY, None, &run.parent.as_ref()?.id)?;
        let names = eval.private["criteria"].as_array().into_iter().flatten();
        let criteria = eval.object["testing_criteria"]
            .as_array()
            .into_iter()
            .flatten();
        let graders = names.zip(criteria).filter_map(|(name, criterion)| {
            let grader = Grader::read(criterion, "testing_criteria").ok()?;
            Some((name.as_str()?.to_owned(), grader))
        });
        Some(Self {
            moment,
            object: Value::clone(&tally.object),
            tally: Record::clone(&tally),
            graders: graders.collect(),
            run,
            next: Next::default(),
        })
    }

    /// The run's data source.
    pub(super) fn data_source(&self) -> &Value {
        &self.run.object["data_source"]
    }

    /// The run's id and its evaluation's.
    pub(super) fn ids(&self) -> (&str, &str) {
        let eval = self.run.parent.as_ref();
        (&self.run.id, eval.map_or("", |eval| eval.id.as_str()))
    }

    fn number(&self, name: &str) -> u64 {
        self.object[name].as_u64().unwrap_or(0)
    }

    pub(super) fn change(&mut self, name: &str, by: i64) {
        let number = self.number(name).saturating_add_signed(by);
        self.object[name] = json!(number);
    }

    /// Counts a finished row.
    pub(super) fn count(&mut self, status: &str, results: &[Value]) {
        let name = match status {
            "pass" => "passed",
            "fail" => "failed",
            _ => "errored",
        };
        let add = |place: &mut Value| *place = json!(place.as_u64().unwrap_or(0) + 1);
        add(&mut self.object["result_counts"]["total"]);
        add(&mut self.object["result_counts"][name]);
        for (place, result) in results.iter().enumerate() {
            let passed = if result["passed"] == json!(true) {
                "passed"
            } else {
                "failed"
            };
            add(&mut self.object["per_testing_criteria_results"][place][passed]);
        }
        self.change("left", -1);
    }

    /// Counts what a model was paid for.
    pub(super) fn spend(&mut self, model: &str, usage: Usage) {
        let Value::Array(models) = &mut self.object["per_model_usage"] else {
            return;
        };
        let place = models.iter().position(|spent| spent["model_name"] == model);
        let place = place.unwrap_or_else(|| {
            models.push(json!({"model_name": model}));
            models.len() - 1
        });
        let spent = &mut models[place];
        let mut sum = |name: &str, by: u64| {
            spent[name] = json!(spent[name].as_u64().unwrap_or(0) + by);
        };
        sum("invocation_count", 1);
        sum("prompt_tokens", usage.prompt);
        sum("completion_tokens", usage.completion);
        sum("total_tokens", usage.prompt + usage.completion);
        sum("cached_tokens", usage.cached);
    }

    /// Takes up waiting rows as far as the pace allows.
    fn fill(&mut self) {
        let room = AT_ONCE.saturating_sub(self.number("under_way"));
        if room == 0 {
            return;
        }
        let mut waiting = self.works("waiting", IN_ONE_GO).into_iter();
        while self.number("under_way") < AT_ONCE {
            let Some(record) = waiting.next() else {
                return;
            };
            work::begin(self, &record);
        }
    }

    fn works(&self, state: &str, limit: usize) -> Vec<Arc<Record>> {
        let query = PageQuery {
            family: work::FAMILY,
            parent: Some(&self.run.id),
            after: None,
            before: None,
            order: Order::Ascending,
            limit,
            filters: vec![Filter {
                path: vec!["state".to_owned()],
                equals: state.to_owned(),
            }],
        };
        let store = self.moment.means.store;
        store.page(&query).unwrap_or_default().records
    }

    /// What follows: the tally's new state, or the end of the run.
    pub(super) fn done(mut self) -> Next {
        let now = self.moment.context.now;
        if self.number("left") > 0 {
            let idle = self.number("under_way") < AT_ONCE
                && self.number("left") > self.number("under_way");
            self.tally.due = Some(if idle { now } else { now + PATIENCE });
            self.tally.object = Arc::new(self.object);
            self.next.changes.push(Change::Replace(self.tally));
            return self.next;
        }
        let tally = self.object;
        let ended = run::with(&self.run, |object| {
            counted(object, &tally);
            object["status"] = json!("completed");
        });
        self.next.changes.push(Change::Replace(ended));
        self.next.changes.push(Change::Delete {
            family: FAMILY,
            parent: Some(self.run.id.clone()),
            id: self.run.id.clone(),
        });
        let announced = run::announce("eval.run.succeeded", &self.run.id);
        self.next.effects.push(announced);
        self.next
    }
}

/// There is room, or nothing has come back for long.
fn due(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let Some(mut desk) = Desk::of(moment, &record.id) else {
        return Ok(crate::forgotten(record));
    };
    if desk.number("under_way") >= AT_ONCE.min(desk.number("left")) {
        for stuck in desk.works("asked", AT_ONCE as usize) {
            if let Some(work) = Work::of(&stuck) {
                work::again(&mut desk, &stuck, work);
            }
        }
    } else {
        desk.fill();
    }
    Ok(desk.done())
}
