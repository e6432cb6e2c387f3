//! A server that really runs: the program from its first line to its end, and one inside a test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use fakeai_canon::Mode;

/// What is answered to a `GET` of this path.
fn get(authority: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(authority).expect("it listens");
    let request = format!("GET {path} HTTP/1.0\r\nHost: {authority}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[cfg(unix)]
#[test]
fn the_program_says_where_it_listens_serves_and_stops_when_told() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_fakeai"))
        .env_clear()
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .args([
            "server",
            "--port",
            "0",
            "--seed",
            "9",
            "--mode",
            "mock",
            "--log-level",
            "error",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    let first = line();
    let origin = first.rsplit(' ').next().expect("a word").to_owned();
    assert!(
        first.starts_with("FakeAI ") && origin.starts_with("http://127.0.0.1:"),
        "{first}"
    );
    assert!(line().contains(&format!("{origin}/v1")));
    assert!(line().contains("mock, seed 9, clock real"));
    let port = origin.rsplit(':').next().expect("a port");
    let status = |port| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fakeai"));
        command
            .env_clear()
            .args(["status", "--port", port])
            .output()
            .expect("it runs")
    };
    assert!(status(port).status.success());
    let told = Command::new("kill")
        .args(["-TERM", &server.id().to_string()])
        .status();
    assert!(told.expect("it is told").success());
    assert!(server.wait().expect("it ends").success());
    assert_eq!(status(port).status.code(), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_test_starts_its_own_server_with_its_own_settings() {
    let server = fakeai::Server::builder()
        .seed(3)
        .mode(Mode::Realistic)
        .api_key("sk-right")
        .configure(|config| config.auth.organization = "acme".to_owned())
        .start()
        .await
        .expect("it starts");
    let other = fakeai::Server::builder()
        .start()
        .await
        .expect("a second one beside it");
    assert_ne!(server.address(), other.address());
    let authority = server.address().to_string();
    assert_eq!(server.base_url(), format!("http://{authority}/v1"));
    let models = get(
        &authority,
        "/v1/models",
        "Authorization: Bearer sk-right\r\n",
    );
    assert!(
        models.starts_with("HTTP/1.0 200") || models.starts_with("HTTP/1.1 200"),
        "{models}"
    );
    assert!(
        models.contains("gpt-4o") && models.contains("openai-organization: acme"),
        "{models}"
    );
    let wrong = get(
        &authority,
        "/v1/models",
        "Authorization: Bearer sk-wrong\r\n",
    );
    assert!(wrong.contains(" 401 "), "{wrong}");
    assert!(get(&other.address().to_string(), "/v1/models", "").contains(" 200 "));
    server.shutdown().await;
    assert!(
        TcpStream::connect(&authority).is_err(),
        "it listens on after its end"
    );
    other.shutdown().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_in_words() {
    let first = fakeai::Server::builder().start().await.expect("it starts");
    let port = first.address().port();
    let second = fakeai::Server::builder().port(port).start().await;
    let error = second.err().expect("the port is taken").to_string();
    assert!(error.contains(&format!("127.0.0.1:{port}")), "{error}");
    first.shutdown().await;
}
