//! One request: head and body in, a call to the hall, the reply back out.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Call, ErrorKind, Head, Micros, Reply, ReplyBody};
use fakeai_contract::Api;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, request};
use hyper::body::Incoming;
use tokio::sync::watch;

use super::body::{OutBody, StreamBody};
use super::cors::Cors;
use super::drive;
use super::incoming;
use super::streams::OpenStreams;
use super::websocket;
use crate::answer::failure;
use crate::gateway::{Gateway, Served};
use crate::world::World;

/// Bodies up to this size are read without looking up the cap of their operation first.
const SMALL_BODY: u64 = 64 << 10;

/// What every connection of a server shares.
pub(crate) struct House {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) streams: Arc<OpenStreams>,
    pub(crate) cors: Option<Cors>,
    pub(crate) body_timeout: Duration,
    /// The most bytes and lines that a request's head may have.
    pub(crate) head_limit: HeadLimit,
    /// Tells every WebSocket that the server stops. Each holds a receiver until it has ended.
    pub(crate) stop: watch::Sender<bool>,
}

/// Answers one request.
pub(crate) async fn request(
    house: Arc<House>,
    request: Request<Incoming>,
) -> Result<Response<OutBody>, Infallible> {
    let Some(cors) = &house.cors else {
        return Ok(answer(&house, request).await);
    };
    if request.headers().get(http::header::ORIGIN).is_none() {
        return Ok(answer(&house, request).await);
    }
    let asked = request.headers().clone();
    let preflight = Cors::is_preflight(request.method(), request.headers());
    let mut response = if preflight {
        let mut response = Response::new(OutBody::Whole(None));
        *response.status_mut() = StatusCode::NO_CONTENT;
        cors.permit(&asked, response.headers_mut());
        response
    } else {
        answer(&house, request).await
    };
    cors.mark(&asked, response.headers_mut());
    Ok(response)
}

async fn answer(house: &Arc<House>, request: Request<Incoming>) -> Response<OutBody> {
    if !house.head_limit.holds(request.headers()) {
        let (parts, _) = request.into_parts();
        let refused = house.gateway.refuse(&head(parts), &head_too_large());
        return respond(house, refused).await;
    }
    if websocket::is_asked(&request) {
        return websocket::open(house, request);
    }
    let (parts, body) = request.into_parts();
    let head = head(parts);
    let announced = incoming::announced(&head.headers);
    let limit = match announced {
        Some(length) if length <= SMALL_BODY => SMALL_BODY,
        Some(_) | None => house.gateway.body_limit(&head),
    };
    // A body that is known to be too long is not kept; the hall words the refusal.
    let read = match announced {
        Some(length) if length > limit => {
            Box::pin(incoming::drain(body, house.body_timeout)).await;
            Err(crate::gate::size::too_large(limit))
        }
        Some(_) | None => match house.gateway.takes_form(&head) {
            Some((world, boundary)) => {
                let limit = house.gateway.body_limit(&head);
                let blobs = &*world.blobs;
                let form = incoming::form(body, boundary, limit, house.body_timeout, blobs);
                Box::pin(form).await.map(|form| (Bytes::new(), Some(form)))
            }
            None => {
                let body = incoming::read(body, limit, house.body_timeout).await;
                body.map(|body| (body, None))
            }
        },
    };
    let served = match read {
        Ok((body, form)) => house.gateway.handle(Call { head, body, form }),
        Err(error) => house.gateway.refuse(&head, &error),
    };
    respond(house, served).await
}

fn head(parts: request::Parts) -> Head {
    let (path, query) = (
        parts.uri.path().to_owned(),
        parts.uri.query().unwrap_or_default(),
    );
    Head {
        method: parts.method,
        path,
        query: query.to_owned(),
        headers: parts.headers,
    }
}

async fn respond(house: &House, served: Served) -> Response<OutBody> {
    let Served {
        reply,
        world,
        started,
        api,
    } = served;
    let Reply {
        status,
        headers,
        body,
    } = reply;
    match body {
        ReplyBody::Whole(body) => whole(&world, started, status, headers, body),
        ReplyBody::Fold(frames) => {
            let fold = drive::fold(frames, Arc::clone(&world), Arc::clone(&house.streams));
            match Box::pin(fold).await {
                Ok(body) => whole(&world, started, status, headers, body),
                Err(error) => error_response(&world, started, headers, (api, &error)),
            }
        }
        ReplyBody::Stream(mut frames) => match house.streams.open() {
            Some(number) => {
                let clock = Arc::clone(&world.clock);
                let stream = StreamBody::new(frames, clock, Arc::clone(&house.streams), number);
                let mut response = Response::new(OutBody::Stream(Box::new(stream)));
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                stamp(&world, started, response.headers_mut());
                response
            }
            None => {
                let error = no_room();
                // What it would have said goes nowhere; the journal learns why it ended.
                frames.abort(&error, &mut BytesMut::new());
                error_response(&world, started, headers, (api, &error))
            }
        },
    }
}

fn whole(
    world: &World,
    started: Micros,
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
) -> Response<OutBody> {
    let mut response = Response::new(OutBody::Whole(Some(body)));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    stamp(world, started, response.headers_mut());
    response
}

fn error_response(
    world: &World,
    started: Micros,
    mut headers: HeaderMap,
    (api, error): (Api, &ApiError),
) -> Response<OutBody> {
    let Reply {
        status,
        headers: own,
        body,
    } = failure(api, error);
    headers.extend(own);
    let body = match body {
        ReplyBody::Whole(body) => body,
        ReplyBody::Fold(_) | ReplyBody::Stream(_) => Bytes::new(),
    };
    whole(world, started, status, headers, body)
}

fn stamp(world: &World, started: Micros, headers: &mut HeaderMap) {
    let milliseconds = world.now().since(started).0.div_ceil(1_000);
    headers.insert(
        HeaderName::from_static("openai-processing-ms"),
        HeaderValue::from(milliseconds),
    );
}

/// How large the head of a request may be. The protocol's own limits lie above it, so that what
/// is only a little too large is refused in words.
#[derive(Clone, Copy)]
pub(crate) struct HeadLimit {
    pub(crate) bytes: usize,
    pub(crate) lines: usize,
}

impl HeadLimit {
    fn holds(self, headers: &HeaderMap) -> bool {
        let bytes = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len());
        headers.len() <= self.lines && bytes.sum::<usize>() <= self.bytes
    }
}

fn head_too_large() -> ApiError {
    ApiError::invalid("The headers of your request are too large or too many.")
        .code("headers_too_large")
}

pub(super) fn no_room() -> ApiError {
    ApiError::new(
        ErrorKind::Overloaded,
        "The engine is currently overloaded, please try again later.",
    )
    .retry_after(Micros::from_millis(1_000))
}
