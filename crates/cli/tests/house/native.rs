//! The pages of an engine's own server: tokens, adapters, probes.

use fakeai_server::config::{Config, EngineKind};
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

async fn vllm() -> House {
    House::with(serve).await
}

fn serve(config: &mut Config) {
    config.serving.engine = Some(EngineKind::Vllm);
    config.serving.served_model = MODEL.to_owned();
    config.server.clock = fakeai_server::config::ClockKind::Virtual;
}

/// vLLM's error object.
async fn refused(house: &House, path: &str, body: &Value, status: u16) -> Value {
    let answer = house.post(path, body).await;
    assert_eq!(answer.status, status, "{}", answer.text());
    let error = answer.json()["error"].clone();
    assert_eq!(error["code"], status, "{error}");
    assert!(error["type"].is_string() && error["message"].is_string());
    error
}

#[tokio::test]
async fn tokens_are_those_that_usage_counts() {
    let house = vllm().await;
    let text = "The lighthouse keeper's daughter: naïve, 东京 & 🗼!";
    let tokens = house.post("/tokenize", &json!({"prompt": text})).await.ok();
    assert_eq!(tokens["count"], tokens["tokens"].as_array().unwrap().len());
    assert_eq!(tokens["max_model_len"], 131_072);
    assert!(tokens["token_strs"].is_null());
    let back = json!({"tokens": tokens["tokens"]});
    let back = house.post("/detokenize", &back).await.ok();
    assert_eq!(back, json!({"prompt": text}));
    let completion = json!({"model": MODEL, "prompt": text, "max_tokens": 1});
    let completion = house.post("/v1/completions", &completion).await.ok();
    assert_eq!(completion["usage"]["prompt_tokens"], tokens["count"]);

    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": text},
        {"role": "assistant", "content": "Once upon"},
    ]);
    let mut chat = json!({"model": MODEL, "messages": messages});
    let whole = house.post("/tokenize", &chat).await.ok();
    let usage = house.post("/v1/chat/completions", &chat).await.ok()["usage"].clone();
    assert_eq!(usage["prompt_tokens"], whole["count"]);
    chat["add_generation_prompt"] = json!(false);
    let bare = house.post("/tokenize", &chat).await.ok();
    assert_eq!(
        whole["count"].as_u64(),
        bare["count"].as_u64().map(|n| n + 3)
    );
    chat["continue_final_message"] = json!(true);
    let open = house.post("/tokenize", &chat).await.ok();
    let open = json!({"tokens": open["tokens"]});
    let text = house.post("/detokenize", &open).await.ok()["prompt"].clone();
    assert!(text.as_str().unwrap().ends_with("Once upon"), "{text}");
    chat["add_generation_prompt"] = json!(true);
    refused(&house, "/tokenize", &chat, 400).await;
}

#[tokio::test]
async fn tokens_are_spelt_where_that_is_asked_for() {
    let house = vllm().await;
    let body = json!({"prompt": "hello world", "return_token_strs": true});
    let tokens = house.post("/tokenize", &body).await.ok();
    assert_eq!(tokens["token_strs"], json!(["hello", "Ġworld"]));
}

#[tokio::test]
async fn wrong_bodies_are_refused_as_vllm_does() {
    let house = vllm().await;
    for (path, body) in [
        ("/tokenize", json!({})),
        ("/tokenize", json!([])),
        ("/tokenize", json!({"prompt": 5})),
        ("/tokenize", json!({"messages": [{"role": "wizard"}]})),
        (
            "/tokenize",
            json!({"prompt": "", "return_token_strs": "no"}),
        ),
        ("/detokenize", json!({})),
        ("/detokenize", json!({"tokens": "a"})),
        ("/detokenize", json!({"tokens": [1, -2]})),
    ] {
        refused(&house, path, &body, 400).await;
    }
    let form = Request::post("/tokenize").body("application/x-www-form-urlencoded", "{}");
    assert_eq!(house.send(form).await.status, 400);
    let empty = house.post("/tokenize", &json!({"prompt": ""})).await.ok();
    assert_eq!(empty["count"], 0);
    let strange = json!({"tokens": [4_294_967_295_u64, 9_999_999_999_u64]});
    assert_eq!(house.post("/detokenize", &strange).await.ok()["prompt"], "");
    assert_eq!(house.get("/tokenize").await.status, 405);
}

#[tokio::test]
async fn without_an_engine_only_open_weights_have_such_pages() {
    let house = House::open().await;
    let open = json!({"model": "Qwen/Qwen2.5-7B-Instruct", "prompt": "hi"});
    assert_eq!(house.post("/tokenize", &open).await.ok()["count"], 1);
    for body in [
        json!({"prompt": "hi"}),
        json!({"model": "gpt-4o", "prompt": "hi"}),
    ] {
        house.post("/tokenize", &body).await.error(404);
    }
    for path in [
        "/ping",
        "/version",
        "/load",
        "/is_sleeping",
        "/dcgm/metrics",
        "/_fakeai/gpus",
    ] {
        house.get(path).await.error(404);
    }
    let adapter = json!({"lora_name": "a", "lora_path": "/a"});
    house
        .post("/v1/load_lora_adapter", &adapter)
        .await
        .error(404);
}

#[tokio::test]
async fn probes_are_answered() {
    let house = vllm().await;
    for request in [Request::get("/ping"), Request::post("/ping")] {
        let answer = house.send(request).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""));
    }
    assert_eq!(
        house.get("/version").await.ok(),
        json!({"version": "0.32.0"})
    );
    assert_eq!(house.get("/load").await.ok(), json!({"server_load": 0}));
}

#[tokio::test]
async fn load_counts_what_is_being_answered() {
    let house = House::with(|config| {
        serve(config);
        config.server.clock = fakeai_server::config::ClockKind::Real;
    })
    .await;
    let body = json!({"model": MODEL, "stream": true, "max_tokens": 1_000, "ignore_eos": true,
        "messages": [{"role": "user", "content": "hi"}]});
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = house.stream("/v1/chat/completions", &body).await;
        stream.event().await.expect("a chunk");
        streams.push(stream);
    }
    assert_eq!(house.get("/load").await.ok()["server_load"], 3);
    drop(streams);
    house
        .until(|running| running.gateway().worlds.default().ledger.active_requests() == 0)
        .await;
    assert_eq!(house.get("/load").await.ok()["server_load"], 0);
}

#[tokio::test]
async fn an_adapter_is_a_model_from_loading_to_unloading() {
    let house = vllm().await;
    let (load, unload) = ("/v1/load_lora_adapter", "/v1/unload_lora_adapter");
    let adapter = json!({"lora_name": "sql-lora", "lora_path": "/models/sql"});
    let chat = json!({"model": "sql-lora", "messages": [{"role": "user", "content": "hi"}]});

    let answer = house.post(load, &adapter).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text(),
        "Success: LoRA adapter 'sql-lora' added successfully."
    );
    let twice = refused(&house, load, &adapter, 400).await;
    assert_eq!(twice["type"], "InvalidUserInput");
    let mut again = adapter.clone();
    again["load_inplace"] = json!(true);
    assert_eq!(house.post(load, &again).await.status, 200);
    for wrong in [
        json!({"lora_name": "x"}),
        json!({"lora_name": "", "lora_path": "/x"}),
        json!({"lora_name": MODEL, "lora_path": "/x"}),
    ] {
        refused(&house, load, &wrong, 400).await;
    }

    let models = house.get("/v1/models").await.ok();
    let mut models = models["data"].as_array().unwrap().iter();
    let listed = models.find(|model| model["id"] == "sql-lora").expect("it");
    assert_eq!(listed["parent"], MODEL);
    assert_eq!(listed["root"], "/models/sql");
    house.get("/v1/models/sql-lora").await.ok();
    let answer = house.post("/v1/chat/completions", &chat).await.ok();
    assert_eq!(answer["model"], "sql-lora");

    let gone = house.post(unload, &json!({"lora_name": "sql-lora"})).await;
    assert_eq!(
        gone.text(),
        "Success: LoRA adapter 'sql-lora' removed successfully."
    );
    house.post("/v1/chat/completions", &chat).await.error(404);
    house.get("/v1/models/sql-lora").await.error(404);
    let missing = refused(&house, unload, &json!({"lora_name": "sql-lora"}), 404).await;
    assert_eq!(missing["type"], "NotFoundError");
    assert_eq!(house.post(load, &adapter).await.status, 200);
    house.post("/v1/chat/completions", &chat).await.ok();
}

#[tokio::test]
async fn an_engine_that_sleeps_answers_when_it_is_woken() {
    let house = vllm().await;
    let asleep = async || house.get("/is_sleeping").await.ok()["is_sleeping"].clone();
    let used = async || {
        let gpu = house.get("/_fakeai/gpus").await.ok()["data"][0].clone();
        gpu["metrics"]["DCGM_FI_DEV_FB_USED"].as_f64().expect("MiB")
    };
    let post = async |path: &str| {
        let answer = house.send(Request::post(path)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{path}");
    };
    let awake = used().await;
    assert_eq!(asleep().await, false);
    post("/sleep?level=1").await;
    assert_eq!(asleep().await, true);
    assert!(used().await < 0.2 * awake, "its memory is given back");
    let body = json!({"model": MODEL, "stream": true,
        "messages": [{"role": "user", "content": "hi"}]});
    let mut waits = house.stream("/v1/chat/completions", &body).await;
    post("/wake_up").await;
    assert_eq!(asleep().await, false);
    assert_eq!(used().await, awake);
    waits.event().await.expect("it is answered");
    post("/sleep").await;
    post("/wake_up?tags=weights").await;
    assert_eq!(asleep().await, true, "its cache has no memory yet");
    post("/wake_up?tags=kv_cache").await;
    assert_eq!(asleep().await, false);
    post("/sleep").await;
    let wrong = house.send(Request::post("/wake_up?tags=foo")).await;
    assert_eq!((wrong.status, asleep().await), (400, true.into()));
    assert_eq!(
        house.send(Request::post("/sleep?level=9")).await.status,
        400
    );
}

#[tokio::test]
async fn a_cache_that_was_reset_finds_nothing() {
    let house = vllm().await;
    let text = "word ".repeat(200);
    let chat = json!({"model": MODEL, "max_tokens": 2,
        "messages": [{"role": "user", "content": text}]});
    let cached = async || {
        let usage = house.post("/v1/chat/completions", &chat).await.ok()["usage"].clone();
        usage["prompt_tokens_details"]["cached_tokens"].clone()
    };
    assert_eq!(cached().await, 0);
    assert!(cached().await.as_u64() > Some(100));
    let reset = house.send(Request::post("/reset_prefix_cache")).await;
    assert_eq!((reset.status, reset.text().as_str()), (200, ""));
    assert_eq!(cached().await, 0);
    // An adapter has blocks of its own.
    let adapter = json!({"lora_name": "mine", "lora_path": "/mine"});
    house.post("/v1/load_lora_adapter", &adapter).await;
    let mut other = chat.clone();
    other["model"] = json!("mine");
    let usage = house.post("/v1/chat/completions", &other).await.ok()["usage"].clone();
    assert_eq!(usage["prompt_tokens_details"]["cached_tokens"], 0);
}

#[tokio::test]
async fn the_model_that_is_served_is_listed_at_once_and_answers_to_the_end_of_its_context() {
    let served = "meta-llama/Llama-3.1-8B";
    let house = House::with(|config| {
        serve(config);
        config.serving.served_model = served.to_owned();
        config.generation.strict_models = true;
    })
    .await;
    let models = house.get("/v1/models").await.ok();
    assert_eq!(models["data"][0]["id"], served);
    let chat = json!({
        "model": served, "max_tokens": 20_000, "stop": ["."],
        "messages": [{"role": "user", "content": "hi"}],
    });
    house.post("/v1/chat/completions", &chat).await.ok();
    let hosted = json!({"model": "gpt-4o", "max_tokens": 20_000, "messages": chat["messages"]});
    house.post("/v1/chat/completions", &hosted).await.error(400);
}
