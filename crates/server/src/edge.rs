//! The last resort: an answer with a bug that panics while it is played ends with an error, and
//! nothing else is touched. Counted and logged; a counted panic fails every test.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

use bytes::BytesMut;
use fakeai_canon::{ApiError, Frames, Micros, Pull, Stopped};
use fakeai_contract::Api;
use fakeai_dialects::error as wire;

use crate::check::Checks;

/// Frames behind the edge.
pub(crate) struct Edge {
    frames: Box<dyn Frames>,
    checks: Arc<Checks>,
    api: Api,
    broken: bool,
}

impl Edge {
    /// Puts `frames` behind the edge.
    pub(crate) fn around(
        frames: Box<dyn Frames>,
        checks: Arc<Checks>,
        api: Api,
    ) -> Box<dyn Frames> {
        Box::new(Self {
            frames,
            checks,
            api,
            broken: false,
        })
    }
}

impl Frames for Edge {
    fn pull(&mut self, now: Micros, out: &mut BytesMut, waker: &Waker) -> Pull {
        let whole = out.len();
        let frames = &mut self.frames;
        match catch_unwind(AssertUnwindSafe(|| frames.pull(now, out, waker))) {
            Ok(pull) => pull,
            Err(_) => {
                self.broken = true;
                out.truncate(whole);
                Pull::Failed(Box::new(self.checks.panicked()))
            }
        }
    }

    fn abort(&mut self, error: &ApiError, out: &mut BytesMut) {
        if !self.broken {
            return self.frames.abort(error, out);
        }
        out.extend_from_slice(b"data: ");
        wire::write(self.api, error, out);
        out.extend_from_slice(b"\n\n");
    }

    fn cancel(&mut self, why: Stopped, out: &mut BytesMut) {
        if !self.broken {
            self.frames.cancel(why, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bug;

    impl Frames for Bug {
        fn pull(&mut self, _: Micros, out: &mut BytesMut, _: &Waker) -> Pull {
            out.extend_from_slice(b"data: {\"ha");
            panic!("a bug");
        }

        fn abort(&mut self, _: &ApiError, _: &mut BytesMut) {}
    }

    #[test]
    fn a_panic_ends_its_stream_with_an_error_that_gives_nothing_away() {
        let checks = Arc::<Checks>::default();
        let mut frames = Edge::around(Box::new(Bug), Arc::clone(&checks), Api::OpenAi);
        let mut out = BytesMut::from(&b"data: {}\n\n"[..]);
        let Pull::Failed(error) = frames.pull(Micros::ZERO, &mut out, Waker::noop()) else {
            panic!("it goes on");
        };
        frames.abort(&error, &mut out);
        let text = String::from_utf8_lossy(&out);
        assert!(text.starts_with("data: {}\n\ndata: {\"error\":"), "{text}");
        assert!(!text.contains("bug") && text.ends_with("}}\n\n"), "{text}");
        assert_eq!(checks.panics(), 1);
    }
}
