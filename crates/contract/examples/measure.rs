//! How long the contract takes: to load, to find a route, to check a small chat request.
//! Prints figures; asserts nothing.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use fakeai_contract::{Contract, Method, Strictness, openai};

const ROUNDS: u32 = 40;
const CALLS: u32 = 5_000;

const TEXT: &str = include_str!("../../../data/contracts/openai.json");

fn main() {
    let before = resident();
    let start = Instant::now();
    let contract = openai();
    println!(
        "load: {:?}, {} nodes, {} KB",
        start.elapsed(),
        contract.node_count(),
        resident() - before
    );

    loads();
    let operation = contract.operation("createChatCompletion").unwrap();
    let body = serde_json::json!({
        "model": "gpt-4o", "temperature": 0.5, "stream": true,
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hi"}],
    });
    each("validate a small chat request", || {
        let outcome =
            contract.validate_request(operation, "application/json", &body, Strictness::REALISTIC);
        assert!(black_box(outcome).is_ok());
    });
    each("find /chat/completions", || {
        black_box(contract.find(Method::Post, black_box("/chat/completions"), false));
    });
    each("find /vector_stores/{}/files/{}", || {
        black_box(contract.find(
            Method::Get,
            black_box("/vector_stores/vs_1/files/file_2"),
            false,
        ));
    });
}

/// Loading again and again, beside parsing alone.
fn loads() {
    let best = |run: &mut dyn FnMut()| {
        let times = (0..20).map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        });
        times.min().unwrap()
    };
    let parse = best(&mut || {
        black_box(serde_json::from_str::<serde_json::Value>(TEXT).unwrap());
    });
    let load = best(&mut || {
        black_box(Contract::parse(TEXT).unwrap());
    });
    println!("best of 20: parse as a value {parse:?}, load {load:?}");
}

/// The best of several rounds: what else runs on the machine only adds.
fn each(name: &str, mut run: impl FnMut()) {
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..CALLS {
            run();
        }
        best = best.min(start.elapsed().as_nanos() / u128::from(CALLS));
    }
    println!("{name}: {best} ns");
}

/// Resident kilobytes of this process.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
