//! The ledger counts what happened, tells it in each format, and stays within its bounds.

use std::sync::Arc;

use crate::calls::{closed, opened};
use crate::exposition::read;
use fakeai_canon::{Event, Micros, Observer, Usage};
use fakeai_telemetry::{Ledger, LedgerLimits, metrics_json, open_metrics, prometheus};

fn ledger() -> Ledger {
    Ledger::new(LedgerLimits::default(), Micros::from_seconds(100.0))
}

fn observe(ledger: &Ledger, closed: fakeai_canon::Closed) {
    ledger.observe(&opened());
    ledger.observe(&Event::Closed(Arc::new(closed)));
}

/// A streamed answer of five tokens, 20 ms apart, the first after 250 ms.
fn streamed(model: &str) -> fakeai_canon::Closed {
    let mut answer = closed("createChatCompletion", model, 200);
    answer.streamed = true;
    answer.first_token = Some(Micros::from_seconds(100.25));
    answer.ended = Micros::from_seconds(100.33);
    answer.intervals.add_many(Micros::from_millis(20), 4);
    answer.lateness.add_many(Micros(300), 5);
    answer.usage = Usage {
        prompt: 20,
        cached: 16,
        completion: 5,
        reasoning: 2,
        ..Usage::default()
    };
    answer
}

fn failed(status: u16, code: &str) -> fakeai_canon::Closed {
    let mut answer = closed("createChatCompletion", "gpt-4o", status);
    answer.error = Some(code.to_owned());
    answer
}

#[test]
fn what_is_exported_equals_what_happened() {
    let ledger = ledger();
    for _ in 0..3 {
        observe(&ledger, streamed("gpt-4o"));
    }
    observe(&ledger, streamed("o3"));
    observe(&ledger, failed(429, "rate_limit_exceeded"));
    observe(&ledger, failed(404, "model_not_found"));
    ledger.observe(&opened());
    for (text, open, total) in [
        (prometheus(&[("default", &ledger)]), false, "_total"),
        (open_metrics(&[("default", &ledger)]), true, ""),
    ] {
        let families = read(&text, open);
        let sum = |name: &str, labels: &[(&str, &str)]| {
            families[&format!("fakeai_{name}{total}")].sum(labels)
        };
        assert_eq!(sum("requests", &[]), 6.0);
        assert_eq!(
            sum("requests", &[("model", "gpt-4o"), ("status", "200")]),
            3.0
        );
        assert_eq!(
            sum("requests", &[("operation", "createChatCompletion")]),
            6.0
        );
        assert_eq!(sum("errors", &[("code", "rate_limit_exceeded")]), 1.0);
        assert_eq!(sum("errors", &[]), 2.0);
        assert_eq!(sum("streamed_requests", &[]), 4.0);
        assert_eq!(sum("tokens", &[("type", "prompt")]), 80.0);
        assert_eq!(sum("tokens", &[("type", "cached"), ("model", "o3")]), 16.0);
        assert_eq!(sum("tokens", &[("type", "reasoning")]), 8.0);
        let samples = |name: &str, suffix: &str, le: &str| {
            let family = &families[name];
            let samples = family.samples.iter();
            samples
                .filter(|(sample, labels, _)| {
                    sample.ends_with(suffix) && (le.is_empty() || labels["le"] == le)
                })
                .map(|(_, _, value)| value)
                .sum::<f64>()
        };
        let first = "fakeai_time_to_first_token_seconds";
        assert_eq!(samples(first, "_bucket", "0.25"), 4.0);
        assert_eq!(samples(first, "_bucket", "0.1"), 0.0);
        assert_eq!(samples(first, "_sum", ""), 1.0);
        let between = "fakeai_inter_token_latency_seconds";
        assert_eq!(samples(between, "_count", ""), 16.0);
        assert_eq!(samples(between, "_bucket", "0.025"), 16.0);
        assert_eq!(samples(between, "_bucket", "0.01"), 0.0);
        assert_eq!(
            samples("fakeai_emission_lateness_seconds", "_count", ""),
            20.0
        );
        assert_eq!(
            samples("fakeai_request_duration_seconds", "_count", ""),
            6.0
        );
        assert_eq!(families["fakeai_active_requests"].sum(&[]), 1.0);
    }
}

#[test]
fn worlds_stand_side_by_side_under_their_names() {
    let (one, other) = (ledger(), ledger());
    observe(&one, streamed("gpt-4o"));
    observe(&other, streamed("gpt-4o"));
    observe(&other, streamed("gpt-4o"));
    let text = prometheus(&[("default", &one), ("other", &other)]);
    let families = read(&text, false);
    let requests = &families["fakeai_requests_total"];
    assert_eq!(requests.sum(&[("world", "other")]), 2.0);
    assert_eq!(requests.sum(&[]), 3.0);
}

#[test]
fn any_text_survives_as_a_label() {
    let ledger = ledger();
    let name = "a\"b\\c\nd{e},f=\"g\" ü";
    observe(&ledger, closed("createChatCompletion", name, 200));
    for (text, open) in [
        (prometheus(&[("de\"fault", &ledger)]), false),
        (open_metrics(&[("de\"fault", &ledger)]), true),
    ] {
        let families = read(&text, open);
        let found = families
            .values()
            .map(|family| family.sum(&[("model", name), ("world", "de\"fault"), ("status", "200")]))
            .sum::<f64>();
        assert_eq!(found, 1.0);
    }
}

#[test]
fn the_number_of_series_is_bounded_and_nothing_goes_uncounted() {
    let limits = LedgerLimits {
        models: 5,
        series: 20,
    };
    let ledger = Ledger::new(limits, Micros::ZERO);
    for round in 0..2 {
        for model in 0..1_000 {
            observe(
                &ledger,
                closed("createChatCompletion", &format!("m{model}"), 200),
            );
            observe(
                &ledger,
                closed("createEmbedding", &format!("m{model}"), 400 + model % 100),
            );
        }
        let families = read(&prometheus(&[("default", &ledger)]), false);
        let requests = &families["fakeai_requests_total"];
        let expected = 2_000.0 * f64::from(round + 1);
        assert_eq!(requests.sum(&[]), expected);
        assert_eq!(
            requests.sum(&[("model", "m0"), ("status", "200")]),
            f64::from(round + 1)
        );
        // Twenty, and one under `other` for each status.
        assert!(
            requests.samples.len() <= 20 + 101,
            "{}",
            requests.samples.len()
        );
        let mut models = requests
            .samples
            .iter()
            .map(|(_, labels, _)| labels["model"].clone())
            .collect::<Vec<_>>();
        models.sort();
        models.dedup();
        assert!(models.len() <= 6, "{models:?}");
    }
}

#[test]
fn the_number_of_error_codes_is_bounded() {
    let ledger = ledger();
    for code in 0..200 {
        observe(&ledger, failed(400, &format!("code_{code}")));
    }
    let families = read(&prometheus(&[("default", &ledger)]), false);
    let errors = &families["fakeai_errors_total"];
    assert_eq!(errors.sum(&[]), 200.0);
    assert!(errors.samples.len() <= 33);
}

#[test]
fn the_summary_has_quantiles_and_rates() {
    let ledger = ledger();
    for _ in 0..10 {
        observe(&ledger, streamed("gpt-4o"));
    }
    observe(&ledger, failed(500, "server_error"));
    let summary = metrics_json(&[("default", &ledger)], Micros::from_seconds(110.0));
    let world = &summary["worlds"][0];
    assert_eq!(world["total"]["requests"], 11);
    let chat = &world["operations"][0];
    assert_eq!(chat["operation"], "createChatCompletion");
    assert_eq!(chat["model"], "gpt-4o");
    assert_eq!(chat["statuses"]["200"], 10);
    assert_eq!(chat["errors"]["server_error"], 1);
    assert_eq!(chat["tokens"]["completion"], 50);
    let near = |value: &serde_json::Value, truth: f64| {
        let value = value.as_f64().unwrap();
        assert!(
            (value / truth - 1.0).abs() < 0.15,
            "{value} is not near {truth}"
        );
    };
    near(&chat["latency_seconds"]["p50"], 0.33);
    near(&chat["time_to_first_token_seconds"]["p99"], 0.25);
    near(&chat["inter_token_latency_seconds"]["mean"], 0.02);
    near(&chat["requests_per_second"], 1.1);
    near(&chat["tokens_per_second"], 25.0);
    let later = metrics_json(&[("default", &ledger)], Micros::from_seconds(1_000.0));
    assert_eq!(later["worlds"][0]["total"]["requests_per_second"], 0.0);
}

#[test]
fn threads_together_lose_no_count() {
    let ledger = ledger();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for turn in 0..1_000 {
                    observe(&ledger, streamed(&format!("m{}", turn % 150)));
                }
            });
        }
    });
    let families = read(&prometheus(&[("default", &ledger)]), false);
    assert_eq!(families["fakeai_requests_total"].sum(&[]), 4_000.0);
    assert_eq!(
        families["fakeai_tokens_total"].sum(&[("type", "completion")]),
        20_000.0
    );
    assert_eq!(ledger.active_requests(), 0);
}
