//! WebSockets: each message of the client becomes a call, each frame of the answer a message.
//! <https://platform.openai.com/docs/guides/websocket-mode>

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Call, Head, Reply, ReplyBody};
use fakeai_dialects::openai::responses::{socket_error, socket_request};
use futures_util::{SinkExt, StreamExt};
use http::header::{CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY};
use http::header::{SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::body::{OutBody, StreamBody};
use super::drive;
use super::realtime;
use super::serve::{House, no_room};
use crate::gateway::{Served, Talk};
use crate::session::Session;
use crate::tasks;

pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Bytes that are read at once: an idle socket holds as many.
const READ_BUFFER: usize = 8 << 10;

/// Messages that wait while an answer is streamed; a client that sends more is cut off.
const WAITING: usize = 16;

/// Whether the request asks for a WebSocket.
pub(crate) fn is_asked(request: &Request<Incoming>) -> bool {
    let headers = request.headers();
    headers.contains_key(SEC_WEBSOCKET_KEY)
        && headers
            .get(UPGRADE)
            .is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens the socket, or refuses it with an ordinary answer.
pub(crate) fn open(house: &Arc<House>, request: Request<Incoming>) -> Response<OutBody> {
    let mut head = Head {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
    };
    let protocol = realtime::protocol(&mut head.headers);
    let admitted = match house.gateway.admit_socket(&head) {
        Ok(admitted) => admitted,
        Err(reply) => return plain(*reply),
    };
    let key = head
        .headers
        .get(SEC_WEBSOCKET_KEY)
        .map(|key| derive_accept_key(key.as_bytes()));
    let accept = key.and_then(|key| HeaderValue::from_str(&key).ok());
    let stopping = house.stop.subscribe();
    if admitted.is_realtime {
        let house = Arc::clone(house);
        tasks::start(realtime::hold(house, head, admitted, request, stopping));
    } else {
        tasks::start(talk(Arc::clone(house), head, request, stopping));
    }
    let mut response = Response::new(OutBody::Whole(None));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(accept) = accept {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(protocol) = protocol {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

fn plain(reply: Reply) -> Response<OutBody> {
    let body = match reply.body {
        ReplyBody::Whole(body) => body,
        ReplyBody::Fold(_) | ReplyBody::Stream(_) => Bytes::new(),
    };
    let mut response = Response::new(OutBody::Whole(Some(body)));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

async fn talk(
    house: Arc<House>,
    head: Head,
    request: Request<Incoming>,
    mut stopping: watch::Receiver<bool>,
) {
    let limit = usize::try_from(house.gateway.body_limit(&head)).unwrap_or(usize::MAX);
    let Some(mut socket) = upgraded(request, limit).await else {
        return;
    };
    let mut waiting = VecDeque::new();
    let session = Arc::default();
    loop {
        let message = match waiting.pop_front() {
            Some(message) => message,
            None => tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(message)) => message,
                    Some(Err(_)) | None => return,
                },
                () = told(&mut stopping) => return part(socket).await,
            },
        };
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => {
                // The answer to it is on its way already; a client that is gone needs none.
                let _ = socket.flush().await;
                return;
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                continue;
            }
        };
        let line = (&head, &session);
        if answer(&house, line, &text, &mut socket, &mut waiting)
            .await
            .is_err()
        {
            return;
        }
    }
}

/// The socket that a request becomes, with messages of at most so many bytes.
pub(super) async fn upgraded(request: Request<Incoming>, limit: usize) -> Option<Socket> {
    let upgraded = hyper::upgrade::on(request).await.ok()?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let io = TokioIo::new(upgraded);
    Some(WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await)
}

/// Ready when the server stops.
pub(super) async fn told(stopping: &mut watch::Receiver<bool>) {
    // A sender that is gone has stopped too.
    drop(stopping.wait_for(|stop| *stop).await);
}

/// Says goodbye to a client because the server stops.
pub(super) async fn part(mut socket: Socket) {
    let goodbye = CloseFrame {
        code: CloseCode::Away,
        reason: Utf8Bytes::from_static("The server is shutting down."),
    };
    // A client that is gone already needs no goodbye.
    let _ = socket.close(Some(goodbye)).await;
}

/// Answers one message.
async fn answer(
    house: &Arc<House>,
    (head, session): (&Head, &Arc<Session>),
    text: &str,
    socket: &mut Socket,
    waiting: &mut VecDeque<Message>,
) -> Result<(), Error> {
    let request = match socket_request(text) {
        Ok(request) => request,
        Err(error) => return send(socket, event_of(&error)).await,
    };
    let body = Bytes::from(request.body.to_string());
    let mut head = head.clone();
    head.method = Method::POST;
    head.headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let call = Call {
        head,
        body,
        form: None,
    };
    let talk = Talk {
        session: Arc::clone(session),
        generates: request.generates,
    };
    let Served { reply, world, .. } = house.gateway.talk(call, talk);
    match reply.body {
        ReplyBody::Whole(body) => {
            // What a turn that failed went on from is forgotten, as the provider does.
            if let Some(id) = request.body["previous_response_id"].as_str() {
                session.forget(id);
            }
            send(socket, refusal(reply.status, &body)).await
        }
        ReplyBody::Fold(frames) => {
            match drive::fold(frames, world, Arc::clone(&house.streams)).await {
                Ok(body) => send(socket, String::from_utf8_lossy(&body).into_owned()).await,
                Err(error) => send(socket, event_of(&error)).await,
            }
        }
        ReplyBody::Stream(mut frames) => {
            let Some(number) = house.streams.open() else {
                let error = no_room();
                frames.abort(&error, &mut BytesMut::new());
                return send(socket, event_of(&error)).await;
            };
            let clock = Arc::clone(&world.clock);
            let stream = StreamBody::new(frames, clock, Arc::clone(&house.streams), number);
            relay(stream, request.stream_id.as_deref(), socket, waiting).await
        }
    }
}

/// Sends the frames of a stream as messages, and keeps what the client says meanwhile.
async fn relay(
    mut stream: StreamBody,
    mark: Option<&str>,
    socket: &mut Socket,
    waiting: &mut VecDeque<Message>,
) -> Result<(), Error> {
    loop {
        let chunk = tokio::select! {
            chunk = std::future::poll_fn(|cx| stream.poll_chunk(cx)) => chunk,
            message = socket.next() => {
                match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => {
                        return Err(Error::ConnectionClosed);
                    }
                    Some(Ok(message)) if waiting.len() < WAITING => waiting.push_back(message),
                    Some(Ok(_)) => return Err(Error::ConnectionClosed),
                }
                continue;
            }
        };
        let Some(Ok(chunk)) = chunk else {
            return socket.flush().await;
        };
        for line in chunk.split(|byte| *byte == b'\n') {
            if let Some(data) = line.strip_prefix(b"data: ") {
                socket.feed(Message::text(marked(data, mark))).await?;
            }
        }
        socket.flush().await?;
    }
}

/// An event with the client's mark, where it set one.
fn marked(event: &[u8], mark: Option<&str>) -> String {
    let mut text = String::from_utf8_lossy(event).into_owned();
    if let Some(mark) = mark
        && text.ends_with('}')
    {
        text.truncate(text.len() - 1);
        text.push_str(&format!(
            ",\"stream_id\":{}}}",
            serde_json::Value::from(mark)
        ));
    }
    text
}

fn event_of(error: &ApiError) -> String {
    let mut out = BytesMut::new();
    socket_error(error, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

async fn send(socket: &mut Socket, text: String) -> Result<(), Error> {
    socket.send(Message::text(text)).await
}

/// An answer that is no stream is an error; its body becomes the socket's event.
fn refusal(status: StatusCode, body: &[u8]) -> String {
    let error = serde_json::from_slice::<serde_json::Value>(body).unwrap_or_default();
    serde_json::json!({
        "type": "error",
        "status": status.as_u16(),
        "error": error.get("error").cloned().unwrap_or_default(),
    })
    .to_string()
}
