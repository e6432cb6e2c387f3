//! The metrics pages of simulated engines: as the catalogue has them, and equal to what was served.

use std::collections::BTreeSet;
use std::time::Duration;

use fakeai_server::config::{
    ClockKind, Config, EngineKind, MetricsPage, Raw, SpeculativeConfig, Value as _,
};
use serde_json::{Value, json};

use crate::client::Request;
use crate::exposition::{Page, parse};
use crate::house::House;

async fn serving(engine: EngineKind) -> House {
    House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.serving.engine = Some(engine);
    })
    .await
}

/// An engine that proposes three tokens a step.
async fn speculating(engine: EngineKind) -> House {
    House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.serving.engine = Some(engine);
        let how = r#"{"method": "eagle3", "num_speculative_tokens": 3}"#;
        config.serving.speculative_config = SpeculativeConfig::read(&Raw::Text(how.to_owned()));
    })
    .await
}

async fn page(house: &House, path: &str) -> Page {
    let request = Request::get(path).header("accept", "text/plain");
    let answer = house.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.header("content-type").starts_with("text/plain"));
    parse(&answer.text())
}

fn chat(limit: u32) -> Value {
    let question = "Tell me about lighthouses, ".repeat(12);
    json!({"model": "meta-llama/Llama-3.1-8B", "max_completion_tokens": limit,
        "messages": [{"role": "user", "content": question}]})
}

/// What usage said, added up.
#[derive(Default, Debug, PartialEq)]
struct Told {
    requests: u64,
    cut: u64,
    prompt: u64,
    cached: u64,
    completion: u64,
}

impl Told {
    fn add(&mut self, usage: &Value, finish: &Value) {
        let count = |value: &Value| value.as_u64().unwrap_or(0);
        self.requests += 1;
        self.cut += u64::from(finish == "length");
        self.prompt += count(&usage["prompt_tokens"]);
        self.cached += count(&usage["prompt_tokens_details"]["cached_tokens"]);
        self.completion += count(&usage["completion_tokens"]);
    }
}

/// Whole and streamed answers, some cut and some said to the end, and a request that is refused.
async fn traffic(house: &House) -> Told {
    let mut told = Told::default();
    for limit in [1, 9, 30, 800] {
        let answer = house.post("/v1/chat/completions", &chat(limit)).await.ok();
        told.add(&answer["usage"], &answer["choices"][0]["finish_reason"]);
        let mut body = chat(limit);
        body["stream"] = json!(true);
        body["stream_options"] = json!({"include_usage": true});
        let stream = house.stream("/v1/chat/completions", &body).await;
        let chunks = stream.chunks().await;
        let finish = chunks.iter().rev().find_map(|chunk| {
            let finish = &chunk["choices"][0]["finish_reason"];
            finish.is_string().then_some(finish)
        });
        let usage = &chunks.last().expect("a chunk")["usage"];
        told.add(usage, finish.expect("a reason"));
    }
    let refused = json!({"model": "meta-llama/Llama-3.1-8B"});
    house
        .post("/v1/chat/completions", &refused)
        .await
        .error(400);
    told
}

/// Holds a page against the rows that it is made of.
fn hold_against(page: &Page, catalogue: &str, is_python: bool, speculates: bool) {
    let rows: toml::Table = toml::from_str(catalogue).expect("rows");
    let text = |row: &toml::Value, key: &str| {
        let text = row.get(key).and_then(toml::Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let mut known = BTreeSet::new();
    for row in rows["metric"].as_array().expect("rows") {
        let name = text(row, "name");
        let when = text(row, "when");
        let is_off = !when.is_empty() && when != "speculation";
        if row.get("legacy").is_some() || is_off {
            assert!(!page.contains_key(&name), "{name} is not to be seen here");
            continue;
        }
        if !when.is_empty() && !speculates {
            assert!(!page.contains_key(&name), "{name} is of what is off");
            continue;
        }
        known.insert(name.clone());
        let Some(family) = page.get(&name) else {
            assert!(!is_python, "{name} is missing");
            continue;
        };
        assert_eq!(family.kind, text(row, "type"), "{name}");
        let set = rows
            .get("labels")
            .and_then(|sets| sets.get(text(row, "labels")));
        let own = row.get("with");
        let mut labels: BTreeSet<String> = [set, own]
            .into_iter()
            .flatten()
            .filter_map(toml::Value::as_table)
            .flat_map(|table| table.keys().cloned())
            .collect();
        let samples = row.get("samples").and_then(toml::Value::as_array);
        for sample in samples.into_iter().flatten() {
            let further = sample.as_table().expect("a table").keys().cloned();
            labels.extend(further.filter(|name| name != "value" && name != "when"));
        }
        // Of one worker it is not said which.
        if name.starts_with("sglang:") {
            labels.remove("dp_rank");
        }
        for sample in &family.samples {
            let found: BTreeSet<String> = sample.labels.keys().cloned().collect();
            assert_eq!(found, labels, "{name}");
        }
        let named = |key: &str| rows.get("buckets").and_then(|sets| sets.get(key));
        let buckets = row.get("buckets");
        let buckets = buckets.and_then(toml::Value::as_str).map_or(buckets, named);
        if let Some(bounds) = buckets.and_then(toml::Value::as_array) {
            let bounds: Vec<f64> = bounds
                .iter()
                .map(|bound| {
                    bound
                        .as_float()
                        .unwrap_or_else(|| bound.as_integer().expect("a number") as f64)
                })
                .chain([f64::INFINITY])
                .collect();
            for sample in &family.samples {
                let found: Vec<f64> = sample.buckets.iter().map(|(bound, _)| *bound).collect();
                assert_eq!(found, bounds, "{name}");
            }
        }
    }
    let shown: BTreeSet<String> = page.keys().cloned().collect();
    let unknown: Vec<_> = shown.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

const VLLM: &str = include_str!("../../../../data/metrics/vllm.toml");
const SGLANG: &str = include_str!("../../../../data/metrics/sglang.toml");
const TRTLLM: &str = include_str!("../../../../data/metrics/trtllm.toml");
const TRITON: &str = include_str!("../../../../data/metrics/triton.toml");
const DYNAMO: &str = include_str!("../../../../data/metrics/dynamo.toml");

#[tokio::test]
async fn every_page_is_as_its_catalogue_says() {
    for (engine, rows) in [
        (EngineKind::Vllm, VLLM),
        (EngineKind::Sglang, SGLANG),
        (EngineKind::TensorRt, TRTLLM),
    ] {
        for speculates in [false, true] {
            let house = match speculates {
                true => speculating(engine).await,
                false => serving(engine).await,
            };
            traffic(&house).await;
            let shown = async |path, rows, is_python| {
                hold_against(&page(&house, path).await, rows, is_python, speculates);
            };
            shown("/metrics", rows, true).await;
            shown("/prometheus/metrics", TRTLLM, true).await;
            shown("/triton/metrics", TRITON, false).await;
            shown("/dynamo/metrics", DYNAMO, false).await;
        }
    }
}

#[tokio::test]
async fn what_became_of_proposals_adds_up_to_what_was_said() {
    let house = speculating(EngineKind::Vllm).await;
    let told = traffic(&house).await;
    let vllm = page(&house, "/metrics").await;
    let sum = |name: &str| vllm[&format!("vllm:{name}")].sum(&[]) as u64;
    assert_eq!(sum("generation_tokens_total"), told.completion);
    let drafts = sum("spec_decode_num_drafts_total");
    let accepted = sum("spec_decode_num_accepted_tokens_total");
    assert_eq!(sum("spec_decode_num_draft_tokens_total"), 3 * drafts);
    let each = &vllm["vllm:spec_decode_num_accepted_tokens_per_pos_total"];
    let at = ["0", "1", "2"].map(|place| each.sum(&[("position", place)]) as u64);
    assert_eq!(at.iter().sum::<u64>(), accepted);
    assert!(
        drafts > at[0] && at[0] > at[1] && at[1] > at[2],
        "{drafts} {at:?}"
    );
    // A step with proposals makes one token and those that hold; the last one of an answer may
    // make more than there is room for.
    let made = told.requests + drafts + accepted;
    assert!(
        (told.completion..=told.completion + 3 * told.requests).contains(&made),
        "{made}"
    );
    // vLLM counts a span a step, the others one a token.
    assert_eq!(sum("inter_token_latency_seconds"), drafts);
    let dynamo = page(&house, "/dynamo/metrics").await;
    let spans = dynamo["dynamo_frontend_inter_token_latency_seconds"].sum(&[]) as u64;
    assert_eq!(spans, told.completion - told.requests);
    let trtllm = page(&house, "/prometheus/metrics").await;
    let labels = &trtllm["trtllm_speculative_config_info"].samples[0].labels;
    assert_eq!(labels["spec_method"], "eagle3");

    let house = speculating(EngineKind::Sglang).await;
    traffic(&house).await;
    let sglang = page(&house, "/metrics").await;
    let length = sglang["sglang:spec_accept_length"].sum(&[]);
    assert!((2.0..4.0).contains(&length), "{length}");
    assert_eq!(sglang["sglang:spec_num_draft_tokens"].sum(&[]), 4.0);
}

#[tokio::test]
async fn an_engines_page_counts_what_usage_tells() {
    let house = serving(EngineKind::Vllm).await;
    let told = traffic(&house).await;
    assert!(
        told.cached > 0 && told.cut > 0 && told.cut < told.requests,
        "{told:?}"
    );
    let vllm = page(&house, "/metrics").await;
    let sum = |name: &str| vllm[name].sum(&[]) as u64;
    let reason = |reason| {
        let success = &vllm["vllm:request_success_total"];
        success.sum(&[("finished_reason", reason)]) as u64
    };
    let counted = Told {
        requests: sum("vllm:time_to_first_token_seconds"),
        cut: reason("length"),
        prompt: sum("vllm:prompt_tokens_total"),
        cached: sum("vllm:prompt_tokens_cached_total"),
        completion: sum("vllm:generation_tokens_total"),
    };
    assert_eq!(counted, told);
    assert_eq!(reason("stop"), told.requests - told.cut);
    assert_eq!(sum("vllm:prefix_cache_hits_total"), told.cached);
    assert_eq!(sum("vllm:prefix_cache_queries_total"), told.prompt);
    assert_eq!(sum("vllm:e2e_request_latency_seconds"), told.requests);
    let spans = told.completion - told.requests;
    assert_eq!(sum("vllm:inter_token_latency_seconds"), spans);
    let tokens = &vllm["vllm:request_generation_tokens"].samples[0];
    assert_eq!(tokens.sum as u64, told.completion);
    for gauge in [
        "num_requests_running",
        "num_requests_waiting",
        "kv_cache_usage_perc",
    ] {
        assert_eq!(vllm[&format!("vllm:{gauge}")].sum(&[]), 0.0, "{gauge}");
    }

    let dynamo = page(&house, "/dynamo/metrics").await;
    let of = |name: &str| dynamo[name].sum(&[]) as u64;
    assert_eq!(of("dynamo_frontend_output_tokens_total"), told.completion);
    let requests = &dynamo["dynamo_frontend_requests_total"];
    let refused = requests.sum(&[("error_type", "validation"), ("status", "error")]);
    assert_eq!(refused, 1.0);
    let streamed = requests.sum(&[("request_type", "stream"), ("status", "success")]);
    assert_eq!(streamed as u64, told.requests / 2);

    let own = house.get("/_fakeai/metrics").await.ok();
    let tokens = &own["worlds"][0]["total"]["tokens"];
    assert_eq!(tokens["cached"], told.cached);
    let cache = house.get("/kv-cache/metrics").await.ok();
    let cache = &cache["cache_performance"];
    assert_eq!(cache["cached_tokens_reused"], told.cached);
    assert_eq!(cache["total_tokens_processed"], told.prompt);
}

#[tokio::test]
async fn sglangs_page_tells_streamed_from_whole_answers() {
    let house = serving(EngineKind::Sglang).await;
    let told = traffic(&house).await;
    let sglang = page(&house, "/metrics").await;
    let requests = &sglang["sglang:num_requests_total"];
    let streamed = requests.sum(&[("is_streaming", "true")]);
    assert_eq!(streamed as u64, told.requests / 2);
    for (name, count) in [
        ("prompt_tokens_total", told.prompt),
        ("cached_tokens_total", told.cached),
        ("generation_tokens_total", told.completion),
    ] {
        let found = sglang[&format!("sglang:{name}")].sum(&[]);
        assert_eq!(found as u64, count, "{name}");
    }
    let realtime = &sglang["sglang:realtime_tokens_total"];
    let computed = realtime.sum(&[("mode", "prefill_compute")]) as u64;
    assert_eq!(computed, told.prompt - told.cached);
}

#[tokio::test]
async fn trtllm_has_records_of_iterations_and_requests() {
    let house = serving(EngineKind::TensorRt).await;
    let told = traffic(&house).await;
    let steps = house.get("/metrics").await.ok();
    let steps = steps.as_array().expect("records");
    assert!(!steps.is_empty());
    assert_eq!(steps.last().expect("one")["numActiveRequests"], 0);
    let requests = house.get("/perf_metrics").await.ok();
    let requests = requests.as_array().expect("records");
    assert_eq!(requests.len() as u64, told.requests);
    let again = house.get("/perf_metrics").await.ok();
    assert_eq!(again, json!([]), "they are fetched once");
    let trtllm = page(&house, "/metrics").await;
    let done = trtllm["trtllm_request_success_total"].sum(&[]);
    assert_eq!(done as u64, told.requests);
}

#[tokio::test]
async fn who_runs_and_who_waits_is_shown_until_they_leave() {
    let house = House::with(|config| {
        config.server.time_scale = 0.001;
        config.serving.engine = Some(EngineKind::Vllm);
        config.serving.max_num_seqs = 1;
    })
    .await;
    let mut body = chat(500);
    body["stream"] = json!(true);
    let ask = || async {
        let request = Request::post("/v1/chat/completions").json(&body);
        house.connect().await.open(request).await
    };
    let gauges = |vllm: &Page| {
        let names = [
            "num_requests_running",
            "num_requests_waiting",
            "request_success_total",
        ];
        names.map(|name| vllm[&format!("vllm:{name}")].sum(&[]))
    };
    let until = async |wanted: [f64; 3]| {
        let wait = async {
            while gauges(&page(&house, "/metrics").await) != wanted {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        waited.unwrap_or_else(|_| panic!("never {wanted:?}"));
    };
    let streams = tokio::join!(ask(), ask());
    until([1.0, 1.0, 0.0]).await;
    let vllm = page(&house, "/metrics").await;
    assert!(vllm["vllm:kv_cache_usage_perc"].sum(&[]) > 0.0);
    drop(streams);
    until([0.0, 0.0, 2.0]).await;
    let vllm = page(&house, "/metrics").await;
    let aborted = vllm["vllm:request_success_total"].sum(&[("finished_reason", "abort")]);
    assert_eq!(aborted, 2.0);
    assert_eq!(vllm["vllm:kv_cache_usage_perc"].sum(&[]), 0.0);
}

#[tokio::test]
async fn the_page_and_its_form_can_be_chosen() {
    let house = serving(EngineKind::Vllm).await;
    let plain = house.get("/metrics").await.text();
    assert!(
        plain.contains("# TYPE vllm:prompt_tokens_total counter"),
        "{plain}"
    );
    let open = Request::get("/metrics").header("accept", "application/openmetrics-text");
    let open = house.send(open).await.text();
    assert!(open.contains("# TYPE vllm:prompt_tokens counter") && open.ends_with("# EOF\n"));
    let twin = house.get("/metrics?format=json").await.ok();
    let names = twin["metrics"].as_array().expect("rows").iter();
    let names: Vec<_> = names.filter_map(|row| row["name"].as_str()).collect();
    assert!(names.contains(&"vllm:kv_cache_usage_perc"), "{names:?}");

    let chosen = async |change: fn(&mut Config)| {
        let house = House::with(|config| {
            config.serving.engine = Some(EngineKind::Vllm);
            change(config);
        })
        .await;
        house.get("/metrics").await.text()
    };
    let own = chosen(|config| config.metrics.page = MetricsPage::Fakeai).await;
    assert!(own.contains("active_requests"), "{own}");
    let dynamo = chosen(|config| config.metrics.page = MetricsPage::Dynamo).await;
    assert!(dynamo.contains("dynamo_frontend_model_ready"), "{dynamo}");
    let old = chosen(|config| config.metrics.legacy_names = true).await;
    assert!(old.contains("vllm:gpu_cache_usage_perc{"), "{old}");

    let house = House::open().await;
    house.get("/kv-cache/metrics").await.error(404);
    house.get("/dynamo/metrics").await.error(404);
}
