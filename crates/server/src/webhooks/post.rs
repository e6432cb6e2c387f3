//! One `POST`, on a connection of its own. The body of the answer is not read.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, Uri};

use super::ledger::Attempt;
use crate::outward::Outward;

/// A `POST` to be sent.
pub(super) struct Post {
    pub(super) url: Uri,
    pub(super) id: String,
    pub(super) timestamp: u64,
    pub(super) signature: String,
    pub(super) body: Bytes,
}

/// Sends it and waits for the head of the answer, no longer than this.
pub(super) async fn send(client: Outward<String>, post: Post, timeout: Duration) -> Attempt {
    match tokio::time::timeout(timeout, exchange(&client, post)).await {
        Ok(Ok(status)) => Attempt::Answered(status),
        Ok(Err(error)) => Attempt::Failed(error),
        Err(_) => Attempt::Failed(format!("no answer in {} s", timeout.as_secs())),
    }
}

async fn exchange(client: &Outward<String>, post: Post) -> Result<u16, String> {
    let answer = client.request(request(post)?).await;
    let answer = answer.map_err(|error| in_words(&error))?;
    Ok(answer.status().as_u16())
}

/// An error with all of its causes: the client's own says next to nothing.
fn in_words(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn request(post: Post) -> Result<Request<String>, String> {
    let body = String::from_utf8(post.body.to_vec()).unwrap_or_default();
    let request = Request::post(post.url)
        .header(USER_AGENT, concat!("FakeAI/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", post.id)
        .header("webhook-timestamp", post.timestamp)
        .header("webhook-signature", post.signature)
        .body(body);
    request.map_err(|error| error.to_string())
}
