//! The operations on graders: check one, and run one on an item and an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use fakeai_canon::{ApiError, Micros};
use serde_json::{Map, Value, json};

use super::Hooks;
use crate::apply::Site;
use crate::grading::{Answered, Fault, Graded, Grader, Subject, Usage, asks, grade};
use crate::{Answer, Outcome, Question, verbs};

pub(super) static HOOKS: Hooks = Hooks {
    family: "graders",
    acts: &[("runGrader", run), ("validateGrader", validate)],
    ..Hooks::NONE
};

/// A grader that can be read comes back as it is.
fn validate(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let grader = &site.call.body["grader"];
    Grader::read(grader, "grader")?;
    let answer = json!({"grader": verbs::tellable(site, "grader", grader)});
    Ok(Outcome::Answer(Answer::json(Arc::new(answer))))
}

/// Asks the models that the grader needs, then grades.
fn run(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let body = &site.call.body;
    let grader = Grader::read(&body["grader"], "grader")?;
    let item = match &body["item"] {
        Value::Null => json!({}),
        item => item.clone(),
    };
    let text = body["model_sample"].as_str().unwrap_or_default();
    let subject = Subject::of_text(item, text);
    let calls = asks(&grader, &subject).into_iter();
    let calls = calls.map(|ask| (ask.path, Bytes::from(ask.body.to_string())));
    Ok(Outcome::Ask(Question {
        calls: calls.collect(),
        answer: Box::new(move |answers, took| {
            let answers = answers.iter();
            let mut answers = answers.map(|answer| Answered::read(answer.status, &answer.body));
            let graded = grade(&grader, &subject, &mut answers);
            report(&grader, &graded, took)
        }),
    }))
}

fn report(grader: &Grader, graded: &Graded, took: Micros) -> Value {
    let mut usage: BTreeMap<&str, Usage> = BTreeMap::new();
    for (model, spent) in &graded.usage {
        usage.entry(model).or_default().add(*spent);
    }
    let total = (!usage.is_empty()).then(|| {
        let mut total = Usage::default();
        usage.values().for_each(|spent| total.add(*spent));
        total.json()
    });
    let of_models = usage.iter();
    let of_models = of_models.map(|(model, spent)| ((*model).to_owned(), spent.json()));
    let model = usage.keys().next().filter(|_| usage.len() == 1);
    json!({
        "reward": graded.score,
        "metadata": {
            "name": grader.name,
            "type": grader.type_name(),
            "errors": flags(&graded.faults),
            "execution_time": took.seconds(),
            "scores": graded.parts,
            "token_usage": total,
            "sampled_model_name": model,
        },
        "sub_rewards": graded.parts,
        "model_grader_token_usage_per_model": of_models.collect::<Map<_, _>>(),
    })
}

/// All flags, and which of them the faults raise.
fn flags(faults: &[Fault]) -> Value {
    let mut flags = json!({
        "formula_parse_error": false,
        "sample_parse_error": false,
        "truncated_observation_error": false,
        "unresponsive_reward_error": false,
        "invalid_variable_error": false,
        "other_error": false,
        "python_grader_server_error": false,
        "python_grader_server_error_type": null,
        "python_grader_runtime_error": false,
        "python_grader_runtime_error_details": null,
        "model_grader_server_error": false,
        "model_grader_refusal_error": false,
        "model_grader_parse_error": false,
        "model_grader_server_error_details": null,
    });
    for fault in faults {
        let flag = match fault {
            Fault::Formula => "formula_parse_error",
            Fault::SampleParse => "sample_parse_error",
            Fault::Truncated => "truncated_observation_error",
            Fault::InvalidVariable => "invalid_variable_error",
            Fault::Python => {
                flags["python_grader_server_error_type"] = json!("not_implemented");
                "python_grader_server_error"
            }
            Fault::ModelServer(details) => {
                flags["model_grader_server_error_details"] = json!(details);
                "model_grader_server_error"
            }
            Fault::ModelRefusal => "model_grader_refusal_error",
            Fault::ModelParse => "model_grader_parse_error",
        };
        flags[flag] = json!(true);
    }
    flags
}
