//! A server on a SQLite file is killed in the middle of its work: what it had acknowledged by then
//! is there when it starts again.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// Clients that write at once.
const CLIENTS: usize = 8;
/// Acknowledged objects after which the server is killed, with its clients still writing.
const ENOUGH: usize = 200;

struct Server {
    process: Child,
    authority: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fakeai"))
            .env_clear()
            .current_dir(folder)
            .args(["server", "--port", "0", "--log-level", "error"])
            .args(["--storage-url", "sqlite:objects.db"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("text");
        let authority = first
            .rsplit("http://")
            .next()
            .expect("an address")
            .to_owned();
        // The rest of its words go nowhere, but somebody has to take them.
        drop(std::thread::Builder::new().spawn(move || lines.count()));
        Self { process, authority }
    }

    fn kill(&mut self) {
        self.process.kill().expect("it is killed");
        self.process.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The body of a good answer; none where there was none, or not the whole of it.
fn send(authority: &str, method: &str, path: &str, body: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(authority).ok()?;
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let good = head.starts_with("HTTP/1.1 200");
    good.then(|| serde_json::from_str(body).ok()).flatten()
}

#[test]
fn a_killed_server_has_lost_nothing_that_it_acknowledged() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("killed");
    // It is not there but after a run that was broken off.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut server = Server::start(&folder);
    let acknowledged = Mutex::new(Vec::new());
    let count = AtomicUsize::new(0);
    let authority = server.authority.clone();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (acknowledged, count, authority) = (&acknowledged, &count, &authority);
            scope.spawn(move || {
                for number in 0.. {
                    let body = format!(r#"{{"metadata": {{"number": "{client}-{number}"}}}}"#);
                    let Some(made) = send(authority, "POST", "/v1/conversations", &body) else {
                        // The server is gone.
                        return;
                    };
                    acknowledged.lock().expect("a list").push(made);
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while count.load(Ordering::Relaxed) < ENOUGH {
            std::thread::yield_now();
        }
        server.kill();
    });
    let acknowledged = acknowledged.into_inner().expect("a list");
    assert!(acknowledged.len() >= ENOUGH);

    let server = Server::start(&folder);
    for made in &acknowledged {
        let path = format!("/v1/conversations/{}", made["id"].as_str().expect("an id"));
        let found = send(&server.authority, "GET", &path, "");
        assert_eq!(found.as_ref(), Some(made));
    }
    drop(server);
    let _ = std::fs::remove_dir_all(&folder);
}
