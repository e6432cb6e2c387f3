//! What is proposed for a running sequence: the next tokens of the output that its request predicts,
//! or those of the engine's own speculation.

use super::log::Speculated;
use super::plan::Setup;
use super::sequence::Sequence;
use super::speculation::predicted_together;
use super::worker::{Slot, Worker};

/// Proposals for one sequence and one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Proposals {
    pub(super) tokens: u32,
    /// How many of them hold.
    holding: u32,
}

/// The room that speculation needs in the cache, in tokens of each sequence.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Room {
    /// Beyond a step: where proposals come from a model, it computes those of the step after.
    pub(super) ahead: u32,
    /// Beyond the end of an answer.
    pub(super) beyond: u32,
    /// Tokens that the longest sequence can have.
    pub(super) most: u32,
}

impl Room {
    pub(super) fn of(setup: &Setup, blocks: u32) -> Self {
        // A sequence is one group's of those that attend apart.
        let own = blocks / setup.data_parallel;
        let cache = own.saturating_mul(setup.setting.block_tokens);
        let most = cache.min(setup.setting.max_context.unwrap_or(u32::MAX));
        let how = setup.speculation.as_ref();
        let tokens = how.map_or(0, |how| how.tokens());
        let ahead = match how.and_then(|how| how.draft.as_ref()) {
            Some(_) => tokens,
            None => 0,
        };
        Self {
            ahead,
            beyond: tokens + ahead,
            most: most.max(2),
        }
    }

    /// So many tokens, and these beside them as far as there is room.
    pub(super) fn with(&self, tokens: u32, beside: u32) -> u32 {
        tokens.max((tokens + beside).min(self.most))
    }
}

impl Worker {
    /// What is proposed for a running sequence, at most so many tokens.
    pub(super) fn proposals(&self, slot: Slot, budget: u32) -> Proposals {
        let sequence = self.sequence(slot);
        // Nothing is proposed before the first token, nor while anything has to be computed again.
        if sequence.generated == 0 || sequence.known() - sequence.computed != 1 {
            return Proposals::default();
        }
        let room = self.room.most.saturating_sub(sequence.known()).min(budget);
        let left = sequence.request.output - sequence.generated;
        if let Some(foretold) = sequence.foretold() {
            let tokens = predicted_together().min(left).min(room);
            return Proposals {
                tokens,
                holding: foretold.min(tokens),
            };
        }
        let Some(how) = &self.times.setup().speculation else {
            return Proposals::default();
        };
        let (id, generated) = (sequence.id, sequence.generated);
        let is_short = how.longest.is_none_or(|longest| sequence.known() < longest);
        if !is_short || !self.draws.proposes(how, id, generated) {
            return Proposals::default();
        }
        let tokens = how.tokens().min(room);
        Proposals {
            tokens,
            holding: self.draws.holding(how, id, generated).min(tokens),
        }
    }

    /// The next step verifies these.
    pub(super) fn propose(&mut self, slot: Slot, proposals: Proposals) {
        let sequence = self.sequence_mut(slot);
        sequence.proposed = proposals.tokens;
        sequence.holding = proposals.holding;
    }
}

impl Sequence {
    /// How many of the next tokens its request has predicted; none where it has not the next.
    fn foretold(&self) -> Option<u32> {
        let next = self.generated;
        let stretches = &self.request.foretold;
        let place = stretches.partition_point(|stretch| stretch.end <= next);
        let stretch = stretches.get(place)?;
        (stretch.start <= next).then(|| stretch.end - next)
    }

    /// What observers are told of the engine's own proposals; of a predicted output nothing.
    pub(super) fn speculated(&self) -> Option<Speculated> {
        (self.proposed > 0 && self.foretold().is_none()).then_some(Speculated {
            id: self.id,
            proposed: self.proposed,
            holding: self.holding,
        })
    }
}
