//! One connection: HTTP/1.1 or HTTP/2, found out from its first bytes.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};

use super::serve::{self, HeadLimit, House};

/// How connections are spoken to.
#[derive(Clone)]
pub(crate) struct Speech {
    builder: Builder<TokioExecutor>,
}

impl Speech {
    /// The protocols, with room above `limit` for heads that are refused in words.
    pub(crate) fn new(limit: HeadLimit, header_timeout: Duration) -> Self {
        let (bytes, lines) = (limit.bytes.saturating_mul(2), limit.lines.saturating_mul(2));
        let mut builder = Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            // Flattens what is due together into one write.
            .writev(false)
            .max_buf_size(bytes)
            .max_headers(lines)
            .header_read_timeout(header_timeout)
            .keep_alive(true);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(1_000)
            .keep_alive_interval(Some(Duration::from_secs(60)));
        Self { builder }
    }

    /// Serves one connection to its end. Errors are the client's: it left, or spoke no HTTP.
    pub(crate) async fn serve<S>(&self, socket: S, house: Arc<House>, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = service_fn(move |request| serve::request(Arc::clone(&house), request));
        let connection = self
            .builder
            .serve_connection_with_upgrades(TokioIo::new(socket), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::trace!("a connection ended early: {error}");
        }
    }
}
