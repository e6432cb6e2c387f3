//! What the pages of engines show and leave out: every metric that a source of their own names is
//! shown as it is there, or has a reason to be absent.

use std::collections::{BTreeMap, BTreeSet};

use fakeai_server::config::{
    ClockKind, Config, DcgmSet, EngineKind, Raw, SpeculativeConfig, Value as _,
};
use serde_json::json;

use crate::client::Request;
use crate::exposition::{Family, parse};
use crate::house::House;

/// The catalogues with a page: the engine that serves it, and where.
const SHOWN: [(&str, &str, EngineKind, &str); 6] = [
    (
        "vllm",
        include_str!("../../../../data/metrics/catalogue/vllm.toml"),
        EngineKind::Vllm,
        "/metrics",
    ),
    (
        "sglang",
        include_str!("../../../../data/metrics/catalogue/sglang.toml"),
        EngineKind::Sglang,
        "/metrics",
    ),
    (
        "trtllm",
        include_str!("../../../../data/metrics/catalogue/trtllm.toml"),
        EngineKind::TensorRt,
        "/prometheus/metrics",
    ),
    (
        "triton",
        include_str!("../../../../data/metrics/catalogue/triton.toml"),
        EngineKind::TensorRt,
        "/triton/metrics",
    ),
    (
        "dynamo",
        include_str!("../../../../data/metrics/catalogue/dynamo.toml"),
        EngineKind::Vllm,
        "/dynamo/metrics",
    ),
    (
        "dcgm",
        include_str!("../../../../data/metrics/catalogue/dcgm.toml"),
        EngineKind::Vllm,
        "/dcgm/metrics",
    ),
];

/// Those that no page shows.
const UNSHOWN: [(&str, &str); 2] = [
    (
        "trtllm_disagg",
        include_str!("../../../../data/metrics/catalogue/trtllm_disagg.toml"),
    ),
    (
        "otel_genai",
        include_str!("../../../../data/metrics/catalogue/otel_genai.toml"),
    ),
];

fn rows(catalogue: &str) -> (Vec<toml::Table>, toml::Table) {
    let table: toml::Table = toml::from_str(catalogue).expect("a catalogue");
    let metrics = table["metric"].as_array().expect("metrics").iter();
    let metrics = metrics.map(|row| row.as_table().expect("a row").clone());
    let reasons = table.get("reasons").and_then(toml::Value::as_table);
    (metrics.collect(), reasons.cloned().unwrap_or_default())
}

fn text<'t>(row: &'t toml::Table, name: &str) -> &'t str {
    row.get(name)
        .and_then(toml::Value::as_str)
        .unwrap_or_default()
}

fn numbers(row: &toml::Table, name: &str) -> Vec<f64> {
    let list = row.get(name).and_then(toml::Value::as_array);
    let number = |value: &toml::Value| {
        let whole = value.as_integer().map(|whole| whole as f64);
        value.as_float().or(whole).expect("a number")
    };
    list.map(|list| list.iter().map(number).collect())
        .unwrap_or_default()
}

/// An engine with all that rows may need: a tier in the host's memory, adapters, prompts computed
/// apart, proposals.
fn connected(config: &mut Config) {
    config.serving.swap_space = 4.0;
    let how = r#"{"method": "eagle3", "num_speculative_tokens": 3}"#;
    config.serving.speculative_config = SpeculativeConfig::read(&Raw::Text(how.to_owned()));
    config.serving.enable_lora = true;
    config.serving.gpus = 2;
    config.serving.replicas = 1;
    config.serving.prefill_replicas = 1;
}

/// The families of a page, of a plain engine and of a connected one together.
async fn shown(engine: EngineKind, path: &str) -> BTreeMap<String, Family> {
    let mut all = BTreeMap::new();
    for change in [connected as fn(&mut Config), |_| {}] {
        let house = House::with(|config| {
            config.server.clock = ClockKind::Virtual;
            config.serving.engine = Some(engine);
            config.metrics.dcgm_counters = DcgmSet::All;
            change(config);
        })
        .await;
        let body = json!({"model": "meta-llama/Llama-3.1-8B", "max_tokens": 5,
            "messages": [{"role": "user", "content": "Tell me about lighthouses."}]});
        house.post("/v1/chat/completions", &body).await.ok();
        let refused = json!({"model": "meta-llama/Llama-3.1-8B"});
        house
            .post("/v1/chat/completions", &refused)
            .await
            .error(400);
        let page = house
            .send(Request::get(path).header("accept", "text/plain"))
            .await;
        all.extend(parse(&page.text()));
    }
    all
}

#[tokio::test]
async fn every_metric_of_an_engine_is_shown_or_has_a_reason() {
    for (name, catalogue, engine, path) in SHOWN {
        let page = shown(engine, path).await;
        let (rows, reasons) = rows(catalogue);
        let mut known = BTreeSet::new();
        for row in &rows {
            let metric = text(row, "name");
            known.insert(metric.to_owned());
            let Some(family) = page.get(metric) else {
                let reason = text(row, "absent");
                assert!(
                    reasons.contains_key(reason),
                    "{name}: {metric} is not shown, and no reason is given"
                );
                continue;
            };
            assert!(!row.contains_key("absent"), "{metric} is shown after all");
            assert_eq!(family.kind, text(row, "type"), "{metric}");
            let bounds = numbers(row, "buckets");
            let labels = row.get("labels").and_then(toml::Value::as_array);
            for sample in &family.samples {
                let found: Vec<f64> = sample.buckets.iter().map(|(bound, _)| *bound).collect();
                if !bounds.is_empty() {
                    let bounds: Vec<f64> = bounds.iter().copied().chain([f64::INFINITY]).collect();
                    assert_eq!(found, bounds, "{metric}");
                }
                for label in labels.into_iter().flatten() {
                    let label = label.as_str().expect("a name");
                    assert!(
                        sample.labels.contains_key(label),
                        "{metric} has no label {label}: {:?}",
                        sample.labels
                    );
                }
            }
        }
        let unknown: Vec<_> = page.keys().filter(|name| !known.contains(*name)).collect();
        assert!(unknown.is_empty(), "{name} has not: {unknown:?}");
    }
}

/// The page that tells what is left out, made of the catalogues.
fn left_out() -> String {
    let mut page = String::from(
        "# Metrics that are left out\n\n\
        What the engines of [Metrics](../metrics.md) name and no page here shows, by why. This page is made \
        of `data/metrics/catalogue` by\n`UPDATE=1 cargo test -p fakeai-cli --test house left_out`.\n",
    );
    let shown = SHOWN
        .iter()
        .map(|(name, catalogue, ..)| (*name, *catalogue));
    for (name, catalogue) in shown.chain(UNSHOWN) {
        let (rows, reasons) = rows(catalogue);
        page.push_str(&format!("\n## {name}\n"));
        for (key, reason) in &reasons {
            let names = rows.iter().filter(|row| text(row, "absent") == key);
            let names: Vec<String> = names
                .map(|row| format!("`{}`", text(row, "name")))
                .collect();
            assert!(!names.is_empty(), "{name}: nobody gives the reason {key}");
            let reason = reason.as_str().expect("a text");
            page.push_str(&format!("\n{reason}\n{}.\n", names.join(", ")));
        }
    }
    page
}

#[test]
fn the_page_of_what_is_left_out_is_up_to_date() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/metrics-left-out.md"
    );
    let page = left_out();
    if option_env!("UPDATE").is_some() {
        std::fs::write(path, &page).expect("the page is written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/reference/metrics-left-out.md is stale: run this test with UPDATE=1"
    );
}
