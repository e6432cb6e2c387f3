//! What is kept of one worker: counts, distributions, and its last steps and sequences.

use fakeai_canon::{
    Ended, Ending, EngineEvent, Finish, FirstToken, Gap, Micros, Proposed, Step, Transfer, Way,
    WorkerLoad,
};

use super::moves::Moves;
use super::records::Records;
use super::served::Served;
use super::tally::Tally;
use super::vocabulary::{Quantity, WorkerSpread};

/// Steps with decodes after which SGLang computes its rate anew (`--decode-log-interval`).
const RATE_STEPS: u32 = 40;

/// The books of one worker.
pub(super) struct WorkerBooks {
    pub(super) load: WorkerLoad,
    pub(super) counts: Counts,
    pub(super) moves: Moves,
    pub(super) last: Last,
    pub(super) rate: Rate,
    pub(super) records: Records,
    spreads: Vec<Tally>,
}

/// Counts from the beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) prompt_tokens: u64,
    pub(super) cached_prompt_tokens: u64,
    pub(super) looked_up: u64,
    pub(super) found: u64,
    pub(super) generated: u64,
    pub(super) batched_prompt_tokens: u64,
    pub(super) steps: u64,
    pub(super) busy: Micros,
    pub(super) preemptions: u64,
    pub(super) preempted_prompt_tokens: u64,
    pub(super) preempted_generated: u64,
    pub(super) stopped: u64,
    pub(super) cut: u64,
    pub(super) aborted: u64,
    pub(super) queued: Micros,
    pub(super) inference: Micros,
    pub(super) whole: Micros,
    /// Steps of a sequence that verified proposals, these, and those of each place that held.
    pub(super) drafts: u64,
    pub(super) draft_tokens: u64,
    pub(super) held: Vec<u64>,
}

impl Counts {
    /// Sequences that have all their tokens.
    pub(super) fn done(&self) -> u64 {
        self.stopped + self.cut
    }

    /// Proposals that held.
    pub(super) fn accepted(&self) -> u64 {
        self.held.iter().sum()
    }

    fn propose(&mut self, proposed: &Proposed) {
        self.drafts += u64::from(proposed.drafts);
        self.draft_tokens += u64::from(proposed.tokens);
        if self.held.len() < proposed.held.len() {
            self.held.resize(proposed.held.len(), 0);
        }
        for (held, more) in self.held.iter_mut().zip(&proposed.held) {
            *held += u64::from(*more);
        }
    }
}

/// What the last step and the last sequence were like.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Last {
    /// The step under way, or the last one.
    pub(super) step: Step,
    /// How long the last one that ended took.
    pub(super) seconds: f64,
    pub(super) generated: u32,
    pub(super) preemptions: u32,
    coming_preemptions: u32,
    pub(super) time_to_first_token: f64,
    pub(super) inter_token_latency: f64,
    pub(super) prompt: u32,
    /// What became of the proposals of the last step that ended.
    pub(super) verified: Verified,
}

/// Tokens a second over the last stretch of steps, and what became of proposals in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rate {
    pub(super) tokens_a_second: f64,
    pub(super) verified: Verified,
    since: Micros,
    tokens: u64,
    steps: u32,
    verifying: Verified,
}

/// Proposals that were verified.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Verified {
    pub(super) drafts: u32,
    pub(super) tokens: u32,
    pub(super) held: u32,
}

impl Verified {
    fn add(&mut self, proposed: &Proposed) {
        self.drafts += proposed.drafts;
        self.tokens += proposed.tokens;
        self.held += proposed.held.iter().sum::<u32>();
    }
}

impl Rate {
    fn add(&mut self, step: &Step, generated: u32, proposed: &Proposed) {
        if self.steps == 0 {
            self.since = step.started;
        }
        self.verifying.add(proposed);
        self.tokens += u64::from(generated);
        self.steps += u32::from(step.decodes > 0);
        if self.steps >= RATE_STEPS {
            self.settle(step.ends);
        }
    }

    fn settle(&mut self, now: Micros) {
        let seconds = now.since(self.since).seconds();
        if seconds > 0.0 {
            self.tokens_a_second = self.tokens as f64 / seconds;
        }
        self.tokens = 0;
        self.steps = 0;
        self.verified = std::mem::take(&mut self.verifying);
    }
}

impl WorkerBooks {
    pub(super) fn new() -> Self {
        let spreads = WorkerSpread::ALL.into_iter();
        Self {
            load: WorkerLoad::default(),
            counts: Counts::default(),
            moves: Moves::default(),
            last: Last::default(),
            rate: Rate::default(),
            records: Records::default(),
            spreads: spreads
                .map(|spread| Tally::of(Quantity::WorkerSpread(spread)))
                .collect(),
        }
    }

    pub(super) fn spread(&self, spread: WorkerSpread) -> &Tally {
        &self.spreads[spread as usize]
    }

    fn add(&mut self, spread: WorkerSpread, value: f64) {
        self.spreads[spread as usize].add(value, 1);
    }

    /// Takes note of what the engine has told.
    pub(super) fn note(&mut self, fact: &EngineEvent, served: &Served) {
        match fact {
            EngineEvent::Load { load, .. } => self.set_load(*load),
            EngineEvent::Admitted {
                prompt,
                cached,
                host,
                ..
            } => {
                self.counts.looked_up += u64::from(*prompt);
                self.counts.found += u64::from(*cached);
                self.moves.looked_up(*prompt, *cached, *host);
            }
            EngineEvent::Refused { .. } => self.moves.refused(),
            EngineEvent::Evicted { tokens, .. } => self.moves.evicted(*tokens),
            EngineEvent::Moved(transfer) => self.moved(transfer, served),
            EngineEvent::StepBegan { step, load } => {
                self.set_load(*load);
                self.last.step = *step;
                self.last.preemptions = std::mem::take(&mut self.last.coming_preemptions);
            }
            EngineEvent::FirstToken(first) => self.first_token(first),
            EngineEvent::Preempted {
                prompt, generated, ..
            } => {
                self.counts.preemptions += 1;
                self.counts.preempted_prompt_tokens += u64::from(*prompt);
                self.counts.preempted_generated += u64::from(*generated);
                self.last.coming_preemptions += 1;
            }
            EngineEvent::Ended(ended) => self.ended(ended, served.context_tokens),
            // How many blocks are known is part of the load.
            EngineEvent::Cache { .. } | EngineEvent::StepLeft { .. } => {}
            EngineEvent::StepEnded {
                step,
                load,
                generated,
                intervals,
                proposed,
            } => {
                self.counts.propose(proposed);
                self.rate.add(step, *generated, proposed);
                self.last.verified = Verified::default();
                self.last.verified.add(proposed);
                self.step_ended(step, *generated, intervals);
                self.set_load(*load);
                self.records.step(step, &self.load, &self.counts);
            }
        }
    }

    fn set_load(&mut self, load: WorkerLoad) {
        self.load = load;
        if load.running == 0 {
            self.rate = Rate {
                verified: self.rate.verified,
                ..Rate::default()
            };
        }
    }

    fn first_token(&mut self, first: &FirstToken) {
        self.counts.prompt_tokens += u64::from(first.prompt);
        self.counts.cached_prompt_tokens += u64::from(first.cached);
        self.moves.computed(&first.origins);
        let seconds = first.at.since(first.arrived).seconds();
        self.add(WorkerSpread::TimeToFirstToken, seconds);
        self.last.time_to_first_token = seconds;
        self.last.prompt = first.prompt;
    }

    fn step_ended(&mut self, step: &Step, generated: u32, intervals: &[Gap]) {
        let took = step.ends.since(step.started);
        self.counts.steps += 1;
        self.counts.busy = self.counts.busy + took;
        self.counts.generated += u64::from(generated);
        self.counts.batched_prompt_tokens += u64::from(step.prompt_tokens);
        self.last.step = *step;
        self.last.seconds = took.seconds();
        self.last.generated = generated;
        let mut further = 0;
        for interval in intervals {
            let (span, sequences) = (interval.span.seconds(), u64::from(interval.sequences));
            let spread = &mut self.spreads[WorkerSpread::InterTokenLatency as usize];
            spread.add(span, sequences);
            self.last.inter_token_latency = span;
            // Others share the span among the tokens that it brought.
            let tokens = u64::from(interval.tokens);
            let spread = &mut self.spreads[WorkerSpread::SharedTokenLatency as usize];
            spread.add(span / tokens as f64, sequences * tokens);
            further += interval.sequences * (interval.tokens - 1);
        }
        let tokens = step.prompt_tokens + step.decodes + further;
        self.add(WorkerSpread::StepTokens, f64::from(tokens));
        if step.prompt_tokens > 0 {
            let prompts = f64::from(step.prompt_tokens);
            self.add(WorkerSpread::StepPromptTokens, prompts);
        }
    }

    fn moved(&mut self, transfer: &Transfer, served: &Served) {
        self.moves.moved(transfer);
        let bytes = served.bytes(u64::from(transfer.tokens));
        let seconds = transfer.took.seconds();
        let (size, span) = match transfer.way {
            Way::ToHost => (WorkerSpread::ToHostBytesEach, WorkerSpread::ToHostTransfer),
            Way::FromHost => (
                WorkerSpread::FromHostBytesEach,
                WorkerSpread::FromHostTransfer,
            ),
            Way::FromReplica => {
                if seconds > 0.0 {
                    self.add(WorkerSpread::FromReplicaSpeed, bytes / seconds / 1e9);
                }
                (
                    WorkerSpread::FromReplicaBytes,
                    WorkerSpread::FromReplicaTransfer,
                )
            }
        };
        self.add(size, bytes);
        self.add(span, seconds);
    }

    fn ended(&mut self, ended: &Ended, context: u32) {
        match ended.ending {
            Ending::Aborted => {
                self.counts.aborted += 1;
                return;
            }
            Ending::Done(Finish::Length) => self.counts.cut += 1,
            Ending::Done(Finish::Stop | Finish::ToolCalls | Finish::ContentFilter) => {
                self.counts.stopped += 1;
            }
        }
        self.times(ended);
        let uncached = ended.prompt - ended.cached.min(ended.prompt);
        let left = context.saturating_sub(ended.prompt);
        let share = f64::from(ended.cached) / f64::from(ended.prompt.max(1));
        for (spread, value) in [
            (WorkerSpread::PromptLength, ended.prompt),
            (WorkerSpread::ComputedPromptLength, uncached),
            (WorkerSpread::CachedPromptLength, ended.cached),
            (WorkerSpread::GeneratedLength, ended.generated),
            (WorkerSpread::SequencePreemptions, ended.preemptions),
            (
                WorkerSpread::MaxTokens,
                ended.params.max_tokens.unwrap_or(left),
            ),
        ] {
            self.add(spread, f64::from(value));
        }
        self.add(WorkerSpread::CachedShare, share);
        // A request is counted with the longest of its sequences.
        if let Some(request) = ended.request {
            self.add(
                WorkerSpread::SequencesARequest,
                f64::from(request.sequences),
            );
            self.add(WorkerSpread::LongestGenerated, f64::from(request.longest));
        }
        self.records.request(ended);
    }

    fn times(&mut self, ended: &Ended) {
        let taken_up = ended.taken_up.unwrap_or(ended.at);
        let first = ended.first_token.unwrap_or(ended.at);
        let last = ended.last_token.unwrap_or(ended.at);
        let queued = taken_up.since(ended.received.unwrap_or(ended.at));
        let inference = last.since(taken_up);
        let whole = ended.at.since(ended.arrived);
        self.counts.queued = self.counts.queued + queued;
        self.counts.inference = self.counts.inference + inference;
        self.counts.whole = self.counts.whole + whole;
        for (spread, span) in [
            (WorkerSpread::EndToEnd, whole),
            (WorkerSpread::QueueTime, queued),
            (WorkerSpread::PrefillTime, first.since(taken_up)),
            (WorkerSpread::DecodeTime, last.since(first)),
            (WorkerSpread::InferenceTime, inference),
        ] {
            self.add(spread, span.seconds());
        }
        if ended.generated > 1 {
            let mean = last.since(first).seconds() / f64::from(ended.generated - 1);
            self.add(WorkerSpread::TimePerOutputToken, mean);
        }
    }
}
