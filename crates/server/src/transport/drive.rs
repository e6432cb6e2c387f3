//! Waiting on a world's clock for what the hall has only described.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use fakeai_canon::{ApiError, Clock, Frames, Pull};

use super::body::stopping;
use super::serve::no_room;
use super::streams::OpenStreams;
use crate::activity::Activity;
use crate::clock::Alarm;
use crate::gateway::Gateway;
use crate::run::Run;
use crate::world::World;

/// The whole body of an answer that is sent as one piece.
pub(crate) async fn fold(
    mut frames: Box<dyn Frames>,
    world: Arc<World>,
    streams: Arc<OpenStreams>,
) -> Result<Bytes, ApiError> {
    let Some(number) = streams.open() else {
        return Err(no_room());
    };
    let place = Place { streams, number };
    let mut out = BytesMut::with_capacity(1024);
    let mut alarm = Alarm::new(Arc::clone(&world.clock));
    std::future::poll_fn(move |cx| {
        place.streams.wait(place.number, cx.waker());
        if place.streams.is_closing() {
            return Poll::Ready(Err(stopping()));
        }
        loop {
            let due = match frames.pull(world.now(), &mut out, cx.waker()) {
                Pull::More => continue,
                Pull::End | Pull::Cut => return Poll::Ready(Ok(out.split().freeze())),
                Pull::Failed(error) => return Poll::Ready(Err(*error)),
                Pull::Pending => return Poll::Pending,
                Pull::DueAt(due) => due,
            };
            if alarm.poll_until(due, cx).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// A place among the open streams, left when this goes.
struct Place {
    streams: Arc<OpenStreams>,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.close(self.number);
    }
}

/// Runs what nobody waits for. It counts as begun when this is called.
pub(crate) fn background(gateway: Arc<Gateway>, mut run: Run) -> impl Future<Output = ()> {
    let clock = Arc::clone(run.clock());
    let activity = Activity::new(&clock);
    let mut alarm = Alarm::new(Arc::clone(&clock));
    let mut go_on = move |cx: &mut Context<'_>| loop {
        let due = match run.advance(&gateway, clock.now(), cx.waker()) {
            Pull::More => continue,
            Pull::End | Pull::Cut | Pull::Failed(_) => return Poll::Ready(()),
            Pull::Pending => return Poll::Pending,
            Pull::DueAt(due) => due,
        };
        if alarm.poll_until(due, cx).is_pending() {
            return Poll::Pending;
        }
    };
    std::future::poll_fn(move |cx| match &activity {
        Some(activity) => {
            let waker = activity.works(cx.waker());
            let gone_on = go_on(&mut Context::from_waker(&waker));
            activity.rests();
            gone_on
        }
        None => go_on(cx),
    })
}
