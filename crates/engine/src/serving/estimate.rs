//! SGLang's estimate of what answers will come to: a request is taken up where the cache has room
//! for its prompt, for the longest that its answer may become, and for a share of what is still to
//! come of the answers under way.

use std::sync::LazyLock;

use serde::Deserialize;

use super::sequence::Sequence;
use super::worker::Worker;

/// The share of the longest answers that is expected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    initial: f64,
    least: f64,
    decay: f64,
    share: f64,
    /// Tokens that are expected of those under way, beyond the blocks that they have.
    promised: f64,
}

impl Estimate {
    pub(super) fn new(conservativeness: f64) -> Self {
        let rules = &RULES.sglang;
        let initial = (rules.initial * conservativeness).min(1.0);
        let least = initial * rules.least;
        Self {
            initial,
            least,
            decay: (initial - least) / rules.decay_steps,
            share: initial,
            promised: 0.0,
        }
    }

    /// A step of decodes had room for all: less is expected.
    pub(super) fn decay(&mut self) {
        self.share = (self.share - self.decay).max(self.least);
    }

    /// A sequence joins the batch, of which so many are expected.
    pub(super) fn promise(&mut self, tokens: u32) {
        self.promised += f64::from(tokens);
    }

    /// Nothing is under way.
    pub(super) fn reset(&mut self) {
        self.share = self.initial;
    }
}

impl Worker {
    /// Counts what is expected of all that are under way.
    pub(super) fn expect(&mut self) {
        let share = self.estimate.share;
        let loading = self.loading.iter().map(|loading| loading.slot);
        let all = self.running.iter().copied().chain(loading);
        let promised = all.map(|slot| {
            let sequence = self.sequence(slot);
            match (sequence.scheduled > 0, sequence.gains()) {
                // What it computes in this step is not the end of its prompt.
                (true, false) => 0.0,
                (true, true) => f64::from(self.longest_rest(sequence)),
                (false, _) => share * f64::from(self.longest_rest(sequence)),
            }
        });
        self.estimate.promised = promised.sum();
    }

    /// Whether a waiting sequence would leave room for what is expected, of which so many tokens
    /// are in the cache, where so many blocks are free without these.
    pub(super) fn has_room(&self, sequence: &Sequence, cached: u32, free: u32) -> bool {
        // With nothing under way there is nobody to wait for.
        if self.running.is_empty() && self.loading.is_empty() {
            return true;
        }
        let size = self.setting().block_tokens;
        // A block more, since the last one may not be full.
        let own = sequence.known() - cached + self.longest_rest(sequence) + size;
        f64::from(own) < f64::from(free) * f64::from(size) - self.estimate.promised
    }

    /// The longest that may still come of an answer.
    pub(super) fn longest_rest(&self, sequence: &Sequence) -> u32 {
        let request = &sequence.request;
        let room = self.room.most.saturating_sub(request.prompt);
        let longest = request.limit.unwrap_or(request.output).min(room);
        let rest = longest.saturating_sub(sequence.generated);
        rest.min(RULES.sglang.longest)
    }

    /// Some had to make room: what is expected follows from what the others have come to.
    pub(super) fn expect_anew(&mut self) {
        let rules = &RULES.sglang;
        let (mut made, mut most) = (0.0, 1.0);
        for slot in &self.running {
            let sequence = self.sequence(*slot);
            made += f64::from(sequence.generated) + rules.ahead;
            let request = &sequence.request;
            most += f64::from(request.limit.unwrap_or(request.output).min(self.room.most));
        }
        self.estimate.share = f64::min(made / most, 1.0);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    sglang: Sglang,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sglang {
    initial: f64,
    least: f64,
    decay_steps: f64,
    ahead: f64,
    longest: u32,
    #[serde(rename = "source")]
    _source: String,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/hardware/scheduling.toml"))
        .expect("the rules of scheduling are part of this program")
});
