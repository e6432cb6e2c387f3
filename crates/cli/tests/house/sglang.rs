//! SGLang's native pages, where that engine is simulated: what its load generators ask for.

use fakeai_server::config::{ClockKind, Config, EngineKind};
use serde_json::{Value, json};

use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B-Instruct";

fn serve(config: &mut Config) {
    config.serving.engine = Some(EngineKind::Sglang);
    config.serving.served_model = MODEL.to_owned();
    config.server.clock = ClockKind::Virtual;
}

fn asks(text: Value, more: Value) -> Value {
    json!({"text": text, "sampling_params": {"max_new_tokens": 12, "ignore_eos": true}, "stream": more["stream"] == true,
        "return_logprob": more["return_logprob"] == true, "logprob_start_len": more["start"].as_i64().unwrap_or(-1)})
}

#[tokio::test]
async fn a_text_is_continued_with_true_counts() {
    let house = House::with(serve).await;
    let text = "The lighthouse keeper's daughter";
    let prompt = house.post("/tokenize", &json!({"prompt": text})).await.ok();
    let answer = house
        .post("/generate", &asks(json!(text), json!({})))
        .await
        .ok();
    let meta = &answer["meta_info"];
    assert_eq!(meta["prompt_tokens"], prompt["count"]);
    assert_eq!(meta["completion_tokens"], 12);
    assert_eq!(
        meta["finish_reason"],
        json!({"type": "length", "length": 12})
    );
    assert!(meta["e2e_latency"].as_f64().unwrap() > 0.0, "{meta}");
    let told = house
        .post("/detokenize", &json!({"tokens": answer["output_ids"]}))
        .await
        .ok();
    assert_eq!(told["prompt"], answer["text"]);
    let ids = json!({"input_ids": prompt["tokens"], "sampling_params": {"max_new_tokens": 12, "ignore_eos": true}});
    let by_ids = house.post("/generate", &ids).await.ok();
    assert_eq!(by_ids["meta_info"]["prompt_tokens"], prompt["count"]);
}

#[tokio::test]
async fn events_repeat_what_was_said_and_end_with_done() {
    let house = House::with(serve).await;
    let whole = house
        .post("/generate", &asks(json!("Once"), json!({})))
        .await
        .ok();
    let body = asks(json!("Once"), json!({"stream": true}));
    let chunks = house.stream("/generate", &body).await.chunks().await;
    let mut before = String::new();
    for chunk in &chunks {
        let text = chunk["text"].as_str().unwrap();
        assert!(text.starts_with(&before), "{chunk}");
        before = text.to_owned();
    }
    let last = chunks.last().unwrap();
    assert_eq!(last["text"], whole["text"]);
    assert_eq!(last["meta_info"]["completion_tokens"], 12);
    assert_eq!(last["meta_info"]["finish_reason"]["type"], "length");
}

#[tokio::test]
async fn several_prompts_get_a_list_and_logprobs_are_of_the_tokens() {
    let house = House::with(serve).await;
    let body = asks(json!(["Once", "There was a"]), json!({}));
    let answers = house.post("/generate", &body).await.ok();
    assert_eq!(answers.as_array().unwrap().len(), 2);
    for (answer, text) in answers
        .as_array()
        .unwrap()
        .iter()
        .zip(["Once", "There was a"])
    {
        let prompt = house.post("/tokenize", &json!({"prompt": text})).await.ok();
        assert_eq!(answer["meta_info"]["prompt_tokens"], prompt["count"]);
    }
    let body = asks(
        json!("There was a"),
        json!({"return_logprob": true, "start": 0}),
    );
    let answer = house.post("/generate", &body).await.ok();
    let output = answer["meta_info"]["output_token_logprobs"]
        .as_array()
        .unwrap();
    let ids: Vec<_> = output.iter().map(|entry| entry[1].clone()).collect();
    assert_eq!(json!(ids), answer["output_ids"]);
    assert!(output.iter().all(|entry| entry[0].as_f64().unwrap() <= 0.0));
    let input = answer["meta_info"]["input_token_logprobs"]
        .as_array()
        .unwrap();
    assert_eq!(json!(input.len()), answer["meta_info"]["prompt_tokens"]);
    let error = house.post("/generate", &json!({})).await;
    assert_eq!(error.status, 400);
    assert!(
        error.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("text, input_ids")
    );
}

#[tokio::test]
async fn a_text_is_bound_to_a_schema_an_expression_or_a_grammar() {
    let house = House::with(serve).await;
    let ask = |bound: Value| {
        let mut params = json!({"max_new_tokens": 200});
        let more = bound.as_object().unwrap().clone();
        params.as_object_mut().unwrap().extend(more);
        json!({"text": "Ana is 31. Tell it.", "sampling_params": params})
    };
    let schema = json!({"type": "object", "required": ["name", "age"], "additionalProperties": false,
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}});
    for schema in [json!(schema.to_string()), schema] {
        let body = ask(json!({ "json_schema": schema }));
        let answer = house.post("/generate", &body).await.ok();
        let told: Value = serde_json::from_str(answer["text"].as_str().unwrap()).unwrap();
        assert_eq!(told, json!({"name": "Ana", "age": 31}));
        assert_eq!(
            answer["meta_info"]["finish_reason"],
            json!({"type": "stop", "matched": null})
        );
    }
    let answer = house
        .post("/generate", &ask(json!({"regex": "(Paris|London)!"})))
        .await
        .ok();
    let text = answer["text"].as_str().unwrap();
    assert!(["Paris!", "London!"].contains(&text), "{answer}");
    let grammar = "root ::= start \" is the capital of \" land # a comment\n\
                   start ::= \"Paris\" | \"Berlin\"\nland ::= [A-Z] [a-z]{3,5}";
    let answer = house
        .post("/generate", &ask(json!({"ebnf": grammar})))
        .await
        .ok();
    let text = answer["text"].as_str().unwrap();
    let (city, land) = text.split_once(" is the capital of ").unwrap();
    assert!(["Paris", "Berlin"].contains(&city), "{text}");
    assert!((4..=6).contains(&land.len()), "{text}");
    for (bound, message) in [
        (
            json!({"regex": "a", "ebnf": "root ::= \"a\""}),
            "Only one of regex, json_schema, or ebnf can be set.",
        ),
        (
            json!({"json_schema": "{"}),
            "Invalid grammar request: req.grammar_key=('json', '{')",
        ),
        (
            json!({"ebnf": "root ::= other"}),
            "Invalid grammar request: the name 'other' has no rule.",
        ),
    ] {
        let error = house.post("/generate", &ask(bound)).await;
        assert_eq!(
            (error.status, error.json()),
            (400, json!({"error": {"message": message}}))
        );
    }
}

#[tokio::test]
async fn what_ended_a_text_is_told() {
    let house = House::with(serve).await;
    let free = house
        .post("/generate", &asks(json!("Once"), json!({})))
        .await
        .ok();
    let text = free["text"].as_str().unwrap();
    let word = text.split_whitespace().nth(3).unwrap();
    let ended = async |params: Value, stream: bool| {
        let body = json!({"text": "Once", "sampling_params": params, "stream": stream});
        match stream {
            false => house.post("/generate", &body).await.ok(),
            true => {
                let chunks = house.stream("/generate", &body).await.chunks().await;
                chunks.last().unwrap().clone()
            }
        }
    };
    for stream in [false, true] {
        let params =
            json!({"max_new_tokens": 12, "ignore_eos": true, "stop": ["nothing of it", word]});
        let answer = ended(params, stream).await;
        assert_eq!(
            answer["meta_info"]["finish_reason"],
            json!({"type": "stop", "matched": word})
        );
        assert!(text.starts_with(answer["text"].as_str().unwrap()));
        let id = free["output_ids"][5].clone();
        let params = json!({"max_new_tokens": 12, "ignore_eos": true, "stop_token_ids": [id]});
        let answer = ended(params, stream).await;
        assert_eq!(
            answer["meta_info"]["finish_reason"],
            json!({"type": "stop", "matched": id})
        );
    }
}

#[tokio::test]
async fn its_pages_tell_what_it_serves_and_other_servers_have_none() {
    let house = House::with(serve).await;
    for path in ["/get_model_info", "/model_info"] {
        assert_eq!(house.get(path).await.ok()["model_path"], MODEL);
    }
    for path in ["/get_server_info", "/server_info"] {
        let info = house.get(path).await.ok();
        assert!(info["internal_states"][0].is_object(), "{info}");
        assert_eq!(info["context_length"], 131_072);
    }
    assert_eq!(house.get("/get_load").await.ok()[0]["num_reqs"], 0);
    assert_eq!(house.get("/health_generate").await.status, 200);
    assert_eq!(house.get("/v1/models").await.ok()["data"][0]["id"], MODEL);
    let flushed = house.post("/flush_cache", &json!({})).await;
    assert!(
        flushed.text().starts_with("Cache flushed."),
        "{}",
        flushed.text()
    );
    let other = House::open().await;
    for path in [
        "/get_model_info",
        "/server_info",
        "/get_load",
        "/health_generate",
    ] {
        other.get(path).await.error(404);
    }
    let body = asks(json!("Once"), json!({}));
    assert_eq!(other.post("/generate", &body).await.status, 404);
}
