//! What a training leaves behind: checkpoints, models, and a file of its measures.

use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{Alphabet, ApiError, Micros, Seed};
use fakeai_catalog::FineTune;
use serde_json::{Value, json};

use super::course::Course;
use super::progress::Draft;
use crate::apply::Moment;
use crate::store::{Change, Parent, Record};
use crate::{Effect, ids};

/// Epochs, from the last, whose state is kept.
const KEPT_EPOCHS: usize = 3;
/// Rows of the file of measures, at most.
const ROWS: u64 = 10_000;

/// Ends a job well.
pub(super) fn succeed(
    moment: &Moment<'_>,
    job: &mut Draft,
    course: &Course,
) -> Result<(), ApiError> {
    let now = moment.context.now;
    let ends = std::mem::take(&mut job.progress.epoch_ends);
    let kept = &ends[ends.len().saturating_sub(KEPT_EPOCHS)..];
    let mut model = String::new();
    for (step, at) in kept {
        let last = *step == course.steps;
        model = name(moment, job, (!last).then_some(*step));
        job.next
            .changes
            .push(Change::Put(made(moment, &model, now)));
        let checkpoint = checkpoint(job, course, (*step, Micros(*at)), &model);
        job.next.changes.push(Change::Put(checkpoint));
        if !last {
            let words = format!("Checkpoint created at step {step} with Snapshot ID: {model}");
            job.tell(now, &words);
        }
    }
    let results = results(moment, course)?;
    job.set("result_files", json!([results.id]));
    job.next.changes.push(Change::Put(results));
    job.tell(now, &format!("New fine-tuned model created: {model}"));
    job.tell(now, "The job has successfully completed");
    job.set("fine_tuned_model", model);
    job.set(
        "trained_tokens",
        job.progress.training.tokens * course.epochs,
    );
    job.set("finished_at", now.whole_seconds());
    job.set("estimated_finish", Value::Null);
    job.set("status", "succeeded");
    let data = json!({"id": job.record.id});
    job.next.effects.push(Effect::Announce {
        event: "fine_tuning.job.succeeded",
        data,
    });
    Ok(())
}

/// The id of a model of this job's: `ft:{base}:{organisation}:{suffix}:{id}`, with the step for one
/// that is not the last.
fn name(moment: &Moment<'_>, job: &Draft, step: Option<u64>) -> String {
    let mut base = job.text("model");
    while let Some(inner) = FineTune::parse(base) {
        base = inner.base;
    }
    let organization = slug(moment.means.services.organization());
    let suffix = slug(job.text("user_provided_suffix"));
    let seed = moment.context.seed.fork("model").nth(step.unwrap_or(0));
    let id = seed.id("", Alphabet::Alphanumeric, 8);
    match step {
        None => format!("ft:{base}:{organization}:{suffix}:{id}"),
        Some(step) => format!("ft:{base}:{organization}:{suffix}:{id}:ckpt-step-{step}"),
    }
}

/// A name as it stands in the id of a fine-tuned model: letters and digits in lower case, with
/// single hyphens for everything else.
pub fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("-")
}

fn top(family: &'static str, id: &str, at: Micros, object: Value) -> Record {
    Record {
        project: None,
        family,
        id: id.to_owned(),
        parent: None,
        created: at,
        object: Arc::new(object),
        private: Value::Null,
        due: None,
        blob: None,
    }
}

fn made(moment: &Moment<'_>, id: &str, at: Micros) -> Record {
    let owner = slug(moment.means.services.organization());
    let object = json!({
        "id": id,
        "object": "model",
        "created": at.whole_seconds(),
        "owned_by": owner,
    });
    top("models", id, at, object)
}

fn checkpoint(job: &Draft, course: &Course, end: (u64, Micros), model: &str) -> Record {
    let (step, at) = end;
    let seed = Seed(0).fork(&job.record.id).fork("checkpoint").nth(step);
    let id = ids::of("fine_tuning.job.checkpoint", seed).unwrap_or_default();
    let mut metrics = course.measures(step);
    metrics.insert("step".to_owned(), json!(step));
    let object = json!({
        "object": "fine_tuning.job.checkpoint",
        "id": id,
        "created_at": at.whole_seconds(),
        "fine_tuned_model_checkpoint": model,
        "fine_tuning_job_id": job.record.id,
        "metrics": metrics,
        "step_number": step,
    });
    Record {
        parent: Some(Parent {
            family: job.record.family,
            id: job.record.id.clone(),
        }),
        ..top("fine_tuning.jobs.checkpoints", &id, at, object)
    }
}

/// The file of measures: a line of names, then a line a step.
fn results(moment: &Moment<'_>, course: &Course) -> Result<Record, ApiError> {
    let text = table(course);
    let mut writer = moment.means.services.blobs().create()?;
    let bytes = text.len();
    writer.write(Bytes::from(text))?;
    let blob = writer.finish()?;
    let now = moment.context.now;
    let id = ids::of("file", moment.context.seed.fork("results")).unwrap_or_default();
    let object = json!({
        "id": id,
        "object": "file",
        "created_at": now.whole_seconds(),
        "purpose": "fine-tune-results",
        "bytes": bytes,
        "filename": "step_metrics.csv",
        "status": "processed",
    });
    Ok(Record {
        blob: Some(blob),
        ..top("files", &id, now, object)
    })
}

const COLUMNS: [(&str, &str); 8] = [
    ("train_loss", "train_loss"),
    ("train_accuracy", "train_mean_token_accuracy"),
    ("valid_loss", "valid_loss"),
    ("valid_mean_token_accuracy", "valid_mean_token_accuracy"),
    ("full_valid_loss", "full_valid_loss"),
    (
        "full_valid_mean_token_accuracy",
        "full_valid_mean_token_accuracy",
    ),
    ("train_mean_reward", "train_mean_reward"),
    ("valid_mean_reward", "valid_mean_reward"),
];

fn table(course: &Course) -> String {
    let mut table = "step".to_owned();
    for (column, _) in COLUMNS {
        table.push(',');
        table.push_str(column);
    }
    table.push('\n');
    let every = course.steps.div_ceil(ROWS).max(1);
    for step in (1..=course.steps).filter(|step| step.is_multiple_of(every)) {
        let measures = course.measures(step);
        let _ = write!(table, "{step}");
        for (_, name) in COLUMNS {
            match measures.get(name) {
                Some(value) => {
                    let _ = write!(table, ",{value}");
                }
                None => table.push(','),
            }
        }
        table.push('\n');
    }
    table
}
