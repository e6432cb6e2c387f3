//! One `POST` over HTTP/1.1 on a connection of its own. The body of the answer is not read.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Request, Uri};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::ledger::Attempt;

/// A `POST` to be sent.
pub(super) struct Post {
    pub(super) url: Uri,
    pub(super) id: String,
    pub(super) timestamp: u64,
    pub(super) signature: String,
    pub(super) body: Bytes,
}

/// Sends it and waits for the head of the answer, no longer than this.
pub(super) async fn send(post: Post, timeout: Duration) -> Attempt {
    match tokio::time::timeout(timeout, exchange(post)).await {
        Ok(Ok(status)) => Attempt::Answered(status),
        Ok(Err(error)) => Attempt::Failed(error),
        Err(_) => Attempt::Failed(format!("no answer in {} s", timeout.as_secs())),
    }
}

async fn exchange(post: Post) -> Result<u16, String> {
    let host = post.url.host().unwrap_or_default().to_owned();
    let port = post.url.port_u16().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((bare, port))
        .await
        .map_err(|error| error.to_string())?;
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    let request = request(post)?;
    let answering = async move {
        let answer = sender.send_request(request).await;
        answer.map(|answer| answer.status().as_u16())
    };
    let mut answering = pin!(answering);
    // The connection works while the answer is waited for, and is dropped with it. Where it ends
    // first, what it has read by then is the answer, or the reason why there is none.
    let answered = tokio::select! {
        answered = &mut answering => answered,
        _ = connection => answering.await,
    };
    answered.map_err(|error| error.to_string())
}

fn request(post: Post) -> Result<Request<String>, String> {
    let target = post.url.path_and_query().map_or("/", |path| path.as_str());
    let host = post.url.authority().map_or("", |host| host.as_str());
    let body = String::from_utf8(post.body.to_vec()).unwrap_or_default();
    let request = Request::post(target)
        .header(HOST, host)
        .header(USER_AGENT, concat!("FakeAI/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", post.id)
        .header("webhook-timestamp", post.timestamp)
        .header("webhook-signature", post.signature)
        .body(body);
    request.map_err(|error| error.to_string())
}
