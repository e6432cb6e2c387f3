//! Calls that stored objects send: the lines of a batch, the samples of an evaluation. They go
//! through the whole house as a client's would, and their answers go back to the object.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{Call, Frames, Micros, Pull, Reply, ReplyBody};
use fakeai_resources::{Errand, Returned};
use http::Method;

use crate::answer::failure;
use crate::clock::WorldClock;
use crate::gateway::Gateway;
use crate::resource;
use crate::world::World;

/// An errand under way.
pub struct ErrandRun {
    world: Arc<World>,
    errand: Errand,
    sent: Option<Sent>,
}

/// What has come back so far.
struct Sent {
    status: u16,
    request_id: String,
    frames: Option<Box<dyn Frames>>,
    out: BytesMut,
}

impl ErrandRun {
    /// An errand that is sent when it is first driven.
    pub(crate) fn new(world: Arc<World>, errand: Errand) -> Self {
        Self {
            world,
            errand,
            sent: None,
        }
    }

    /// The clock that the answer goes by.
    pub(crate) fn clock(&self) -> &Arc<WorldClock> {
        &self.world.clock
    }

    /// Takes what is due of the answer, and hands all of it over at its end.
    pub(crate) fn advance(&mut self, gateway: &Gateway, now: Micros, waker: &Waker) -> Pull {
        let mut sent = match self.sent.take() {
            Some(sent) => sent,
            None => self.send(gateway),
        };
        if let Some(frames) = &mut sent.frames {
            match frames.pull(now, &mut sent.out, waker) {
                Pull::End | Pull::Cut => {}
                Pull::Failed(error) => sent.failed(failure(&error)),
                pull @ (Pull::More | Pull::DueAt(_) | Pull::Pending) => {
                    self.sent = Some(sent);
                    return pull;
                }
            }
        }
        let answer = Returned {
            tag: self.errand.tag.clone(),
            status: sent.status,
            request_id: sent.request_id,
            body: sent.out.freeze(),
        };
        resource::returned(gateway, &self.world, &self.errand, &answer);
        Pull::End
    }

    fn send(&self, gateway: &Gateway) -> Sent {
        let call = Call::new(Method::POST, &self.errand.path).json(self.errand.body.clone());
        let reply = gateway.errand(&self.world, call);
        let id = reply.headers.get("x-request-id");
        let request_id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
        let mut sent = Sent {
            status: reply.status.as_u16(),
            request_id: request_id.to_owned(),
            frames: None,
            out: BytesMut::new(),
        };
        match reply.body {
            ReplyBody::Whole(body) => sent.out = BytesMut::from(body),
            ReplyBody::Fold(frames) | ReplyBody::Stream(frames) => sent.frames = Some(frames),
        }
        sent
    }
}

impl Sent {
    fn failed(&mut self, reply: Reply) {
        self.status = reply.status.as_u16();
        self.out = match reply.body {
            ReplyBody::Whole(body) => BytesMut::from(body),
            ReplyBody::Fold(_) | ReplyBody::Stream(_) => BytesMut::from(Bytes::new()),
        };
    }
}
