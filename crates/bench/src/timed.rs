//! Many timed streams at once: how late tokens leave, by the server's own count of emitted against
//! due times, and what an open stream costs in memory.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load::request;
use crate::process::Process;

/// How long the server rests before its memory is read; no token is due until then.
const SETTLING: Duration = Duration::from_millis(500);

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
    let body = format!(
        "{{\"model\":\"gpt-4o\",\"stream\":true,\"max_tokens\":{tokens},\
         \"messages\":[{{\"role\":\"user\",\"content\":\"Describe a long walk by the river in \
         autumn, with much detail about light, sound and weather.\"}}]}}"
    );
    let request = request(&server.address, "/v1/chat/completions", &body);
    let before = server.resident_kilobytes()?;
    let cpu = server.cpu_micros()?;
    let begun = crate::process::now();
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        let mut socket = TcpStream::connect(&server.address).await?;
        socket.write_all(&request).await?;
        tasks.spawn(async move { read_to_end(socket).await });
    }
    // What opening took besides has gone back to the system by then.
    tokio::time::sleep(SETTLING).await;
    let open = server.resident_kilobytes()?;
    let mut events = 0;
    while let Some(done) = tasks.join_next().await {
        events += done??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (late_p50, late_p99) = lateness(server).await?;
    Ok(Timed {
        streams,
        kilobytes_a_stream: open.saturating_sub(before) as f64 / streams as f64,
        late_p50,
        late_p99,
        tokens_a_second: events as f64 / seconds,
        cpu_micros: (server.cpu_micros()? - cpu) as f64 / events as f64,
    })
}

async fn read_to_end(mut socket: TcpStream) -> Result<u64> {
    let mut buffer = [0u8; 4096];
    let (mut events, mut tail) = (0, Vec::new());
    loop {
        let count = socket.read(&mut buffer).await?;
        if count == 0 {
            return Ok(events);
        }
        events += crate::load::events(&buffer[..count]);
        tail.extend_from_slice(&buffer[..count]);
        if tail.ends_with(b"0\r\n\r\n") {
            return Ok(events);
        }
        let keep = tail.len().saturating_sub(8);
        tail.drain(..keep);
    }
}

/// The server's own histogram of lateness: 50th and 99th percentile in milliseconds, as the upper
/// bounds of their classes.
async fn lateness(server: &Process) -> Result<(f64, f64)> {
    let mut socket = TcpStream::connect(&server.address).await?;
    let head = "GET /metrics HTTP/1.1\r\nhost: bench\r\naccept: application/json\r\n\
                connection: close\r\n\r\n";
    socket.write_all(head.as_bytes()).await?;
    let mut text = String::new();
    socket.read_to_string(&mut text).await?;
    let body = text
        .split_once("\r\n\r\n")
        .map(|(_, body)| body)
        .context("no metrics")?;
    let metrics: Value = serde_json::from_str(body)?;
    let late = find(&metrics, "lateness").context("no lateness in the metrics")?;
    let of = |name: &str| late.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN);
    Ok((of("p50") * 1e3, of("p99") * 1e3))
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
