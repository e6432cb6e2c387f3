//! Models with open weights answer as vLLM serves them: its own parameters are taken there, and
//! nowhere else; what is unknown is ignored there.

use fakeai_canon::Mode;
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
async fn what_was_ignored_does_not_come_back() {
    let mock = House::with(|config| config.server.mode = Mode::Mock).await;
    for (house, model) in [
        (House::open().await, "Qwen/Qwen2.5-7B-Instruct"),
        (mock, "gpt-4.1"),
    ] {
        let input = json!([{"role": "user", "colour": "red", "content": "hi"},
            {"role": "user", "content": [{"type": "input_text", "text": "hi", "colour": "red"}]}]);
        let tool = json!({"type": "function", "name": "paint", "strict": false, "colour": "red",
            "parameters": {"type": "object", "properties": {"colour": {"type": "string"}}}});
        let body = json!({"model": model, "input": input, "tools": [tool],
            "text": {"format": {"type": "text", "colour": "red"}}});
        let answer = house.post("/v1/responses", &body).await.ok();
        let tool = answer["tools"][0].as_object().expect("the tool");
        assert!(!tool.contains_key("colour"));
        let own = &tool["parameters"]["properties"]["colour"];
        assert_eq!(own["type"], "string", "a user's schema is the user's");
        assert_eq!(answer["text"]["format"], json!({"type": "text"}));
        let id = answer["id"].as_str().expect("an id");
        let items = house.get(&format!("/v1/responses/{id}/input_items")).await;
        assert!(!items.text().contains("colour"), "{}", items.text());
        let body = json!({"model": model, "input": input});
        let compact = house.post("/v1/responses/compact", &body).await;
        compact.ok();
    }
}

#[tokio::test]
async fn what_a_mock_ignored_is_not_stored() {
    let mock = House::with(|config| config.server.mode = Mode::Mock).await;
    let parameters = json!({"type": "object", "properties": {}});
    let function = json!({"name": "paint", "parameters": parameters, "colour": "red"});
    let tools = json!([{"type": "function", "function": function, "colour": "red"}]);
    let made = mock
        .post(
            "/v1/assistants",
            &json!({"model": "gpt-4o", "tools": tools}),
        )
        .await
        .ok();
    let id = made["id"].as_str().expect("an id");
    let kept = mock.get(&format!("/v1/assistants/{id}")).await;
    assert_eq!(kept.json()["tools"][0]["function"]["name"], "paint");
    assert!(!kept.text().contains("colour"), "{}", kept.text());
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

/// All ids that the chunks of a choice tell, and those of the prompt.
fn told(chunks: &[Value], of_prompt: impl Fn(&Value) -> Value) -> (Vec<Value>, Vec<Value>) {
    let ids = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let generated = chunks
        .iter()
        .flat_map(|chunk| ids(&chunk["choices"][0]["token_ids"]));
    let prompts = chunks.iter().flat_map(|chunk| ids(&of_prompt(chunk)));
    (generated.collect(), prompts.collect())
}

#[tokio::test]
async fn the_ids_of_all_tokens_are_told_where_they_are_asked_for() {
    let house = House::open().await;
    let model = "Qwen/Qwen2.5-7B-Instruct";
    let more = json!({"return_token_ids": true, "max_tokens": 30, "stop": ["."]});
    let mut raw = more.clone();
    raw["model"] = json!(model);
    raw["prompt"] = json!("Once upon a time");
    let raw_ids = |value: &Value| value["choices"][0]["prompt_token_ids"].clone();
    let chat_ids = |value: &Value| value["prompt_token_ids"].clone();
    for (path, body, is_raw) in [
        (CHAT, asks(model, more), false),
        ("/v1/completions", raw, true),
    ] {
        let of_prompt = |value: &Value| match is_raw {
            true => raw_ids(value),
            false => chat_ids(value),
        };
        let whole = house.post(path, &body).await.ok();
        let (generated, prompt) = told(std::slice::from_ref(&whole), of_prompt);
        let count = |name: &str| whole["usage"][name].as_u64().unwrap() as usize;
        assert_eq!(generated.len(), count("completion_tokens"), "{whole}");
        assert_eq!(prompt.len(), count("prompt_tokens"), "{whole}");
        let mut streamed = body.clone();
        streamed["stream"] = json!(true);
        let chunks = house.stream(path, &streamed).await.chunks().await;
        assert_eq!(
            told(&chunks, of_prompt),
            (generated.clone(), prompt.clone())
        );
        if is_raw {
            let request = json!({"model": model, "tokens": prompt});
            let text = house.post("/detokenize", &request).await.ok();
            assert_eq!(text["prompt"], "Once upon a time");
        }
        let request = json!({"model": model, "tokens": generated});
        let text = house.post("/detokenize", &request).await.ok();
        let choice = &whole["choices"][0];
        let said = choice["text"]
            .as_str()
            .or(choice["message"]["content"].as_str());
        let spelt = text["prompt"].as_str().unwrap();
        assert!(spelt.starts_with(said.unwrap()), "{spelt}: {whole}");
        let mut plain = body.clone();
        plain["return_token_ids"] = json!(false);
        let plain = house.post(path, &plain).await.ok();
        assert!(!plain.to_string().contains("token_ids"), "{plain}");
    }
}

#[tokio::test]
async fn completions_keep_to_what_they_are_guided_by() {
    let house = House::open().await;
    let said = async |more: Value| {
        let mut body = more;
        body["model"] = json!("Qwen/Qwen2.5-7B-Instruct");
        body["prompt"] = json!("Ana is 31.");
        body["max_tokens"] = json!(100);
        let answer = house.post("/v1/completions", &body).await.ok();
        answer["choices"][0]["text"].as_str().unwrap().to_owned()
    };
    let schema = json!({"type": "object", "properties": {"age": {"type": "integer"}},
        "required": ["age"], "additionalProperties": false});
    let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}});
    for more in [
        json!({"guided_json": schema}),
        json!({ "response_format": format }),
    ] {
        let object: Value = serde_json::from_str(&said(more).await).unwrap();
        assert_eq!(object, json!({"age": 31}));
    }
    for grammar in ["root ::= \"yes\" | \"no\"", "start: \"yes\" | \"no\""] {
        for more in [
            json!({"guided_grammar": grammar}),
            json!({"structured_outputs": {"grammar": grammar}}),
        ] {
            let said = said(more).await;
            assert!(said == "yes" || said == "no", "{said}");
        }
    }
}
