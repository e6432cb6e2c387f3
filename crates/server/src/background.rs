//! Answers that are made without anybody waiting, and the numbered frames by which they can be
//! followed, left and taken up again.

use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Frames, Micros, Pull, Stopped};
use parking_lot::Mutex;

use crate::check::Checks;
use crate::player::Player;
use crate::world::World;

/// The frames of a world's background answers, by the id of their object.
#[derive(Default)]
pub(crate) struct Logs {
    inner: Mutex<LogTable>,
}

#[derive(Default)]
struct LogTable {
    by_id: HashMap<String, Arc<FrameLog>>,
    order: VecDeque<String>,
}

impl Logs {
    /// Opens a log; the oldest goes where `most` are kept already.
    pub(crate) fn open(&self, id: &str, streamed: bool, most: usize) -> Arc<FrameLog> {
        let log = Arc::new(FrameLog {
            streamed,
            state: Mutex::default(),
        });
        let mut table = self.inner.lock();
        while table.order.len() >= most.max(1) {
            if let Some(oldest) = table.order.pop_front() {
                table.by_id.remove(&oldest);
            }
        }
        table.order.push_back(id.to_owned());
        table.by_id.insert(id.to_owned(), Arc::clone(&log));
        log
    }

    /// The log of that object, where it has one.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<FrameLog>> {
        self.inner.lock().by_id.get(id).cloned()
    }
}

/// The frames of one answer so far, and who waits for the next.
pub(crate) struct FrameLog {
    /// Whether the answer was asked for as a stream; only then does the provider show it as one.
    pub(crate) streamed: bool,
    state: Mutex<LogState>,
}

#[derive(Default)]
struct LogState {
    frames: Vec<Bytes>,
    ended: bool,
    cancelled: bool,
    followers: Vec<Waker>,
    maker: Option<Waker>,
}

impl FrameLog {
    fn append(&self, out: &mut BytesMut, ended: bool) {
        let mut state = self.state.lock();
        let written = out.split().freeze();
        state.frames.extend(split_frames(&written));
        state.ended |= ended;
        for follower in state.followers.drain(..) {
            follower.wake();
        }
    }

    /// Asks the maker to stop. False where it had ended already.
    pub(crate) fn cancel(&self) -> bool {
        let mut state = self.state.lock();
        if state.ended {
            return false;
        }
        state.cancelled = true;
        if let Some(maker) = state.maker.take() {
            maker.wake();
        }
        true
    }

    fn is_cancelled(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock();
        state.maker = Some(waker.clone());
        state.cancelled
    }
}

/// Server-sent events end with an empty line; each is one frame.
fn split_frames(written: &Bytes) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let mut start = 0;
    while let Some(length) = written[start..].windows(2).position(|pair| pair == b"\n\n") {
        frames.push(written.slice(start..start + length + 2));
        start += length + 2;
    }
    frames
}

/// An answer under way in the background.
pub struct BackgroundRun {
    pub(crate) id: String,
    pub(crate) world: Arc<World>,
    pub(crate) player: Player,
    pub(crate) log: Arc<FrameLog>,
    pub(crate) out: BytesMut,
    pub(crate) checks: Arc<Checks>,
}

impl BackgroundRun {
    /// Makes what is due at `now` and says how to go on.
    pub fn advance(&mut self, now: Micros, waker: &Waker) -> Pull {
        if self.log.is_cancelled(waker) {
            self.player.stop(Stopped::ByClient, &mut self.out);
            self.log.append(&mut self.out, true);
            return Pull::End;
        }
        let (player, out) = (&mut self.player, &mut self.out);
        // A bug here may not leave those waiting who follow the log.
        let pulled = catch_unwind(AssertUnwindSafe(|| player.pull(now, out, waker)));
        let pull = pulled.unwrap_or_else(|_| Pull::Failed(Box::new(self.checks.panicked())));
        let ended = matches!(pull, Pull::End | Pull::Cut | Pull::Failed(_));
        self.log.append(&mut self.out, ended);
        pull
    }

    /// The id of the object that it makes.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The world it runs in.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }
}

/// A reader of a log.
pub(crate) struct Follower {
    log: Arc<FrameLog>,
    next: usize,
    visit: Option<crate::visit::Visit>,
}

impl Follower {
    /// Reads from frame `first` on.
    pub(crate) fn new(log: Arc<FrameLog>, first: usize) -> Self {
        Self {
            log,
            next: first,
            visit: None,
        }
    }

    /// Makes the visit end when the reading does.
    pub(crate) fn attend(&mut self, visit: crate::visit::Visit) {
        self.visit = Some(visit);
    }
}

impl Frames for Follower {
    fn pull(&mut self, _: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        let mut state = self.log.state.lock();
        let fresh = state.frames.get(self.next..).unwrap_or_default();
        for frame in fresh {
            out.extend_from_slice(frame);
        }
        self.next += fresh.len();
        if !state.ended {
            state.followers.push(waker.clone());
            return Pull::Pending;
        }
        drop(state);
        if let Some(visit) = self.visit.take() {
            visit.close(None);
        }
        Pull::End
    }

    /// A follower that is cut off can come back; the log goes on without it.
    fn abort(&mut self, _: &ApiError, _: &mut BytesMut) {}
}
