//! A `fakeai server` of our own to run suites against.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command::{cargo, run, target};

/// The key of the servers that need one.
pub(crate) const KEY: &str = "sk-right-key";

/// A server that ends with this value.
pub(crate) struct Server {
    child: Child,
    address: String,
}

/// Builds the binary, and the example that embeds it, in the profile of the tests, whose answers
/// are held against the contract. The whole workspace is named, so that what the tests have built
/// serves: a package by itself takes other features of its dependencies, and would build all of
/// them again.
pub(crate) fn build() -> Result<PathBuf> {
    run(&mut cargo(&[
        "build",
        "--workspace",
        "--bins",
        "--tests",
        "--example",
        "embedded",
    ]))?;
    Ok(target().join("debug/fakeai"))
}

/// Builds the binary as it is released, where milliseconds count.
pub(crate) fn build_release() -> Result<PathBuf> {
    run(&mut cargo(&["build", "--release", "-p", "fakeai-cli"]))?;
    Ok(target().join("release/fakeai"))
}

impl Server {
    /// Starts a server on a free port with these flags, and waits until it tells its address.
    /// Settings of whoever runs this stay outside.
    pub(crate) fn start(binary: &Path, flags: &[&str]) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(["server", "--port", "0", "--log-format", "text"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("can't start {}", binary.display()))?;
        let Some(stdout) = child.stdout.take() else {
            bail!("the server has no output")
        };
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        let address = loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                bail!("the server ended before it told its address");
            }
            if let Some(address) = address_in(&line) {
                break address;
            }
        };
        // Keeps the pipe open and empty until the server ends.
        std::thread::Builder::new().spawn(move || {
            let _ = std::io::copy(&mut reader, &mut std::io::sink());
        })?;
        Ok(Self { child, address })
    }

    /// The base URL for a client.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What the server held against its contract.
    ///
    /// # Errors
    /// One answer or more broke its contract, or an answer panicked.
    pub(crate) fn verdict(&self) -> Result<u64> {
        let checks = self.get("/_fakeai/checks")?;
        let count = |name: &str| checks.get(name).and_then(Value::as_u64).unwrap_or_default();
        if count("violations") > 0 || count("panics") > 0 {
            bail!(
                "{} answers broke their contract, {} panicked: {}",
                count("violations"),
                count("panics"),
                checks["texts"]
            );
        }
        Ok(count("checked"))
    }

    fn get(&self, path: &str) -> Result<Value> {
        let mut socket = TcpStream::connect(&self.address)?;
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nHost: fakeai\r\nAuthorization: Bearer {KEY}\r\n\
             Connection: close\r\n\r\n"
        )?;
        let mut text = String::new();
        socket.read_to_string(&mut text)?;
        let body = text
            .split_once("\r\n\r\n")
            .map(|(_, body)| body)
            .unwrap_or_default();
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line such as `listening on http://127.0.0.1:8000`.
fn address_in(line: &str) -> Option<String> {
    let start = line.find("http://")? + "http://".len();
    let rest = &line[start..];
    let end = rest
        .find(|c: char| c == '/' || c.is_whitespace())
        .unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}
