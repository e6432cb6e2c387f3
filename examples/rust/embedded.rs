//! A server inside a Rust program, as a test would start it: no process, no port to choose. Not
//! an HTTP client: a real one takes `Server::base_url`.
//!
//! Run: `cargo run -p fakeai-cli --example embedded`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;

use fakeai::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // The same seed and request give the same answer, on any machine.
    let server = Server::builder().seed(7).start().await?;
    println!("base URL for a client: {}", server.base_url());

    let body = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello!"}]}"#;
    let first = post(&server, "/v1/chat/completions", body).await?;
    let second = post(&server, "/v1/chat/completions", body).await?;
    println!("{first}");
    assert!(first.contains("\"object\":\"chat.completion\""));
    assert_eq!(message(&first), message(&second));

    server.shutdown().await;
    Ok(())
}

async fn post(server: &Server, path: &str, body: &str) -> Result<String, Box<dyn Error>> {
    let mut socket = TcpStream::connect(server.address()).await?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: fakeai\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("no body")?;
    Ok(body.to_owned())
}

/// The message alone: ids and times differ from call to call.
fn message(answer: &str) -> Option<&str> {
    let start = answer.find("\"message\":")?;
    let end = answer.find("\"finish_reason\"")?;
    Some(&answer[start..end])
}
