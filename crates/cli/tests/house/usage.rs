//! Usage is the number of tokens that were sent, streamed or not.

use serde_json::{Value, json};

use crate::client::Event;
use crate::content::said;
use crate::house::House;

const MIXED: &str = "Wave 🌊, family 👨‍👩‍👧‍👦, Japan 日本の四季は美しい, 한국어, 𝔘𝔫𝔦𝔠𝔬𝔡𝔢.";

/// Text deltas and completion tokens of a streamed chat.
async fn chat(house: &House, prompt: &str, limit: u64) -> (Vec<Value>, u64) {
    let body = json!({
        "model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": prompt}], "logprobs": true,
        "max_completion_tokens": limit,
    });
    let chunks = house
        .stream("/v1/chat/completions", &body)
        .await
        .chunks()
        .await;
    let usage = chunks.last().expect("a chunk")["usage"]["completion_tokens"].as_u64();
    let deltas = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"].get(0))
        .cloned();
    let texts = deltas.filter(|choice| {
        choice["delta"]["content"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    });
    (texts.collect(), usage.expect("usage"))
}

fn entries(choice: &Value) -> &[Value] {
    choice["logprobs"]["content"]
        .as_array()
        .map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn usage_is_the_number_of_deltas() {
    let house = House::open().await;
    let (deltas, tokens) = chat(&house, "Why do cats purr?", 40).await;
    assert_eq!((deltas.len() as u64, tokens), (40, 40));

    let completion = json!({
        "model": "gpt-3.5-turbo-instruct", "prompt": "Why do cats purr?", "max_tokens": 30,
        "stream": true, "stream_options": {"include_usage": true},
    });
    let chunks = house
        .stream("/v1/completions", &completion)
        .await
        .chunks()
        .await;
    let usage = chunks.last().expect("a chunk")["usage"]["completion_tokens"].clone();
    let texts = chunks.iter().filter(|chunk| {
        chunk["choices"][0]["text"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    });
    assert_eq!((texts.count(), usage), (30, json!(30)));

    let body = json!({"model": "gpt-4o", "input": "Why do cats purr?", "stream": true,
        "max_output_tokens": 30});
    let events = house.stream("/v1/responses", &body).await.events().await;
    let deltas = events
        .iter()
        .filter(|event| event.name == "response.output_text.delta");
    let last = events.last().expect("an event").json();
    assert_eq!(
        (deltas.count(), &last["response"]["usage"]["output_tokens"]),
        (30, &json!(30))
    );
}

#[tokio::test]
async fn characters_of_several_tokens_wait_until_they_are_whole() {
    let house = House::with(|config| {
        config.generation.text = Some(fakeai_server::config::TextSource::Echo);
    })
    .await;
    let (deltas, tokens) = chat(&house, MIXED, 500).await;
    let text: String = deltas
        .iter()
        .filter_map(|choice| choice["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, MIXED);
    assert!((deltas.len() as u64) < tokens, "no character was held back");
    let logprobs: Vec<&Value> = deltas.iter().flat_map(entries).collect();
    assert_eq!(logprobs.len() as u64, tokens, "a logprob for every token");
    let bytes: Vec<u8> = logprobs
        .iter()
        .flat_map(|entry| entry["bytes"].as_array().expect("bytes"))
        .map(|byte| byte.as_u64().expect("a byte") as u8)
        .collect();
    assert_eq!(String::from_utf8(bytes).expect("text"), MIXED);
}

#[tokio::test]
async fn held_back_characters_are_counted_by_every_endpoint() {
    let house = House::with(|config| {
        config.generation.text = Some(fakeai_server::config::TextSource::Echo);
    })
    .await;
    let body = json!({"model": "gpt-3.5-turbo-instruct", "prompt": MIXED, "max_tokens": 500,
        "stream": true, "stream_options": {"include_usage": true}});
    let chunks = house.stream("/v1/completions", &body).await.chunks().await;
    let texts: Vec<&str> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["text"].as_str())
        .filter(|text| !text.is_empty())
        .collect();
    let tokens = &chunks.last().expect("a chunk")["usage"]["completion_tokens"];
    are_fewer(&texts, tokens);

    let body = json!({"model": "gpt-4o", "input": MIXED, "stream": true});
    let events = house.stream("/v1/responses", &body).await.events().await;
    let deltas: Vec<Value> = events
        .iter()
        .filter(|event| event.name == "response.output_text.delta")
        .map(Event::json)
        .collect();
    let texts: Vec<&str> = deltas
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    let last = events.last().expect("an event").json();
    are_fewer(&texts, &last["response"]["usage"]["output_tokens"]);
    assert_eq!(last["response"]["output"][0]["content"][0]["text"], MIXED);
}

/// The deltas are the whole text, and fewer than the tokens that they took.
fn are_fewer(texts: &[&str], tokens: &Value) {
    assert_eq!(texts.concat().trim(), MIXED);
    let tokens = tokens.as_u64().expect("a count");
    assert!(
        (texts.len() as u64) < tokens,
        "{} deltas of {tokens} tokens",
        texts.len()
    );
}

#[tokio::test]
async fn unstreamed_equals_folded_stream() {
    let house = House::open().await;
    let tool = json!({"type": "function", "function": {"name": "look_up", "parameters": {
        "type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}}});
    let mut chat = json!({"model": "gpt-4o", "n": 2, "max_completion_tokens": 60,
        "messages": [{"role": "user", "content": "Weather in \"Oslo\" and \"Rome\"?"}]});
    unstreamed_is_folded(&house, "/v1/chat/completions", chat.clone(), fold_chat).await;
    chat["tools"] = json!([tool]);
    chat["tool_choice"] = json!("required");
    unstreamed_is_folded(&house, "/v1/chat/completions", chat, fold_chat).await;
    let shown = json!({"model": "openai/gpt-oss-120b",
        "messages": [{"role": "user", "content": "How many primes are below 30?"}]});
    unstreamed_is_folded(&house, "/v1/chat/completions", shown, fold_chat).await;
    let completion = json!({"model": "gpt-3.5-turbo-instruct", "prompt": ["One", "Two"],
        "echo": true, "max_tokens": 12});
    unstreamed_is_folded(&house, "/v1/completions", completion, fold_completion).await;

    for input in ["Tell me about rivers.", "What is 17 times 23?"] {
        let mut body = json!({"model": "gpt-5", "input": input, "reasoning": {"summary": "auto"}});
        let whole = house.post("/v1/responses", &body).await.ok();
        body["stream"] = json!(true);
        let events = house.stream("/v1/responses", &body).await.events().await;
        let last = events.last().expect("an event").json();
        assert_eq!(said(whole), said(last["response"].clone()));
        follows_its_numbers(&events);
    }
}

async fn unstreamed_is_folded(
    house: &House,
    path: &str,
    mut body: Value,
    fold: fn(&[Value]) -> Value,
) {
    let whole = house.post(path, &body).await.ok();
    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let chunks = house.stream(path, &body).await.chunks().await;
    let last = chunks.last().expect("a chunk");
    assert_eq!(last["usage"], whole["usage"], "{path}");
    assert_eq!(fold(&chunks), fold(&[unfolded(&whole)]), "{path}");
}

/// A whole answer as if all of it came in one chunk.
fn unfolded(whole: &Value) -> Value {
    let mut chunk = whole.clone();
    for choice in chunk["choices"].as_array_mut().expect("choices") {
        let message = choice["message"].take();
        choice["delta"] = message;
        if let Some(calls) = choice["delta"]["tool_calls"].as_array_mut() {
            for (index, call) in calls.iter_mut().enumerate() {
                call["index"] = json!(index);
            }
        }
    }
    chunk
}

fn fold_chat(chunks: &[Value]) -> Value {
    fold(chunks, |folded, choice| {
        let delta = &choice["delta"];
        for name in ["content", "reasoning_content", "refusal"] {
            append(folded, name, &delta[name]);
        }
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = &call["index"];
            append(folded, &format!("name {index}"), &call["function"]["name"]);
            append(
                folded,
                &format!("arguments {index}"),
                &call["function"]["arguments"],
            );
        }
    })
}

fn fold_completion(chunks: &[Value]) -> Value {
    fold(chunks, |folded, choice| {
        append(folded, "text", &choice["text"])
    })
}

fn fold(chunks: &[Value], add: impl Fn(&mut Value, &Value)) -> Value {
    let mut folded = json!({});
    for choice in chunks
        .iter()
        .flat_map(|chunk| chunk["choices"].as_array().expect("choices"))
    {
        let place = &mut folded[choice["index"].to_string()];
        add(place, choice);
        append(place, "finish", &choice["finish_reason"]);
    }
    folded
}

fn append(folded: &mut Value, name: &str, piece: &Value) {
    if let Some(piece) = piece.as_str() {
        let text = folded[name].as_str().unwrap_or_default().to_owned() + piece;
        folded[name] = json!(text);
    }
}

/// Events are numbered without a gap, and each is named by its type.
fn follows_its_numbers(events: &[Event]) {
    for (number, event) in events.iter().enumerate() {
        let data = event.json();
        assert_eq!(data["sequence_number"], json!(number));
        assert_eq!(data["type"], json!(event.name));
    }
}
