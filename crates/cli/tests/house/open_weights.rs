//! Models with open weights answer as vLLM serves them: its own parameters are taken there, and
//! nowhere else.

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
    let unknown = asks("Qwen/Qwen2.5-7B-Instruct", json!({"top_k": 5, "colour": 1}));
    assert_eq!(
        house.post(CHAT, &unknown).await.error(400)["message"],
        "Unrecognized request argument supplied: colour"
    );
    for model in ["gpt-4o", "o3-mini", "claude-sonnet-4-5", "gemini-2.5-pro"] {
        let hosted = asks(model, json!({"top_k": 5}));
        assert_eq!(
            house.post(CHAT, &hosted).await.error(400)["message"],
            "Unrecognized request argument supplied: top_k",
            "{model}"
        );
    }
}
