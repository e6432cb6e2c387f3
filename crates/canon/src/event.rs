//! What observers see. Emitted in two places only: the gateway and the engine's driver.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Billed, Caller, EngineEvent, Micros, Usage};

/// Something happened.
pub enum Event {
    /// A call came in.
    Opened(Opened),
    /// A call was answered, or its client left.
    Closed(Arc<Closed>),
    /// Something happened in a simulated engine.
    Engine(EngineEvent),
}

/// A call came in.
pub struct Opened {
    /// When.
    pub at: Micros,
}

/// A call was answered.
#[derive(Clone)]
pub struct Closed {
    /// The `x-request-id`.
    pub request_id: String,
    /// The world's name.
    pub world: Arc<str>,
    /// The verb.
    pub method: http::Method,
    /// The path as sent.
    pub path: String,
    /// The operation's id; none where no operation matched.
    pub operation: Option<&'static str>,
    /// The model asked for.
    pub model: Option<String>,
    /// Who called; none where it was refused before that was known.
    pub caller: Option<Arc<Caller>>,
    /// The status sent.
    pub status: u16,
    /// The code or kind of the error, where there was one.
    pub error: Option<String>,
    /// When the call arrived.
    pub started: Micros,
    /// When the first token left.
    pub first_token: Option<Micros>,
    /// When the last byte left.
    pub ended: Micros,
    /// What it is charged as; none where nothing was generated.
    pub billed: Option<Box<Billed>>,
    /// Tokens as sent.
    pub usage: Usage,
    /// Times between tokens.
    pub intervals: Intervals,
    /// Emitted against due times.
    pub lateness: Intervals,
    /// Whether the answer was streamed.
    pub streamed: bool,
    /// Whether the client left before the end.
    pub abandoned: bool,
    /// Whether a fault was injected.
    pub fault: bool,
    /// The request's body, as much of it as a journal may want, in memory of its own.
    pub request_body: Bytes,
    /// How many bytes the whole of it had.
    pub request_bytes: usize,
    /// The answer's body where it was sent as one piece, as much of it as a journal may want, in
    /// memory of its own.
    pub reply_body: Bytes,
    /// How many bytes the whole of it had.
    pub reply_bytes: usize,
}

/// Spans of time, counted in fixed classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals {
    /// How many spans fell in each class of [`Intervals::BOUNDS`]; the last is open.
    pub classes: [u32; 16],
    /// How many spans.
    pub count: u64,
    /// All spans together.
    pub sum: Micros,
    /// The longest.
    pub longest: Micros,
}

impl Intervals {
    /// Upper bounds of the classes in microseconds; the last class has none.
    pub const BOUNDS: [u64; 15] = [
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 10_000_000,
    ];

    /// Counts one span.
    #[inline]
    pub fn add(&mut self, span: Micros) {
        self.add_many(span, 1);
    }

    /// Counts the same span several times.
    #[inline]
    pub fn add_many(&mut self, span: Micros, times: u32) {
        if times == 0 {
            return;
        }
        let class = Self::BOUNDS.partition_point(|bound| *bound < span.0);
        self.classes[class] += times;
        self.count += u64::from(times);
        self.sum = self.sum + Micros(span.0.saturating_mul(u64::from(times)));
        self.longest = self.longest.max(span);
    }
}

/// Sees every event. Must be quick and must not wait.
pub trait Observer: Send + Sync {
    /// Takes note.
    fn observe(&self, event: &Event);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_a_clock_that_ran_far_ahead_do_not_overflow() {
        let mut intervals = Intervals::default();
        intervals.add_many(Micros(u64::MAX / 2), 3);
        assert_eq!(intervals.sum, Micros(u64::MAX));
        assert_eq!(intervals.count, 3);
    }

    #[test]
    fn a_span_falls_into_the_first_class_that_holds_it() {
        let mut intervals = Intervals::default();
        intervals.add(Micros(100));
        intervals.add(Micros(101));
        intervals.add(Micros(u64::from(u32::MAX)));
        assert_eq!(
            (
                intervals.classes[0],
                intervals.classes[1],
                intervals.classes[15]
            ),
            (1, 1, 1)
        );
        assert_eq!(intervals.count, 3);
    }
}
