//! What is kept of the calls to generating endpoints, as a frontend before the engine sees them.

use std::collections::BTreeMap;

use fakeai_canon::Closed;

use super::tally::Tally;
use super::vocabulary::{CallNumber, CallSpread, Quantity};

/// Distinct series; past them a call counts with its status' first digit.
const SERIES: usize = 500;

/// The status of a call that found no room.
const OVERLOADED: u16 = 503;

/// What a series is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CallKey {
    pub(super) operation: &'static str,
    pub(super) method: String,
    pub(super) streamed: bool,
    pub(super) abandoned: bool,
    pub(super) status: u16,
}

impl CallKey {
    /// Whether the call was answered to its end, with what it asked for.
    pub(super) fn is_answered(&self) -> bool {
        self.status < 400 && !self.abandoned
    }
}

/// The counts of a series.
pub(super) struct CallSeries {
    calls: u64,
    prompt: u64,
    generated: u64,
    spreads: Vec<Tally>,
}

impl CallSeries {
    fn new() -> Self {
        let spreads = CallSpread::ALL.into_iter();
        Self {
            calls: 0,
            prompt: 0,
            generated: 0,
            spreads: spreads
                .map(|spread| Tally::of(Quantity::CallSpread(spread)))
                .collect(),
        }
    }

    pub(super) fn number(&self, number: CallNumber, key: &CallKey) -> f64 {
        let of = |counts: bool| if counts { self.calls as f64 } else { 0.0 };
        match number {
            CallNumber::Calls => self.calls as f64,
            CallNumber::AnsweredCalls => of(key.is_answered()),
            CallNumber::AbandonedCalls => of(key.abandoned),
            CallNumber::FailedCalls => of(key.status >= 400),
            CallNumber::RejectedCalls => of(key.status == OVERLOADED),
            CallNumber::CallPromptTokens => self.prompt as f64,
            CallNumber::CallGeneratedTokens => self.generated as f64,
        }
    }

    pub(super) fn spread(&self, spread: CallSpread) -> &Tally {
        &self.spreads[spread as usize]
    }

    fn add(&mut self, closed: &Closed, key: &CallKey) {
        let usage = &closed.usage;
        let duration = closed.ended.since(closed.started).seconds();
        self.calls += 1;
        self.prompt += usage.prompt;
        self.generated += usage.completion;
        if !key.is_answered() {
            return;
        }
        self.spreads[CallSpread::Duration as usize].add(duration, 1);
        for (spread, count) in [
            (CallSpread::PromptLength, usage.prompt),
            (
                CallSpread::ComputedPromptLength,
                usage.prompt.saturating_sub(usage.cached),
            ),
            (CallSpread::CachedLength, usage.cached),
            (CallSpread::GeneratedLength, usage.completion),
        ] {
            self.spreads[spread as usize].add(count as f64, 1);
        }
        let Some(first) = closed.first_token else {
            return;
        };
        let wait = first.since(closed.started).seconds();
        self.spreads[CallSpread::TimeToFirstToken as usize].add(wait, 1);
        if usage.completion > 1 {
            let mean = closed.ended.since(first).seconds() / (usage.completion - 1) as f64;
            self.spreads[CallSpread::TimePerOutputToken as usize].add(mean, 1);
        }
    }
}

/// All series.
#[derive(Default)]
pub(super) struct CallBooks {
    series: BTreeMap<CallKey, CallSeries>,
}

impl CallBooks {
    /// Counts a call that was answered.
    pub(super) fn note(&mut self, closed: &Closed) {
        let Some(operation) = closed.operation else {
            return;
        };
        let mut key = CallKey {
            operation,
            method: closed.method.as_str().to_owned(),
            streamed: closed.streamed,
            abandoned: closed.abandoned,
            status: closed.status,
        };
        if self.series.len() >= SERIES && !self.series.contains_key(&key) {
            key.status = key.status / 100 * 100;
        }
        let series = self.series.entry(key.clone());
        series.or_insert_with(CallSeries::new).add(closed, &key);
    }

    pub(super) fn series(&self) -> impl Iterator<Item = (&CallKey, &CallSeries)> {
        self.series.iter()
    }
}
