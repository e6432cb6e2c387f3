//! The house around an endpoint: opens calls, plays plans and holds every body and event against
//! the contract.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that finds nothing fails")]

use std::sync::Arc;

use fakeai_canon::{
    Alternative, ApiError, CallKind, Choice, Finish, Generation, Mode, Plan, PlannedCall, Seed,
    Segment, Shelf, TokenLogprob, Tokens,
};
use fakeai_catalog::Catalog;
use fakeai_dialects::openai::ENDPOINTS;
use fakeai_dialects::{Context, Decoded, Opened};
use serde_json::{Value, json};

use crate::player::{self, Letters};

struct Empty;

impl Shelf for Empty {
    fn object(&self, _: &str, _: &str) -> Option<Arc<Value>> {
        None
    }

    fn children(&self, _: &str, _: &str) -> Vec<Arc<Value>> {
        Vec::new()
    }
}

/// Opens a call.
pub(crate) fn open(operation: &str, body: Value, mode: Mode) -> Result<Opened, ApiError> {
    let endpoint = ENDPOINTS
        .iter()
        .find(|endpoint| endpoint.operation == operation)
        .unwrap();
    let call = Decoded {
        files: Vec::new(),
        base: "http://localhost".to_owned(),
        body,
        params: Vec::new(),
        query: json!({}),
    };
    let catalog = Catalog::builtin();
    (endpoint.open)(
        call,
        &Context {
            mode,
            catalog,
            shelf: &Empty,
            seal: Seed(1),
            now: fakeai_canon::Micros::ZERO,
            remembers: false,
            generates: true,
            templates: &[],
        },
    )
}

/// Opens a call in realistic mode and plays a plan of these choices; the prompt has 9 tokens.
pub(crate) fn answer(operation: &str, body: Value, choices: Vec<Choice>) -> String {
    played(operation, body, &plan(choices))
}

/// The same without the contract, where its document knows less than the wire.
pub(crate) fn unchecked_answer(operation: &str, body: Value, choices: Vec<Choice>) -> String {
    let mut opened = open(operation, body, Mode::Realistic).unwrap();
    player::play(opened.encoder.as_mut(), &plan(choices), 9)
}

/// Opens a call in realistic mode, plays a plan, and holds what was sent against the contract.
pub(crate) fn played(operation: &str, body: Value, plan: &Plan) -> String {
    let mut opened = open(operation, body, Mode::Realistic).unwrap();
    let sent = player::play(opened.encoder.as_mut(), plan, 9);
    check(operation, opened.stream, &sent);
    sent
}

/// Every body and every event is valid by the contract, reasoning of open weights aside.
fn check(operation: &str, stream: bool, sent: &str) {
    let contract = fakeai_contract::openai();
    let row = contract.operation(operation).unwrap();
    let extras = ["reasoning_content"];
    if stream {
        for event in events(sent) {
            contract
                .check_event(row, &event, &extras)
                .unwrap_or_else(|wrong| {
                    panic!("{wrong:?} in {event}");
                });
        }
        return;
    }
    let body: Value = serde_json::from_str(sent).unwrap();
    contract
        .check_response(row, 200, "application/json", &body, &extras)
        .unwrap_or_else(|wrong| {
            panic!("{wrong:?} in {body}");
        });
}

/// A plan of these choices.
pub(crate) fn plan(choices: Vec<Choice>) -> Plan {
    Plan::Generation(Generation::of(&Letters, choices))
}

/// A choice of one text.
pub(crate) fn says(text: &str) -> Choice {
    Choice {
        segments: vec![Segment::Text(player::tokens(text))],
        finish: Finish::Stop,
    }
}

/// A choice of one call of a function.
pub(crate) fn calls(name: &str, arguments: &str) -> Choice {
    let call = planned(name, arguments, CallKind::Function);
    Choice {
        segments: vec![Segment::Call(call)],
        finish: Finish::ToolCalls,
    }
}

/// One call.
pub(crate) fn planned(name: &str, arguments: &str, kind: CallKind) -> PlannedCall {
    let arguments = player::tokens(arguments);
    PlannedCall {
        name: name.to_owned(),
        kind,
        arguments,
        overhead: 2,
    }
}

/// The same tokens with a logprob of −0.5 each, and one alternative.
pub(crate) fn with_logprobs(mut tokens: Tokens) -> Tokens {
    tokens.logprobs = tokens
        .ids
        .iter()
        .map(|id| TokenLogprob {
            logprob: -0.5,
            top: vec![Alternative {
                id: *id,
                logprob: -0.5,
            }],
        })
        .collect();
    tokens
}

/// The events of a stream, without its end mark; fails where that is missing.
pub(crate) fn events(stream: &str) -> Vec<Value> {
    let body = stream.strip_suffix("data: [DONE]\n\n").unwrap();
    body.split_terminator("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
        .collect()
}

/// Work as generation.
pub(crate) fn generate(opened: &Opened) -> &fakeai_canon::Generate {
    opened.work.answering().expect("an answer in text")
}

/// The error of a call in realistic mode: message, param, code.
pub(crate) fn refused(operation: &str, body: Value) -> (String, Option<String>, Option<String>) {
    let error = open(operation, body, Mode::Realistic)
        .err()
        .expect("a refusal");
    (
        error.message,
        error.param,
        error.code.map(|code| code.into_owned()),
    )
}
