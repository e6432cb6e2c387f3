//! Bodies on their way in: read to their end, within a size and a time.

use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Form};
use fakeai_resources::Blobs;
use futures_util::stream;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use hyper::body::{Body, Incoming};

use crate::gate::size::too_large;
use crate::multipart;

/// The length that the head announces.
pub(crate) fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Bytes of a body that is too long that are read and dropped, so that a client which sends before
/// it reads gets to see the refusal.
const DRAINED: u64 = 64 << 20;

/// Reads what a refused body still sends, within bounds.
pub(crate) async fn drain(mut body: Incoming, patience: Duration) {
    let reading = async {
        let mut read = 0;
        while let Ok(Some(chunk)) = next(&mut body).await {
            read += chunk.len() as u64;
            if read > DRAINED {
                break;
            }
        }
    };
    // A client that takes longer has had its chance.
    let _ = tokio::time::timeout(patience.min(Duration::from_secs(10)), reading).await;
}

/// Reads the whole body.
///
/// # Errors
/// One that is longer than `limit` bytes, takes longer than `patience`, or breaks off.
pub(crate) async fn read(
    body: Incoming,
    limit: u64,
    patience: Duration,
) -> Result<Bytes, ApiError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut reading = std::pin::pin!(collect(body, limit));
    // Most bodies come with their head and need no timer.
    let mut timer = None;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(read) = reading.as_mut().poll(cx) {
            return Poll::Ready(read);
        }
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        timer.as_mut().poll(cx).map(|()| Err(late(patience)))
    })
    .await
}

fn late(patience: Duration) -> ApiError {
    ApiError::new(
        fakeai_canon::ErrorKind::Timeout,
        format!(
            "The request's body did not arrive within {} seconds.",
            patience.as_secs()
        ),
    )
}

async fn collect(mut body: Incoming, limit: u64) -> Result<Bytes, ApiError> {
    let Some(first) = next(&mut body).await? else {
        return Ok(Bytes::new());
    };
    if first.len() as u64 > limit {
        Box::pin(drain(body, Duration::from_secs(10))).await;
        return Err(too_large(limit));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut whole = BytesMut::from(&first[..]);
    while let Some(chunk) = next(&mut body).await? {
        if (whole.len() + chunk.len()) as u64 > limit {
            Box::pin(drain(body, Duration::from_secs(10))).await;
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// Reads a form while it comes, its files into the world's blobs.
///
/// # Errors
/// As [`read`], and a form that is broken.
pub(crate) async fn form(
    body: Incoming,
    boundary: String,
    limit: u64,
    patience: Duration,
    blobs: &dyn Blobs,
) -> Result<Form, ApiError> {
    let pieces = stream::unfold(body, |mut body| async move {
        match next(&mut body).await {
            Ok(piece) => piece.map(|piece| (Ok(piece), body)),
            Err(_) => Some((Err(std::io::Error::from(ErrorKind::UnexpectedEof)), body)),
        }
    });
    let reading = multipart::read(pieces, boundary, limit, blobs);
    match tokio::time::timeout(patience, reading).await {
        Ok(read) => read,
        Err(_) => Err(late(patience)),
    }
}

async fn next(body: &mut Incoming) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
        match frame {
            None => return Ok(None),
            Some(Err(_)) => {
                return Err(ApiError::invalid(
                    "The request's body broke off before its end.",
                ));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}
