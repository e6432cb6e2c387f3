//! Any bytes as the body of any inference endpoint: no panic, no broken answer.
//! `cargo xtask fuzz requests`. The first byte of an input chooses the path, the rest is the body.

#![no_main]

use std::sync::LazyLock;
use std::task::Waker;

use fakeai_canon::{Call, Micros, Pull, ReplyBody};
use fakeai_server::config::Config;
use fakeai_server::{Gateway, build};
use http::Method;
use libfuzzer_sys::fuzz_target;

const PATHS: [&str; 8] = [
    "/v1/chat/completions",
    "/v1/responses",
    "/v1/completions",
    "/v1/embeddings",
    "/v1/moderations",
    "/v1/conversations",
    "/v1/responses/input_tokens",
    "/v1/responses/compact",
];

static GATEWAY: LazyLock<Gateway> = LazyLock::new(|| {
    let mut config = Config::default();
    config.features.check_responses = Some(true);
    build(&config, Box::new(drop)).expect("memory is there")
});

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, body) = input;
    let path = PATHS[usize::from(choice) % PATHS.len()];
    let call = Call::new(Method::POST, path).json(body.to_vec());
    let served = GATEWAY.handle(call);
    if let ReplyBody::Stream(mut frames) | ReplyBody::Fold(mut frames) = served.reply.body {
        let mut out = Default::default();
        while frames.pull(Micros(u64::MAX), &mut out, Waker::noop()) == Pull::More {}
    }
    assert_eq!(GATEWAY.checks.panics(), 0);
    assert_eq!(GATEWAY.checks.violations(), 0, "{:?}", GATEWAY.checks.texts());
});
