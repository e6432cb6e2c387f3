//! What the hall makes of a call, and the reply that it becomes.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, ErrorKind, Frames, Pull, Reply, ReplyBody};
use fakeai_contract::{Api, Operation};
use fakeai_dialects::error as wire;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::background::Follower;
use crate::blob_frames::BlobFrames;
use crate::check::Checked;
use crate::edge::Edge;
use crate::gateway::Gateway;
use crate::player::Player;
use crate::question::Question;
use crate::visit::Visit;
use crate::world::World;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");

/// What the hall makes of a call.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: HeaderValue,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    /// The operation by whose contract the answer is checked.
    pub(crate) operation: Option<&'static Operation>,
}

/// The body of an answer.
pub(crate) enum Body {
    /// All of it.
    Whole(Bytes),
    /// Played and sent as one piece.
    Fold(Box<Player>),
    /// Played and streamed.
    Stream(Box<Player>),
    /// Read from the log of a background answer. The visit ends with the reading, unless the
    /// background answer has it.
    Follow(Box<Follower>),
    /// Read from a blob.
    Blob(Box<BlobFrames>),
    /// Made once other calls have been answered.
    Asked(Box<Question>),
}

impl Answer {
    /// A JSON document.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self::new(JSON, Body::Whole(body.into()))
    }

    /// A JSON value.
    pub(crate) fn value(value: &Value) -> Self {
        Self::json(value.to_string())
    }

    /// A page of another type.
    pub(crate) fn page(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(
            HeaderValue::from_static(content_type),
            Body::Whole(body.into()),
        )
    }

    /// Bytes of a type that is known at run time only.
    pub(crate) fn typed(content_type: &str, body: Bytes) -> Self {
        let binary = HeaderValue::from_static("application/octet-stream");
        let content_type = HeaderValue::from_str(content_type).unwrap_or(binary);
        Self::new(content_type, Body::Whole(body))
    }

    /// An answer that is played.
    pub(crate) fn play(player: Player, stream: bool) -> Self {
        let player = Box::new(player);
        if stream {
            Self::new(EVENTS, Body::Stream(player))
        } else {
            let media = HeaderValue::from_static(player.media());
            Self::new(media, Body::Fold(player))
        }
    }

    /// Bytes that are read as they are sent.
    pub(crate) fn frames(content_type: &str, frames: Box<BlobFrames>) -> Self {
        let binary = HeaderValue::from_static("application/octet-stream");
        let content_type = HeaderValue::from_str(content_type).unwrap_or(binary);
        Self::new(content_type, Body::Blob(frames))
    }

    /// An answer that is followed.
    pub(crate) fn follow(follower: Follower) -> Self {
        Self::new(EVENTS, Body::Follow(Box::new(follower)))
    }

    /// An answer that waits for those to other calls.
    pub(crate) fn asked(question: Question) -> Self {
        Self::new(JSON, Body::Asked(Box::new(question)))
    }

    fn new(content_type: HeaderValue, body: Body) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            headers: HeaderMap::new(),
            body,
            operation: None,
        }
    }

    /// The same answer, checked by an operation's contract.
    pub(crate) fn of(mut self, operation: &'static Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// The reply to a call that did not fail. An answer whose last token is due already goes out
    /// in one piece at once.
    pub(crate) fn into_reply(self, mut visit: Visit, gateway: &Gateway, world: &World) -> Reply {
        let Self {
            status,
            content_type,
            headers,
            body,
            operation,
        } = self;
        let api = visit.api;
        visit.note(|record| {
            record.status = status.as_u16();
            record.streamed = matches!(body, Body::Stream(_) | Body::Follow(_));
        });
        let is_checked = content_type == JSON || content_type == EVENTS;
        let checker = operation
            .filter(|_| world.rules.check_responses && is_checked)
            .map(|operation| {
                Checked::new(
                    Arc::clone(&gateway.checks),
                    gateway.contract,
                    operation,
                    api,
                )
            });
        let body = match body {
            Body::Whole(body) => {
                if let Some(checker) = checker
                    && let Err(error) = checker.whole(status, &content_type, &body)
                {
                    return fail(visit, &error);
                }
                visit.replied(&body);
                visit.close(None);
                ReplyBody::Whole(body)
            }
            Body::Fold(mut player) => {
                player.attend(visit);
                match fold(player, checker, api, gateway, world) {
                    Ok(body) => body,
                    Err(error) => return failure(api, &error),
                }
            }
            Body::Asked(mut question) => {
                question.attend(visit);
                match fold(question, checker, api, gateway, world) {
                    Ok(body) => body,
                    Err(error) => return failure(api, &error),
                }
            }
            Body::Stream(mut player) => {
                player.attend(visit);
                let frames = Edge::around(player, Arc::clone(&gateway.checks), api);
                ReplyBody::Stream(checked_stream(checker, frames))
            }
            Body::Follow(mut follower) => {
                follower.attend(visit);
                ReplyBody::Stream(checked_stream(checker, follower))
            }
            Body::Blob(mut frames) => {
                frames.attend(visit);
                ReplyBody::Stream(frames)
            }
        };
        reply(status, headers, content_type, body)
    }
}

/// The reply to a call that failed, in the provider's shape, with the visit closed.
pub(crate) fn fail(mut visit: Visit, error: &ApiError) -> Reply {
    let reply = failure(visit.api, error);
    visit.note(|record| record.status = reply.status.as_u16());
    if let ReplyBody::Whole(body) = &reply.body {
        visit.replied(body);
    }
    visit.close(Some(error));
    reply
}

/// An error in the shape of its wire.
pub fn failure(api: Api, error: &ApiError) -> Reply {
    let mut body = BytesMut::with_capacity(256);
    wire::write(api, error, &mut body);
    let body = ReplyBody::Whole(body.freeze());
    reply(wire::status(api, error), error_headers(error), JSON, body)
}

fn checked_stream(checker: Option<Checked>, frames: Box<dyn Frames>) -> Box<dyn Frames> {
    match checker {
        Some(checker) => checker.stream(frames),
        None => frames,
    }
}

/// A body of one piece: whole where all of it is due now.
fn fold(
    frames: Box<dyn Frames>,
    checker: Option<Checked>,
    api: Api,
    gateway: &Gateway,
    world: &World,
) -> Result<ReplyBody, ApiError> {
    let mut frames = Edge::around(frames, Arc::clone(&gateway.checks), api);
    if let Some(checker) = checker {
        frames = checker.fold(frames);
    }
    match settle(&mut frames, world) {
        Some(body) => body.map(ReplyBody::Whole),
        None => Ok(ReplyBody::Fold(frames)),
    }
}

/// The whole body, where all of it is due now.
fn settle(frames: &mut Box<dyn Frames>, world: &World) -> Option<Result<Bytes, ApiError>> {
    let mut out = BytesMut::with_capacity(2048);
    loop {
        match frames.pull(world.now(), &mut out, Waker::noop()) {
            Pull::More => {}
            Pull::End => return Some(Ok(out.freeze())),
            Pull::Failed(error) => return Some(Err(*error)),
            Pull::DueAt(_) | Pull::Pending | Pull::Cut => return None,
        }
    }
}

fn reply(
    status: StatusCode,
    mut headers: HeaderMap,
    content_type: HeaderValue,
    body: ReplyBody,
) -> Reply {
    // A client that reads a type expects a body of it.
    if !matches!(&body, ReplyBody::Whole(body) if body.is_empty()) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    if matches!(body, ReplyBody::Stream(_)) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    Reply {
        status,
        headers,
        body,
    }
}

fn error_headers(error: &ApiError) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(span) = error.retry_after {
        let seconds = span.0.div_ceil(1_000_000);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        headers.insert(
            HeaderName::from_static("retry-after-ms"),
            HeaderValue::from(span.0.div_ceil(1_000)),
        );
    }
    if let ErrorKind::MethodNotAllowed(allow) = &error.kind
        && let Ok(allow) = HeaderValue::from_str(allow)
    {
        headers.insert(header::ALLOW, allow);
    }
    headers
}
