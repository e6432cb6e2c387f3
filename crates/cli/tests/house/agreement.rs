//! All pages tell the same: after a workload that a seed draws, requests and tokens are equal on
//! every page of an engine, on FakeAI's own, in the journal, and in what usage told the clients.

use std::collections::BTreeMap;

use fakeai_canon::{Rng, Seed};
use fakeai_server::config::{ClockKind, EngineKind};
use serde_json::{Value, json};

use crate::client::Request;
use crate::exposition::{Page, parse};
use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B";

/// What there is to agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    requests: u64,
    prompt: u64,
    generated: u64,
    cached: u64,
}

impl Sums {
    fn add(&mut self, usage: &Value, names: [&str; 3]) {
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        self.requests += 1;
        self.prompt += count(names[0]);
        self.generated += count(names[1]);
        self.cached += count(names[2]);
    }
}

const CHAT: [&str; 3] = [
    "/prompt_tokens",
    "/completion_tokens",
    "/prompt_tokens_details/cached_tokens",
];
const RESPONSE: [&str; 3] = [
    "/input_tokens",
    "/output_tokens",
    "/input_tokens_details/cached_tokens",
];

/// Sends what the seed draws: chats, completions and responses, whole and streamed, some of them
/// about what was asked before.
async fn work(house: &House, mut rng: Rng) -> Sums {
    let mut told = Sums::default();
    for _ in 0..24 {
        let about = ["tides", "lamps", "storms"][rng.below(3)];
        let text = format!("Tell me about {about}. ").repeat(1 + rng.below(60));
        let limit = 1 + rng.below(60);
        let streams = rng.chance(0.5);
        let (path, mut body, names) = match rng.below(3) {
            0 => (
                "/v1/completions",
                json!({"prompt": text, "max_tokens": limit}),
                CHAT,
            ),
            1 => (
                "/v1/responses",
                json!({"input": text, "max_output_tokens": limit.max(16)}),
                RESPONSE,
            ),
            _ => (
                "/v1/chat/completions",
                json!({"messages": [{"role": "user", "content": text}], "max_tokens": limit}),
                CHAT,
            ),
        };
        body["model"] = json!(MODEL);
        body["stream"] = json!(streams);
        let is_response = names == RESPONSE;
        if streams && !is_response {
            body["stream_options"] = json!({"include_usage": true});
        }
        let usage = if !streams {
            house.post(path, &body).await.ok()["usage"].clone()
        } else {
            let events = house.stream(path, &body).await.events().await;
            let data: Vec<_> = events
                .iter()
                .filter(|event| event.data != "[DONE]")
                .collect();
            let last = data.last().expect("an event").json();
            let whole = if is_response {
                &last["response"]
            } else {
                &last
            };
            whole["usage"].clone()
        };
        told.add(&usage, names);
    }
    told
}

async fn page(house: &House, path: &str) -> Page {
    let answer = house
        .send(Request::get(path).header("accept", "text/plain"))
        .await;
    parse(&answer.text())
}

fn sum(page: &Page, name: &str, labels: &[(&str, &str)]) -> u64 {
    page[name].sum(labels) as u64
}

/// All that a histogram has seen, added up.
fn total(page: &Page, name: &str) -> u64 {
    let samples = page[name].samples.iter();
    samples.map(|sample| sample.sum).sum::<f64>() as u64
}

/// What every page says.
async fn all(house: &House, engine: EngineKind) -> BTreeMap<&'static str, Sums> {
    let mut all = BTreeMap::new();
    let own = page(house, "/metrics").await;
    if engine == EngineKind::Vllm {
        let done = "vllm:request_success_total";
        all.insert(
            "vllm",
            Sums {
                requests: sum(&own, done, &[("finished_reason", "stop")])
                    + sum(&own, done, &[("finished_reason", "length")]),
                prompt: sum(&own, "vllm:prompt_tokens_total", &[]),
                generated: sum(&own, "vllm:generation_tokens_total", &[]),
                cached: sum(&own, "vllm:prompt_tokens_cached_total", &[]),
            },
        );
    } else {
        all.insert(
            "sglang",
            Sums {
                requests: sum(&own, "sglang:num_requests_total", &[]),
                prompt: sum(&own, "sglang:prompt_tokens_total", &[]),
                generated: sum(&own, "sglang:generation_tokens_total", &[]),
                cached: sum(&own, "sglang:cached_tokens_total", &[]),
            },
        );
    }
    let trtllm = page(house, "/prometheus/metrics").await;
    all.insert(
        "trtllm",
        Sums {
            requests: sum(&trtllm, "trtllm_request_success_total", &[]),
            prompt: sum(&trtllm, "trtllm_prompt_tokens_total", &[]),
            generated: sum(&trtllm, "trtllm_generation_tokens_total", &[]),
            cached: sum(&trtllm, "trtllm_prompt_cached_tokens_total", &[]),
        },
    );
    let dynamo = page(house, "/dynamo/metrics").await;
    let served = [("status", "success")];
    all.insert(
        "dynamo",
        Sums {
            requests: sum(&dynamo, "dynamo_frontend_requests_total", &served),
            prompt: total(&dynamo, "dynamo_frontend_input_sequence_tokens"),
            generated: sum(&dynamo, "dynamo_frontend_output_tokens_total", &[]),
            cached: total(&dynamo, "dynamo_frontend_cached_tokens"),
        },
    );
    all.insert("own", fakeai(house).await);
    all.insert("journal", journal(house).await);
    all
}

async fn fakeai(house: &House) -> Sums {
    let own = page(house, "/_fakeai/metrics").await;
    let tokens = |kind| sum(&own, "fakeai_tokens_total", &[("type", kind)]);
    let requests = &own["fakeai_requests_total"];
    let text = Sums {
        requests: requests.sum(&[("model", MODEL)]) as u64,
        prompt: tokens("prompt"),
        generated: tokens("completion"),
        cached: tokens("cached"),
    };
    let json = house.get("/_fakeai/metrics?format=json").await.ok();
    let total = &json["worlds"][0]["total"]["tokens"];
    let counts = ["prompt", "completion", "cached"].map(|name| total[name].as_u64());
    let same = [text.prompt, text.generated, text.cached].map(Some);
    assert_eq!(counts, same, "the page and its twin");
    text
}

async fn journal(house: &House) -> Sums {
    let mut sums = Sums::default();
    for operation in ["createChatCompletion", "createCompletion", "createResponse"] {
        for entry in house.journal(operation).await {
            let names = ["/prompt_tokens", "/completion_tokens", "/cached_tokens"];
            sums.add(&entry["usage"], names);
        }
    }
    sums
}

#[tokio::test]
async fn every_page_tells_the_same() {
    for (engine, seed) in [
        (EngineKind::Vllm, 1),
        (EngineKind::Sglang, 2),
        (EngineKind::Vllm, 3),
    ] {
        let house = House::with(|config| {
            config.server.clock = ClockKind::Virtual;
            config.serving.engine = Some(engine);
            config.serving.served_model = MODEL.to_owned();
        })
        .await;
        let told = work(&house, Seed(seed).rng()).await;
        assert!(told.cached > 0 && told.cached < told.prompt, "{told:?}");
        for (name, sums) in all(&house, engine).await {
            assert_eq!(sums, told, "{name}, {engine:?}, seed {seed}");
        }
        let cache = house.get("/kv-cache/metrics").await.ok();
        let cache = &cache["cache_performance"];
        assert_eq!(cache["total_tokens_processed"], told.prompt);
        assert_eq!(cache["cached_tokens_reused"], told.cached);
        let triton = page(&house, "/triton/metrics").await;
        let done = sum(&triton, "nv_inference_request_success", &[]);
        assert_eq!(done, told.requests);
    }
}
