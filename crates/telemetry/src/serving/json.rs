//! A page as JSON: the same rows and samples.

use serde_json::{Map, Value as Json, json};

use super::family::{Family, families};
use super::measure::Value;
use super::meter::ServingMeter;
use super::moment::Moment;
use super::page::PageKind;

/// The page's rows with their samples.
pub fn page_json(kind: PageKind, meter: &ServingMeter, moment: &Moment) -> Json {
    let families = families(kind, meter, moment);
    json!({
        "page": kind.name(),
        "version": kind.page().version,
        "timestamp": moment.now.seconds(),
        "metrics": families.iter().map(family).collect::<Vec<_>>(),
    })
}

fn family(family: &Family) -> Json {
    let samples = family.samples.iter().map(|(labels, value)| {
        let labels = labels.iter();
        let labels: Map<_, _> = labels
            .map(|(name, text)| ((*name).to_owned(), json!(text)))
            .collect();
        sample(family, Json::Object(labels), value)
    });
    json!({
        "name": family.metric.name,
        "type": family.metric.kind.name(),
        "help": family.metric.help,
        "samples": samples.collect::<Vec<_>>(),
    })
}

fn sample(family: &Family, labels: Json, value: &Value) -> Json {
    let scale = family.metric.scale;
    match value {
        Value::Number(number) => json!({"labels": labels, "value": number * scale}),
        Value::Ratio(above, below) => {
            let share = if *below > 0.0 { above / below } else { 0.0 };
            json!({"labels": labels, "value": share * scale})
        }
        Value::Spread(spread) => {
            let bounds = family.bounds.iter();
            let buckets = bounds.map(|bound| json!([bound, spread.up_to(bound / scale)]));
            json!({
                "labels": labels,
                "count": spread.count(),
                "sum": spread.sum() * scale,
                "buckets": buckets.collect::<Vec<_>>(),
            })
        }
    }
}
