//! The socket of a realtime session: the client's messages go into the session, what the session says
//! and the events of its answers go out, and its timers are kept.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Clock, ErrorKind, Head, ReplyBody, Stopped};
use futures_util::{SinkExt, StreamExt};
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use hyper::body::Incoming;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::body::StreamBody;
use super::serve::{House, no_room};
use super::websocket::{Socket, part, told, upgraded};
use crate::clock::Alarm;
use crate::gateway::{Admitted, Served};
use crate::realtime::{self, Out, Session, problem_of};

/// Bytes of one message at most: 15 MiB of sound in base64, and its envelope.
const MESSAGE: usize = 21 << 20;

/// How the socket is closed where no session is held.
const REFUSED: u16 = 4000;

/// Takes from the protocols that a browser names what it can't say otherwise (the key, the project, the
/// organisation), and gives the one that is spoken.
pub(super) fn protocol(headers: &mut HeaderMap) -> Option<HeaderValue> {
    let named = headers.get(SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let named: Vec<String> = named.split(',').map(|one| one.trim().to_owned()).collect();
    let said = |start: &str| named.iter().find_map(|one| one.strip_prefix(start));
    let pairs = [
        ("openai-insecure-api-key.", AUTHORIZATION, "Bearer "),
        (
            "openai-organization.",
            HeaderName::from_static("openai-organization"),
            "",
        ),
        (
            "openai-project.",
            HeaderName::from_static("openai-project"),
            "",
        ),
    ];
    for (start, name, before) in pairs {
        let value =
            said(start).and_then(|said| HeaderValue::from_str(&format!("{before}{said}")).ok());
        if let Some(value) = value
            && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    }
    let spoken = named.iter().any(|one| one == "realtime");
    spoken.then_some(HeaderValue::from_static("realtime"))
}

/// Holds a session until either side ends it.
pub(super) async fn hold(
    house: Arc<House>,
    head: Head,
    admitted: Admitted,
    request: Request<Incoming>,
    mut stopping: watch::Receiver<bool>,
) {
    let opened = realtime::open(&house.gateway, &head, &admitted);
    let Some(socket) = upgraded(request, MESSAGE).await else {
        return;
    };
    let session = match opened {
        Ok(session) => session,
        Err(problem) => return refuse(socket, &admitted, &problem).await,
    };
    let mut line = Line {
        alarm: Alarm::new(Arc::clone(&admitted.world.clock)),
        house,
        head,
        admitted,
        session,
        socket,
        streams: Vec::new(),
        waiting: VecDeque::new(),
    };
    while let Ok(true) = line.turn(&mut stopping).await {}
    if *stopping.borrow() && line.streams.is_empty() {
        part(line.socket).await;
    }
}

/// Tells why a session is not held, and closes.
async fn refuse(mut socket: Socket, admitted: &Admitted, problem: &ApiError) {
    let event = realtime::refusal(&admitted.world, admitted.number, problem);
    // A client that is gone already needs no reason.
    let _ = socket.send(Message::text(event)).await;
    let code = problem.code.as_deref().unwrap_or("invalid_request");
    let reason = format!("invalid_request_error.{code}");
    let _ = close(&mut socket, CloseCode::from(REFUSED), &reason).await;
}

async fn close(socket: &mut Socket, code: CloseCode, reason: &str) -> Result<(), Error> {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    socket.close(Some(frame)).await
}

/// A session and all that is under way for it.
struct Line {
    house: Arc<House>,
    head: Head,
    admitted: Admitted,
    session: Session,
    socket: Socket,
    alarm: Alarm,
    streams: Vec<Stream>,
    /// Transcripts that wait for the one before them.
    waiting: VecDeque<(String, serde_json::Value)>,
}

struct Stream {
    /// The number of the answer; none for a transcript.
    answer: Option<u64>,
    body: StreamBody,
}

/// What has happened.
enum Happened {
    Said(Option<Result<Message, Error>>),
    Frames(usize, Option<Bytes>),
    Due,
    Stopping,
}

impl Line {
    /// Does what there is to do, waits for the next thing that happens, and says whether to go on.
    async fn turn(&mut self, stopping: &mut watch::Receiver<bool>) -> Result<bool, Error> {
        while let Some(out) = self.session.next() {
            if !self.carry_out(out).await? {
                return Ok(false);
            }
        }
        self.socket.flush().await?;
        let clock = Arc::clone(&self.admitted.world.clock);
        match self.next(stopping).await {
            Happened::Said(Some(Ok(Message::Text(text)))) => {
                self.session.receive(&text, clock.now());
            }
            Happened::Said(Some(Ok(Message::Close(_)))) => {
                self.socket.flush().await?;
                return Ok(false);
            }
            Happened::Said(Some(Err(Error::Capacity(_)))) => {
                let reason = "The message is too large.";
                close(&mut self.socket, CloseCode::Size, reason).await?;
                return Ok(false);
            }
            Happened::Said(Some(Err(_)) | None) => return Ok(false),
            Happened::Said(Some(Ok(_))) => {}
            Happened::Frames(place, Some(chunk)) => {
                let answer = self.streams[place].answer;
                self.send(answer, &chunk).await?;
            }
            Happened::Frames(place, None) => {
                let answer = self.streams.swap_remove(place).answer;
                self.over(answer);
            }
            Happened::Due => self.session.wake(clock.now()),
            Happened::Stopping => return Ok(false),
        }
        Ok(true)
    }

    async fn next(&mut self, stopping: &mut watch::Receiver<bool>) -> Happened {
        let clock = &self.admitted.world.clock;
        let due = (!clock.is_virtual()).then(|| self.session.due());
        let is_idle = self.streams.is_empty();
        let (streams, alarm) = (&mut self.streams, &mut self.alarm);
        let frames = poll_fn(|cx| {
            for (place, stream) in streams.iter_mut().enumerate() {
                if let Poll::Ready(chunk) = stream.body.poll_chunk(cx) {
                    return Poll::Ready((place, chunk.and_then(Result::ok)));
                }
            }
            Poll::Pending
        });
        let time = poll_fn(|cx| match due {
            Some(due) => alarm.poll_until(due, cx),
            None => Poll::Pending,
        });
        tokio::select! {
            biased;
            () = told(stopping), if is_idle => Happened::Stopping,
            message = self.socket.next() => Happened::Said(message),
            (place, chunk) = frames => Happened::Frames(place, chunk),
            () = time => Happened::Due,
        }
    }

    async fn carry_out(&mut self, out: Out) -> Result<bool, Error> {
        match out {
            Out::Say(event) => {
                self.house.gateway.check_told(&self.admitted.world, &event);
                self.socket.feed(Message::text(event)).await?;
            }
            Out::Answer { number, turn } => {
                self.begin(Some(number), "", &turn);
                self.send_first(number).await?;
            }
            Out::Listen { item, turn } => {
                self.waiting.push_back((item, turn));
                self.listen();
            }
            Out::Stop { number, why } => self.stop(number, why).await?,
            Out::Close(reason) => {
                close(&mut self.socket, CloseCode::Away, &reason).await?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Begins the next transcript, unless one is under way.
    fn listen(&mut self) {
        if self.streams.iter().any(|stream| stream.answer.is_none()) {
            return;
        }
        if let Some((item, turn)) = self.waiting.pop_front() {
            self.begin(None, &item, &turn);
        }
    }

    /// Asks for an answer, or for the transcript of an item.
    fn begin(&mut self, answer: Option<u64>, item: &str, turn: &serde_json::Value) {
        let call = realtime::call(&self.head, turn);
        let Admitted { world, caller, .. } = &self.admitted;
        let Served { reply, .. } = self.house.gateway.turn(world, call, caller);
        let problem = match reply.body {
            ReplyBody::Stream(mut frames) => match self.house.streams.open() {
                Some(number) => {
                    let clock = Arc::clone(&world.clock);
                    let streams = Arc::clone(&self.house.streams);
                    let body = StreamBody::new(frames, clock, streams, number);
                    self.streams.push(Stream { answer, body });
                    return self.session.limits(answer, &reply.headers);
                }
                None => {
                    frames.abort(&no_room(), &mut BytesMut::new());
                    no_room()
                }
            },
            ReplyBody::Whole(body) => problem_of(reply.status, &body),
            ReplyBody::Fold(_) => {
                ApiError::new(ErrorKind::Server, "The answer of a session is streamed.")
            }
        };
        match answer {
            Some(number) => self.session.refused(number, &problem, world.now()),
            None => self.session.unheard(item, &problem),
        }
    }

    /// Sends what is due of an answer that has just begun, so that it has an id before anything else
    /// happens.
    async fn send_first(&mut self, number: u64) -> Result<(), Error> {
        let mut streams = self.streams.iter_mut();
        let Some(stream) = streams.find(|stream| stream.answer == Some(number)) else {
            return Ok(());
        };
        let first = poll_fn(|cx| Poll::Ready(stream.body.poll_chunk(cx))).await;
        match first {
            Poll::Ready(Some(Ok(chunk))) => self.send(Some(number), &chunk).await,
            Poll::Ready(_) | Poll::Pending => Ok(()),
        }
    }

    async fn stop(&mut self, number: u64, why: Stopped) -> Result<(), Error> {
        let is_it = |stream: &Stream| stream.answer == Some(number);
        let Some(place) = self.streams.iter().position(is_it) else {
            return Ok(());
        };
        let Stream { answer, body } = self.streams.swap_remove(place);
        let rest = body.cancel(why);
        self.send(answer, &rest).await?;
        self.over(answer);
        Ok(())
    }

    fn over(&mut self, answer: Option<u64>) {
        match answer {
            Some(number) => self.session.answered(number, self.admitted.world.now()),
            None => self.listen(),
        }
    }

    /// Sends the events of a chunk.
    async fn send(&mut self, answer: Option<u64>, chunk: &[u8]) -> Result<(), Error> {
        let now = self.admitted.world.now();
        for line in chunk.split(|byte| *byte == b'\n') {
            let Some(data) = line.strip_prefix(b"data: ") else {
                continue;
            };
            let event = String::from_utf8_lossy(data);
            match answer {
                Some(number) => self.session.passes(number, &event, now),
                None => self.session.transcribed(&event),
            }
            self.socket.feed(Message::text(event.into_owned())).await?;
        }
        Ok(())
    }
}
