//! The measurements, by turns between floor and server so that a noisy machine strikes both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::load::{self, request};
use crate::process::{self, Process};
use crate::timed::{self, InStep, Timed};

/// Turns; of each figure the least is kept.
const TURNS: usize = 5;

/// Answers a turn.
const ANSWERS: usize = 4_000;

/// Streams a turn, of a hundred tokens each.
const STREAMS: usize = 400;

/// Streams in step on one worker.
pub(crate) const IN_STEP: usize = 256;

/// Connections that ask at once.
const CONNECTIONS: usize = 16;

/// About 200 tokens.
const PROMPT: &str = "We run a small library in the old town and want to lend more than books. \
    People ask for tools, for musical instruments and for board games, and some of them would \
    like to borrow a bicycle for a week. Please explain how such a library of things could be \
    organised from the first day on: which things we should start with, how members reserve and \
    return them, what a fair deposit looks like, and who repairs what comes back broken. Our \
    budget is small, our rooms are narrow, and two volunteers work on Saturdays only. We already \
    have a catalogue program for books, a shelf in the cellar and a good relation to the school \
    next door. Tell us also what usually goes wrong in the first year, how other places keep \
    track of parts such as chargers and cables, and how we can find out after half a year \
    whether the idea has worked. Write for people who have never done this before, avoid legal \
    terms where you can, and close with a short list of the first five steps that we could \
    take next week without spending any money at all.";

/// All figures of one run.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) startup: Duration,
    pub(crate) resident_start: u64,
    pub(crate) resident_answers: u64,
    pub(crate) floor_request: f64,
    pub(crate) request: f64,
    pub(crate) requests_a_second: f64,
    pub(crate) floor_frame: f64,
    pub(crate) token: f64,
    pub(crate) tokens_a_second: f64,
    pub(crate) held: Timed,
    pub(crate) ladder: Vec<Timed>,
    pub(crate) in_step: InStep,
}

/// Measures the binary.
pub(crate) async fn measure(binary: &Path, streams: usize) -> Result<Figures> {
    let mut figures = Figures::default();
    let server = Process::start(binary, &["server", "--port", "0"]).await?;
    figures.startup = server.startup;
    for _ in 0..4 {
        let again = Process::start(binary, &["server", "--port", "0"]).await?;
        figures.startup = figures.startup.min(again.startup);
    }
    figures.resident_start = server.resident_kilobytes()?;
    let plain = request(&server.address, "/v1/chat/completions", &body(false));
    load::run(&server.address, &plain, 2, 50).await?;
    figures.resident_answers = server.resident_kilobytes()?;
    by_turns(&server, &plain, &mut figures).await?;
    drop(server);
    figures.held = held(binary, streams).await?;
    figures.ladder = ladder(binary).await?;
    figures.in_step = in_step(binary, IN_STEP).await?;
    Ok(figures)
}

fn body(stream: bool) -> String {
    serde_json::json!({
        "model": "gpt-4o",
        "stream": stream,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": PROMPT}],
    })
    .to_string()
}

async fn by_turns(server: &Process, plain: &[u8], figures: &mut Figures) -> Result<()> {
    let own = std::env::current_exe().context("where this program is")?;
    let floor = Process::start(&own, &["floor", "--bytes", "1200"]).await?;
    let floor_plain = request(&floor.address, "/plain", &body(false));
    let floor_stream = request(&floor.address, "/stream", &body(true));
    let stream = request(&server.address, "/v1/chat/completions", &body(true));
    let mut least = [f64::MAX; 4];
    for _ in 0..TURNS {
        let floor_turn = turn(&floor, &floor_plain, ANSWERS).await?;
        let turn_plain = turn(server, plain, ANSWERS).await?;
        let floor_streams = turn(&floor, &floor_stream, STREAMS).await?;
        let streams = turn(server, &stream, STREAMS).await?;
        least[0] = least[0].min(floor_turn.cpu_an_answer);
        least[1] = least[1].min(turn_plain.cpu_an_answer);
        least[2] = least[2].min(floor_streams.cpu_an_answer / 100.0);
        least[3] = least[3].min(streams.cpu_an_answer / 100.0);
        figures.requests_a_second = figures.requests_a_second.max(turn_plain.answers_a_second);
        figures.tokens_a_second = figures
            .tokens_a_second
            .max(streams.answers_a_second * 100.0);
    }
    [
        figures.floor_request,
        figures.request,
        figures.floor_frame,
        figures.token,
    ] = least;
    Ok(())
}

/// A line for every binary: the least processor time of its turns, a request and a streamed token.
pub(crate) async fn compare(binaries: &[PathBuf], turns: usize) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for binary in binaries {
        let server = Process::start(binary, &["server", "--port", "0"]).await?;
        let plain = request(&server.address, "/v1/chat/completions", &body(false));
        let stream = request(&server.address, "/v1/chat/completions", &body(true));
        turn(&server, &plain, ANSWERS).await?;
        rows.push((binary, server, plain, stream, [f64::MAX; 2]));
    }
    for _ in 0..turns {
        for (_, server, plain, stream, least) in &mut rows {
            let plain = turn(server, plain, ANSWERS).await?;
            let stream = turn(server, stream, STREAMS).await?;
            least[0] = least[0].min(plain.cpu_an_answer);
            least[1] = least[1].min(stream.cpu_an_answer / 100.0);
        }
    }
    let line = |(binary, _, _, _, [request, token]): (&PathBuf, _, _, _, [f64; 2])| {
        let name = binary.display();
        format!("{name}: {request:.1} µs a request, {token:.3} µs a streamed token")
    };
    Ok(rows.into_iter().map(line).collect())
}

struct Turn {
    cpu_an_answer: f64,
    answers_a_second: f64,
}

async fn turn(server: &Process, request: &[u8], answers: usize) -> Result<Turn> {
    let cpu = server.cpu_micros()?;
    let begun = process::now();
    let each = answers / CONNECTIONS;
    let total = load::run(&server.address, request, CONNECTIONS, each).await?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(Turn {
        cpu_an_answer: (server.cpu_micros()? - cpu) as f64 / total.answers as f64,
        answers_a_second: total.answers as f64 / seconds,
    })
}

/// Streams of one token a second, all open at once.
pub(crate) async fn held(binary: &Path, streams: usize) -> Result<Timed> {
    let arguments = ["server", "--port", "0", "--ttft", "5000", "--itl", "1000"];
    let server = Process::start(binary, &arguments).await?;
    timed::run(&server, streams, 10).await
}

/// Streams in step on one worker of a simulated engine.
pub(crate) async fn in_step(binary: &Path, streams: usize) -> Result<InStep> {
    let arguments = ["server", "--port", "0", "--engine", "vllm", "--gpu", "h100"];
    let server = Process::start(binary, &arguments).await?;
    timed::in_step(&server, streams, 400).await
}

/// Ever more timed tokens a second, until the 99th percentile of their lateness passes 5 ms.
async fn ladder(binary: &Path) -> Result<Vec<Timed>> {
    let mut rungs = Vec::new();
    for itl in ["100", "50", "33", "25", "20", "16", "12"] {
        let arguments = ["server", "--port", "0", "--ttft", "1000:50%", "--itl", itl];
        let server = Process::start(binary, &arguments).await?;
        let rung = timed::run(&server, 1_000, 90).await?;
        let late = rung.late_p99 > 5.0;
        rungs.push(rung);
        if late {
            break;
        }
    }
    Ok(rungs)
}
