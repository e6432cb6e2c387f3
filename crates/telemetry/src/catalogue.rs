//! The rows of the metrics, read once from `data/metrics`.

use std::sync::LazyLock;

use serde::Deserialize;

/// All rows, in the order of their export.
pub(crate) fn metrics() -> &'static [Metric] {
    static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| {
        let rows = toml::from_str::<Rows>(include_str!("../../../data/metrics/fakeai.toml"));
        rows.expect("the metrics' rows are part of this program")
            .metric
    });
    &METRICS
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    metric: Vec<Metric>,
}

/// One metric.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metric {
    /// Without `_total`.
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: MetricKind,
    #[serde(default)]
    pub(crate) unit: Option<String>,
    pub(crate) help: String,
    pub(crate) value: Value,
    pub(crate) labels: Vec<Label>,
    /// Upper bounds in seconds.
    #[serde(default)]
    pub(crate) buckets: Vec<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

impl MetricKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        }
    }
}

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Value {
    Requests,
    Errors,
    Tokens,
    Streamed,
    Abandoned,
    Faults,
    RequestDuration,
    TimeToFirstToken,
    InterTokenLatency,
    EmissionLateness,
    ActiveRequests,
}

/// What a metric is split by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Label {
    World,
    Operation,
    Model,
    Status,
    Code,
    Type,
}

impl Label {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Label::World => "world",
            Label::Operation => "operation",
            Label::Model => "model",
            Label::Status => "status",
            Label::Code => "code",
            Label::Type => "type",
        }
    }
}
