//! How long the contract takes: to load, to find a route, to check a small chat request.
//! Prints figures; asserts nothing.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use fakeai_contract::{Method, Strictness, openai};

const ROUNDS: u32 = 200_000;

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

fn each(name: &str, mut run: impl FnMut()) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        run();
    }
    println!(
        "{name}: {} ns",
        start.elapsed().as_nanos() / u128::from(ROUNDS)
    );
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
