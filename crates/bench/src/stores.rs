//! What stored objects cost: beside a plain answer, in long lists, on a disk, and as large files.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load;
use crate::process::{self, Process};
use crate::retrieval::Searched;

/// Turns; of each figure the least is kept.
const TURNS: usize = 5;
/// Calls a turn.
const CALLS: usize = 4_000;
/// Connections that call at once.
const CONNECTIONS: usize = 16;
/// Items of the long list.
const ITEMS: usize = 100_000;
/// Items that one call adds.
const ITEMS_A_CALL: usize = 20;
/// Pages whose times are looked at.
const PAGES: usize = 101;
/// Bytes of the large file.
const FILE: usize = 100_000_000;

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    chat: f64,
    create: f64,
    retrieve: f64,
    page_in_memory: f64,
    page_in_sqlite: f64,
    sqlite_a_second: f64,
    upload_seconds: f64,
    upload_kilobytes: u64,
}

/// Measures the binary; lasting objects go below `folder`.
pub(crate) async fn measure(binary: &Path, folder: &Path) -> Result<Figures> {
    let mut figures = Figures::default();
    let room = ["--max-objects", "10000000", "--max-bytes", "16GB"];
    let memory = [&["server", "--port", "0"][..], &room].concat();
    let server = Process::start(binary, &memory).await?;
    beside_chat(&server, &mut figures).await?;
    figures.page_in_memory = page(&server).await?;
    drop(server);
    let url = format!("sqlite:{}", folder.join("bench.db").display());
    let lasting = [&memory[..], &["--storage-url", &url]].concat();
    let server = Process::start(binary, &lasting).await?;
    figures.sqlite_a_second = created_a_second(&server).await?;
    figures.page_in_sqlite = page(&server).await?;
    upload(&server, &mut figures).await?;
    Ok(figures)
}

/// The section of the report.
pub(crate) fn section(figures: &Figures, searched: &[Searched]) -> String {
    let mut text = String::from(
        "## Stored objects\n\nWritten by `cargo xtask bench` as well: each figure of processor time \
         is the least of several turns.\n\n| what | reach | measured |\n|---|---|---|\n",
    );
    let times = |cpu: f64| format!("{cpu:.1} µs ({:.2}×)", cpu / figures.chat);
    let grown = figures.upload_kilobytes as f64 / 1024.0;
    let rows = [
        (
            "CPU of a plain chat answer, for comparison",
            "–",
            format!("{:.1} µs", figures.chat),
        ),
        (
            "CPU of a create, in memory",
            "2× a chat answer",
            times(figures.create),
        ),
        (
            "CPU of a retrieve, in memory",
            "2× a chat answer",
            times(figures.retrieve),
        ),
        (
            "a page of 100 out of 100,000, in memory",
            "5 ms",
            format!("{:.2} ms", figures.page_in_memory),
        ),
        (
            "a page of 100 out of 100,000, in SQLite",
            "5 ms",
            format!("{:.2} ms", figures.page_in_sqlite),
        ),
        (
            "objects a second into SQLite",
            "1,000",
            format!("{:.0}", figures.sqlite_a_second),
        ),
        (
            "memory that an upload of 100 MB takes at its peak, into a folder",
            "bounded",
            format!("{grown:.1} MB, in {:.2} s", figures.upload_seconds),
        ),
    ];
    for (what, reach, measured) in rows {
        // Writing into a string can't fail.
        let _ = writeln!(text, "| {what} | {reach} | {measured} |");
    }
    for Searched { kind, milliseconds } in searched {
        let _ = writeln!(
            text,
            "| CPU of a search of 100,000 passages: {kind} | 20 ms | {milliseconds:.1} ms |"
        );
    }
    text
}

/// The report with this section in the place of its older self, or at the end.
pub(crate) fn placed(report: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let Some(start) = report.find(heading) else {
        return format!("{}\n\n{section}", report.trim_end());
    };
    let after = report[start + heading.len()..].find("\n## ");
    let rest = after.map_or("", |after| &report[start + heading.len() + after..]);
    format!("{}{section}{rest}", &report[..start])
}

async fn beside_chat(server: &Process, figures: &mut Figures) -> Result<()> {
    let chat = serde_json::json!({
        "model": "gpt-4o",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "Tell me about the sea."}],
    });
    let chat = load::request(&server.address, "/v1/chat/completions", &chat.to_string());
    let create = load::request(&server.address, "/v1/conversations", METADATA);
    let id = made(server, "/v1/conversations", METADATA).await?;
    let retrieve = get(&server.address, &format!("/v1/conversations/{id}"));
    let mut least = [f64::MAX; 3];
    for _ in 0..TURNS {
        for (least, request) in least.iter_mut().zip([&chat, &create, &retrieve]) {
            let cpu = server.cpu_micros()?;
            let each = CALLS / CONNECTIONS;
            let total = load::run(&server.address, request, CONNECTIONS, each).await?;
            *least = least.min((server.cpu_micros()? - cpu) as f64 / total.answers as f64);
        }
    }
    [figures.chat, figures.create, figures.retrieve] = least;
    Ok(())
}

const METADATA: &str = r#"{"metadata": {"topic": "measuring"}}"#;

/// The median time of a page of a long list, in milliseconds.
async fn page(server: &Process) -> Result<f64> {
    let id = made(server, "/v1/conversations", METADATA).await?;
    let path = format!("/v1/conversations/{id}/items");
    let item = serde_json::json!({"type": "message", "role": "user",
        "content": "An item of a usual length, as one says in passing."});
    let items = serde_json::json!({"items": vec![item; ITEMS_A_CALL]}).to_string();
    let add = load::request(&server.address, &path, &items);
    load::run(&server.address, &add, 1, ITEMS / ITEMS_A_CALL).await?;
    let list = get(&server.address, &format!("{path}?limit=100"));
    let mut times = Vec::new();
    for _ in 0..PAGES {
        let begun = process::now();
        load::run(&server.address, &list, 1, 1).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[PAGES / 2])
}

async fn created_a_second(server: &Process) -> Result<f64> {
    let create = load::request(&server.address, "/v1/conversations", METADATA);
    let mut most: f64 = 0.0;
    for _ in 0..TURNS {
        let begun = process::now();
        let each = CALLS / CONNECTIONS;
        let total = load::run(&server.address, &create, CONNECTIONS, each).await?;
        most = most.max(total.answers as f64 / begun.elapsed().as_secs_f64());
    }
    Ok(most)
}

/// Uploads a large file; what counts is how far the server's memory went beyond what it had.
async fn upload(server: &Process, figures: &mut Figures) -> Result<()> {
    let head = "--edge\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
         --edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n";
    let tail = "\r\n--edge--\r\n";
    let length = head.len() + FILE + tail.len();
    let before = server.resident_kilobytes()?;
    server.forget_peak()?;
    let begun = process::now();
    let mut socket = TcpStream::connect(&server.address).await?;
    let request = format!(
        "POST /v1/files HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: multipart/form-data; boundary=edge\r\ncontent-length: {length}\r\n\r\n{head}",
        server.address
    );
    socket.write_all(request.as_bytes()).await?;
    let piece = vec![b'x'; 1 << 16];
    let mut left = FILE;
    while left > 0 {
        let now = left.min(piece.len());
        socket.write_all(&piece[..now]).await?;
        left -= now;
    }
    socket.write_all(tail.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    if !answer.starts_with("HTTP/1.1 200") {
        bail!("the upload failed: {answer}");
    }
    figures.upload_seconds = begun.elapsed().as_secs_f64();
    figures.upload_kilobytes = server.peak_kilobytes()?.saturating_sub(before);
    Ok(())
}

/// The id of an object that is made.
async fn made(server: &Process, path: &str, body: &str) -> Result<String> {
    let mut socket = TcpStream::connect(&server.address).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let body = answer.split("\r\n\r\n").nth(1).context("a body")?;
    let object: Value = serde_json::from_str(body)?;
    let id = object["id"].as_str().context("an id")?;
    Ok(id.to_owned())
}

fn get(address: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer sk-bench\r\n\r\n")
        .into_bytes()
}
