//! A server for one test. When the test is over, nothing in it may have broken the contract or
//! panicked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fakeai_server::config::Config;
use fakeai_server::{Checks, Gateway, Running};
use http::Method;
use serde_json::Value;

use crate::client::{Answer, Connection, Request, Stream};

/// A server that checks everything that leaves it.
pub(crate) struct House {
    pub(crate) running: Running,
    _verdict: Verdict,
}

/// Judges the run when the test is over.
struct Verdict(Arc<Gateway>);

impl House {
    /// One with the default settings.
    pub(crate) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// One with settings of the test's own.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        config.server.port = 0;
        config.features.check_responses = Some(true);
        change(&mut config);
        let running = fakeai_server::start(config).await.expect("it starts");
        let verdict = Verdict(Arc::clone(running.gateway()));
        Self {
            running,
            _verdict: verdict,
        }
    }

    /// A new connection to it.
    pub(crate) async fn connect(&self) -> Connection {
        Connection::http1(self.running.address()).await
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        self.connect().await.send(request).await
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Request::new(Method::GET, target)).await
    }

    pub(crate) async fn delete(&self, target: &str) -> Answer {
        self.send(Request::new(Method::DELETE, target)).await
    }

    pub(crate) async fn post(&self, target: &str, body: &Value) -> Answer {
        self.send(Request::new(Method::POST, target).json(body))
            .await
    }

    /// Posts a request and reads its answer as a stream.
    pub(crate) async fn stream(&self, target: &str, body: &Value) -> Stream {
        let request = Request::new(Method::POST, target).json(body);
        self.connect().await.open(request).await
    }

    /// The journal's entries of an operation, newest first.
    pub(crate) async fn journal(&self, operation: &str) -> Vec<Value> {
        let target = format!("/_fakeai/journal?operation={operation}");
        let mut list = self.get(&target).await.json();
        match list["data"].take() {
            Value::Array(entries) => entries,
            other => panic!("no journal: {other}"),
        }
    }

    /// Lets the server work until `done`; the test fails where that never comes.
    pub(crate) async fn until(&self, done: impl Fn(&Running) -> bool) {
        let wait = async {
            while !done(&self.running) {
                tokio::task::yield_now().await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        waited.expect("it comes to that");
    }
}

/// Whether a run may pass.
pub(crate) fn verdict(checks: &Checks) -> Result<(), String> {
    match (checks.violations(), checks.panics()) {
        (0, 0) => Ok(()),
        (_, panics) => Err(format!("{panics} panics; {:#?}", checks.texts())),
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let checks = &self.0.checks;
        if let Err(words) = verdict(checks) {
            panic!("{words}");
        }
        if let Some(folder) = std::env::var_os("FAKEAI_CHECKED_FOLDER") {
            leave_count(Path::new(&folder), checks.checked());
        }
    }
}

/// Leaves the number of checked answers for whoever adds them up.
fn leave_count(folder: &Path, checked: u64) {
    static HOUSES: AtomicU64 = AtomicU64::new(0);
    let number = HOUSES.fetch_add(1, Ordering::Relaxed);
    let name = format!("house-{}-{number}", std::process::id());
    std::fs::write(folder.join(name), checked.to_string()).expect("the folder can be written to");
}
