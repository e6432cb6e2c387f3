//! What an engine does beside steps shows on its pages: keys and values that come from the host's
//! memory or from another replica, who is refused, who sleeps, which adapters are at work.

use std::time::Duration;

use fakeai_server::config::{ClockKind, Config, EngineKind};
use serde_json::{Value, json};

use crate::client::Request;
use crate::exposition::{Page, parse};
use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B";

fn serve(config: &mut Config, engine: EngineKind) {
    config.server.clock = ClockKind::Virtual;
    config.serving.engine = Some(engine);
    config.serving.served_model = MODEL.to_owned();
}

async fn page(house: &House, path: &str) -> Page {
    let answer = house
        .send(Request::get(path).header("accept", "text/plain"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    parse(&answer.text())
}

fn chat(about: &str) -> Value {
    let question = format!("Tell me about {about}. ").repeat(40);
    json!({"model": MODEL, "max_tokens": 4, "messages": [{"role": "user", "content": question}]})
}

async fn ask(house: &House, about: &str) -> Value {
    house
        .post("/v1/chat/completions", &chat(about))
        .await
        .ok()
        .remove("usage")
}

/// Takes a field out of an object.
trait Remove {
    fn remove(self, name: &str) -> Value;
}

impl Remove for Value {
    fn remove(mut self, name: &str) -> Value {
        self[name].take()
    }
}

/// Lets the server work until something holds; the test fails where it never does.
async fn until(holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
    waited.expect("it comes to hold");
}

#[tokio::test]
async fn what_comes_back_from_the_hosts_memory_is_counted() {
    for engine in [EngineKind::Vllm, EngineKind::Sglang, EngineKind::TensorRt] {
        let house = House::with(|config| {
            serve(config, engine);
            config.serving.swap_space = 1.0;
            config.serving.block_size = 16;
            // Room for one of the prompts and not for two.
            config.serving.num_gpu_blocks_override = 20;
        })
        .await;
        let mut prompt = 0;
        for about in ["tides", "lamps", "tides"] {
            let usage = ask(&house, about).await;
            prompt += usage["prompt_tokens"].as_u64().expect("a count");
        }
        let again = ask(&house, "lamps").await;
        prompt += again["prompt_tokens"].as_u64().expect("a count");
        let cached = again["prompt_tokens_details"]["cached_tokens"]
            .as_u64()
            .expect("a count");
        assert!(cached > 100, "the host has it: {again}");
        match engine {
            EngineKind::Vllm => host_on_vllm(&house, prompt).await,
            EngineKind::Sglang => {
                let sglang = page(&house, "/metrics").await;
                let of = |name: &str| sglang[&format!("sglang:{name}")].sum(&[]);
                assert!(of("load_back_tokens_total") >= cached as f64);
                assert!(of("hicache_host_used_tokens") > 0.0);
                assert!(of("evicted_tokens_total") >= of("hicache_backup_tokens_total"));
                let source = &sglang["sglang:cached_tokens_total"];
                assert!(source.sum(&[("cache_source", "host")]) >= cached as f64);
                let all = of("kv_available_tokens") + of("kv_evictable_tokens");
                assert_eq!(all + of("kv_used_tokens"), of("max_total_num_tokens"));
            }
            EngineKind::TensorRt => {
                let trtllm = page(&house, "/prometheus/metrics").await;
                let of = |name: &str| trtllm[&format!("trtllm_{name}")].sum(&[]);
                assert!(of("kv_cache_host_utilization") > 0.0);
                assert!(of("kv_cache_onboard_bytes_total") > 0.0);
                assert!(of("kv_cache_offload_bytes_total") > 0.0);
                let hits = &trtllm["trtllm_prompt_cache_hit_tokens_total"];
                assert!(hits.sum(&[("cache_tier", "host")]) >= cached as f64);
                assert_eq!(hits.sum(&[]), of("prompt_cached_tokens_total"));
            }
        }
    }
}

async fn host_on_vllm(house: &House, prompt: u64) {
    let vllm = page(house, "/metrics").await;
    let of = |name: &str| vllm[&format!("vllm:{name}")].sum(&[]);
    let hits = of("external_prefix_cache_hits_total");
    assert!(hits > 0.0 && hits <= of("external_prefix_cache_queries_total"));
    let source = &vllm["vllm:prompt_tokens_by_source_total"];
    assert_eq!(source.sum(&[]), prompt as f64);
    assert_eq!(source.sum(&[("source", "external_kv_transfer")]), hits);
    let cached = &vllm["vllm:prompt_tokens_cached_by_source_total"];
    assert_eq!(cached.sum(&[("source", "host")]), hits);
    assert_eq!(cached.sum(&[]), of("prompt_tokens_cached_total"));
    // 8 billion parameters: 32 layers, 8 heads of 128 numbers, keys and values, of 2 bytes each.
    let token = 32.0 * 8.0 * 128.0 * 2.0 * 2.0;
    assert_eq!(of("kv_offload_load_bytes_total"), hits * token);
    let size = &vllm["vllm:kv_offload_load_size"].samples[0];
    assert_eq!(size.sum, hits * token);
    let both = &vllm["vllm:kv_offload_total_bytes_total"];
    let stored = both.sum(&[("transfer_type", "GPU_to_CPU")]);
    assert_eq!(stored, of("kv_offload_store_bytes_total"));
    assert!(of("kv_offload_load_time_total") > 0.0 && of("kv_offload_cpu_cache_usage_perc") > 0.0);

    let dynamo = page(house, "/dynamo/metrics").await;
    assert_eq!(dynamo["kvbm_matched_tokens"].sum(&[]), hits);
    assert!(dynamo["kvbm_onboard_blocks_h2d"].sum(&[]) * 16.0 >= hits);
}

#[tokio::test]
async fn prompts_that_another_replica_computes_are_counted_where_they_arrive() {
    let house = House::with(|config| {
        serve(config, EngineKind::Vllm);
        config.serving.gpus = 2;
        config.serving.replicas = 1;
        config.serving.prefill_replicas = 1;
    })
    .await;
    let mut prompt = 0.0;
    for about in ["tides", "lamps"] {
        let usage = ask(&house, about).await;
        prompt += usage["prompt_tokens"].as_f64().expect("a count");
    }
    let vllm = page(&house, "/metrics").await;
    let moved = &vllm["vllm:nixl_bytes_transferred"];
    assert_eq!(moved.sum(&[]), 2.0, "one for each request");
    let moved: f64 = moved.samples.iter().map(|sample| sample.sum).sum();
    let source = &vllm["vllm:prompt_tokens_by_source_total"];
    let external = source.sum(&[("source", "external_kv_transfer")]);
    assert_eq!(source.sum(&[]), prompt);
    assert!(external > 0.9 * prompt && external < prompt);
    let token = 32.0 * 8.0 * 128.0 * 2.0 * 2.0;
    assert_eq!(moved, external * token);
    assert_eq!(vllm["vllm:nixl_xfer_time_seconds"].sum(&[]), 2.0);
    let triton = page(&house, "/triton/metrics").await;
    let served = &triton["nv_trt_llm_disaggregated_serving_metrics"];
    let count = served.sum(&[("disaggregated_serving_type", "request_count")]);
    assert_eq!(count, 2.0);
}

#[tokio::test]
async fn who_is_refused_is_counted() {
    let house = House::with(|config| {
        serve(config, EngineKind::Vllm);
        config.server.clock = ClockKind::Real;
        config.server.time_scale = 0.01;
        config.serving.max_num_seqs = 1;
        config.serving.max_waiting = 1;
    })
    .await;
    let mut body = chat("storms");
    body["max_tokens"] = json!(500);
    body["stream"] = json!(true);
    let open = || async {
        let request = Request::post("/v1/chat/completions").json(&body);
        house.connect().await.open(request).await
    };
    let load = async |wanted: [f64; 2]| {
        until(async || {
            let vllm = page(&house, "/metrics").await;
            let names = ["vllm:num_requests_running", "vllm:num_requests_waiting"];
            names.map(|name| vllm[name].sum(&[])) == wanted
        })
        .await;
    };
    let first = open().await;
    load([1.0, 0.0]).await;
    let second = open().await;
    load([1.0, 1.0]).await;
    house.post("/v1/chat/completions", &body).await.error(503);
    let vllm = page(&house, "/metrics").await;
    let refused = &vllm["vllm:admission_rejections_total"];
    assert_eq!(refused.sum(&[("reason", "max_num_queued_reqs")]), 1.0);
    let triton = page(&house, "/triton/metrics").await;
    let failed = &triton["nv_inference_request_failure"];
    assert_eq!(failed.sum(&[("reason", "REJECTED")]), 1.0);
    let dynamo = page(&house, "/dynamo/metrics").await;
    let rejected = dynamo["dynamo_frontend_model_rejection_total"].sum(&[]);
    assert_eq!(rejected, 1.0);
    drop((first, second));
}

#[tokio::test]
async fn an_engine_that_sleeps_says_so() {
    let house = House::with(|config| serve(config, EngineKind::Vllm)).await;
    let state = async || {
        let vllm = page(&house, "/metrics").await;
        let state = &vllm["vllm:engine_sleep_state"];
        ["awake", "weights_offloaded", "discard_all"]
            .map(|name| state.sum(&[("sleep_state", name)]))
    };
    assert_eq!(state().await, [1.0, 0.0, 0.0]);
    for (level, asleep) in [(1, [0.0, 1.0, 0.0]), (2, [0.0, 0.0, 1.0])] {
        let path = format!("/sleep?level={level}");
        assert_eq!(house.send(Request::post(&path)).await.status, 200);
        assert_eq!(state().await, asleep);
        assert_eq!(house.send(Request::post("/wake_up")).await.status, 200);
        assert_eq!(state().await, [1.0, 0.0, 0.0]);
    }
}

#[tokio::test]
async fn adapters_at_work_are_named() {
    let house = House::with(|config| {
        serve(config, EngineKind::Vllm);
        config.server.clock = ClockKind::Real;
        config.server.time_scale = 0.01;
        config.serving.enable_lora = true;
        config.serving.max_loras = 1;
    })
    .await;
    for name in ["poems", "sql"] {
        let adapter = json!({"lora_name": name, "lora_path": "/tmp/adapter"});
        house.post("/v1/load_lora_adapter", &adapter).await;
    }
    let open = |model: &'static str| {
        let mut body = chat("storms");
        body["model"] = json!(model);
        body["max_tokens"] = json!(500);
        body["stream"] = json!(true);
        let house = &house;
        async move {
            let request = Request::post("/v1/chat/completions").json(&body);
            house.connect().await.open(request).await
        }
    };
    let streams = (open("sql").await, open("poems").await);
    let labels = async || {
        let vllm = page(&house, "/metrics").await;
        let info = &vllm["vllm:lora_requests_info"].samples;
        assert_eq!(info.len(), 1);
        let of = |name: &str| info[0].labels[name].clone();
        [
            of("max_lora"),
            of("running_lora_adapters"),
            of("waiting_lora_adapters"),
        ]
    };
    until(async || labels().await == ["1", "sql", "poems"]).await;
    drop(streams);
    until(async || labels().await == ["1", "", ""]).await;
}

#[tokio::test]
async fn triton_shows_the_gpus_as_their_exporter_does() {
    let house = House::with(|config| {
        serve(config, EngineKind::TensorRt);
        config.serving.gpus = 2;
        config.serving.tensor_parallel_size = 2;
    })
    .await;
    ask(&house, "tides").await;
    let triton = page(&house, "/triton/metrics").await;
    let gpus = house.get("/dcgm/metrics?format=json").await.ok();
    for gpu in gpus["data"].as_array().expect("GPUs") {
        let uuid = gpu["UUID"].as_str().expect("a name");
        let of = |name: &str| triton[name].sum(&[("gpu_uuid", uuid)]);
        let told = |name: &str| gpu["metrics"][name].as_f64().expect("a number");
        let near = |one: f64, other: f64| (one - other).abs() <= 1.0 + other * 1e-3;
        assert!(near(
            of("nv_gpu_power_usage"),
            told("DCGM_FI_DEV_POWER_USAGE")
        ));
        assert!(near(
            100.0 * of("nv_gpu_utilization"),
            told("DCGM_FI_DEV_GPU_UTIL")
        ));
        let energy = told("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION");
        assert!(near(of("nv_energy_consumption"), energy / 1e3));
        let used = of("nv_gpu_memory_used_bytes") / f64::from(1 << 20);
        assert!(near(used, told("DCGM_FI_DEV_FB_USED")));
        assert_eq!(of("nv_gpu_power_limit"), 700.0);
    }
}
