//! Any bytes on any path that takes a body: an answer in the provider's shape, and never a
//! failure of the server. What errors of other providers look like is held against their contract.

use bytes::Bytes;
use fakeai_canon::Mode;
use fakeai_contract::{Api, Method, openai};

use crate::client::Request;
use crate::every_operation::path_of;
use crate::house::House;

fn garbage() -> Vec<Bytes> {
    let mut bodies: Vec<Bytes> = [
        &b""[..],
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"5e400",
        b"\"\\ud800\"",
        b"\xff\xfe\x00",
        b"{\"model\":null,\"input\":null,\"messages\":null}",
        b"{\"model\":\"\",\"input\":[],\"messages\":[],\"prompt\":[]}",
        b"{\"model\":\"gpt-4o\",\"input\":[[[[]]]],\"messages\":[{}],\"prompt\":[[]]}",
        b"{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"tool\",\"content\":\"\\u0000\"}]}",
        b"{\"model\":\"gpt-4o\",\"input\":\"x\",\"max_output_tokens\":-1e300}",
        b"{\"model\":\"\\u202e\",\"input\":\"\\ud83c\",\"prompt\":[99999999999]}",
    ]
    .into_iter()
    .map(Bytes::from_static)
    .collect();
    bodies.push(Bytes::from("{\"a\":".repeat(5_000)));
    bodies.push(Bytes::from(format!("{{\"{}\":1}}", "k".repeat(20_000))));
    bodies
}

async fn never_fails(mode: Mode) {
    let house = House::with(|config| config.server.mode = mode).await;
    let connection = house.connect().await;
    let mut sent = 0;
    for operation in openai().operations() {
        if operation.method != Method::Post || operation.upgrade {
            continue;
        }
        for (number, body) in garbage().into_iter().enumerate() {
            let media = match operation.request.get(number % 2) {
                Some(form) => form.media.to_string(),
                None => "application/json".to_owned(),
            };
            let request = Request::post(&path_of(operation)).body(&media, body.clone());
            let answer = connection.send(request).await;
            let text = || format!("{} {body:?}: {}", operation.id, answer.text());
            assert!(answer.status < 500 || answer.status == 501, "{}", text());
            if answer.status >= 400 && operation.api == Api::OpenAi {
                answer.error(answer.status);
            }
            sent += 1;
        }
    }
    assert!(sent > 1_500, "{sent}");
}

#[tokio::test]
async fn any_bytes_are_answered_in_realistic_mode() {
    never_fails(Mode::Realistic).await;
}

#[tokio::test]
async fn any_bytes_are_answered_in_mock_mode() {
    never_fails(Mode::Mock).await;
}
