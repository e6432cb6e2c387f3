//! Limits of requests, tokens and money: what is left is told, what is too much is refused with the
//! time to wait, and what was not used is given back. All on a virtual clock.

use fakeai_server::config::{ClockKind, Config, RateScope};
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::house::House;

async fn limited(change: impl FnOnce(&mut Config)) -> House {
    House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.rate_limits.rate_limit_enabled = true;
        change(config);
    })
    .await
}

fn chat(most: u32) -> Value {
    json!({"model": "gpt-4o", "max_completion_tokens": most,
        "messages": [{"role": "user", "content": "Tell me about tides."}]})
}

async fn ask(house: &House, most: u32) -> Answer {
    house.post("/v1/chat/completions", &chat(most)).await
}

async fn advance(house: &House, seconds: f64) {
    let body = json!({"advance_seconds": seconds});
    house.post("/_fakeai/clock", &body).await.ok();
}

fn message(error: &Value) -> &str {
    error["message"].as_str().expect("a message")
}

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_until_the_time_that_is_told() {
    let house = limited(|config| config.rate_limits.rate_limit_rpm = Some(3)).await;
    for left in ["2", "1", "0"] {
        let answer = ask(&house, 5).await;
        answer.ok();
        assert_eq!(answer.header("x-ratelimit-limit-requests"), "3");
        assert_eq!(answer.header("x-ratelimit-remaining-requests"), left);
        assert!(answer.headers.get("x-ratelimit-limit-tokens").is_none());
    }
    let refused = ask(&house, 5).await;
    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(refused.header("x-ratelimit-remaining-requests"), "0");
    assert_eq!(refused.header("x-ratelimit-reset-requests"), "1m0s");
    let error = refused.error(429);
    assert_eq!(
        message(&error),
        "Rate limit reached for gpt-4o in organization fakeai on requests per min (RPM): Limit 3, \
         Used 3, Requested 1. Please try again in 20s. Visit \
         https://platform.openai.com/account/rate-limits to learn more."
    );
    assert_eq!(
        (&error["type"], &error["code"]),
        (&json!("requests"), &json!("rate_limit_exceeded"))
    );
    // Another model has limits of its own, and so has a stream.
    let other = json!({"model": "gpt-4o-mini", "input": "x", "stream": true});
    let stream = house.stream("/v1/responses", &other).await;
    assert_eq!(stream.headers["x-ratelimit-remaining-requests"], "2");
    stream.events().await;
    advance(&house, 19.999).await;
    ask(&house, 5).await.error(429);
    advance(&house, 0.001).await;
    ask(&house, 5).await.ok();
}

#[tokio::test]
async fn tokens_are_taken_for_what_may_be_said_and_given_back_for_what_was_not() {
    let house = limited(|config| config.rate_limits.rate_limit_tpm = Some(10_000)).await;
    let first = ask(&house, 6_000).await;
    let usage = first.ok()["usage"].clone();
    let prompt = usage["prompt_tokens"].as_u64().expect("tokens");
    let total = usage["total_tokens"].as_u64().expect("tokens");
    assert!(total < 3_000, "{usage}");
    assert_eq!(
        first.header("x-ratelimit-remaining-tokens"),
        (4_000 - prompt).to_string()
    );
    // Had nothing been given back, this would be too much.
    let second = ask(&house, 6_000).await;
    second.ok();
    assert_eq!(
        second.header("x-ratelimit-remaining-tokens"),
        (4_000 - prompt - total).to_string()
    );
    let error = ask(&house, 10_001).await.error(429);
    assert!(
        message(&error).starts_with("Request too large for gpt-4o"),
        "{error}"
    );
    assert!(
        message(&error).contains("(TPM): Limit 10000, Requested 100"),
        "{error}"
    );
    assert_eq!(error["type"], "tokens");
    let error = ask(&house, 9_900).await.error(429);
    let used = 2 * total;
    let requested = prompt + 9_900;
    let words = format!("Limit 10000, Used {used}, Requested {requested}. Please try again in ");
    assert!(message(&error).contains(&words), "{error}");
    let wait = (used + requested - 10_000) as f64 * 60.0 / 10_000.0;
    advance(&house, wait).await;
    ask(&house, 9_900).await.ok();
}

#[tokio::test]
async fn keys_may_have_limits_of_their_own() {
    for (scope, status) in [(RateScope::Project, 429), (RateScope::Key, 200)] {
        let house = limited(|config| {
            config.auth.api_keys.0 = vec!["sk-one".to_owned(), "sk-two".to_owned()];
            config.rate_limits.rate_limit_rpd = Some(1);
            config.rate_limits.rate_limit_scope = scope;
        })
        .await;
        let mut last = 0;
        for key in ["Bearer sk-one", "Bearer sk-two"] {
            let request = Request::post("/v1/chat/completions").header("authorization", key);
            last = house.send(request.json(&chat(5))).await.status;
        }
        assert_eq!(last, status, "{scope:?}");
    }
}

#[tokio::test]
async fn the_providers_limits_hold_where_none_is_named() {
    let house = limited(|_| {}).await;
    let answer = ask(&house, 5).await;
    let limits = house
        .get("/v1/organization/projects/proj_DefaultProject0000000000/rate_limits?limit=100")
        .await;
    assert_eq!(answer.header("x-ratelimit-limit-requests"), "500");
    assert_eq!(answer.header("x-ratelimit-limit-tokens"), "30000");
    assert!(limits.text().contains("30000"));
    let plain = House::open().await;
    let answer = ask(&plain, 5).await;
    assert!(answer.headers.get("x-ratelimit-limit-requests").is_none());
}

/// The id of a new project.
async fn project(house: &House) -> String {
    let made = house
        .post("/v1/organization/projects", &json!({"name": "small"}))
        .await
        .ok();
    made["id"].as_str().expect("an id").to_owned()
}

async fn ask_in(house: &House, project: &str) -> Answer {
    let request = Request::post("/v1/chat/completions").header("openai-project", project);
    house.send(request.json(&chat(50))).await
}

#[tokio::test]
async fn the_limits_that_a_project_was_given_hold_on_its_calls() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let small = project(&house).await;
    ask_in(&house, &small).await.ok();
    let path = format!("/v1/organization/projects/{small}/rate_limits/rl-gpt-4o");
    let one = json!({"max_requests_per_1_minute": 1});
    house.post(&path, &one).await.ok();
    ask_in(&house, &small).await.ok();
    let error = ask_in(&house, &small).await.error(429);
    assert!(
        message(&error).contains("(RPM): Limit 1, Used 1"),
        "{error}"
    );
    ask(&house, 5).await.ok();
    advance(&house, 60.0).await;
    ask_in(&house, &small).await.ok();
}

#[tokio::test]
async fn who_has_spent_what_may_be_spent_gets_nothing_more() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let small = project(&house).await;
    let path = format!("/v1/organization/projects/{small}/spend_limit");
    let limit = json!({"threshold_amount": 1, "currency": "USD", "interval": "month"});
    house.post(&path, &limit).await.ok();
    let mut answers = 0;
    let error = loop {
        let answer = ask_in(&house, &small).await;
        if answer.status != 200 {
            break answer.error(429);
        }
        answers += 1;
        assert!(answers < 100, "a cent buys no more");
    };
    assert!(answers > 1);
    assert_eq!(error["type"], "insufficient_quota");
    assert_eq!(error["code"], "insufficient_quota");
    ask(&house, 5).await.ok();
    let shown = house.get(&path).await.ok();
    assert_eq!(shown["enforcement"]["status"], "enforcing");
    // A new month begins.
    advance(&house, 31.0 * 86_400.0).await;
    ask_in(&house, &small).await.ok();
}
