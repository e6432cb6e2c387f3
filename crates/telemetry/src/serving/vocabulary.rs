//! The words that rows of a page may use: the quantities that are measured and the labels that are
//! known.

use serde::Deserialize;

/// A quantity that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Quantity {
    /// Of each worker, a number.
    Worker(WorkerNumber),
    /// Of each worker, a distribution.
    WorkerSpread(WorkerSpread),
    /// Of each worker and place of a proposal, a number.
    Proposals(ProposalNumber),
    /// Of the calls that were served, a number.
    Calls(CallNumber),
    /// Of the calls that were served, a distribution.
    CallSpread(CallSpread),
    /// Of the set-up.
    Fact(Fact),
}

/// What is measured of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkerNumber {
    Running,
    Waiting,
    Unfinished,
    UsedBlocks,
    FreeBlocks,
    CacheUsage,
    UsedCacheTokens,
    FreeCacheTokens,
    PromptTokens,
    CachedPromptTokens,
    ComputedPromptTokens,
    LookedUpTokens,
    FoundTokens,
    FoundShare,
    GeneratedTokens,
    BatchedPromptTokens,
    Steps,
    IdleSeconds,
    LastStepSeconds,
    LastStepPrompts,
    LastStepDecodes,
    LastStepSequences,
    LastStepPromptTokens,
    LastStepContext,
    LastStepPreemptions,
    TokensAStep,
    GenerationRate,
    Preemptions,
    PreemptedPromptTokens,
    PreemptedGeneratedTokens,
    EndedStop,
    EndedLength,
    EndedAborted,
    EndedDone,
    Arrived,
    QueueSeconds,
    EndToEndSeconds,
    InferenceSeconds,
    LastTimeToFirstToken,
    LastInterTokenLatency,
    LastPromptLength,
    Drafts,
    DraftTokens,
    AcceptedTokens,
    AcceptLength,
    AcceptRate,
    LastAcceptLength,
    /// Nothing of this kind happens in the simulation, and the engine says so as well.
    Never,
}

/// What is counted of proposals by their place in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProposalNumber {
    AcceptedAtPosition,
}

/// What a page may have rows for only where it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Feature {
    Speculation,
}

/// What is distributed in a worker. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkerSpread {
    TimeToFirstToken,
    InterTokenLatency,
    SharedTokenLatency,
    EndToEnd,
    QueueTime,
    PrefillTime,
    DecodeTime,
    InferenceTime,
    TimePerOutputToken,
    PromptLength,
    ComputedPromptLength,
    CachedPromptLength,
    CachedShare,
    GeneratedLength,
    LongestGenerated,
    MaxTokens,
    SequencesARequest,
    SequencePreemptions,
    StepTokens,
}

impl WorkerSpread {
    pub(super) const ALL: [WorkerSpread; 19] = [
        WorkerSpread::TimeToFirstToken,
        WorkerSpread::InterTokenLatency,
        WorkerSpread::SharedTokenLatency,
        WorkerSpread::EndToEnd,
        WorkerSpread::QueueTime,
        WorkerSpread::PrefillTime,
        WorkerSpread::DecodeTime,
        WorkerSpread::InferenceTime,
        WorkerSpread::TimePerOutputToken,
        WorkerSpread::PromptLength,
        WorkerSpread::ComputedPromptLength,
        WorkerSpread::CachedPromptLength,
        WorkerSpread::CachedShare,
        WorkerSpread::GeneratedLength,
        WorkerSpread::LongestGenerated,
        WorkerSpread::MaxTokens,
        WorkerSpread::SequencesARequest,
        WorkerSpread::SequencePreemptions,
        WorkerSpread::StepTokens,
    ];
}

/// What is counted of calls to a page's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallNumber {
    Calls,
    AnsweredCalls,
    AbandonedCalls,
    CallPromptTokens,
    CallCachedTokens,
    CallGeneratedTokens,
}

/// What is distributed over calls that were answered. Times are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallSpread {
    #[serde(rename = "call_duration")]
    Duration,
    #[serde(rename = "call_time_to_first_token")]
    TimeToFirstToken,
    #[serde(rename = "call_time_per_output_token")]
    TimePerOutputToken,
    #[serde(rename = "call_prompt_length")]
    PromptLength,
    #[serde(rename = "call_computed_prompt_length")]
    ComputedPromptLength,
    #[serde(rename = "call_cached_length")]
    CachedLength,
    #[serde(rename = "call_generated_length")]
    GeneratedLength,
}

impl CallSpread {
    pub(super) const ALL: [CallSpread; 7] = [
        CallSpread::Duration,
        CallSpread::TimeToFirstToken,
        CallSpread::TimePerOutputToken,
        CallSpread::PromptLength,
        CallSpread::ComputedPromptLength,
        CallSpread::CachedLength,
        CallSpread::GeneratedLength,
    ];
}

/// What the set-up says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fact {
    /// 1, the value of a metric that only carries labels.
    One,
    Blocks,
    BlockTokens,
    CacheTokens,
    CacheBytes,
    WeightBytes,
    UsedBytes,
    MaxSequences,
    MaxBatchedTokens,
    ContextTokens,
    ProposedTokens,
    VerifiedTokens,
    UptimeSeconds,
    UnixTime,
}

/// What a label says that is not a fixed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Label {
    Model,
    Worker,
    /// The worker where there are several; else the label is left out.
    SeveralWorkers,
    /// The page's name for the operation.
    Endpoint,
    Method,
    Status,
    /// `success` or `error`.
    Outcome,
    /// The page's name for the kind of error; empty where there was none.
    ErrorType,
    /// `stream` or `unary`.
    RequestType,
    /// `true` or `false`.
    Streaming,
    Gpu,
    Gpus,
    Precision,
    CacheDtype,
    TensorParallel,
    PipelineParallel,
    BlockTokens,
    Blocks,
    CacheTokens,
    CacheConcurrency,
    ContextTokens,
    MemoryShare,
    PrefixCaching,
    /// The place of a proposal, from 0.
    Position,
    Speculates,
    SpeculationMethod,
    SpeculationModel,
    ProposedTokens,
}
