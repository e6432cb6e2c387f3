//! The operations on jobs: what is refused at once, and what a client may change under way.

use std::sync::Arc;

use fakeai_canon::{ApiError, Micros, Seed};
use fakeai_catalog::{Ability, Catalog, Endpoint, FineTune, Model};
use serde::Deserialize;
use serde_json::{Value, json};

use super::example::Method;
use super::progress::{Draft, Phase, Progress};
use super::{hyperparameters, life};
use crate::apply::Site;
use crate::families::Hooks;
use crate::family::{Family, families};
use crate::grading::Grader;
use crate::store::Record;
use crate::{Answer, Effect, Outcome, verbs};

pub(super) const FAMILY: &str = "fine_tuning.jobs";

pub(in crate::families) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("cancelFineTuningJob", cancel),
        ("pauseFineTuningJob", pause),
        ("resumeFineTuningJob", resume),
    ],
    created: Some(created),
    due: Some(life::due),
    ..Hooks::NONE
};

/// Before the first piece of a file is read.
const READING_BEGINS: Micros = Micros::from_millis(1_000);
/// Between a job's being queued and its start.
pub(super) const QUEUEING: Micros = Micros::from_millis(1_000);

pub(super) fn family() -> &'static Family {
    families()
        .get(FAMILY)
        .expect("the rows have a family of fine-tuning jobs")
}

fn created(site: &Site<'_>, draft: &mut verbs::Draft) -> Result<(), ApiError> {
    let body = &site.call.body;
    let name = body["method"]["type"].as_str().unwrap_or("supervised");
    let method = Method::deserialize(&json!(name))
        .map_err(|_| ApiError::invalid("Unknown method.").param("method.type"))?;
    let model = tunable(site, body["model"].as_str().unwrap_or_default(), method)?;
    for property in ["training_file", "validation_file"] {
        fit_file(site, property)?;
    }
    let mut described = json!({"type": name, name: {}});
    let asked = hyperparameters::asked(body, method, name);
    described[name]["hyperparameters"] = json!(asked);
    if method == Method::Reinforcement {
        let grader = &body["method"][name]["grader"];
        Grader::read(grader, "method.reinforcement.grader")?;
        described[name]["grader"] = grader.clone();
    }
    let shared = ["n_epochs", "batch_size", "learning_rate_multiplier"];
    let shared = shared.map(|name| (name.to_owned(), asked[name].clone()));
    let random = site
        .context
        .seed
        .fork("seed")
        .rng()
        .between(0, i64::from(i32::MAX));
    let properties = [
        ("model", json!(model)),
        ("finished_at", Value::Null),
        ("fine_tuned_model", Value::Null),
        ("organization_id", json!(organization_id(site))),
        ("result_files", json!([])),
        ("status", json!("validating_files")),
        (
            "hyperparameters",
            Value::Object(shared.into_iter().collect()),
        ),
        ("trained_tokens", Value::Null),
        ("error", Value::Null),
        ("user_provided_suffix", body["suffix"].clone()),
        (
            "seed",
            body["seed"]
                .as_u64()
                .map_or(json!(random), |seed| json!(seed)),
        ),
        ("estimated_finish", Value::Null),
        (
            "integrations",
            body["integrations"]
                .as_array()
                .map_or(json!([]), |all| json!(all)),
        ),
        ("method", described),
    ];
    for (name, value) in properties {
        draft.object.insert(name.to_owned(), value);
    }
    begin(site, draft);
    Ok(())
}

/// The first events of a job, and when its files are looked at.
fn begin(site: &Site<'_>, draft: &mut verbs::Draft) {
    let now = site.context.now;
    let mut events = Draft {
        record: draft.record.clone(),
        object: draft.object.clone(),
        progress: Progress::default(),
        next: crate::Next::default(),
    };
    let id = events.record.id.clone();
    events.tell(now, &format!("Created fine-tuning job: {id}"));
    let training = events.text("training_file").to_owned();
    let validation = match events.text("validation_file") {
        "" => String::new(),
        file => format!(" and validation file: {file}"),
    };
    events.tell(
        now,
        &format!("Validating training file: {training}{validation}"),
    );
    draft.next.changes.extend(events.next.changes);
    draft.record.private = json!(events.progress);
    draft.record.due = Some(now + READING_BEGINS);
}

/// The id that a job shows for a model, if the method can train it.
fn tunable(site: &Site<'_>, id: &str, method: Method) -> Result<String, ApiError> {
    let refused = || {
        let message = family().wording("untunable").replace("{id}", id);
        ApiError::invalid(message).code("model_not_available")
    };
    let model = match FineTune::parse(id) {
        Some(_) if site.store.find("models", None, id).is_none() => return Err(refused()),
        Some(_) => Catalog::builtin().resolve(id),
        None => Catalog::builtin().get(id).cloned().ok_or_else(refused)?,
    };
    if !model.can(Ability::FineTuning) {
        return Err(refused());
    }
    if !methods(&model).contains(&method) {
        let message = family().wording("method").replace("{id}", id);
        return Err(ApiError::invalid(message)
            .param("method.type")
            .code("method_not_available"));
    }
    Ok(model.snapshot)
}

/// Models that reason are reinforced; those with a chat learn from answers and preferences too.
fn methods(model: &Model) -> &'static [Method] {
    if model.reasoning.is_some() {
        &[Method::Reinforcement]
    } else if model.serves(Endpoint::Chat) {
        &[Method::Supervised, Method::Dpo]
    } else {
        &[Method::Supervised]
    }
}

/// Refuses a file that is not there or is not for training.
fn fit_file(site: &Site<'_>, property: &str) -> Result<(), ApiError> {
    let Some(id) = site.call.body[property].as_str() else {
        return Ok(());
    };
    let file = site.store.find("files", None, id);
    let fit = file.is_some_and(|file| file.object["purpose"] == "fine-tune");
    if fit {
        return Ok(());
    }
    let message = family()
        .wording("unfit_file")
        .replace("{property}", property)
        .replace("{id}", id);
    Err(ApiError::invalid(message).param(property.to_owned()))
}

/// An organisation's id, which follows from its name.
fn organization_id(site: &Site<'_>) -> String {
    let name = site.means.services.organization();
    Seed(0)
        .fork("organization")
        .fork(name)
        .id("org-", fakeai_canon::Alphabet::Alphanumeric, 24)
}

/// The job that the path names, if it is in one of the states.
fn in_state(site: &Site<'_>, states: &[&str], refusal: &str) -> Result<Draft, ApiError> {
    let record: Arc<Record> = site.record()?;
    let draft = Draft::of(&record)?;
    if states.contains(&draft.status()) {
        return Ok(draft);
    }
    let message = family()
        .wording(refusal)
        .replace("{id}", &record.id)
        .replace("{status}", draft.status());
    Err(ApiError::invalid(message))
}

const UNDER_WAY: [&str; 3] = ["validating_files", "queued", "running"];

fn cancel(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let states = ["validating_files", "queued", "running", "paused"];
    let mut job = in_state(site, &states, "uncancellable")?;
    let now = site.context.now;
    job.set("status", "cancelled");
    job.set("finished_at", now.whole_seconds());
    job.set("estimated_finish", Value::Null);
    job.tell(now, "The job has been cancelled");
    let data = json!({"id": job.record.id});
    job.next.effects.push(Effect::Announce {
        event: "fine_tuning.job.cancelled",
        data,
    });
    Ok(shown(job))
}

fn pause(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut job = in_state(site, &UNDER_WAY, "unpausable")?;
    job.set("status", "paused");
    job.set("estimated_finish", Value::Null);
    job.tell(site.context.now, "The job has been paused");
    Ok(shown(job))
}

/// A job goes on where it was: it reads on, or queues again.
fn resume(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let mut job = in_state(site, &["paused"], "unresumable")?;
    let now = site.context.now;
    if job.progress.phase == Phase::Reading {
        job.set("status", "validating_files");
    } else {
        job.progress.phase = Phase::Queued;
        job.set("status", "queued");
    }
    job.tell(now, "The job has been resumed");
    job.wake(now + QUEUEING);
    Ok(shown(job))
}

/// An answer that stores the job and shows it.
fn shown(job: Draft) -> Outcome {
    let object = Arc::new(Value::Object(job.object.clone()));
    let mut answer = Answer::json(object);
    answer.next = job.done();
    Outcome::Answer(answer)
}
