//! From the books to the values of a quantity: one of each worker, or of each series of calls.

use super::books::{Last, Verified, WorkerBooks};
use super::calls::{CallBooks, CallKey};
use super::moment::{Moment, Sleep};
use super::page::Page;
use super::served::Served;
use super::tally::Tally;
use super::vocabulary::{CallNumber, Fact, GpuNumber, ProposalNumber, Quantity, WorkerNumber};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(f64),
    /// A share or a mean: what is merged is what stands above and below the line.
    Ratio(f64, f64),
    Spread(Tally),
}

impl Value {
    /// Adds another of the same quantity.
    pub(super) fn merge(&mut self, more: &Value) {
        match (self, more) {
            (Value::Number(number), Value::Number(more)) => *number += more,
            (Value::Ratio(above, below), Value::Ratio(more, all)) => {
                *above += more;
                *below += all;
            }
            (Value::Spread(spread), Value::Spread(more)) => spread.merge(more),
            // A quantity has values of one kind.
            (Value::Number(_) | Value::Ratio(..) | Value::Spread(_), _) => {}
        }
    }
}

/// What a value is of.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Everything,
    Worker(usize),
    /// A place of a worker's proposals.
    Position(usize, usize),
    Calls(&'a CallKey),
    Gpu(usize),
}

/// All that there is to read, at one moment.
pub(super) struct Books<'a> {
    pub(super) served: &'a Served,
    pub(super) workers: &'a [WorkerBooks],
    pub(super) calls: &'a CallBooks,
    pub(super) moment: &'a Moment,
}

impl Books<'_> {
    /// The values of a quantity on a page.
    pub(super) fn values(&self, quantity: Quantity, page: &Page) -> Vec<(Of<'_>, Value)> {
        let workers = self.workers.iter().enumerate();
        let series = self
            .calls
            .series()
            .filter(|(key, _)| page.endpoints.contains_key(key.operation));
        match quantity {
            Quantity::Worker(number) => workers
                .map(|(worker, books)| (Of::Worker(worker), self.number(number, books)))
                .collect(),
            Quantity::Moves(number) => workers
                .map(|(worker, books)| {
                    let value = books.moves.number(number, &books.load, self.served);
                    (Of::Worker(worker), value)
                })
                .collect(),
            Quantity::WorkerSpread(spread) => workers
                .map(|(worker, books)| {
                    let tally = books.spread(spread).clone();
                    (Of::Worker(worker), Value::Spread(tally))
                })
                .collect(),
            Quantity::Proposals(ProposalNumber::AcceptedAtPosition) => {
                let places = self.served.proposed_tokens() as usize;
                let of = |(worker, books): (usize, &WorkerBooks)| {
                    let held = books.counts.held.clone().into_iter();
                    let held = held.chain(std::iter::repeat(0)).take(places).enumerate();
                    held.map(move |(place, count)| {
                        (Of::Position(worker, place), Value::Number(count as f64))
                    })
                };
                workers.flat_map(of).collect()
            }
            Quantity::Calls(number) => series
                .filter(|(key, _)| number != CallNumber::FailedCalls || key.status >= 400)
                .map(|(key, series)| {
                    let value = Value::Number(series.number(number, key));
                    (Of::Calls(key), value)
                })
                .collect(),
            Quantity::CallSpread(spread) => series
                .filter(|(key, _)| key.is_answered())
                .map(|(key, series)| {
                    let tally = series.spread(spread).clone();
                    (Of::Calls(key), Value::Spread(tally))
                })
                .collect(),
            Quantity::Fact(fact) => vec![(Of::Everything, self.fact(fact))],
            Quantity::Gpu(number) => (0..self.moment.gpus.len())
                .map(|gpu| (Of::Gpu(gpu), self.gpu(number, gpu)))
                .collect(),
        }
    }

    fn gpu(&self, number: GpuNumber, gpu: usize) -> Value {
        let sample = &self.moment.gpus[gpu];
        Value::Number(match number {
            GpuNumber::Busy => sample.busy,
            GpuNumber::MemoryBytes => sample.memory_bytes(),
            GpuNumber::UsedBytes => sample.used_bytes,
            GpuNumber::Watts => sample.watts,
            GpuNumber::LimitWatts => self.served.gpu_limit_watts,
            GpuNumber::Joules => sample.joules,
        })
    }

    fn fact(&self, fact: Fact) -> Value {
        let served = self.served;
        let is = |yes: bool| f64::from(u8::from(yes));
        Value::Number(match fact {
            Fact::One => 1.0,
            Fact::Blocks => f64::from(served.blocks),
            Fact::BlockTokens => f64::from(served.block_tokens),
            Fact::CacheTokens => served.cache_tokens() as f64,
            Fact::CacheBytes => served.cache_bytes(),
            Fact::WeightBytes => served.weight_bytes,
            Fact::UsedBytes => served.weight_bytes + served.cache_bytes(),
            Fact::MaxSequences => f64::from(served.max_sequences),
            Fact::MaxBatchedTokens => f64::from(served.max_batched_tokens),
            Fact::ContextTokens => f64::from(served.context_tokens),
            Fact::ProposedTokens => f64::from(served.proposed_tokens()),
            Fact::VerifiedTokens => match served.proposed_tokens() {
                0 => 0.0,
                proposed => f64::from(proposed + 1),
            },
            Fact::UptimeSeconds => self.moment.now.since(served.started).seconds(),
            Fact::UnixTime => self.moment.now.seconds(),
            Fact::HostTokens => f64::from(served.host_blocks) * f64::from(served.block_tokens),
            Fact::Awake => is(self.moment.sleep == Sleep::Awake),
            Fact::WeightsOffloaded => is(self.moment.sleep == Sleep::WeightsOffloaded),
            Fact::AllDiscarded => is(self.moment.sleep == Sleep::DiscardAll),
        })
    }

    fn number(&self, number: WorkerNumber, books: &WorkerBooks) -> Value {
        let (load, counts, last) = (&books.load, &books.counts, &books.last);
        let size = f64::from(self.served.block_tokens);
        let [running, waiting, used, blocks] =
            [load.running, load.waiting, load.used_blocks, load.blocks].map(f64::from);
        Value::Number(match number {
            WorkerNumber::Running => running,
            WorkerNumber::Waiting => waiting,
            WorkerNumber::Unfinished => running + waiting,
            WorkerNumber::UsedBlocks => used,
            WorkerNumber::FreeBlocks => blocks - used,
            WorkerNumber::CacheUsage => return Value::Ratio(used, blocks),
            WorkerNumber::UsedCacheTokens => used * size,
            WorkerNumber::FreeCacheTokens => (blocks - used) * size,
            WorkerNumber::PromptTokens => counts.prompt_tokens as f64,
            WorkerNumber::ComputedPromptTokens => {
                counts.prompt_tokens.saturating_sub(books.moves.reused()) as f64
            }
            WorkerNumber::LookedUpTokens => counts.looked_up as f64,
            WorkerNumber::FoundTokens => counts.found as f64,
            WorkerNumber::FoundShare => {
                return Value::Ratio(counts.found as f64, counts.looked_up as f64);
            }
            WorkerNumber::GeneratedTokens => counts.generated as f64,
            WorkerNumber::BatchedPromptTokens => counts.batched_prompt_tokens as f64,
            WorkerNumber::Steps => counts.steps as f64,
            WorkerNumber::IdleSeconds => {
                let lived = self.moment.now.since(self.served.started);
                lived.since(counts.busy).seconds()
            }
            WorkerNumber::LastStepSeconds => last.seconds,
            WorkerNumber::LastStepPrompts => f64::from(last.step.prompts),
            WorkerNumber::LastStepPromptShare => return last.prompt_share(self.served),
            WorkerNumber::LastStepDecodes => f64::from(last.step.decodes),
            WorkerNumber::LastStepSequences => f64::from(last.step.prompts + last.step.decodes),
            WorkerNumber::LastStepPromptTokens => f64::from(last.step.prompt_tokens),
            WorkerNumber::LastStepContext => last.step.context as f64,
            WorkerNumber::LastStepPreemptions => f64::from(last.preemptions),
            WorkerNumber::TokensAStep => {
                let sequences = f64::from(last.step.decodes + last.step.prompts);
                return Value::Ratio(f64::from(last.generated), sequences);
            }
            WorkerNumber::GenerationRate => books.rate.tokens_a_second,
            WorkerNumber::Preemptions => counts.preemptions as f64,
            WorkerNumber::PreemptedPromptTokens => counts.preempted_prompt_tokens as f64,
            WorkerNumber::PreemptedGeneratedTokens => counts.preempted_generated as f64,
            WorkerNumber::EndedStop => counts.stopped as f64,
            WorkerNumber::EndedLength => counts.cut as f64,
            WorkerNumber::EndedAborted => counts.aborted as f64,
            WorkerNumber::EndedDone => counts.done() as f64,
            WorkerNumber::Arrived => (counts.done() + counts.aborted) as f64 + running + waiting,
            WorkerNumber::QueueSeconds => counts.queued.seconds(),
            WorkerNumber::EndToEndSeconds => counts.whole.seconds(),
            WorkerNumber::InferenceSeconds => counts.inference.seconds(),
            WorkerNumber::LastTimeToFirstToken => last.time_to_first_token,
            WorkerNumber::LastInterTokenLatency => last.inter_token_latency,
            WorkerNumber::LastPromptLength => f64::from(last.prompt),
            WorkerNumber::Drafts => counts.drafts as f64,
            WorkerNumber::DraftTokens => counts.draft_tokens as f64,
            WorkerNumber::AcceptedTokens => counts.accepted() as f64,
            WorkerNumber::AcceptLength => return books.rate.verified.length(),
            WorkerNumber::AcceptRate => {
                let verified = &books.rate.verified;
                return Value::Ratio(f64::from(verified.held), f64::from(verified.tokens));
            }
            WorkerNumber::LastAcceptLength => return last.verified.length(),
            WorkerNumber::LastDraftShare => return last.draft_share(),
            WorkerNumber::Never => 0.0,
        })
    }
}

impl Last {
    /// The share of the step in which proposals were made.
    fn draft_share(&self) -> Value {
        let whole = self.step.ends.since(self.step.started);
        Value::Ratio(self.step.drafting.seconds(), whole.seconds())
    }

    /// Sequences of the step of which a part of the prompt was computed, over the most that run.
    fn prompt_share(&self, served: &Served) -> Value {
        let prompts = f64::from(self.step.prompts);
        Value::Ratio(prompts, f64::from(served.max_sequences))
    }
}

impl Verified {
    /// Tokens of a sequence's step, the one that needs no proposal among them.
    fn length(&self) -> Value {
        let drafts = f64::from(self.drafts);
        Value::Ratio(f64::from(self.held) + drafts, drafts)
    }
}
