//! Grading in two steps, so that nothing here waits: which calls a grader needs for a subject,
//! and its score once they have been answered.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::grader::{Grader, Kind, Operation};
use super::judge::{Judge, Usage};
use super::similarity::{self, Metric};
use super::subject::Subject;
use super::template::fill;

/// The model whose vectors cosines are taken of.
const EMBEDDING_MODEL: &str = "text-embedding-3-large";

/// A call that a grader needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ask {
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// What a call was answered with, cut down to what grading needs. A value, so that it can be kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered(pub(crate) Value);

/// Why something could not be graded. Each is a flag on the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// The formula has no value.
    Formula,
    /// A template wants JSON of an answer that is none.
    SampleParse,
    /// The model's answer was cut off.
    Truncated,
    /// A variable of a template names nothing.
    InvalidVariable,
    /// The grader is a program, and none is run here.
    Python,
    /// The model could not be asked; the details.
    ModelServer(String),
    /// The model refused to judge.
    ModelRefusal,
    /// The model's answer is no judgement.
    ModelParse,
}

/// How something was graded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Graded {
    /// The score; 0 where there is a fault.
    pub(crate) score: f64,
    pub(crate) passed: bool,
    pub(crate) faults: Vec<Fault>,
    /// The scores of a grader's parts, by name.
    pub(crate) parts: Map<String, Value>,
    /// The models that were asked, with what it cost.
    pub(crate) usage: Vec<(String, Usage)>,
    /// What a model said, where one was asked.
    pub(crate) said: Option<Value>,
}

impl Answered {
    /// Cuts an answer down.
    pub(crate) fn read(status: u16, body: &Bytes) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        if status != 200 {
            let message = body["error"]["message"].as_str();
            return Self(json!({"error": message.unwrap_or("The model could not be asked.")}));
        }
        let mut kept = json!({"model": body["model"], "usage": Usage::read(&body["usage"]).json()});
        if let Some([first, second]) = body["data"].as_array().map(Vec::as_slice) {
            let vector = |data: &Value| -> Vec<f64> {
                let numbers = data["embedding"].as_array().into_iter().flatten();
                numbers.filter_map(Value::as_f64).collect()
            };
            kept["cosine"] = json!(similarity::cosine(&vector(first), &vector(second)));
        } else {
            let choice = &body["choices"][0];
            kept["text"] = choice["message"]["content"].clone();
            kept["refusal"] = choice["message"]["refusal"].clone();
            kept["finish_reason"] = choice["finish_reason"].clone();
        }
        Self(kept)
    }
}

/// The calls that a grader needs, in the order in which [`grade`] takes their answers.
pub(crate) fn asks(grader: &Grader, subject: &Subject) -> Vec<Ask> {
    match &grader.kind {
        Kind::Multi { parts, .. } => {
            let parts = parts.iter();
            parts.flat_map(|(_, part)| asks(part, subject)).collect()
        }
        _ => ask(grader, subject).ok().flatten().into_iter().collect(),
    }
}

fn ask(grader: &Grader, subject: &Subject) -> Result<Option<Ask>, Fault> {
    let chat = |judge: &Judge, result: Value| {
        let body = judge.request(subject, result)?;
        let path = "/v1/chat/completions";
        Ok(Some(Ask { path, body }))
    };
    match &grader.kind {
        Kind::TextSimilarity {
            input,
            reference,
            metric: Metric::Cosine,
        } => {
            let texts = [fill(input, subject)?, fill(reference, subject)?];
            // An empty text has no vector; the endpoint refuses it.
            let body = json!({"model": EMBEDDING_MODEL, "input": texts});
            let path = "/v1/embeddings";
            Ok(Some(Ask { path, body }))
        }
        Kind::ScoreModel { judge, range } => chat(
            judge,
            json!({"type": "number", "minimum": range.0, "maximum": range.1}),
        ),
        Kind::LabelModel { judge, labels, .. } => {
            chat(judge, json!({"type": "string", "enum": labels}))
        }
        Kind::StringCheck { .. }
        | Kind::TextSimilarity { .. }
        | Kind::Python
        | Kind::Multi { .. } => Ok(None),
    }
}

/// The score of a subject, with the answers to the calls of [`asks`].
pub(crate) fn grade(
    grader: &Grader,
    subject: &Subject,
    answers: &mut dyn Iterator<Item = Answered>,
) -> Graded {
    if let Kind::Multi { parts, formula } = &grader.kind {
        let mut whole = Graded::default();
        for (name, part) in parts {
            let graded = grade(part, subject, answers);
            whole.parts.insert(name.clone(), json!(graded.score));
            whole.faults.extend(graded.faults);
            whole.usage.extend(graded.usage);
        }
        let of = |name: &str| whole.parts.get(name).and_then(Value::as_f64);
        match formula.value(&of) {
            Some(score) => whole.score = score,
            None => whole.faults.push(Fault::Formula),
        }
        whole.passed = whole.faults.is_empty() && grader.passes(whole.score);
        return whole;
    }
    let mut graded = Graded::default();
    match single(grader, subject, answers, &mut graded) {
        Ok(score) => {
            graded.score = score;
            graded.passed = grader.passes(score);
        }
        Err(fault) => graded.faults.push(fault),
    }
    graded
}

fn single(
    grader: &Grader,
    subject: &Subject,
    answers: &mut dyn Iterator<Item = Answered>,
    graded: &mut Graded,
) -> Result<f64, Fault> {
    let mut answer = match ask(grader, subject)? {
        Some(_) => {
            let answer = answers.next();
            told(answer, graded)?
        }
        None => Value::Null,
    };
    match &grader.kind {
        Kind::StringCheck {
            input,
            reference,
            operation,
        } => Ok(check(
            &fill(input, subject)?,
            &fill(reference, subject)?,
            *operation,
        )),
        Kind::TextSimilarity {
            input,
            reference,
            metric,
        } => {
            let (input, reference) = (fill(input, subject)?, fill(reference, subject)?);
            let score = similarity::of(*metric, &input, &reference);
            Ok(score.unwrap_or_else(|| answer["cosine"].as_f64().unwrap_or(0.0)))
        }
        Kind::ScoreModel { range, .. } => {
            let result = judgement(&mut answer)?;
            let number = result
                .as_f64()
                .or_else(|| result.as_str()?.trim().parse().ok());
            let score: f64 = number.ok_or(Fault::ModelParse)?;
            let within = (range.0..=range.1).contains(&score);
            within.then_some(score).ok_or(Fault::ModelParse)
        }
        Kind::LabelModel {
            labels, passing, ..
        } => {
            let result = judgement(&mut answer)?;
            let label = result.as_str().unwrap_or_default().trim().to_owned();
            if !labels.contains(&label) {
                return Err(Fault::ModelParse);
            }
            Ok(f64::from(u8::from(passing.contains(&label))))
        }
        Kind::Python => Err(Fault::Python),
        Kind::Multi { .. } => Err(Fault::Formula),
    }
}

/// What a model said, with its cost noted.
fn told(answer: Option<Answered>, graded: &mut Graded) -> Result<Value, Fault> {
    let Some(Answered(answer)) = answer else {
        return Err(Fault::ModelServer("The model was not asked.".to_owned()));
    };
    if let Some(error) = answer["error"].as_str() {
        return Err(Fault::ModelServer(error.to_owned()));
    }
    let model = answer["model"].as_str().unwrap_or_default().to_owned();
    graded.usage.push((model, Usage::read(&answer["usage"])));
    if answer.get("text").is_some() {
        graded.said = Some(answer.clone());
    }
    Ok(answer)
}

/// The `result` of a model's answer, or the bare answer of one that keeps to no schema.
fn judgement(answer: &mut Value) -> Result<Value, Fault> {
    if answer["refusal"].is_string() {
        return Err(Fault::ModelRefusal);
    }
    if answer["finish_reason"] == "length" {
        return Err(Fault::Truncated);
    }
    let text = answer["text"].as_str().unwrap_or_default();
    Ok(match serde_json::from_str(text) {
        Ok(Value::Object(mut object)) => object.remove("result").ok_or(Fault::ModelParse)?,
        Ok(other) => other,
        Err(_) => json!(text),
    })
}

fn check(input: &str, reference: &str, operation: Operation) -> f64 {
    let passed = match operation {
        Operation::Equal => input == reference,
        Operation::Different => input != reference,
        Operation::Like => input.contains(reference),
        Operation::LikeAnyCase => input.to_lowercase().contains(&reference.to_lowercase()),
    };
    f64::from(u8::from(passed))
}
