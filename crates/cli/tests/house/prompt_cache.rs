//! The provider's cache of prompts: long prompts whose beginning was sent not long ago count as
//! cached, in steps of 128 tokens.

use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::house::House;

/// A conversation with a long beginning.
fn chat(words: usize, question: &str, more: Value) -> Value {
    let text: Vec<String> = (0..words).map(|word| format!("word{word}")).collect();
    let mut body = json!({"model": "gpt-4o", "max_tokens": 5, "messages": [
        {"role": "system", "content": text.join(" ")},
        {"role": "user", "content": question},
    ]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// Tokens of the prompt, and those of them that were cached.
async fn sent(house: &House, body: &Value) -> (u64, u64) {
    let usage = house.post("/v1/chat/completions", body).await.ok()["usage"].clone();
    let cached = &usage["prompt_tokens_details"]["cached_tokens"];
    (
        usage["prompt_tokens"].as_u64().expect("a count"),
        cached.as_u64().expect("a count"),
    )
}

async fn on_virtual_time() -> House {
    House::with(|config| config.server.clock = ClockKind::Virtual).await
}

#[tokio::test]
async fn a_long_beginning_is_found_again_in_steps_of_128() {
    let house = on_virtual_time().await;
    let (prompt, cached) = sent(&house, &chat(900, "One?", json!({}))).await;
    assert!(prompt > 1_200, "{prompt}");
    assert_eq!(cached, 0, "nobody has sent it");
    let (prompt, cached) = sent(&house, &chat(900, "And two?", json!({}))).await;
    assert!(cached >= 1_024 && cached % 128 == 0, "{cached}");
    assert!(prompt - cached < 128 + 20, "{cached} of {prompt}");
    // In the responses API it is the same.
    let body = chat(900, "Three?", json!({}));
    let input = body["messages"][0]["content"].clone();
    let response = json!({"model": "gpt-4o", "instructions": input, "input": "Four?"});
    let again = async || {
        let usage = house.post("/v1/responses", &response).await.ok()["usage"].clone();
        usage["input_tokens_details"]["cached_tokens"].clone()
    };
    assert_eq!(again().await, 0, "instructions are not a system message");
    assert!(again().await.as_u64() >= Some(1_024));
    // Its beginning alone is what counts.
    let other = chat(
        899,
        "One?",
        json!({"messages": [
            {"role": "system", "content": "Other words first."},
            {"role": "user", "content": input},
        ]}),
    );
    assert_eq!(sent(&house, &other).await.1, 0);
}

#[tokio::test]
async fn short_prompts_and_other_places_are_not_cached() {
    let house = on_virtual_time().await;
    for _ in 0..2 {
        assert_eq!(sent(&house, &chat(300, "Short?", json!({}))).await.1, 0);
    }
    let keyed = |key: &str| chat(900, "Hi", json!({"prompt_cache_key": key}));
    assert_eq!(sent(&house, &keyed("a")).await.1, 0);
    assert_eq!(sent(&house, &keyed("b")).await.1, 0);
    assert!(sent(&house, &keyed("a")).await.1 > 0);
    let other_model = chat(
        900,
        "Hi",
        json!({"prompt_cache_key": "a", "model": "gpt-4.1"}),
    );
    assert_eq!(sent(&house, &other_model).await.1, 0);
    let old = chat(900, "Hi", json!({"model": "gpt-3.5-turbo"}));
    for _ in 0..2 {
        assert_eq!(sent(&house, &old).await.1, 0, "it has no such cache");
    }
}

#[tokio::test]
async fn what_was_not_used_for_long_is_forgotten() {
    let house = on_virtual_time().await;
    let advance = async |seconds: u64| {
        let body = json!({"advance_seconds": seconds});
        house.post("/_fakeai/clock", &body).await.ok();
    };
    let short = chat(900, "Hi", json!({"prompt_cache_retention": "in_memory"}));
    sent(&house, &short).await;
    advance(500).await;
    assert!(sent(&house, &short).await.1 > 0);
    advance(500).await;
    assert!(sent(&house, &short).await.1 > 0, "each use counts anew");
    advance(700).await;
    assert_eq!(sent(&house, &short).await.1, 0);
    let long = chat(901, "Hi", json!({"prompt_cache_retention": "24h"}));
    sent(&house, &long).await;
    advance(80_000).await;
    assert!(sent(&house, &long).await.1 > 0);
    advance(90_000).await;
    assert_eq!(sent(&house, &long).await.1, 0);
}

#[tokio::test]
async fn the_cache_is_bounded_and_can_be_off() {
    let house = House::with(|config| config.kv_cache.prompt_cache_steps = 60).await;
    let first = chat(900, "Hi", json!({"prompt_cache_key": "first"}));
    sent(&house, &first).await;
    assert!(sent(&house, &first).await.1 > 0);
    for number in 0..4 {
        let key = json!({"prompt_cache_key": number.to_string()});
        sent(&house, &chat(900, "Hi", key)).await;
    }
    assert_eq!(sent(&house, &first).await.1, 0, "others took its place");
    let off = House::with(|config| config.kv_cache.prompt_caching = false).await;
    for _ in 0..2 {
        assert_eq!(sent(&off, &first).await.1, 0);
    }
}
