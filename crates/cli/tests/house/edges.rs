//! Numbers at their edges, wherever a call may hold one.

use serde_json::json;

use crate::client::Request;
use crate::house::House;

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1e300",
    "-1e300",
    "NaN",
    "inf",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "0.0000001",
    "",
    "x",
];

#[tokio::test]
async fn any_number_in_a_query_or_header_is_answered() {
    let house = House::with(|config| {
        config.server.clock = fakeai_server::config::ClockKind::Virtual;
    })
    .await;
    let body = json!({"model": "gpt-4o", "input": "x", "background": true, "stream": true});
    let mut stream = house.stream("/v1/responses", &body).await;
    let first = stream.event().await.expect("an event").json();
    stream.events().await;
    let id = first["response"]["id"].as_str().expect("an id");
    let connection = house.connect().await;
    for number in NUMBERS {
        let targets = [
            format!("/v1/responses/{id}?stream=true&starting_after={number}"),
            format!("/v1/responses/{id}/input_items?limit={number}"),
            format!("/v1/chat/completions?limit={number}&after={number}"),
            format!("/_fakeai/journal?limit={number}"),
            format!("/_fakeai/journal?since={number}&status={number}"),
        ];
        for target in targets {
            let answer = connection.send(Request::get(&target)).await;
            assert!(answer.status < 500, "{target}: {}", answer.text());
        }
        for fault in [format!("429; retry-after={number}"), (*number).to_owned()] {
            let call = Request::get("/v1/models").header("x-fakeai-fault", &fault);
            let answer = connection.send(call).await;
            answer.error(answer.status);
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_moved_too_far_stays_within_its_bounds() {
    let house = House::with(|config| {
        config.server.clock = fakeai_server::config::ClockKind::Virtual;
    })
    .await;
    for span in ["1e300", "1e18", "0", "-0.0", "1e-9"] {
        let text = format!("{{\"advance_seconds\":{span}}}");
        let call = Request::post("/_fakeai/clock").body("application/json", text);
        assert!(house.send(call).await.status < 500, "{span}");
        let chat = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]});
        house.post("/v1/chat/completions", &chat).await.ok();
        house.get("/health").await.ok();
        house.get("/metrics").await.ok();
    }
}

#[tokio::test]
async fn any_number_in_a_body_is_answered() {
    let house = House::open().await;
    let connection = house.connect().await;
    let fields = [
        ("/v1/chat/completions", "max_completion_tokens"),
        ("/v1/chat/completions", "n"),
        ("/v1/chat/completions", "seed"),
        ("/v1/chat/completions", "top_logprobs"),
        ("/v1/completions", "best_of"),
        ("/v1/completions", "logprobs"),
        ("/v1/completions", "max_tokens"),
        ("/v1/embeddings", "dimensions"),
        ("/v1/responses", "max_output_tokens"),
        ("/v1/responses", "top_logprobs"),
        ("/v1/responses", "max_tool_calls"),
    ];
    for (path, field) in fields {
        let rest = match path {
            "/v1/chat/completions" => {
                "\"model\":\"gpt-4o\",\"logprobs\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]"
            }
            "/v1/completions" => "\"model\":\"gpt-3.5-turbo-instruct\",\"prompt\":\"x\"",
            "/v1/embeddings" => "\"model\":\"text-embedding-3-small\",\"input\":\"x\"",
            _ => "\"model\":\"gpt-4o\",\"input\":\"x\"",
        };
        for number in NUMBERS {
            let body = format!("{{{rest},\"{field}\":{number}}}");
            let call = Request::post(path).body("application/json", body);
            let answer = connection.send(call).await;
            assert!(answer.status < 500, "{field} {number}: {}", answer.text());
        }
    }
}
