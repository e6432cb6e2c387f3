//! How fast text is made: `cargo run --release -p fakeai-content --example prose_speed`.
//! Measures time on the processor where the system tells it, so that a busy machine does not blur
//! the figures. Nothing is asserted.
#![allow(clippy::print_stdout, reason = "its output is its purpose")]
#![allow(clippy::disallowed_methods, reason = "it measures real time")]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Instant;

use fakeai_canon::{Sampling, Seed, Tokens, Verbosity};
use fakeai_content::prose::{Form, Length, Prose, Request, Topic};
use fakeai_tokens::Vocabulary;

const PROMPT: &str = "I'm planning a small garden behind the house. Which vegetables and herbs grow \
well in partial shade, and how much water do tomatoes need in July?";

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Nanoseconds on the processor, as Linux counts them; elsewhere of the clock.
fn nanos() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let told = told.and_then(|text| text.split(' ').next()?.parse().ok());
    told.unwrap_or_else(|| START.elapsed().as_nanos() as f64)
}

fn main() {
    let vocabulary = Vocabulary::o200k_base();
    vocabulary.count("warm");
    let start = nanos();
    let prose = Prose::of(vocabulary);
    println!(
        "compile the corpus      {:>9.2} ms",
        (nanos() - start) / 1e6
    );

    let long = PROMPT.repeat(7);
    per_call("topic of 150 bytes", 20_000, || {
        drop(black_box(Topic::of(PROMPT)))
    });
    per_call("topic of 1 KB", 5_000, || drop(black_box(Topic::of(&long))));

    let plain = Sampling::default();
    let cool = Sampling {
        temperature: Some(0.7),
        top_p: Some(0.9),
        ..Sampling::default()
    };
    let hot = Sampling {
        temperature: Some(1.4),
        ..Sampling::default()
    };
    let penal = Sampling {
        frequency_penalty: 0.5,
        ..Sampling::default()
    };
    let biased = Sampling {
        logit_bias: vec![(290, -100.0)],
        ..Sampling::default()
    };
    for verbosity in [Verbosity::Low, Verbosity::Medium, Verbosity::High] {
        per_token(
            &format!("plain {verbosity:?}"),
            prose,
            &plain,
            verbosity,
            None,
        );
    }
    per_token(
        "plain, logprobs 5",
        prose,
        &plain,
        Verbosity::Medium,
        Some(5),
    );
    per_token("temperature 0.7", prose, &cool, Verbosity::Medium, None);
    per_token("temperature 1.4", prose, &hot, Verbosity::Medium, None);
    per_token("frequency penalty", prose, &penal, Verbosity::Medium, None);
    per_token("one banned token", prose, &biased, Verbosity::Medium, None);
}

fn per_call(name: &str, times: u32, mut call: impl FnMut()) {
    call();
    let start = nanos();
    (0..times).for_each(|_| call());
    println!(
        "{name:<23} {:>9.2} µs",
        (nanos() - start) / 1e3 / f64::from(times)
    );
}

fn per_token(
    name: &str,
    prose: &Prose,
    sampling: &Sampling,
    verbosity: Verbosity,
    logprobs: Option<u8>,
) {
    const TIMES: u64 = 3000;
    let topic = Topic::of(PROMPT);
    let length = Length {
        verbosity,
        ..Length::default()
    };
    let mut total = 0;
    let start = nanos();
    for seed in 0..TIMES {
        let request = Request {
            seed: Seed(seed),
            sampling,
            length,
            logprobs,
        };
        let mut tokens = Tokens::default();
        prose.generate(Form::Answer, &topic, &request, &mut tokens);
        total += black_box(&tokens).len();
    }
    let spent = (nanos() - start) / total as f64;
    let mean = total as f64 / TIMES as f64;
    println!("{name:<23} {spent:>9.1} ns a token ({mean:.0} tokens an answer)");
}
