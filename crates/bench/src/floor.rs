//! The floor: what hyper alone costs. It reads the request's body and answers a fixed one; at
//! `/stream` it answers a hundred frames at once, each as large as a chunk of ours.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

/// Frames of the streamed answer.
const FRAMES: usize = 100;

/// Bytes of a frame.
const FRAME: usize = 230;

struct Fixed {
    parts: Vec<Bytes>,
}

impl Body for Fixed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.parts.pop().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.parts.len() == 1 {
            SizeHint::with_exact(self.parts[0].len() as u64)
        } else {
            SizeHint::default()
        }
    }
}

/// Serves until the process is ended; prints its address first.
pub(crate) async fn serve(bytes: usize) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("floor on http://{}", listener.local_addr()?);
    let whole = Bytes::from(vec![b'x'; bytes]);
    let frame = BytesMut::from(&vec![b'x'; FRAME][..]).freeze();
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (whole, frame) = (whole.clone(), frame.clone());
        connection(socket, whole, frame);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the floor starts its tasks itself"
)]
fn connection(socket: tokio::net::TcpStream, whole: Bytes, frame: Bytes) {
    tokio::spawn(async move {
        let service = service_fn(move |request: Request<Incoming>| {
            let (whole, frame) = (whole.clone(), frame.clone());
            async move { Ok::<_, Infallible>(answer(request, whole, frame).await) }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().writev(false);
        // A client that leaves is no error of the floor's.
        let _ = builder
            .serve_connection(TokioIo::new(socket), service)
            .await;
    });
}

async fn answer(request: Request<Incoming>, whole: Bytes, frame: Bytes) -> Response<Fixed> {
    let stream = request.uri().path() == "/stream";
    let mut body = request.into_body();
    while !body.is_end_stream() {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        if frame.is_none() {
            break;
        }
    }
    let parts = if stream {
        vec![frame; FRAMES]
    } else {
        vec![whole]
    };
    Response::new(Fixed { parts })
}
