//! The figures as a page.

use std::fmt::Write;

use crate::rounds::Figures;

/// `docs/PERFORMANCE.md`.
pub(crate) fn write(figures: &Figures) -> String {
    let mut text = String::from(ABOUT);
    for (what, reach, measured) in rows(figures) {
        // Writing into a string can't fail.
        let _ = writeln!(text, "| {what} | {reach} | {measured} |");
    }
    text.push_str("\nTimed tokens, 1,000 streams at ever shorter inter-token latency:\n\n");
    text.push_str("| tokens a second | p50 late | p99 late | CPU a token |\n|---|---|---|---|\n");
    for rung in &figures.ladder {
        let _ = writeln!(
            text,
            "| {:.0} | {:.2} ms | {:.2} ms | {:.1} µs |",
            rung.tokens_a_second, rung.late_p50, rung.late_p99, rung.cpu_micros
        );
    }
    let step = &figures.in_step;
    let _ = write!(
        text,
        "\nAn engine's step: {} sequences that one simulated worker (vLLM, H100) generates in the same \
         steps, so that the frames of a step are all due at its end.\n\n\
         | what | reach | measured |\n|---|---|---|\n\
         | lateness of the first frame of a step | p99 2 ms | p50 {:.2} ms, p99 {:.2} ms |\n\
         | lateness of its last frame | – | p50 {:.2} ms, p99 {:.2} ms |\n\
         | frames a second that leave after the first | – | {:.0} |\n",
        step.streams,
        step.first_p50,
        step.first_p99,
        step.last_p50,
        step.last_p99,
        step.drained_a_second
    );
    text
}

const ABOUT: &str = "# Performance\n\n\
    Written by `cargo xtask bench`: server, floor and load generator on one machine, by turns in \
    one run. CPU is the server process's own (user and system); of several turns the least is \
    kept, since other work on the machine only adds. The floor is a bare hyper server that reads \
    the same request and answers a fixed body of the same size.\n\n\
    | what | reach | measured |\n|---|---|---|\n";

fn rows(figures: &Figures) -> Vec<(&'static str, &'static str, String)> {
    let held = &figures.held;
    let over = figures.request - figures.floor_request;
    let megabytes = |kilobytes: u64| format!("{:.1} MB", kilobytes as f64 / 1024.0);
    let late = format!(
        "{} streams: p50 {:.2} ms, p99 {:.2} ms",
        held.streams, held.late_p50, held.late_p99
    );
    vec![
        (
            "CPU a request, 200-token prompt, 100-token answer, not streamed",
            "floor + 35 µs",
            format!(
                "{:.1} µs (floor {:.1} + {over:.1})",
                figures.request, figures.floor_request
            ),
        ),
        (
            "CPU a streamed token, instant pace",
            "1.5 µs",
            format!(
                "{:.2} µs (floor {:.2} a frame)",
                figures.token, figures.floor_frame
            ),
        ),
        (
            "requests a second, load generator on the same cores",
            "–",
            format!("{:.0}", figures.requests_a_second),
        ),
        (
            "streamed tokens a second, same",
            "–",
            format!("{:.0}", figures.tokens_a_second),
        ),
        (
            "start, to the line that tells the address",
            "100 ms",
            format!("{:.0} ms", figures.startup.as_secs_f64() * 1e3),
        ),
        (
            "resident memory at the start",
            "40 MB",
            megabytes(figures.resident_start),
        ),
        (
            "resident memory after the first answers",
            "120 MB",
            megabytes(figures.resident_answers),
        ),
        (
            "an open stream, of all below",
            "20 KB",
            format!("{:.1} KB", held.kilobytes_a_stream),
        ),
        (
            "lateness of tokens, streams of one token a second",
            "p99 5 ms",
            late,
        ),
        (
            "timed tokens a second with p99 below 5 ms",
            "–",
            format!("{:.0}", most_in_time(figures)),
        ),
    ]
}

fn most_in_time(figures: &Figures) -> f64 {
    let in_time = figures.ladder.iter().filter(|rung| rung.late_p99 <= 5.0);
    in_time.map(|rung| rung.tokens_a_second).fold(0.0, f64::max)
}
