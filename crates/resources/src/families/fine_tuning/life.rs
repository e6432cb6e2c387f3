//! A job's way through its states, each step at the time at which it is due.
//!
//! Reading takes a tenth of a second for each 256 KiB. Training takes three seconds and as long as
//! its tokens take at the world's training speed.

use fakeai_canon::{ApiError, Micros, Seed};
use fakeai_catalog::{Catalog, Endpoint};
use serde::Deserialize;
use serde_json::{Value, json};

use super::course::Course;
use super::example::Method;
use super::job::QUEUEING;
use super::progress::{Draft, Phase};
use super::reading::{self, Invalid, Purpose};
use super::{finish, hyperparameters};
use crate::apply::Moment;
use crate::store::Record;
use crate::{Effect, Next};

/// Examples that a training file must have.
const FEWEST: u64 = 10;
/// How long a piece of a file takes to read.
const PIECE: Micros = Micros::from_millis(100);
/// What a training takes beside its tokens.
const WARMING_UP: Micros = Micros::from_millis(3_000);
/// Times that a training is looked at; each time tells of a stretch of its steps.
const STRETCHES: u64 = 100;
/// Steps that events tell of at most.
const MEASURED: u64 = 1_000;

pub(super) fn due(moment: &Moment<'_>, record: &Record) -> Result<Next, ApiError> {
    let mut job = Draft::of(record)?;
    match job.progress.phase {
        Phase::Reading => read(moment, &mut job)?,
        Phase::Queued => train(moment, &mut job)?,
        Phase::Running => go_on(moment, &mut job)?,
    }
    Ok(job.done())
}

impl Draft {
    pub(super) fn method(&self) -> Method {
        Method::deserialize(&self.object["method"]["type"]).unwrap_or(Method::Supervised)
    }

    pub(super) fn course(&self) -> Course {
        Course {
            seed: Seed(self.object["seed"].as_u64().unwrap_or(0)).fork("training"),
            method: self.method(),
            steps: self.progress.steps,
            epochs: self.progress.epochs,
            validated: self.object["validation_file"].is_string(),
        }
    }

    fn fail(&mut self, at: Micros, param: &str, error: &Invalid) {
        let details = json!({"code": error.code, "message": error.message, "param": param});
        self.complain(at, &error.message, json!({"error_code": error.code}));
        self.set("error", details);
        self.set("status", "failed");
        self.set("finished_at", at.whole_seconds());
        let data = json!({"id": self.record.id});
        self.next.effects.push(Effect::Announce {
            event: "fine_tuning.job.failed",
            data,
        });
    }
}

/// Reads a piece of the first file that is not read whole; queues when all are.
fn read(moment: &Moment<'_>, job: &mut Draft) -> Result<(), ApiError> {
    let now = moment.context.now;
    let validation = job.progress.training.done;
    let (file, property) = match validation {
        false => ("training", "training_file"),
        true => ("validation", "validation_file"),
    };
    if !job.object[property].is_string() {
        queue(job, now);
        return Ok(());
    }
    let id = job.text(property).to_owned();
    let stored = moment.means.store.find("files", None, &id);
    let Some(blob) = stored.and_then(|file| file.blob.clone()) else {
        let error = Invalid {
            code: format!("invalid_{file}_file"),
            message: format!(
                "The job failed due to an invalid {file} file. File {id} was deleted."
            ),
        };
        job.fail(now, property, &error);
        return Ok(());
    };
    let model = job.text("model").to_owned();
    let purpose = Purpose {
        method: job.method(),
        model: &model,
        chat: Catalog::builtin().resolve(&model).serves(Endpoint::Chat),
        file,
    };
    let so_far = match validation {
        false => &mut job.progress.training,
        true => &mut job.progress.validation,
    };
    let found = reading::piece(moment.means, &blob, so_far, &purpose)?;
    let (done, examples) = (so_far.done, so_far.examples);
    match found {
        Err(error) => job.fail(now, property, &error),
        Ok(()) if done && !validation && examples < FEWEST => {
            job.fail(now, property, &few(examples))
        }
        Ok(()) if done && validation => queue(job, now),
        Ok(()) => job.wake(now + PIECE),
    }
    Ok(())
}

fn few(examples: u64) -> Invalid {
    Invalid {
        code: "invalid_n_examples".to_owned(),
        message: format!(
            "Training file has {examples} example(s), but must have at least {FEWEST} examples"
        ),
    }
}

fn queue(job: &mut Draft, now: Micros) {
    job.progress.phase = Phase::Queued;
    job.set("status", "queued");
    job.tell(now, "Files validated, moving job to queued state");
    job.wake(now + QUEUEING);
}

/// The job gets its machine: what was left open is decided now.
fn train(moment: &Moment<'_>, job: &mut Draft) -> Result<(), ApiError> {
    let now = moment.context.now;
    if job.progress.steps == 0 {
        plan(moment, job);
        job.tell(now, "Fine-tuning job started");
    }
    job.progress.phase = Phase::Running;
    job.set("status", "running");
    let left = job.progress.steps - job.progress.step;
    let finish = now + Micros(left * job.progress.step_micros);
    job.set("estimated_finish", finish.whole_seconds());
    wake_after_stretch(job, now);
    Ok(())
}

fn plan(moment: &Moment<'_>, job: &mut Draft) {
    let examples = job.progress.training.examples;
    let name = job.object["method"]["type"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let mut method = job.object["method"].clone();
    let asked = method[&name]["hyperparameters"].as_object().cloned();
    let decided = hyperparameters::decided(&asked.unwrap_or_default(), examples);
    let number = |name: &str| {
        decided
            .get(name)
            .and_then(Value::as_u64)
            .unwrap_or(1)
            .max(1)
    };
    let (epochs, batch) = (number("n_epochs"), number("batch_size"));
    let shared = ["n_epochs", "batch_size", "learning_rate_multiplier"];
    let shared = shared.map(|name| (name.to_owned(), decided[name].clone()));
    job.set(
        "hyperparameters",
        Value::Object(shared.into_iter().collect()),
    );
    method[&name]["hyperparameters"] = json!(decided);
    job.set("method", method);
    let steps = examples.div_ceil(batch).max(1) * epochs;
    let tokens = job.progress.training.tokens * epochs;
    let speed = moment.means.services.training_tokens_per_second().max(1);
    let takes = WARMING_UP + Micros::from_seconds(tokens as f64 / speed as f64);
    job.progress.epochs = epochs;
    job.progress.steps = steps;
    job.progress.step_micros = (takes.0 / steps).max(1);
}

fn stretch(job: &Draft) -> u64 {
    let left = job.progress.steps - job.progress.step;
    job.progress.steps.div_ceil(STRETCHES).min(left)
}

fn wake_after_stretch(job: &mut Draft, now: Micros) {
    let span = Micros(stretch(job) * job.progress.step_micros);
    job.wake(now + span);
}

/// Tells of the steps of a stretch, at the times at which they were made.
fn go_on(moment: &Moment<'_>, job: &mut Draft) -> Result<(), ApiError> {
    let now = moment.context.now;
    let course = job.course();
    let last = job.progress.step + stretch(job);
    let every = course.steps.div_ceil(MEASURED);
    for step in job.progress.step + 1..=last {
        let at = now - Micros((last - step) * job.progress.step_micros);
        let ends = (1..=course.epochs).any(|epoch| course.epoch_end(epoch) == step);
        if ends {
            job.progress.epoch_ends.push((step, at.0));
        }
        if ends || step == 1 || step.is_multiple_of(every) {
            let mut measures = course.measures(step);
            let words = course.words(step, &measures);
            measures.insert("step".to_owned(), json!(step));
            measures.insert("total_steps".to_owned(), json!(course.steps));
            job.measure(at, &words, Value::Object(measures));
        }
    }
    job.progress.step = last;
    if last == course.steps {
        return finish::succeed(moment, job, &course);
    }
    wake_after_stretch(job, now);
    Ok(())
}
