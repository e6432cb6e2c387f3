//! What a search is asked to do with its scores: ranker, threshold, weights. Not here: doing it.

use serde_json::{Map, Value};

use crate::filter::FilterError;

/// What orders the passages that were found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ranker {
    /// By relevance of the passage itself (`auto`, and the dated rankers).
    #[default]
    Auto,
    /// As the two lists were joined.
    None,
}

/// Weights of the two lists when they are joined. With weights given, the joined order stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hybrid {
    /// Of the list by vectors.
    pub embedding_weight: f32,
    /// Of the list by words.
    pub text_weight: f32,
}

/// How passages are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ranking {
    /// What orders them.
    pub ranker: Ranker,
    /// Lowest score that is answered, 0 to 1.
    pub score_threshold: f32,
    /// Weights, where given.
    pub hybrid: Option<Hybrid>,
}

/// Rankers that a request may name. The assistants' tool spells the date with underscores.
const RANKERS: [(&str, Ranker); 4] = [
    ("auto", Ranker::Auto),
    ("none", Ranker::None),
    ("default-2024-11-15", Ranker::Auto),
    ("default_2024_08_21", Ranker::Auto),
];

impl Ranking {
    /// Reads a request's `ranking_options`.
    ///
    /// # Errors
    /// Names the field that is of no known ranker, no number, or out of bounds.
    pub fn from_json(options: Option<&Value>) -> Result<Self, FilterError> {
        let Some(options) = options.filter(|options| !options.is_null()) else {
            return Ok(Self::default());
        };
        let Some(options) = options.as_object() else {
            return Err(FilterError::wrong_type(
                "ranking_options",
                "an object",
                options,
            ));
        };
        Ok(Self {
            ranker: ranker(options)?,
            score_threshold: number(options, "ranking_options", "score_threshold", Some(1.0))?
                .unwrap_or(0.0),
            hybrid: hybrid(options)?,
        })
    }
}

fn ranker(options: &Map<String, Value>) -> Result<Ranker, FilterError> {
    let Some(value) = options.get("ranker").filter(|value| !value.is_null()) else {
        return Ok(Ranker::Auto);
    };
    let named = RANKERS.iter().find(|(name, _)| value == name);
    let names = RANKERS.map(|(name, _)| name);
    let refusal = || FilterError::not_allowed("ranking_options.ranker", value, &names);
    named.map(|(_, ranker)| *ranker).ok_or_else(refusal)
}

fn hybrid(options: &Map<String, Value>) -> Result<Option<Hybrid>, FilterError> {
    const AT: &str = "ranking_options.hybrid_search";
    let Some(value) = options
        .get("hybrid_search")
        .filter(|value| !value.is_null())
    else {
        return Ok(None);
    };
    let Some(weights) = value.as_object() else {
        return Err(FilterError::wrong_type(AT, "an object", value));
    };
    let weight = |name: &str| {
        number(weights, AT, name, None)?
            .ok_or_else(|| FilterError::missing(&format!("{AT}.{name}")))
    };
    let (embedding_weight, text_weight) = (weight("embedding_weight")?, weight("text_weight")?);
    if embedding_weight + text_weight <= 0.0 {
        let message = format!("Invalid '{AT}': at least one weight must be greater than 0.");
        return Err(FilterError::invalid(AT, message));
    }
    Ok(Some(Hybrid {
        embedding_weight,
        text_weight,
    }))
}

/// A number from 0 on, up to `most`.
fn number(
    object: &Map<String, Value>,
    at: &str,
    name: &str,
    most: Option<f64>,
) -> Result<Option<f32>, FilterError> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let param = format!("{at}.{name}");
    let Some(number) = value.as_f64() else {
        return Err(FilterError::wrong_type(&param, "a number", value));
    };
    if number < 0.0 {
        return Err(FilterError::out_of_bounds(
            &param,
            "below minimum",
            ">= 0",
            value,
        ));
    }
    match most {
        Some(most) if number > most => {
            let bound = format!("<= {most}");
            Err(FilterError::out_of_bounds(
                &param,
                "above maximum",
                &bound,
                value,
            ))
        }
        Some(_) | None => Ok(Some(number as f32)),
    }
}
