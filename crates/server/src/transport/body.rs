//! Bodies on their way out. A stream pulls its frames when they are due on its world's clock and
//! sends what is due together in one write.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Clock, ErrorKind, Frames, Micros, Pull, Stopped};
use hyper::body::{Body, Frame, SizeHint};

use super::streams::OpenStreams;
use crate::clock::{Alarm, WorldClock};

/// A body on its way out.
pub(crate) enum OutBody {
    /// All of it, until it has been taken.
    Whole(Option<Bytes>),
    /// A stream.
    Stream(Box<StreamBody>),
}

/// A connection that is to be cut.
#[derive(Debug)]
pub(crate) struct CutOff;

impl std::fmt::Display for CutOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer was cut off on purpose")
    }
}

impl std::error::Error for CutOff {}

impl From<Infallible> for CutOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A stream of frames, each sent when it is due.
pub(crate) struct StreamBody {
    frames: Box<dyn Frames>,
    clock: Arc<WorldClock>,
    alarm: Alarm,
    buffer: BytesMut,
    streams: Arc<OpenStreams>,
    number: u64,
    registered: Option<Waker>,
    ended: bool,
}

impl StreamBody {
    /// A stream under the number that `streams` gave it.
    pub(crate) fn new(
        frames: Box<dyn Frames>,
        clock: Arc<WorldClock>,
        streams: Arc<OpenStreams>,
        number: u64,
    ) -> Self {
        Self {
            frames,
            alarm: Alarm::new(Arc::clone(&clock)),
            clock,
            buffer: BytesMut::new(),
            streams,
            number,
            registered: None,
            ended: false,
        }
    }

    /// What is due, when it is due; none at the end.
    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CutOff>>> {
        while !self.ended {
            if self.streams.is_closing() {
                self.ended = true;
                self.frames.abort(&stopping(), &mut self.buffer);
                break;
            }
            let due = match self
                .frames
                .pull(self.clock.now(), &mut self.buffer, cx.waker())
            {
                Pull::More => None,
                Pull::DueAt(due) => Some(Some(due)),
                Pull::Pending => Some(None),
                Pull::Cut => return Poll::Ready(Some(Err(CutOff))),
                Pull::End => {
                    self.ended = true;
                    None
                }
                Pull::Failed(error) => {
                    self.ended = true;
                    self.frames.abort(&error, &mut self.buffer);
                    None
                }
            };
            if !self.buffer.is_empty() {
                break;
            }
            if let Some(due) = due
                && self.wait(due, cx).is_pending()
            {
                return Poll::Pending;
            }
        }
        if self.buffer.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(self.buffer.split().freeze())))
    }

    /// Nobody wants the rest: what tells so.
    pub(crate) fn cancel(mut self, why: Stopped) -> Bytes {
        if !self.ended {
            self.ended = true;
            self.frames.cancel(why, &mut self.buffer);
        }
        self.buffer.split().freeze()
    }

    fn wait(&mut self, due: Option<Micros>, cx: &mut Context<'_>) -> Poll<()> {
        if !self
            .registered
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            self.registered = Some(cx.waker().clone());
            self.streams.wait(self.number, cx.waker());
            // The server may have begun to stop before it knew this waker.
            if self.streams.is_closing() {
                return Poll::Ready(());
            }
        }
        let waits = match due {
            Some(due) => self.alarm.poll_until(due, cx),
            None => Poll::Pending,
        };
        if waits.is_pending() {
            // What was sent last has been written by now; a stream that waits keeps no room.
            self.buffer = BytesMut::new();
        }
        waits
    }
}

impl Drop for StreamBody {
    fn drop(&mut self) {
        self.streams.close(self.number);
    }
}

/// The error that an open stream ends with when the server stops.
pub(crate) fn stopping() -> ApiError {
    ApiError::new(
        ErrorKind::Overloaded,
        "The server is shutting down. Please retry your request in a moment.",
    )
}

impl Body for OutBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.get_mut() {
            OutBody::Whole(body) => Poll::Ready(body.take().map(|body| Ok(Frame::data(body)))),
            OutBody::Stream(stream) => stream
                .poll_chunk(cx)
                .map(|chunk| chunk.map(|chunk| chunk.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            OutBody::Whole(body) => body.as_ref().is_none_or(Bytes::is_empty),
            OutBody::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            OutBody::Whole(body) => {
                SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64)
            }
            OutBody::Stream(_) => SizeHint::default(),
        }
    }
}
