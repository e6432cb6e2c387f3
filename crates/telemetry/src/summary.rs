//! The metrics as JSON: per world, and in it per operation and model.

use std::collections::BTreeMap;

use fakeai_canon::Micros;
use serde_json::{Map, Value, json};

use crate::histogram::Counts;
use crate::ledger::{Key, Ledger};
use crate::series::{TOKEN_TYPES, Totals};
use crate::window;

/// The metrics of several worlds at `now`. Times are in seconds; rates are those of the last
/// minute, or of the world's life where that is shorter.
pub fn metrics_json(worlds: &[(&str, &Ledger)], now: Micros) -> Value {
    let worlds = worlds.iter().map(|(name, ledger)| world(name, ledger, now));
    json!({
        "timestamp": now.seconds(),
        "worlds": worlds.collect::<Vec<_>>(),
    })
}

/// The same as a table: a line for each world, operation and model. Times are in seconds.
pub fn metrics_csv(worlds: &[(&str, &Ledger)], now: Micros) -> String {
    let mut table = String::from(
        "world,operation,model,requests,errors,streamed,abandoned,prompt_tokens,cached_tokens,\
        completion_tokens,latency_mean,latency_p50,latency_p90,latency_p99,ttft_mean,ttft_p50,\
        ttft_p90,ttft_p99,requests_per_second,tokens_per_second\n",
    );
    let shown = metrics_json(worlds, now);
    for world in shown["worlds"].as_array().into_iter().flatten() {
        for row in world["operations"].as_array().into_iter().flatten() {
            let errors = row["errors"].as_object();
            let errors: u64 =
                errors.map_or(0, |errors| errors.values().filter_map(Value::as_u64).sum());
            let mut cells = vec![
                quoted(world["world"].as_str()),
                quoted(row["operation"].as_str()),
                quoted(row["model"].as_str()),
                row["requests"].to_string(),
                errors.to_string(),
            ];
            let further = ["/streamed", "/abandoned"].into_iter().chain([
                "/tokens/prompt",
                "/tokens/cached",
                "/tokens/completion",
            ]);
            let times = ["latency_seconds", "time_to_first_token_seconds"];
            let times = times.iter().flat_map(|span| {
                ["mean", "p50", "p90", "p99"].map(|figure| format!("/{span}/{figure}"))
            });
            let rates = ["/requests_per_second", "/tokens_per_second"];
            let paths = further.map(str::to_owned).chain(times);
            for path in paths.chain(rates.map(str::to_owned)) {
                let value = row.pointer(&path).filter(|value| !value.is_null());
                cells.push(value.map(Value::to_string).unwrap_or_default());
            }
            table.push_str(&cells.join(","));
            table.push('\n');
        }
    }
    table
}

/// A cell of text, in quotes where a reader needs them.
fn quoted(text: Option<&str>) -> String {
    let text = text.unwrap_or_default();
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

/// The series of one operation and model, whatever the status, and how many had which.
struct Group {
    totals: Totals,
    statuses: BTreeMap<u16, u64>,
}

fn world(name: &str, ledger: &Ledger, now: Micros) -> Value {
    let mut groups = BTreeMap::<(&'static str, String), Group>::new();
    let mut all = None::<Group>;
    for (key, totals) in ledger.totals(now) {
        match &mut all {
            Some(group) => group.merge(&key, &totals),
            None => all = Some(Group::new(&key, totals.clone())),
        }
        match groups.get_mut(&(key.operation, key.model.clone())) {
            Some(group) => group.merge(&key, &totals),
            None => {
                let group = Group::new(&key, totals);
                groups.insert((key.operation, key.model), group);
            }
        }
    }
    let seconds = window::covered_seconds(ledger.started(), now);
    let operations = groups.iter().map(|((operation, model), group)| {
        let mut entry = Map::new();
        entry.insert("operation".to_owned(), json!(operation));
        let model = (!model.is_empty()).then_some(model);
        entry.insert("model".to_owned(), json!(model));
        entry.extend(group.entries(seconds));
        Value::Object(entry)
    });
    json!({
        "world": name,
        "uptime_seconds": now.since(ledger.started()).seconds(),
        "active_requests": ledger.active_requests(),
        "engine_steps": {
            "first_token_lateness_seconds": times(&ledger.steps().first.counts()),
            "last_token_lateness_seconds": times(&ledger.steps().last.counts()),
            "tokens_drained_per_second": ledger.steps().drained_a_second(),
        },
        "total": all.map(|group| group.entries(seconds)),
        "operations": operations.collect::<Vec<_>>(),
    })
}

impl Group {
    fn new(key: &Key, totals: Totals) -> Self {
        Self {
            statuses: BTreeMap::from([(key.status, totals.requests)]),
            totals,
        }
    }

    fn merge(&mut self, key: &Key, totals: &Totals) {
        *self.statuses.entry(key.status).or_default() += totals.requests;
        self.totals.merge(totals);
    }

    fn entries(&self, seconds: f64) -> Map<String, Value> {
        let totals = &self.totals;
        let tokens = TOKEN_TYPES.into_iter().zip(totals.tokens);
        let tokens = tokens.map(|(kind, count)| (kind.to_owned(), json!(count)));
        let statuses = self.statuses.iter();
        let statuses = statuses.map(|(status, count)| (status.to_string(), json!(count)));
        let recent = &totals.recent;
        let entries = [
            ("requests", json!(totals.requests)),
            ("statuses", Value::Object(statuses.collect())),
            ("errors", json!(totals.errors)),
            ("streamed", json!(totals.streamed)),
            ("abandoned", json!(totals.abandoned)),
            ("faults", json!(totals.faults)),
            ("tokens", Value::Object(tokens.collect())),
            ("latency_seconds", times(&totals.duration)),
            ("time_to_first_token_seconds", times(&totals.first_token)),
            ("inter_token_latency_seconds", times(&totals.between_tokens)),
            ("emission_lateness_seconds", times(&totals.lateness)),
            (
                "requests_per_second",
                json!(recent.requests as f64 / seconds),
            ),
            ("errors_per_second", json!(recent.errors as f64 / seconds)),
            ("tokens_per_second", json!(recent.tokens as f64 / seconds)),
        ];
        entries
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }
}

/// Count, mean and quantiles; null for a histogram in which nothing was counted.
fn times(counts: &Counts) -> Value {
    let count = counts.count();
    if count == 0 {
        return Value::Null;
    }
    json!({
        "count": count,
        "mean": counts.sum_seconds() / count as f64,
        "p50": counts.quantile(0.5),
        "p90": counts.quantile(0.9),
        "p99": counts.quantile(0.99),
    })
}
