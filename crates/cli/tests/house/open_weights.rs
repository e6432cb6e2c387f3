//! Models with open weights answer as vLLM serves them: its own parameters are taken there, and
//! nowhere else; what is unknown is ignored there.

use fakeai_server::config::EngineKind;
use serde_json::{Value, json};

use crate::house::House;

const CHAT: &str = "/v1/chat/completions";

fn asks(model: &str, more: Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_load_generator_gets_exactly_the_length_that_it_asks_for() {
    let house = House::open().await;
    let more = json!({"max_tokens": 777, "min_tokens": 777, "ignore_eos": true});
    let answer = house
        .post(CHAT, &asks("Qwen/Qwen2.5-7B-Instruct", more.clone()))
        .await
        .ok();
    assert_eq!(answer["usage"]["completion_tokens"], 777);
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    let mut body = asks("my-own-model", more);
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let chunks = house.stream(CHAT, &body).await.chunks().await;
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 777);
    let raw = json!({"model": "meta-llama/Llama-3.1-8B", "prompt": "Once", "max_tokens": 300, "ignore_eos": true});
    let answer = house.post("/v1/completions", &raw).await.ok();
    assert_eq!(answer["usage"]["completion_tokens"], 300);
}

#[tokio::test]
async fn an_answer_keeps_to_what_it_is_guided_by() {
    let house = House::open().await;
    let said = async |more: Value| {
        let answer = house
            .post(CHAT, &asks("Qwen/Qwen2.5-7B-Instruct", more))
            .await
            .ok();
        answer["choices"][0]["message"]["content"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let choices = json!(["yes (sure)", "no."]);
    for more in [
        json!({"guided_choice": choices}),
        json!({"structured_outputs": {"choice": choices}}),
    ] {
        let said = said(more).await;
        assert!(said == "yes (sure)" || said == "no.", "{said}");
    }
    let year = said(json!({"guided_regex": "(19|20)[0-9]{2}"})).await;
    assert!(year.len() == 4 && year.parse::<u32>().is_ok(), "{year}");
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
        "required": ["n"], "additionalProperties": false});
    let object: Value = serde_json::from_str(&said(json!({"guided_json": schema})).await).unwrap();
    assert!(object["n"].is_i64());
}

#[tokio::test]
async fn its_parameters_are_checked_and_hosted_models_do_not_know_them() {
    let house = House::open().await;
    let wrong = asks("Qwen/Qwen2.5-7B-Instruct", json!({"min_p": 2}));
    assert_eq!(house.post(CHAT, &wrong).await.error(400)["param"], "min_p");
    for model in ["gpt-4o", "o3-mini", "claude-sonnet-4-5", "gemini-2.5-pro"] {
        let hosted = asks(model, json!({"top_k": 5}));
        assert_eq!(
            house.post(CHAT, &hosted).await.error(400)["message"],
            "Unrecognized request argument supplied: top_k",
            "{model}"
        );
    }
}

#[tokio::test]
async fn fields_that_it_does_not_know_are_ignored_unless_the_engine_forbids_them() {
    let unknown = json!({"top_k": 5, "colour": 1, "use_beam_search": false,
        "stream_options": null, "vllm_xargs": {"a": "b"}});
    let house = House::open().await;
    let body = asks("Qwen/Qwen2.5-7B-Instruct", unknown.clone());
    house.post(CHAT, &body).await.ok();
    let hosted = house.post(CHAT, &asks("gpt-4o", unknown.clone())).await;
    hosted.error(400);
    for (engine, status) in [
        (EngineKind::Vllm, 200),
        (EngineKind::Sglang, 200),
        (EngineKind::TensorRt, 400),
    ] {
        let house = House::with(|config| {
            config.serving.engine = Some(engine);
            config.serving.served_model = "meta-llama/Llama-3.1-8B-Instruct".to_owned();
            config.server.clock = fakeai_server::config::ClockKind::Virtual;
        })
        .await;
        let body = asks("meta-llama/Llama-3.1-8B-Instruct", unknown.clone());
        assert_eq!(house.post(CHAT, &body).await.status, status, "{engine:?}");
    }
}

#[tokio::test]
async fn usage_grows_with_each_chunk_where_that_is_asked_for() {
    let house = House::open().await;
    let options = json!({"include_usage": true, "continuous_usage_stats": true});
    let more =
        json!({"stream": true, "stream_options": options, "max_tokens": 40, "ignore_eos": true});
    let body = asks("Qwen/Qwen2.5-7B-Instruct", more);
    let raw = json!({"model": "Qwen/Qwen2.5-7B-Instruct", "prompt": "Once", "stream": true,
        "stream_options": options, "max_tokens": 40, "ignore_eos": true});
    for (path, body) in [(CHAT, &body), ("/v1/completions", &raw)] {
        let chunks = house.stream(path, body).await.chunks().await;
        let count = |chunk: &Value, name: &str| chunk["usage"][name].as_u64().unwrap();
        let mut before = 0;
        for chunk in &chunks {
            let now = count(chunk, "completion_tokens");
            assert!(now >= before && now <= before + 1, "{chunk}");
            let total = count(chunk, "prompt_tokens") + now;
            assert_eq!(count(chunk, "total_tokens"), total);
            before = now;
        }
        let last = chunks.last().unwrap();
        assert_eq!(last["choices"], json!([]));
        assert_eq!(count(last, "completion_tokens"), 40, "{last}");
    }
}

#[tokio::test]
async fn a_token_ends_an_answer_and_is_sent_where_that_is_asked_for() {
    let house = House::open().await;
    let raw = json!({"model": "Qwen/Qwen2.5-7B-Instruct", "prompt": "Once", "max_tokens": 60,
        "ignore_eos": true});
    let text = |answer: &Value| answer["choices"][0]["text"].as_str().unwrap().to_owned();
    let whole = text(&house.post("/v1/completions", &raw).await.ok());
    let model = "Qwen/Qwen2.5-7B-Instruct";
    let tokens = house
        .post("/tokenize", &json!({"model": model, "prompt": whole}))
        .await
        .ok();
    let stop = tokens["tokens"][20].clone();
    let mut stopped = raw.clone();
    stopped["stop_token_ids"] = json!([stop]);
    let short = house.post("/v1/completions", &stopped).await.ok();
    assert_eq!(short["choices"][0]["finish_reason"], "stop");
    let used = short["usage"]["completion_tokens"].as_u64().unwrap();
    assert!((1..=21).contains(&used), "{short}");
    stopped["include_stop_str_in_output"] = json!(true);
    let kept = text(&house.post("/v1/completions", &stopped).await.ok());
    assert!(whole.starts_with(&kept) && kept.starts_with(&text(&short)));
    assert!(kept.len() > text(&short).len());
}
