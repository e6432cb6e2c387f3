//! A grader as a client describes it, read once and checked whole.

use fakeai_canon::ApiError;
use serde_json::Value;

use super::formula::Formula;
use super::judge::Judge;
use super::similarity::Metric;
use super::template;

/// Graders that a grader may be made of.
const PARTS: usize = 32;

/// A grader.
#[derive(Clone, Debug)]
pub(crate) struct Grader {
    /// Its name.
    pub(crate) name: String,
    /// What it does.
    pub(crate) kind: Kind,
    /// The score from which on it passes; the kind's own rule where absent.
    pub(crate) threshold: Option<f64>,
}

/// What a grader does.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Compares two texts, character by character.
    StringCheck {
        /// A template.
        input: String,
        /// A template.
        reference: String,
        /// How they are compared.
        operation: Operation,
    },
    /// Measures how alike two texts are.
    TextSimilarity {
        /// A template.
        input: String,
        /// A template.
        reference: String,
        /// By which measure.
        metric: Metric,
    },
    /// Asks a model for a score.
    ScoreModel {
        /// The model and what it is told.
        judge: Judge,
        /// The lowest and the highest score.
        range: (f64, f64),
    },
    /// Asks a model for a label.
    LabelModel {
        /// The model and what it is told.
        judge: Judge,
        /// All labels.
        labels: Vec<String>,
        /// Those that pass.
        passing: Vec<String>,
    },
    /// A program; it is never run.
    Python,
    /// Others, and a formula over their scores.
    Multi {
        /// The others, by the name that the formula knows them by.
        parts: Vec<(String, Grader)>,
        /// The formula.
        formula: Formula,
    },
}

/// How texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// They are the same.
    Equal,
    /// They differ.
    Different,
    /// The input contains the reference.
    Like,
    /// It does, whatever the case.
    LikeAnyCase,
}

impl Grader {
    /// Reads a grader that has passed its contract; `at` is where it stands in the body.
    ///
    /// # Errors
    /// 400 for what no grader can be: a template with an unknown variable, labels that don't go
    /// together, a formula that can't be read.
    pub(crate) fn read(value: &Value, at: &str) -> Result<Self, ApiError> {
        Self::read_kind(value).map_err(|reason| {
            let message = format!("Invalid grader '{}': {reason}.", text(value, "name"));
            ApiError::invalid(message).param(at).code("invalid_grader")
        })
    }

    fn read_kind(value: &Value) -> Result<Self, String> {
        let kind = match value["type"].as_str().unwrap_or_default() {
            "string_check" => Kind::StringCheck {
                input: template(value, "input")?,
                reference: template(value, "reference")?,
                operation: operation(&value["operation"])?,
            },
            "text_similarity" => Kind::TextSimilarity {
                input: template(value, "input")?,
                reference: template(value, "reference")?,
                metric: serde_json::from_value(value["evaluation_metric"].clone())
                    .map_err(|_| "unknown evaluation_metric".to_owned())?,
            },
            "score_model" => Kind::ScoreModel {
                judge: Judge::read(value)?,
                range: range(&value["range"])?,
            },
            "label_model" => label_model(value)?,
            "python" if text(value, "source").trim().is_empty() => {
                return Err("'source' is empty".to_owned());
            }
            "python" => Kind::Python,
            "multi" => multi(value)?,
            other => return Err(format!("unknown type '{other}'")),
        };
        Ok(Self {
            name: text(value, "name").to_owned(),
            threshold: value["pass_threshold"].as_f64(),
            kind,
        })
    }

    /// The `type` on the wire.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::StringCheck { .. } => "string_check",
            Kind::TextSimilarity { .. } => "text_similarity",
            Kind::ScoreModel { .. } => "score_model",
            Kind::LabelModel { .. } => "label_model",
            Kind::Python => "python",
            Kind::Multi { .. } => "multi",
        }
    }

    /// Whether a score passes: at the threshold, or else at half of the range, and for those that
    /// know only right and wrong at 1.
    pub(crate) fn passes(&self, score: f64) -> bool {
        let least = self.threshold.unwrap_or(match self.kind {
            Kind::StringCheck { .. } | Kind::LabelModel { .. } => 1.0,
            Kind::ScoreModel {
                range: (low, high), ..
            } => f64::midpoint(low, high),
            Kind::TextSimilarity { .. } | Kind::Python | Kind::Multi { .. } => 0.5,
        });
        score >= least
    }
}

fn text<'a>(value: &'a Value, property: &str) -> &'a str {
    value[property].as_str().unwrap_or_default()
}

fn template(value: &Value, property: &str) -> Result<String, String> {
    let template = text(value, property);
    match template::unknown_variable(template) {
        Some(name) => Err(format!(
            "'{property}' uses '{{{{{name}}}}}', but variables begin with 'item' or 'sample'"
        )),
        None => Ok(template.to_owned()),
    }
}

fn operation(value: &Value) -> Result<Operation, String> {
    match value.as_str() {
        Some("eq") => Ok(Operation::Equal),
        Some("ne") => Ok(Operation::Different),
        Some("like") => Ok(Operation::Like),
        Some("ilike") => Ok(Operation::LikeAnyCase),
        _ => Err("unknown operation".to_owned()),
    }
}

/// 0 to 1 where none is given.
fn range(value: &Value) -> Result<(f64, f64), String> {
    let Some(bounds) = value.as_array() else {
        return Ok((0.0, 1.0));
    };
    match bounds.iter().map(Value::as_f64).collect::<Vec<_>>()[..] {
        [Some(low), Some(high)] if low < high => Ok((low, high)),
        _ => Err("'range' must be two numbers, the lower one first".to_owned()),
    }
}

fn label_model(value: &Value) -> Result<Kind, String> {
    let list = |property: &str| -> Vec<String> {
        let labels = value[property].as_array().into_iter().flatten();
        labels
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let (labels, passing) = (list("labels"), list("passing_labels"));
    if labels.is_empty() {
        return Err("'labels' is empty".to_owned());
    }
    if let Some(stray) = passing.iter().find(|label| !labels.contains(label)) {
        return Err(format!("passing label '{stray}' is not among 'labels'"));
    }
    Ok(Kind::LabelModel {
        judge: Judge::read(value)?,
        labels,
        passing,
    })
}

/// The parts stand by their names, or one stands alone under its own.
fn multi(value: &Value) -> Result<Kind, String> {
    let graders = &value["graders"];
    let parts = match graders.as_object() {
        Some(one) if one.get("type").is_some_and(Value::is_string) => {
            vec![(text(graders, "name").to_owned(), graders)]
        }
        Some(several) => several
            .iter()
            .map(|(name, one)| (name.clone(), one))
            .collect(),
        None => Vec::new(),
    };
    if parts.is_empty() || parts.len() > PARTS {
        return Err(format!("'graders' must have 1 to {PARTS} graders"));
    }
    let read = |(name, part): (String, &Value)| {
        if part["type"] == "multi" {
            return Err("a multi grader can't contain another one".to_owned());
        }
        Ok((name, Grader::read_kind(part)?))
    };
    let parts = parts.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let formula = Formula::parse(text(value, "calculate_output"))
        .map_err(|reason| format!("'calculate_output' can't be read: {reason}"))?;
    let mut names = Vec::new();
    formula.names(&mut names);
    let known = |name: &&str| parts.iter().any(|(part, _)| part == name);
    if let Some(stray) = names.into_iter().find(|name| !known(name)) {
        return Err(format!(
            "'calculate_output' uses '{stray}', which is no grader"
        ));
    }
    Ok(Kind::Multi { parts, formula })
}
