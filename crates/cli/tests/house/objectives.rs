//! What limits have let through, and how much of an error budget is used up: both follow the calls.

use fakeai_server::config::ClockKind;
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

fn question() -> Value {
    json!({"model": "gpt-4o", "max_completion_tokens": 5,
        "messages": [{"role": "user", "content": "Tell me about lighthouses."}]})
}

#[tokio::test]
async fn limits_tell_what_they_let_through_and_what_is_left() {
    let house = House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        config.rate_limits.rate_limit_enabled = true;
        config.rate_limits.rate_limit_rpm = Some(2);
    })
    .await;
    let none = house.get("/metrics/rate-limits").await.ok();
    assert_eq!(
        (&none["enabled"], &none["data"]),
        (&json!(true), &json!([]))
    );
    for _ in 0..2 {
        house.post("/v1/chat/completions", &question()).await.ok();
    }
    house
        .post("/v1/chat/completions", &question())
        .await
        .error(429);
    let told = house.get("/metrics/rate-limits").await.ok();
    assert_eq!(
        (&told["admitted"], &told["refused"]),
        (&json!(2), &json!(1))
    );
    let of_model = &told["data"][0];
    assert_eq!(of_model["model"], "gpt-4o");
    let limits = of_model["limits"].as_array().expect("limits");
    let requests = limits
        .iter()
        .find(|limit| limit["unit"] == "requests" && limit["per"] == "minute")
        .expect("the limit that was set");
    assert_eq!(
        (&requests["limit"], &requests["remaining"]),
        (&json!(2), &json!(0))
    );
    assert!(requests["reset_ms"].as_u64().expect("a time") > 0);
    let other = house.get("/metrics/rate-limits?model=gpt-5").await.ok();
    assert_eq!(other["admitted"], 0);
    // Another world has its own.
    let other = house.get("/w/other/metrics/rate-limits").await.ok();
    assert_eq!(other["data"], json!([]));
}

#[tokio::test]
async fn an_error_budget_is_used_up_by_calls_that_fail() {
    let house = House::open().await;
    let availability = |told: &Value| told["data"][0].clone();
    let before = house.get("/metrics/slo").await.ok();
    assert_eq!(availability(&before)["compliant"], true);
    for _ in 0..3 {
        house.post("/v1/chat/completions", &question()).await.ok();
    }
    let told = house
        .get("/metrics/slo?objective=90&ttft_ms=60000&e2e_ms=60000")
        .await
        .ok();
    let names: Vec<&str> = told["data"]
        .as_array()
        .expect("objectives")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["availability", "ttft", "e2e"]);
    assert!(
        told["data"]
            .as_array()
            .expect("objectives")
            .iter()
            .all(|one| {
                one["compliant"] == true && one["missed"] == 0 && one["error_budget"]["used"] == 0.0
            })
    );
    // Nothing is there within a hundredth of a microsecond.
    let strict = house
        .get("/metrics/slo?objective=90&e2e_ms=0.00001")
        .await
        .ok();
    let slow = &strict["data"][1];
    assert_eq!(slow["missed"], slow["calls"]);
    assert_eq!(slow["compliant"], false);
    let used = slow["error_budget"]["used"].as_f64().expect("a share");
    assert!((used - 10.0).abs() < 1e-6, "{used}");
    // One call of five fails, twice what 90 % allow; looking at it counts for nothing.
    house.post("/v1/chat/completions", &question()).await.ok();
    let failing = Request::post("/v1/chat/completions")
        .header("x-fakeai-fault", "500")
        .json(&question());
    house.send(failing).await.error(500);
    let told = house.get("/metrics/slo?objective=90").await.ok();
    let told = availability(&told);
    assert_eq!((&told["calls"], &told["missed"]), (&json!(5), &json!(1)));
    assert_eq!(told["compliant"], false);
    for used_up in [
        &told["error_budget"]["used"],
        &told["burn_rate_last_minute"],
    ] {
        let used_up = used_up.as_f64().expect("a share");
        assert!((used_up - 2.0).abs() < 1e-6, "{told}");
    }
    for wrong in ["objective=100", "objective=x", "ttft_ms=0"] {
        house.get(&format!("/metrics/slo?{wrong}")).await.error(400);
    }
}
