//! The delivery of one event to one receiver: attempts, and longer and longer pauses between them
//! on the world's clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use fakeai_canon::{Micros, Pull};
use http::Uri;

use super::Announced;
use super::ledger::Attempt;
use super::post::{self, Post};
use crate::clock::WorldClock;
use crate::outward::Outward;
use crate::world::World;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Micros = Micros::from_millis(3_600_000);

/// A delivery under way.
pub struct DeliveryRun {
    world: Arc<World>,
    announced: Arc<Announced>,
    client: Outward<String>,
    url: Uri,
    number: u64,
    attempts: u16,
    state: State,
}

enum State {
    /// Until the world's clock shows this.
    Pausing(Micros),
    Sending(Pin<Box<dyn Future<Output = Attempt> + Send>>),
}

impl DeliveryRun {
    /// A delivery whose first attempt is made when it is first driven.
    pub(super) fn new(
        world: &Arc<World>,
        announced: &Arc<Announced>,
        (client, url): (Outward<String>, Uri),
        number: u64,
    ) -> Self {
        Self {
            world: Arc::clone(world),
            announced: Arc::clone(announced),
            client,
            url,
            number,
            attempts: 0,
            state: State::Pausing(Micros::ZERO),
        }
    }

    /// The clock that its pauses go by.
    pub(crate) fn clock(&self) -> &Arc<WorldClock> {
        &self.world.clock
    }

    /// Sends where it is time to, and takes the answer.
    pub(crate) fn advance(&mut self, now: Micros, waker: &Waker) -> Pull {
        let sending = match &mut self.state {
            State::Pausing(until) if *until > now => return Pull::DueAt(*until),
            State::Pausing(_) => {
                self.attempts += 1;
                self.state = State::Sending(self.attempt(now));
                return Pull::More;
            }
            State::Sending(sending) => sending,
        };
        match sending.as_mut().poll(&mut Context::from_waker(waker)) {
            Poll::Pending => Pull::Pending,
            Poll::Ready(attempt) => self.ended(&attempt, now),
        }
    }

    fn attempt(&self, now: Micros) -> Pin<Box<dyn Future<Output = Attempt> + Send>> {
        let rules = &self.world.rules.webhooks;
        let Announced { id, body, .. } = &*self.announced;
        let timestamp = now.whole_seconds();
        let signatures = rules.signers.iter();
        let signatures: Vec<String> = signatures
            .map(|signer| signer.sign(id, timestamp, body))
            .collect();
        let post = Post {
            url: self.url.clone(),
            id: id.clone(),
            timestamp,
            signature: signatures.join(" "),
            body: body.clone(),
        };
        Box::pin(post::send(self.client.clone(), post, rules.timeout))
    }

    fn ended(&mut self, attempt: &Attempt, now: Micros) -> Pull {
        let rules = &self.world.rules.webhooks;
        let over = attempt.succeeded() || self.attempts >= rules.attempts;
        let next = (!over).then(|| now + pause(rules.retry_after, self.attempts));
        self.world.deliveries.tried(self.number, attempt, next);
        match next {
            Some(next) => {
                self.state = State::Pausing(next);
                Pull::DueAt(next)
            }
            None => Pull::End,
        }
    }
}

/// The pause after so many attempts.
fn pause(first: Micros, attempts: u16) -> Micros {
    let doublings = u32::from(attempts.saturating_sub(1)).min(40);
    Micros(first.0.saturating_mul(1 << doublings)).min(LONGEST_PAUSE)
}
