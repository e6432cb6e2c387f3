//! The metrics as text, for Prometheus and as OpenMetrics. Rows of the catalogue are filled from
//! ledgers; what a row does not split by is added up.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>
//! <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>

use std::collections::BTreeMap;
use std::fmt::Write;

use fakeai_canon::Micros;

use crate::catalogue::{Label, Metric, MetricKind, Value, metrics};
use crate::histogram::Counts;
use crate::ledger::{Key, Ledger};
use crate::series::{TOKEN_TYPES, Totals};

/// The media type of [`prometheus`].
pub const PROMETHEUS_MEDIA: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The media type of [`open_metrics`].
pub const OPEN_METRICS_MEDIA: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics of several worlds in Prometheus's text format; a world's name is a label.
pub fn prometheus(worlds: &[(&str, &Ledger)]) -> String {
    exposition(worlds, Format::Prometheus)
}

/// The metrics of several worlds in the OpenMetrics format; a world's name is a label.
pub fn open_metrics(worlds: &[(&str, &Ledger)]) -> String {
    let mut text = exposition(worlds, Format::OpenMetrics);
    text.push_str("# EOF\n");
    text
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Prometheus,
    OpenMetrics,
}

/// One world's state at the moment of the export.
struct World<'a> {
    name: &'a str,
    active: u64,
    series: Vec<(Key, Totals)>,
}

/// What stands behind one set of labels.
enum Sample {
    Number(u64),
    Spans(Counts),
}

impl Sample {
    fn merge(&mut self, more: Sample) {
        match (self, more) {
            (Sample::Number(number), Sample::Number(more)) => *number += more,
            (Sample::Spans(spans), Sample::Spans(more)) => spans.merge(&more),
            // A row has samples of one kind.
            (Sample::Number(_), Sample::Spans(_)) | (Sample::Spans(_), Sample::Number(_)) => {}
        }
    }
}

fn exposition(worlds: &[(&str, &Ledger)], format: Format) -> String {
    let worlds = worlds.iter().map(|(name, ledger)| World {
        name,
        active: ledger.active_requests(),
        series: ledger.totals(Micros::ZERO),
    });
    let worlds = worlds.collect::<Vec<_>>();
    let mut text = String::new();
    for metric in metrics() {
        head(&mut text, metric, format);
        for (labels, sample) in samples(metric, &worlds) {
            write_sample(&mut text, metric, &labels, &sample);
        }
    }
    text
}

fn head(text: &mut String, metric: &Metric, format: Format) {
    let total = metric.kind == MetricKind::Counter && format == Format::Prometheus;
    let suffix = if total { "_total" } else { "" };
    let (name, help) = (&metric.name, escaped(&metric.help));
    let _ = writeln!(text, "# HELP {name}{suffix} {help}");
    let _ = writeln!(text, "# TYPE {name}{suffix} {}", metric.kind.name());
    if let (Some(unit), Format::OpenMetrics) = (&metric.unit, format) {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
}

/// The samples of a row by the text of their labels, in its order.
fn samples(metric: &Metric, worlds: &[World<'_>]) -> BTreeMap<String, Sample> {
    let mut samples = BTreeMap::new();
    for world in worlds {
        if metric.value == Value::ActiveRequests {
            let labels = labels(metric, world.name, None, "");
            samples.insert(labels, Sample::Number(world.active));
        }
        for (key, totals) in &world.series {
            for (extra, sample) in values(metric.value, totals) {
                let labels = labels(metric, world.name, Some(key), extra);
                add(&mut samples, labels, sample);
            }
        }
    }
    samples
}

fn add(samples: &mut BTreeMap<String, Sample>, labels: String, sample: Sample) {
    match samples.get_mut(&labels) {
        Some(sum) => sum.merge(sample),
        None => drop(samples.insert(labels, sample)),
    }
}

/// A series' samples of one value, each with the label that the value itself brings.
fn values(value: Value, totals: &Totals) -> Vec<(&str, Sample)> {
    let number = |number| vec![("", Sample::Number(number))];
    let spans = |counts: &Counts| match counts.count() {
        0 => Vec::new(),
        _ => vec![("", Sample::Spans(counts.clone()))],
    };
    match value {
        Value::Requests => number(totals.requests),
        Value::Streamed => number(totals.streamed),
        Value::Abandoned => number(totals.abandoned),
        Value::Faults => number(totals.faults),
        Value::Errors => {
            let errors = totals.errors.iter();
            errors
                .map(|(code, count)| (code.as_str(), Sample::Number(*count)))
                .collect()
        }
        Value::Tokens => {
            let tokens = TOKEN_TYPES.into_iter().zip(totals.tokens);
            tokens
                .filter(|(_, count)| *count > 0)
                .map(|(kind, count)| (kind, Sample::Number(count)))
                .collect()
        }
        Value::RequestDuration => spans(&totals.duration),
        Value::TimeToFirstToken => spans(&totals.first_token),
        Value::InterTokenLatency => spans(&totals.between_tokens),
        Value::EmissionLateness => spans(&totals.lateness),
        Value::ActiveRequests => Vec::new(),
    }
}

/// The labels as they are written, without braces.
fn labels(metric: &Metric, world: &str, key: Option<&Key>, extra: &str) -> String {
    let mut text = String::new();
    for label in &metric.labels {
        let separator = if text.is_empty() { "" } else { "," };
        let _ = write!(text, "{separator}{}=\"", label.name());
        match (label, key) {
            (Label::World, _) => text.push_str(&escaped(world)),
            (Label::Code | Label::Type, _) => text.push_str(&escaped(extra)),
            (Label::Operation, Some(key)) => text.push_str(&escaped(key.operation)),
            (Label::Model, Some(key)) => text.push_str(&escaped(&key.model)),
            (Label::Status, Some(key)) => {
                let _ = write!(text, "{}", key.status);
            }
            (Label::Operation | Label::Model | Label::Status, None) => {}
        }
        text.push('"');
    }
    text
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

fn write_sample(text: &mut String, metric: &Metric, labels: &str, sample: &Sample) {
    let name = &metric.name;
    match sample {
        Sample::Number(number) => {
            let suffix = match metric.kind {
                MetricKind::Counter => "_total",
                MetricKind::Gauge | MetricKind::Histogram => "",
            };
            let _ = writeln!(text, "{name}{suffix}{{{labels}}} {number}");
        }
        Sample::Spans(spans) => {
            for bound in bounds(metric, spans) {
                let (le, count) = (Micros(bound).seconds(), spans.up_to(bound));
                let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{le:?}\"}} {count}");
            }
            let (count, sum) = (spans.count(), spans.sum_seconds());
            let _ = writeln!(text, "{name}_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {sum}");
            let _ = writeln!(text, "{name}_count{{{labels}}} {count}");
        }
    }
}

/// The buckets' bounds in microseconds: those of the row, or all that the spans are counted in.
fn bounds(metric: &Metric, spans: &Counts) -> Vec<u64> {
    if metric.buckets.is_empty() {
        return spans.bounds.to_vec();
    }
    let buckets = metric.buckets.iter();
    buckets.map(|bound| (bound * 1e6).round() as u64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::fine_bounds;

    #[test]
    fn every_bucket_ends_where_a_class_ends() {
        for metric in metrics() {
            for bound in &metric.buckets {
                let bound = (bound * 1e6).round() as u64;
                assert!(fine_bounds().contains(&bound), "{}: {bound}", metric.name);
            }
        }
    }
}
