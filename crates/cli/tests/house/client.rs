//! A small HTTP client: one connection, requests one after another or, over HTTP/2, side by side.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A request before it is sent.
#[derive(Clone)]
pub(crate) struct Request {
    method: Method,
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    pub(crate) fn new(method: Method, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new(Method::GET, target)
    }

    pub(crate) fn post(target: &str) -> Self {
        Self::new(Method::POST, target)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).expect("a header");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn is_without_body(&self) -> bool {
        self.body.is_empty()
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Its bytes, for a test that speaks for itself.
    pub(crate) fn http1(&self) -> Vec<u8> {
        let head = format!(
            "{} {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            self.method,
            self.target,
            self.body.len()
        );
        [head.as_bytes(), &self.body].concat()
    }

    pub(crate) fn body(mut self, media: &str, body: impl Into<Bytes>) -> Self {
        let media = HeaderValue::from_str(media).expect("a media type");
        self.headers.insert(CONTENT_TYPE, media);
        self.body = body.into();
        self
    }
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("status {}: {error} in {}", self.status, self.text()))
    }

    /// The JSON of an answer that has to be a success.
    pub(crate) fn ok(&self) -> Value {
        assert!(self.status < 300, "status {}: {}", self.status, self.text());
        self.json()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let header = self.headers.get(name).map(HeaderValue::to_str);
        header.and_then(Result::ok).unwrap_or_default()
    }

    /// The provider's error object, with the status that it has to have.
    pub(crate) fn error(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let body = self.json();
        let error = &body["error"];
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "not the provider's shape: {body}"
        );
        assert!(error.get("param").is_some() && error.get("code").is_some());
        error.clone()
    }
}

/// A server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// The `event:` line; empty where there is none.
    pub(crate) name: String,
    /// The `data:` line.
    pub(crate) data: String,
}

impl Event {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|_| panic!("no JSON: {}", self.data))
    }
}

/// An answer that is read event by event.
pub(crate) struct Stream {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    unread: BytesMut,
    /// Kept so that the connection lives as long as the stream.
    _sender: Sender,
}

impl Stream {
    /// The next event; none at the end.
    pub(crate) async fn event(&mut self) -> Option<Event> {
        loop {
            let end = self.unread.windows(2).position(|pair| pair == b"\n\n");
            if let Some(end) = end {
                let frame = self.unread.split_to(end + 2);
                return Some(event(&String::from_utf8_lossy(&frame)));
            }
            match frame(&mut self.body).await {
                Some(bytes) => self.unread.extend_from_slice(&bytes),
                None => {
                    assert!(self.unread.is_empty(), "half an event: {:?}", self.unread);
                    return None;
                }
            }
        }
    }

    /// All events to the end.
    pub(crate) async fn events(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.event().await {
            events.push(event);
        }
        events
    }

    /// The JSON of all events but the `[DONE]` at the end, which has to be there.
    pub(crate) async fn chunks(self) -> Vec<Value> {
        assert_eq!(self.status, 200);
        let mut events = self.events().await;
        let last = events.pop().expect("an event");
        assert_eq!(last.data, "[DONE]", "the last event");
        events.iter().map(Event::json).collect()
    }
}

fn event(frame: &str) -> Event {
    let line = |name: &str| {
        let found = frame.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().to_owned()
    };
    Event {
        name: line("event: "),
        data: line("data: "),
    }
}

#[derive(Clone)]
enum Sender {
    Http1(std::sync::Arc<tokio::sync::Mutex<http1::SendRequest<Whole>>>),
    Http2(http2::SendRequest<Whole>),
}

/// One connection.
#[derive(Clone)]
pub(crate) struct Connection {
    sender: Sender,
    authority: String,
}

impl Connection {
    pub(crate) async fn http1(address: SocketAddr) -> Self {
        Self::http1_over(tcp(address).await, address).await
    }

    /// HTTP/2 with prior knowledge.
    pub(crate) async fn http2(address: SocketAddr) -> Self {
        Self::http2_over(tcp(address).await, address).await
    }

    pub(crate) async fn http1_over<S>(socket: S, address: SocketAddr) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http1::handshake(TokioIo::new(socket))
            .await
            .expect("a handshake");
        run(connection);
        Self {
            sender: Sender::Http1(std::sync::Arc::new(tokio::sync::Mutex::new(sender))),
            authority: address.to_string(),
        }
    }

    pub(crate) async fn http2_over<S>(socket: S, address: SocketAddr) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        // A small window for each stream: one that is not read stops soon, and alone.
        let (sender, connection) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(65_535)
            .handshake(TokioIo::new(socket))
            .await
            .expect("a handshake");
        run(connection);
        Self {
            sender: Sender::Http2(sender),
            authority: address.to_string(),
        }
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, request: Request) -> Answer {
        let mut stream = self.open(request).await;
        let mut body = BytesMut::new();
        while let Some(bytes) = frame(&mut stream.body).await {
            body.extend_from_slice(&bytes);
        }
        Answer {
            status: stream.status,
            headers: stream.headers,
            body: body.freeze(),
        }
    }

    /// Sends a request and leaves the answer's body to be read.
    pub(crate) async fn open(&self, request: Request) -> Stream {
        let response = match &self.sender {
            Sender::Http1(sender) => {
                let mut sender = sender.lock().await;
                sender.ready().await.expect("the connection is open");
                sender.send_request(self.of(request, &request_target)).await
            }
            Sender::Http2(sender) => {
                let mut sender = sender.clone();
                let whole = |target: &str, authority: &str| format!("http://{authority}{target}");
                sender.send_request(self.of(request, &whole)).await
            }
        };
        let (head, body) = response.expect("an answer").into_parts();
        Stream {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            unread: BytesMut::new(),
            _sender: self.sender.clone(),
        }
    }

    fn of(&self, request: Request, uri: &dyn Fn(&str, &str) -> String) -> http::Request<Whole> {
        let mut out = http::Request::new(Whole(Some(request.body)));
        *out.method_mut() = request.method;
        let uri = uri(&request.target, &self.authority);
        *out.uri_mut() = uri.parse().unwrap_or_else(|_| panic!("no target: {uri}"));
        *out.headers_mut() = request.headers;
        if matches!(self.sender, Sender::Http1(_)) {
            let host = HeaderValue::from_str(&self.authority).expect("a host");
            out.headers_mut().insert(HOST, host);
        }
        out
    }
}

fn request_target(target: &str, _: &str) -> String {
    target.to_owned()
}

pub(crate) async fn tcp(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the client's side of a connection"
)]
fn run<F, E>(connection: F)
where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Send + 'static,
{
    tokio::spawn(async move { drop(connection.await) });
}

/// The next bytes of a body; none at its end. One that breaks off fails the test.
async fn frame(body: &mut Incoming) -> Option<Bytes> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        if let Ok(data) = frame.expect("the body goes on").into_data() {
            return Some(data);
        }
    }
}

/// A request's body.
struct Whole(Option<Bytes>);

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut().0.take().filter(|body| !body.is_empty());
        Poll::Ready(body.map(|body| Ok(Frame::data(body))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}
