//! The ledger by model: what each was asked, how long it took, what went wrong and what it cost, side
//! by side and in order. A view; nothing is counted here.

use std::collections::BTreeMap;
use std::fmt::Write;

use fakeai_canon::Micros;
use serde_json::{Value, json};

use crate::exposition::escaped;
use crate::ledger::Ledger;
use crate::series::{TOKEN_TYPES, Totals};
use crate::usage::ordinary_price;

/// What models can be ordered by.
pub const RANKINGS: [&str; 5] = ["request_count", "latency", "error_rate", "cost", "tokens"];

/// A number of a model.
type Figure = fn(&ModelSummary) -> f64;

/// One model of several worlds at one moment.
pub struct ModelSummary {
    /// Its name as requests had it.
    pub model: String,
    totals: Totals,
    failed: u64,
    endpoints: BTreeMap<&'static str, u64>,
    dollars: f64,
}

/// All models that were asked, in the order of their names. Calls without a model are not among them.
pub fn by_model(worlds: &[&Ledger], now: Micros) -> Vec<ModelSummary> {
    let mut models = BTreeMap::<String, ModelSummary>::new();
    for (key, totals) in worlds.iter().flat_map(|ledger| ledger.totals(now)) {
        if key.model.is_empty() {
            continue;
        }
        let failed = if key.status >= 400 {
            totals.requests
        } else {
            0
        };
        let requests = totals.requests;
        let summary = match models.get_mut(&key.model) {
            Some(summary) => {
                summary.totals.merge(&totals);
                summary
            }
            None => models
                .entry(key.model.clone())
                .or_insert_with(|| ModelSummary {
                    model: key.model.clone(),
                    totals,
                    failed: 0,
                    endpoints: BTreeMap::new(),
                    dollars: 0.0,
                }),
        };
        summary.failed += failed;
        *summary.endpoints.entry(key.operation).or_default() += requests;
    }
    let mut models: Vec<_> = models.into_values().collect();
    for summary in &mut models {
        let [prompt, cached, completion] = ["prompt", "cached", "completion"].map(|kind| {
            let place = TOKEN_TYPES.iter().position(|name| *name == kind);
            place.map_or(0, |place| summary.totals.tokens[place])
        });
        summary.dollars = ordinary_price(&summary.model, prompt, cached, completion);
    }
    models
}

impl ModelSummary {
    fn tokens(&self, kind: &str) -> u64 {
        let place = TOKEN_TYPES.iter().position(|name| *name == kind);
        place.map_or(0, |place| self.totals.tokens[place])
    }

    fn all_tokens(&self) -> u64 {
        self.tokens("prompt") + self.tokens("completion")
    }

    fn mean_ms(&self) -> f64 {
        let duration = &self.totals.duration;
        duration.sum_seconds() * 1e3 / duration.count().max(1) as f64
    }

    fn quantile_ms(&self, share: f64) -> f64 {
        self.totals.duration.quantile(share).unwrap_or(0.0) * 1e3
    }

    fn error_percent(&self) -> f64 {
        self.failed as f64 * 100.0 / self.totals.requests.max(1) as f64
    }

    fn dollars_a_request(&self) -> f64 {
        self.dollars / self.totals.requests.max(1) as f64
    }

    /// The figure that a ranking goes by.
    fn figure(&self, metric: &str) -> f64 {
        match metric {
            "latency" => self.mean_ms(),
            "error_rate" => self.error_percent(),
            "cost" => self.dollars,
            "tokens" => self.all_tokens() as f64,
            _ => self.totals.requests as f64,
        }
    }

    /// All that is known of it.
    pub fn json(&self) -> Value {
        json!({
            "model": self.model,
            "request_count": self.totals.requests,
            "streamed": self.totals.streamed,
            "tokens": {
                "prompt": self.tokens("prompt"),
                "cached": self.tokens("cached"),
                "completion": self.tokens("completion"),
                "total": self.all_tokens(),
            },
            "latency": {
                "avg_ms": self.mean_ms(),
                "p50_ms": self.quantile_ms(0.5),
                "p90_ms": self.quantile_ms(0.9),
                "p95_ms": self.quantile_ms(0.95),
                "p99_ms": self.quantile_ms(0.99),
            },
            "time_to_first_token_ms": self.totals.first_token.quantile(0.5).map(|s| s * 1e3),
            "errors": {
                "count": self.failed,
                "rate_percent": self.error_percent(),
                "by_code": self.totals.errors,
            },
            "cost": {
                "total_usd": self.dollars,
                "per_request_usd": self.dollars_a_request(),
            },
            "endpoints": self.endpoints,
        })
    }
}

/// The models in order of a figure, the highest first, so many of them.
pub fn ranking_json(mut models: Vec<ModelSummary>, metric: &str, limit: usize) -> Value {
    // Of equals the name decides, which is the order that they come in.
    models.sort_by(|one, other| other.figure(metric).total_cmp(&one.figure(metric)));
    let ranked = models.iter().take(limit).enumerate();
    let ranked = ranked.map(|(place, summary)| {
        json!({
            "rank": place + 1,
            "model": summary.model,
            "value": summary.figure(metric),
            "request_count": summary.totals.requests,
        })
    });
    json!({"metric": metric, "models": ranked.collect::<Vec<_>>()})
}

/// Two models side by side, and which is better at what.
pub fn compare_json(one: &ModelSummary, other: &ModelSummary) -> Value {
    let figures: [(&str, Figure); 6] = [
        ("request_count", |model| model.totals.requests as f64),
        ("avg_latency_ms", ModelSummary::mean_ms),
        ("error_rate_percent", ModelSummary::error_percent),
        ("total_cost_usd", |model| model.dollars),
        ("cost_per_request_usd", ModelSummary::dollars_a_request),
        ("total_tokens", |model| model.all_tokens() as f64),
    ];
    let mut comparison = serde_json::Map::new();
    for (name, figure) in figures {
        let (first, second) = (figure(one), figure(other));
        let percent = (first != 0.0).then(|| (second - first) * 100.0 / first);
        comparison.insert(
            name.to_owned(),
            json!({
                "model1": first,
                "model2": second,
                "delta": second - first,
                "percent_change": percent,
            }),
        );
    }
    let lower = |figure: Figure| match figure(one).total_cmp(&figure(other)) {
        std::cmp::Ordering::Less => json!(one.model),
        std::cmp::Ordering::Equal => Value::Null,
        std::cmp::Ordering::Greater => json!(other.model),
    };
    json!({
        "model1": one.model,
        "model2": other.model,
        "comparison": comparison,
        "winner": {
            "latency": lower(ModelSummary::mean_ms),
            "error_rate": lower(ModelSummary::error_percent),
            "cost_efficiency": lower(ModelSummary::dollars_a_request),
        },
    })
}

/// The models as Prometheus's text.
pub fn by_model_text(models: &[ModelSummary]) -> String {
    let mut text = String::new();
    let mut row = |name: &str, kind: &str, help: &str, samples: Vec<(String, f64)>| {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (series, value) in samples {
            let _ = writeln!(text, "{name}{series} {value}");
        }
    };
    let each = |figure: Figure| {
        let of = |summary: &ModelSummary| (labels(&summary.model, None), figure(summary));
        models.iter().map(of).collect()
    };
    row(
        "fakeai_model_requests_total",
        "counter",
        "Calls answered.",
        each(|model| model.totals.requests as f64),
    );
    let tokens = models.iter().flat_map(|summary| {
        TOKEN_TYPES
            .iter()
            .zip(summary.totals.tokens)
            .map(|(kind, count)| (labels(&summary.model, Some(("type", kind))), count as f64))
    });
    row(
        "fakeai_model_tokens_total",
        "counter",
        "Tokens as reported in usage.",
        tokens.collect(),
    );
    row(
        "fakeai_model_errors_total",
        "counter",
        "Calls that ended in an error.",
        each(|model| model.failed as f64),
    );
    row(
        "fakeai_model_cost_usd_total",
        "counter",
        "What the tokens cost at the ordinary price, in US dollars.",
        each(|model| model.dollars),
    );
    let latency = models.iter().flat_map(|summary| {
        ["0.5", "0.9", "0.95", "0.99"].map(|share| {
            let of = share.parse().unwrap_or(0.5);
            let labels = labels(&summary.model, Some(("quantile", share)));
            (labels, summary.quantile_ms(of))
        })
    });
    row(
        "fakeai_model_latency_milliseconds",
        "gauge",
        "Quantiles of the time to answer a call, in milliseconds.",
        latency.collect(),
    );
    let endpoints = models.iter().flat_map(|summary| {
        summary.endpoints.iter().map(|(operation, count)| {
            let labels = labels(&summary.model, Some(("operation", operation)));
            (labels, *count as f64)
        })
    });
    row(
        "fakeai_model_endpoint_requests_total",
        "counter",
        "Calls answered, by operation.",
        endpoints.collect(),
    );
    text
}

fn labels(model: &str, more: Option<(&str, &str)>) -> String {
    let model = escaped(model);
    match more {
        None => format!("{{model=\"{model}\"}}"),
        Some((name, value)) => format!("{{model=\"{model}\",{name}=\"{}\"}}", escaped(value)),
    }
}
