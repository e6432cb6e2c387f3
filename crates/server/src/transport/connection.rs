//! One connection: HTTP/1.1 or HTTP/2, found out from its first bytes. A plain HTTP/1.1 connection,
//! of which there are many at once, holds no room for what the others need.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::serve::{self, HeadLimit, House};

/// How connections are spoken to.
pub(crate) struct Speech {
    http1: http1::Builder,
    either: auto::Builder<TokioExecutor>,
    patience: Duration,
}

/// HTTP/1.1 as it is spoken here; the builders have the same settings and no trait in common.
macro_rules! http1 {
    ($builder:expr, $bytes:expr, $lines:expr, $timeout:expr) => {
        $builder
            .timer(TokioTimer::new())
            // Flattens what is due together into one write.
            .writev(false)
            .max_buf_size($bytes)
            .max_headers($lines)
            .header_read_timeout($timeout)
            .keep_alive(true)
    };
}

impl Speech {
    /// The protocols, with room above `limit` for heads that are refused in words.
    pub(crate) fn new(limit: HeadLimit, header_timeout: Duration) -> Self {
        let (bytes, lines) = (limit.bytes.saturating_mul(2), limit.lines.saturating_mul(2));
        let mut http1 = http1::Builder::new();
        http1!(http1, bytes, lines, header_timeout);
        let mut either = auto::Builder::new(TokioExecutor::new());
        http1!(either.http1(), bytes, lines, header_timeout);
        either
            .http2()
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(bytes).unwrap_or(u32::MAX))
            .max_concurrent_streams(1_000)
            .keep_alive_interval(Some(Duration::from_secs(60)));
        Self {
            http1,
            either,
            patience: header_timeout,
        }
    }

    /// Serves a connection without TLS to its end.
    pub(crate) async fn serve(
        &self,
        socket: TcpStream,
        house: Arc<House>,
        mut leave: watch::Receiver<bool>,
    ) {
        match self.may_be_http2(&socket, &mut leave).await {
            None => {}
            Some(true) => Box::pin(self.serve_either(socket, house, leave)).await,
            Some(false) => {
                let service =
                    service_fn(move |request| serve::request(Arc::clone(&house), request));
                let connection = self.http1.serve_connection(TokioIo::new(socket), service);
                let connection = connection.with_upgrades();
                to_its_end(connection, |it| it.graceful_shutdown(), leave).await;
            }
        }
    }

    /// Serves a connection of either protocol to its end.
    pub(crate) async fn serve_either<S>(
        &self,
        socket: S,
        house: Arc<House>,
        leave: watch::Receiver<bool>,
    ) where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = service_fn(move |request| serve::request(Arc::clone(&house), request));
        let connection = self
            .either
            .serve_connection_with_upgrades(TokioIo::new(socket), service);
        to_its_end(connection, |it| it.graceful_shutdown(), leave).await;
    }

    /// Whether the first bytes may be those of HTTP/2; none where none come.
    async fn may_be_http2(
        &self,
        socket: &TcpStream,
        leave: &mut watch::Receiver<bool>,
    ) -> Option<bool> {
        let mut first = [0; 3];
        tokio::select! {
            read = tokio::time::timeout(self.patience, socket.peek(&mut first)) => {
                let count = read.ok()?.ok()?;
                (count > 0).then(|| b"PRI".starts_with(&first[..count]))
            }
            _ = leave.changed() => None,
        }
    }
}

/// Waits for the end of a connection, and has it `part` once the server leaves. Errors are the
/// client's: it left, or spoke no HTTP.
async fn to_its_end<C, E>(
    connection: C,
    part: impl Fn(Pin<&mut C>),
    mut leave: watch::Receiver<bool>,
) where
    C: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let mut connection = pin!(connection);
    let mut told = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!("a connection ended early: {error}");
                }
                return;
            }
            _ = leave.changed(), if !told => {
                told = true;
                part(connection.as_mut());
            }
        }
    }
}
