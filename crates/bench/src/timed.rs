//! Many timed streams at once: how late tokens leave, by the server's own count of emitted against
//! due times, and what an open stream costs in memory.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::request;
use crate::process::Process;

/// How long the server rests before its memory is read; no token is due until then.
const SETTLING: Duration = Duration::from_millis(500);

/// Streams that are answered before anything is measured.
const WARMING: usize = 64;

/// In how many milliseconds each stream is read once.
const ROUND: usize = 250;

/// What timed streams came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timed {
    /// Streams that were open at once.
    pub(crate) streams: usize,
    /// Kilobytes of resident memory a stream.
    pub(crate) kilobytes_a_stream: f64,
    /// Median lateness in milliseconds.
    pub(crate) late_p50: f64,
    /// 99th percentile of lateness in milliseconds.
    pub(crate) late_p99: f64,
    /// Tokens a second that were sent.
    pub(crate) tokens_a_second: f64,
    /// Processor time a token in microseconds.
    pub(crate) cpu_micros: f64,
}

/// Opens the streams and reads them to their end. Each says `tokens` tokens.
pub(crate) async fn run(server: &Process, streams: usize, tokens: usize) -> Result<Timed> {
    // What the first answers leave in memory for all that follow is no stream's own.
    read_to_end(opened(server, WARMING, 1).await?).await?;
    let before = server.resident_kilobytes()?;
    let cpu = server.cpu_micros()?;
    let begun = crate::process::now();
    let sockets = opened(server, streams, tokens).await?;
    // What opening took besides has gone back to the system by then.
    tokio::time::sleep(SETTLING).await;
    let open = server.resident_kilobytes()?;
    let events = read_to_end(sockets).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let cpu = server.cpu_micros()? - cpu;
    let (late_p50, late_p99) = lateness(server).await?;
    Ok(Timed {
        streams,
        kilobytes_a_stream: open.saturating_sub(before) as f64 / streams as f64,
        late_p50,
        late_p99,
        tokens_a_second: events as f64 / seconds,
        cpu_micros: cpu as f64 / events as f64,
    })
}

/// What streams in step on one simulated worker came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InStep {
    /// Streams that were open at once.
    pub(crate) streams: usize,
    /// How late the first frame of a step left, in milliseconds: median and 99th percentile.
    pub(crate) first_p50: f64,
    pub(crate) first_p99: f64,
    /// The same for the last frame of a step.
    pub(crate) last_p50: f64,
    pub(crate) last_p99: f64,
    /// Frames a second that left after the first of their step.
    pub(crate) drained_a_second: f64,
}

/// Streams whose tokens a simulated engine generates in the same steps. Each says `tokens` tokens.
pub(crate) async fn in_step(server: &Process, streams: usize, tokens: usize) -> Result<InStep> {
    read_to_end(opened(server, streams, tokens).await?).await?;
    let metrics = metrics(server).await?;
    let steps = find(&metrics, "engine_steps").context("no steps in the metrics")?;
    let of = |name: &str, share: &str| {
        let seconds = steps[name][share].as_f64();
        seconds.map_or(f64::NAN, |seconds| seconds * 1e3)
    };
    let (first, last) = (
        "first_token_lateness_seconds",
        "last_token_lateness_seconds",
    );
    Ok(InStep {
        streams,
        first_p50: of(first, "p50"),
        first_p99: of(first, "p99"),
        last_p50: of(last, "p50"),
        last_p99: of(last, "p99"),
        drained_a_second: steps["tokens_drained_per_second"]
            .as_f64()
            .unwrap_or(f64::NAN),
    })
}

/// Sockets that have asked for a stream each.
async fn opened(server: &Process, streams: usize, tokens: usize) -> Result<Vec<Reader>> {
    let body = format!(
        "{{\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":{tokens},\
         \"messages\":[{{\"role\":\"user\",\"content\":\"Describe a long walk by the river in \
         autumn, with much detail about light, sound and weather.\"}}]}}"
    );
    let request = request(&server.address, "/v1/chat/completions", &body);
    let mut readers = Vec::with_capacity(streams);
    for _ in 0..streams {
        let mut socket = TcpStream::connect(&server.address).await?;
        socket.write_all(&request).await?;
        let socket = socket.into_std()?;
        readers.push(Reader {
            socket,
            tail: Vec::new(),
        });
    }
    Ok(readers)
}

/// Reads all streams to their end, a few of them every millisecond in turn. A reader that is woken
/// for every token would take as much of the processors as the server that is measured.
async fn read_to_end(mut readers: Vec<Reader>) -> Result<u64> {
    let mut events = 0;
    let mut turn = tokio::time::interval(Duration::from_millis(1));
    let mut next = 0;
    while !readers.is_empty() {
        turn.tick().await;
        for _ in 0..readers.len().div_ceil(ROUND) {
            next = if next < readers.len() { next } else { 0 };
            let Some(reader) = readers.get_mut(next) else {
                break;
            };
            let (read, is_ended) = reader.read()?;
            events += read;
            if is_ended {
                readers.swap_remove(next);
            } else {
                next += 1;
            }
        }
    }
    Ok(events)
}

/// One stream as it is read: outside of the runtime, so that nothing wakes for it.
struct Reader {
    socket: std::net::TcpStream,
    tail: Vec<u8>,
}

impl Reader {
    /// Events that have come, and whether the stream has ended.
    fn read(&mut self) -> Result<(u64, bool)> {
        let mut buffer = [0u8; 16 * 1024];
        let count = match self.socket.read(&mut buffer) {
            Ok(0) => return Ok((0, true)),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok((0, false)),
            Err(error) => return Err(error.into()),
        };
        self.tail.extend_from_slice(&buffer[..count]);
        let is_ended = self.tail.ends_with(b"0\r\n\r\n");
        self.tail.drain(..self.tail.len().saturating_sub(8));
        Ok((crate::load::events(&buffer[..count]), is_ended))
    }
}

/// The server's own histogram of lateness: 50th and 99th percentile in milliseconds, as the upper
/// bounds of their classes.
async fn lateness(server: &Process) -> Result<(f64, f64)> {
    let metrics = metrics(server).await?;
    let late = find(&metrics, "emission_lateness").context("no lateness in the metrics")?;
    let of = |name: &str| late.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    Ok((of("p50") * 1e3, of("p99") * 1e3))
}

/// The server's metrics.
async fn metrics(server: &Process) -> Result<Value> {
    let mut socket = TcpStream::connect(&server.address).await?;
    let head = "GET /_fakeai/metrics HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\
                connection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    let mut text = String::new();
    socket.read_to_string(&mut text).await?;
    let body = text
        .split_once("\r\n\r\n")
        .map(|(_, body)| body)
        .context("no metrics")?;
    Ok(serde_json::from_str(body)?)
}

fn find<'a>(value: &'a Value, part: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .find(|(name, _)| name.contains(part))
            .map(|(_, value)| value)
            .or_else(|| fields.values().find_map(|value| find(value, part))),
        Value::Array(items) => items.iter().find_map(|value| find(value, part)),
        _ => None,
    }
}
