//! Time: virtual, scaled, moved by hand. Nobody waits for it.

use fakeai_server::VIRTUAL_EPOCH;
use fakeai_server::config::{ClockKind, Config};
use http::Method;
use serde_json::{Value, json};

use crate::client::Request;
use crate::house::House;

const HOUR: f64 = 3_600.0;

fn slow(config: &mut Config) {
    config.generation.ttft = Some("3600000".parse().expect("a time"));
    config.generation.itl = Some("1000".parse().expect("a time"));
}

fn chat() -> Value {
    json!({"model": "gpt-4o", "max_completion_tokens": 6,
        "messages": [{"role": "user", "content": "Tell me about tides."}]})
}

async fn now(house: &House) -> f64 {
    let clock = house.get("/_fakeai/clock").await.ok();
    clock["now"].as_f64().expect("a time")
}

#[tokio::test]
async fn a_virtual_clock_jumps_to_what_is_due() {
    let house = House::with(|config| {
        config.server.clock = ClockKind::Virtual;
        slow(config);
    })
    .await;
    let start = VIRTUAL_EPOCH.seconds();
    assert_eq!(now(&house).await, start);
    let answer = house.post("/v1/chat/completions", &chat()).await.ok();
    assert_eq!(answer["created"].as_f64(), Some(start));
    assert_eq!(answer["usage"]["completion_tokens"], 6);
    assert_eq!(now(&house).await, start + HOUR + 5.0);
    let entry = &house.journal("createChatCompletion").await[0];
    assert_eq!(entry["time_to_first_token_seconds"], HOUR, "{entry}");
    assert_eq!(entry["duration_seconds"], HOUR + 5.0, "{entry}");
    assert_eq!(entry["longest_lateness_seconds"], 0.0, "{entry}");

    let mut streamed = chat();
    streamed["stream"] = json!(true);
    house
        .stream("/v1/chat/completions", &streamed)
        .await
        .chunks()
        .await;
    assert_eq!(now(&house).await, start + 2.0 * (HOUR + 5.0));
}

#[tokio::test]
async fn a_virtual_clock_is_moved_by_hand_and_a_real_one_is_not() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let start = now(&house).await;
    house
        .post("/_fakeai/clock", &json!({"advance_seconds": 90.5}))
        .await
        .ok();
    assert_eq!(now(&house).await, start + 90.5);
    let created = house
        .post("/v1/responses", &json!({"model": "gpt-4o", "input": "x"}))
        .await
        .ok();
    assert_eq!(created["created_at"].as_f64(), Some(start + 90.0));
    house
        .post("/_fakeai/clock", &json!({"advance_seconds": -1}))
        .await
        .error(400);
    let real = House::open().await;
    real.post("/_fakeai/clock", &json!({"advance_seconds": 1}))
        .await
        .error(400);
}

#[tokio::test]
async fn a_scaled_clock_runs_faster() {
    let house = House::with(|config| {
        config.server.time_scale = 10_000.0;
        slow(config);
    })
    .await;
    house.post("/v1/chat/completions", &chat()).await.ok();
    let entry = &house.journal("createChatCompletion").await[0];
    let first = entry["time_to_first_token_seconds"]
        .as_f64()
        .expect("a time");
    assert!(first >= HOUR, "{entry}");
}

#[tokio::test]
async fn the_same_history_on_a_virtual_clock_gives_the_same_bytes() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let house = House::with(|config| {
            config.server.clock = ClockKind::Virtual;
            config.generation.ttft = Some("200:10%".parse().expect("a time"));
            config.generation.itl = Some("20:10%".parse().expect("a time"));
        })
        .await;
        let mut bytes = Vec::new();
        for stream in [false, true] {
            let mut body = chat();
            body["stream"] = json!(stream);
            bytes.push(house.post("/v1/chat/completions", &body).await.body);
            let body = json!({"model": "gpt-5", "input": "Why?", "stream": stream});
            bytes.push(house.post("/v1/responses", &body).await.body);
        }
        runs.push(bytes);
    }
    assert!(runs[0] == runs[1]);
}

/// Uploads lines of a batch, and gives the file's id.
async fn lines(house: &House, count: u32) -> String {
    let line = |number| {
        let body = json!({"model": "gpt-4o",
            "messages": [{"role": "user", "content": format!("Hi {number}.")}]});
        json!({"custom_id": format!("{number}"), "method": "POST",
            "url": "/v1/chat/completions", "body": body})
        .to_string()
    };
    let lines: Vec<_> = (0..count).map(line).collect();
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"lines.jsonl\"\r\n\r\n\
         {}\r\n--b--\r\n",
        lines.join("\n")
    );
    let request = Request::new(Method::POST, "/v1/files");
    let request = request.body("multipart/form-data; boundary=b", body);
    let file = house.send(request).await.ok();
    file["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_virtual_clock_does_not_jump_past_work_that_goes_on() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let file = lines(&house, 12).await;
    for _ in 0..30 {
        let body = json!({"input_file_id": file, "completion_window": "24h",
            "endpoint": "/v1/chat/completions"});
        let made = house.post("/v1/batches", &body).await.ok();
        let target = format!("/v1/batches/{}", made["id"].as_str().expect("an id"));
        let done = loop {
            let seen = house.get(&target).await.ok();
            let status = seen["status"].as_str().expect("a status");
            if !matches!(status, "validating" | "in_progress" | "finalizing") {
                break seen;
            }
        };
        assert_eq!(done["status"], "completed", "{done}");
    }
}

#[tokio::test]
async fn a_virtual_clock_does_not_jump_to_what_only_expires() {
    let house = House::with(|config| config.server.clock = ClockKind::Virtual).await;
    let start = now(&house).await;
    let upload = json!({"filename": "a.txt", "purpose": "assistants", "bytes": 5,
        "mime_type": "text/plain"});
    for (target, body) in [
        ("/v1/containers", json!({"name": "box"})),
        ("/v1/uploads", upload),
        (
            "/v1/chatkit/sessions",
            json!({"user": "ada", "workflow": {"id": "wf_1"}}),
        ),
        (
            "/v1/realtime/client_secrets",
            json!({"session": {"type": "realtime", "model": "gpt-realtime"}}),
        ),
        (
            "/v1/vector_stores",
            json!({"expires_after": {"anchor": "last_active_at", "days": 1}}),
        ),
    ] {
        let request = Request::post(target).json(&body);
        house
            .send(request.header("openai-beta", "chatkit_beta=v1"))
            .await
            .ok();
        for _ in 0..5 {
            assert_eq!(now(&house).await, start, "after {target}");
        }
    }
    let containers = house.get("/v1/containers").await.ok();
    assert_eq!(containers["data"][0]["status"], "running");
}
