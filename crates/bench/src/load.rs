//! A load generator that costs little: raw sockets, prepared requests, answers read to their end.

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A request as it goes over the wire.
pub(crate) fn request(address: &str, path: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         authorization: Bearer sk-bench\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// What came back of one load.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Total {
    /// Answers.
    pub(crate) answers: u64,
    /// Events of streams.
    pub(crate) events: u64,
}

/// Sends `request` over and over on `connections` sockets, `each` times on each.
pub(crate) async fn run(
    address: &str,
    request: &[u8],
    connections: usize,
    each: usize,
) -> Result<Total> {
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (address, request) = (address.to_owned(), request.to_vec());
        tasks.spawn(async move { connection(&address, &request, each).await });
    }
    let mut total = Total::default();
    while let Some(done) = tasks.join_next().await {
        let part = done??;
        total.answers += part.answers;
        total.events += part.events;
    }
    Ok(total)
}

async fn connection(address: &str, request: &[u8], times: usize) -> Result<Total> {
    let mut socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let mut total = Total::default();
    let mut buffer = Vec::with_capacity(64 * 1024);
    for _ in 0..times {
        socket.write_all(request).await?;
        total.events += answer(&mut socket, &mut buffer).await?;
        total.answers += 1;
    }
    Ok(total)
}

/// Reads one answer and counts its events.
async fn answer(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u64> {
    buffer.clear();
    let head = loop {
        if socket.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    if !text.starts_with("http/1.1 200") {
        bail!("an answer failed: {}", String::from_utf8_lossy(buffer));
    }
    if let Some(length) = header(&text, "content-length: ") {
        let length: usize = length.parse().context("content-length")?;
        while buffer.len() < head + length {
            if socket.read_buf(buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        return Ok(0);
    }
    while !buffer.ends_with(b"0\r\n\r\n") {
        if socket.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
    }
    Ok(events(&buffer[head..]))
}

/// Events in what was read: each ends with an empty line.
pub(crate) fn events(bytes: &[u8]) -> u64 {
    bytes.windows(2).filter(|pair| pair == b"\n\n").count() as u64
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
