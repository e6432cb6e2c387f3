//! `fakeai status`: asks a running server for its health, over plain HTTP.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use fakeai_server::config::Config;
use serde_json::Value;

use super::Failure;
use crate::arguments::StatusArguments;

/// How long each step may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest answer that is read.
const LONGEST: u64 = 1 << 20;

pub(super) fn ask(
    arguments: &StatusArguments,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let host = match arguments.host.as_deref().unwrap_or(&config.server.host) {
        "0.0.0.0" => "127.0.0.1",
        "::" => "::1",
        host => host,
    };
    let port = arguments.port.unwrap_or(config.server.port);
    let unreachable = |error: io::Error| {
        Failure::Words(format!("no server answers at {host}, port {port}: {error}"))
    };
    let (status, body) = health(host, port).map_err(unreachable)?;
    let health: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let well = status == 200 && health["status"] == "healthy";
    if arguments.json {
        writeln!(out, "{}", body.trim_end())?;
    } else {
        let word = health["status"].as_str().unwrap_or("not a FakeAI server");
        writeln!(out, "http://{host}:{port} is {word} (status {status})")?;
        for (name, value) in health.as_object().into_iter().flatten() {
            if name != "status" {
                writeln!(out, "  {name}: {value}")?;
            }
        }
    }
    if well { Ok(()) } else { Err(Failure::Silent) }
}

/// The status code and the body of `GET /health`.
fn health(host: &str, port: u16) -> io::Result<(u16, String)> {
    let address = (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::other("the name has no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0, so that the answer has no chunks and ends with the connection.
    let request =
        format!("GET /health HTTP/1.0\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the answer is no HTTP"))?;
    Ok((status, body.to_owned()))
}
