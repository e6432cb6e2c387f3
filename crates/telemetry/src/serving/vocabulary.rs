//! The words that rows of a page may use: the quantities that are measured and the labels that are
//! known.

use serde::Deserialize;

/// A quantity that a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Quantity {
    /// Of each worker, a number.
    Worker(WorkerNumber),
    /// Of each worker, what is moved to it and away from it.
    Moves(MoveNumber),
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
    /// Of each GPU.
    Gpu(GpuNumber),
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
    LastStepPromptShare,
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
    /// The share of the last step in which proposals were made for the next.
    LastDraftShare,
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
    /// A cache in the host's memory.
    HostTier,
    /// Adapters (LoRA).
    Adapters,
    /// Workers that compute prompts for others.
    Handover,
    /// Either of the host's memory and of workers that compute prompts for others.
    Connector,
}

/// What is measured of keys and values on their way to a worker and away from it, and of who found
/// no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MoveNumber {
    DevicePromptTokens,
    HostPromptTokens,
    ReplicaPromptTokens,
    /// From the host's memory or another replica.
    ExternalPromptTokens,
    /// From anywhere, and so not computed.
    ReusedPromptTokens,
    /// Looked up outside of the GPUs' cache.
    HostLookedUpTokens,
    HostFoundTokens,
    HostFoundShare,
    HostUsage,
    UsedHostTokens,
    /// Tokens on the GPUs that can be found again and that no sequence uses.
    IdleCacheTokens,
    /// Room on the GPUs that holds nothing.
    EmptyCacheTokens,
    /// Found on the GPUs.
    DeviceFoundTokens,
    ReusedBlocks,
    MissedBlocks,
    EvictedTokens,
    Refused,
    /// Sequences that wait for room alone.
    Queued,
    /// Sequences whose blocks are on their way.
    Loading,
    /// Sequences that wait to fetch what another replica has computed.
    ToFetch,
    ToHostBlocks,
    ToHostTokens,
    ToHostBytes,
    ToHostSeconds,
    FromHostBlocks,
    FromHostTokens,
    FromHostBytes,
    FromHostSeconds,
    FromReplicaTimes,
    FromReplicaMilliseconds,
}

/// What is measured of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GpuNumber {
    #[serde(rename = "gpu_busy")]
    Busy,
    #[serde(rename = "gpu_memory_bytes")]
    MemoryBytes,
    #[serde(rename = "gpu_used_bytes")]
    UsedBytes,
    #[serde(rename = "gpu_watts")]
    Watts,
    #[serde(rename = "gpu_limit_watts")]
    LimitWatts,
    #[serde(rename = "gpu_joules")]
    Joules,
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
    /// Of steps that compute prompts.
    StepPromptTokens,
    ToHostBytesEach,
    ToHostTransfer,
    FromHostBytesEach,
    FromHostTransfer,
    FromReplicaBytes,
    FromReplicaTransfer,
    /// In 10^9 bytes a second.
    FromReplicaSpeed,
}

impl WorkerSpread {
    pub(super) const ALL: [WorkerSpread; 27] = [
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
        WorkerSpread::StepPromptTokens,
        WorkerSpread::ToHostBytesEach,
        WorkerSpread::ToHostTransfer,
        WorkerSpread::FromHostBytesEach,
        WorkerSpread::FromHostTransfer,
        WorkerSpread::FromReplicaBytes,
        WorkerSpread::FromReplicaTransfer,
        WorkerSpread::FromReplicaSpeed,
    ];
}

/// What is counted of calls to a page's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallNumber {
    Calls,
    AnsweredCalls,
    AbandonedCalls,
    /// Those that ended in an error, each status for itself.
    FailedCalls,
    /// Those that were refused since nobody had room.
    RejectedCalls,
    CallPromptTokens,
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
    HostTokens,
    /// 1 where the engine is awake.
    Awake,
    /// 1 where it sleeps and its weights are in the host's memory.
    WeightsOffloaded,
    /// 1 where it sleeps and has nothing.
    AllDiscarded,
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
    ExpertParallel,
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
    /// Adapters of sequences in batches, with commas between.
    RunningAdapters,
    /// Those of sequences that wait.
    WaitingAdapters,
    MaxAdapters,
    GpuUuid,
}
