//! How tokens are drawn and where the answer ends: the fields that chat completions and
//! completions have in common.

use fakeai_canon::{Effort, Sampling, TokenId, Verbosity};
use serde_json::Value;

use super::fields::{Fields, into_integer, into_string};

/// Reads the sampling fields. Keys of `logit_bias` that are no token ids are left out.
pub(super) fn sampling(body: &mut Fields) -> Sampling {
    Sampling {
        temperature: body.number("temperature"),
        top_p: body.number("top_p"),
        frequency_penalty: body.number("frequency_penalty").unwrap_or(0.0),
        presence_penalty: body.number("presence_penalty").unwrap_or(0.0),
        logit_bias: body
            .take("logit_bias")
            .map(|value| logit_bias(&value))
            .unwrap_or_default(),
        seed: body.integer("seed"),
    }
}

fn logit_bias(value: &Value) -> Vec<(TokenId, f64)> {
    let Some(map) = value.as_object() else {
        return Vec::new();
    };
    let mut biases: Vec<(TokenId, f64)> = map
        .iter()
        .filter_map(|(key, bias)| Some((key.parse().ok()?, bias.as_f64()?)))
        .collect();
    biases.sort_by_key(|(id, _)| *id);
    biases
}

/// Reads `stop`: a text or up to four of them. Empty texts stop nothing.
pub(super) fn stop(body: &mut Fields) -> Vec<String> {
    let mut texts = match body.take("stop") {
        Some(Value::Array(items)) => items.into_iter().filter_map(into_string).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    };
    texts.retain(|text| !text.is_empty());
    texts
}

/// Reads an effort of reasoning by its wire name.
pub(super) fn effort(name: &str) -> Option<Effort> {
    EFFORTS
        .into_iter()
        .find(|effort| effort_name(*effort) == name)
}

/// The wire name of an effort.
pub(super) fn effort_name(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::XHigh => "xhigh",
        Effort::Max => "max",
    }
}

const EFFORTS: [Effort; 7] = [
    Effort::None,
    Effort::Minimal,
    Effort::Low,
    Effort::Medium,
    Effort::High,
    Effort::XHigh,
    Effort::Max,
];

/// Reads a verbosity by its wire name.
pub(super) fn verbosity(name: Option<&str>) -> Verbosity {
    match name {
        Some("low") => Verbosity::Low,
        Some("high") => Verbosity::High,
        _ => Verbosity::Medium,
    }
}

/// Token ids given as numbers; those that no vocabulary has become the highest id.
pub(super) fn token_ids(values: &[Value]) -> Vec<TokenId> {
    values
        .iter()
        .filter_map(into_integer)
        .map(|id| id.clamp(0, i64::from(TokenId::MAX)) as TokenId)
        .collect()
}
