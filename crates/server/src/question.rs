//! A call that is answered once calls of its own have been: a grader that asks a model.

use std::sync::Arc;
use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{ApiError, Caller, Frames, Micros, Pull};
use fakeai_resources as resources;

use crate::errand::Sent;
use crate::gateway::{Behalf, Gateway};
use crate::visit::Visit;
use crate::world::World;

/// Calls under way, and what makes an answer of theirs.
pub(crate) struct Question {
    sent: Vec<Sent>,
    /// How many of them, from the first, have been answered whole.
    answered: usize,
    make: Option<resources::Question>,
    began: Micros,
    visit: Option<Visit>,
}

impl Question {
    /// Sends all calls at once; they are as few as a request can name.
    pub(crate) fn ask(
        gateway: &Gateway,
        world: &Arc<World>,
        mut question: resources::Question,
        caller: &Arc<Caller>,
    ) -> Self {
        let began = world.now();
        let calls = std::mem::take(&mut question.calls);
        let behalf = || Behalf {
            caller: Arc::clone(caller),
            batch: false,
        };
        let send = |(path, body): (&str, _)| Sent::new(gateway, world, path, body, behalf());
        Self {
            sent: calls.into_iter().map(send).collect(),
            answered: 0,
            make: Some(question),
            began,
            visit: None,
        }
    }

    /// Makes the visit end with the answer.
    pub(crate) fn attend(&mut self, visit: Visit) {
        self.visit = Some(visit);
    }
}

impl Frames for Question {
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        while let Some(sent) = self.sent.get_mut(self.answered) {
            match sent.pull(now, waker) {
                Some(Pull::More) => {}
                Some(pull) => return pull,
                None => self.answered += 1,
            }
        }
        let Some(question) = self.make.take() else {
            return Pull::End;
        };
        let answers = self.sent.drain(..);
        let answers = answers.map(|sent| sent.returned(String::new())).collect();
        self.answered = 0;
        let took = Micros(now.0.saturating_sub(self.began.0));
        let answer = (question.answer)(answers, took).to_string();
        out.extend_from_slice(answer.as_bytes());
        if let Some(mut visit) = self.visit.take() {
            visit.replied(answer.as_bytes());
            visit.close(None);
        }
        Pull::End
    }

    fn abort(&mut self, _: &ApiError, _: &mut BytesMut) {}
}
