//! An answer that breaks its contract is caught, and a run with one does not pass.

use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{
    Call, Delta, Encoder, Frames, Micros, Moderate, ModerateInput, Part, Pull, ReplyBody, Work,
};
use fakeai_dialects::{Context, Decoded, Endpoint, Opened};
use fakeai_server::Gateway;
use fakeai_server::config::Config;
use http::Method;
use serde_json::json;

use crate::house::verdict;

/// What no contract allows: an id that is a number, and nothing else.
struct Broken(&'static str);

impl Encoder for Broken {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        if let Delta::End { .. } = delta {
            out.extend_from_slice(self.0.as_bytes());
        }
    }
}

fn opened(text: &'static str, stream: bool) -> Opened {
    let parts = vec![Part::Text("hello".into())];
    Opened {
        work: Work::Moderate(Moderate {
            model: "omni-moderation-latest".to_owned(),
            inputs: vec![ModerateInput { parts }],
        }),
        encoder: Box::new(Broken(text)),
        stream,
        background: false,
        truncate: false,
    }
}

static ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        operation: "createModeration",
        open: |_: Decoded, _: &Context<'_>| Ok(opened("{\"id\":1}", false)),
    },
    Endpoint {
        operation: "createChatCompletion",
        open: |_: Decoded, _: &Context<'_>| Ok(opened("data: {\"id\":1}\n\n", true)),
    },
];

fn gateway() -> Gateway {
    let mut config = Config::default();
    config.features.check_responses = Some(true);
    let gateway =
        fakeai_server::build(&config, Box::new(|_| {})).expect("a storage in memory opens");
    gateway.with_endpoints(ENDPOINTS)
}

fn pulled(mut frames: Box<dyn Frames>) -> String {
    let mut out = BytesMut::new();
    while frames.pull(Micros(u64::MAX), &mut out, Waker::noop()) != Pull::End {}
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn a_broken_answer_is_caught() {
    let gateway = gateway();
    assert_eq!(verdict(&gateway.checks), Ok(()));
    let call = Call::new(Method::POST, "/v1/moderations").json(json!({"input": "x"}).to_string());
    let reply = gateway.handle(call).reply;
    assert_eq!(reply.status, 500);
    let ReplyBody::Whole(body) = reply.body else {
        panic!("it is due at once");
    };
    let text = String::from_utf8_lossy(&body);
    assert!(text.contains("\"code\":\"contract_violation\"") && text.contains("createModeration"));
    assert_eq!(gateway.checks.violations(), 1);
    assert!(verdict(&gateway.checks).is_err(), "the run would pass");
}

#[test]
fn a_broken_event_is_caught_and_does_not_leave() {
    let gateway = gateway();
    let body = json!({"model": "gpt-4o", "stream": true,
        "messages": [{"role": "user", "content": "hi"}]});
    let call = Call::new(Method::POST, "/v1/chat/completions").json(body.to_string());
    let ReplyBody::Stream(frames) = gateway.handle(call).reply.body else {
        panic!("it streams");
    };
    let text = pulled(frames);
    assert!(text.contains("\"code\":\"contract_violation\""), "{text}");
    assert!(!text.contains("{\"id\":1}"), "{text}");
    assert_eq!(gateway.checks.violations(), 1);
    assert!(verdict(&gateway.checks).is_err(), "the run would pass");
}
