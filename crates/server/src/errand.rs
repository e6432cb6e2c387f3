//! Calls that stored objects send: the lines of a batch, the samples of an evaluation. They go
//! through the whole house as a client's would, and their answers go back to the object.

use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{Call, Frames, Micros, Pull, Reply, ReplyBody};
use fakeai_contract::Api;
use fakeai_resources::{Errand, Returned};
use http::Method;

use crate::answer::failure;
use crate::clock::WorldClock;
use crate::gateway::{Behalf, Gateway};
use crate::resource;
use crate::tasks;
use crate::world::World;

/// The family whose calls are lines of a batch.
const BATCHES: &str = "batches";

/// An errand under way.
pub struct ErrandRun {
    world: Arc<World>,
    errand: Errand,
    sent: Option<Sent>,
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
        let blocks = self.world.blocks();
        tasks::aside_where(blocks, || self.go_on(gateway, now, waker))
    }

    fn go_on(&mut self, gateway: &Gateway, now: Micros, waker: &Waker) -> Pull {
        let mut sent = match self.sent.take() {
            Some(sent) => sent,
            None => self.send(gateway),
        };
        if let Some(pull) = sent.pull(now, waker) {
            self.sent = Some(sent);
            return pull;
        }
        let answer = sent.returned(self.errand.tag.clone());
        resource::returned(gateway, &self.world, &self.errand, &answer);
        Pull::End
    }

    fn send(&self, gateway: &Gateway) -> Sent {
        let body = self.errand.body.clone();
        let maker = self.world.makers.of(&self.errand.id);
        let project = self.errand.project.as_deref().unwrap_or_default();
        let behalf = Behalf {
            // After a restart nobody knows the maker any more, but whose the object is.
            caller: maker.unwrap_or_else(|| self.world.keyring.anyone_in(project)),
            batch: self.errand.family == BATCHES,
        };
        Sent::new(gateway, &self.world, &self.errand.path, body, behalf)
    }
}

/// A call under way, and what has come back of it so far.
pub(crate) struct Sent {
    status: u16,
    request_id: String,
    frames: Option<Box<dyn Frames>>,
    out: BytesMut,
}

impl Sent {
    /// Sends a `POST` through the whole house.
    pub(crate) fn new(
        gateway: &Gateway,
        world: &Arc<World>,
        path: &str,
        body: Bytes,
        behalf: Behalf,
    ) -> Self {
        let call = Call::new(Method::POST, path).json(body);
        let reply = gateway.errand(world, call, behalf);
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

    /// Takes what is due. None where all is there.
    pub(crate) fn pull(&mut self, now: Micros, waker: &Waker) -> Option<Pull> {
        match self.frames.as_mut()?.pull(now, &mut self.out, waker) {
            Pull::End | Pull::Cut => {}
            Pull::Failed(error) => self.failed(failure(Api::OpenAi, &error)),
            pull @ (Pull::More | Pull::DueAt(_) | Pull::Pending) => return Some(pull),
        }
        self.frames = None;
        None
    }

    /// The answer, all of which is there.
    pub(crate) fn returned(self, tag: String) -> Returned {
        Returned {
            tag,
            status: self.status,
            request_id: self.request_id,
            body: self.out.freeze(),
        }
    }

    fn failed(&mut self, reply: Reply) {
        self.status = reply.status.as_u16();
        self.out = match reply.body {
            ReplyBody::Whole(body) => BytesMut::from(body),
            ReplyBody::Fold(_) | ReplyBody::Stream(_) => BytesMut::from(Bytes::new()),
        };
    }
}
