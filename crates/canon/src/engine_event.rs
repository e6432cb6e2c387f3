//! What a simulated engine tells observers: facts by step and by sequence, never by token. One
//! replica's facts come in the order in which they happen; those of several may be mixed.

use std::sync::Arc;

use crate::{Finish, Micros, TokenId};

/// Something happened in a simulated engine.
pub enum EngineEvent {
    /// A worker's queue changed between steps: somebody came, or left.
    Load {
        /// The replica, from 0.
        worker: u32,
        /// When.
        at: Micros,
        /// How full it is now.
        load: WorkerLoad,
    },
    /// A sequence was taken up for the first time.
    Admitted {
        /// The replica.
        worker: u32,
        /// When.
        at: Micros,
        /// Tokens of its prompt, all of which were looked up in the cache.
        prompt: u32,
        /// Those of them that the cache had, on the GPUs or in the host's memory.
        cached: u32,
        /// Those of them that only the host's memory had.
        host: u32,
    },
    /// A sequence was not taken in, since too many wait.
    Refused {
        /// The replica.
        worker: u32,
        /// When.
        at: Micros,
    },
    /// Blocks of the cache gave way to others.
    Evicted {
        /// The replica.
        worker: u32,
        /// Tokens that they held.
        tokens: u32,
    },
    /// Keys and values are on their way.
    Moved(Transfer),
    /// A step began.
    StepBegan {
        /// What it computes.
        step: Step,
        /// How full the worker is while it runs.
        load: WorkerLoad,
    },
    /// A sequence got its first token, at the end of a step that comes next.
    FirstToken(FirstToken),
    /// A sequence lost its blocks to others and waits to be computed again.
    Preempted {
        /// The replica.
        worker: u32,
        /// When.
        at: Micros,
        /// Tokens of its prompt.
        prompt: u32,
        /// Tokens that it had generated.
        generated: u32,
    },
    /// A sequence has left, done or not. Where it is done, the end of its last step comes next.
    Ended(Box<Ended>),
    /// Blocks of a worker's cache came to be known, or are no longer. Told where somebody asked for
    /// it; a block is there before it is told of.
    Cache {
        /// The replica.
        worker: u32,
        /// What happened.
        change: CacheChange,
    },
    /// A step ended.
    StepEnded {
        /// What it computed.
        step: Step,
        /// How full the worker is after it.
        load: WorkerLoad,
        /// Tokens that were generated in it.
        generated: u32,
        /// Of the sequences that gained tokens which were not their first: the spans since the one
        /// before.
        intervals: Vec<Gap>,
        /// What became of the proposals that it verified.
        proposed: Proposed,
    },
    /// The tokens of a step have left, or those that had when many later steps were due.
    StepLeft {
        /// How long after the step's end the first of them left.
        first_late: Micros,
        /// How long after it the last one did.
        last_late: Micros,
        /// How many.
        tokens: u32,
    },
}

/// A span between two steps that sequences gained tokens in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// How long it was.
    pub span: Micros,
    /// Tokens that each of them gained at its end.
    pub tokens: u32,
    /// How many sequences had it.
    pub sequences: u32,
}

/// Proposals of further tokens (speculative decoding) that a step verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposed {
    /// Sequences that any were verified for.
    pub drafts: u32,
    /// How many there were.
    pub tokens: u32,
    /// For how many of the sequences the first held, the second did, and so on.
    pub held: Vec<u32>,
}

/// What becomes of the blocks of a worker's cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheChange {
    /// Blocks can be found again from now on.
    Stored(StoredBlocks),
    /// The blocks of these hashes can't any more.
    Removed(Vec<u64>),
    /// None can.
    Cleared,
}

/// Blocks of one prompt that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBlocks {
    /// The hash of each, over all tokens up to its end.
    pub hashes: Vec<u64>,
    /// That of the block before the first of them, where there is one.
    pub parent: Option<u64>,
    /// Their tokens.
    pub tokens: Vec<TokenId>,
    /// Tokens of each.
    pub block_tokens: u32,
    /// The number and the name of the adapter that they were computed with.
    pub adapter: Option<(u32, Arc<str>)>,
}

/// How full a worker is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkerLoad {
    /// Sequences in the batch.
    pub running: u32,
    /// Sequences in the queue, and those whose blocks are on their way.
    pub waiting: u32,
    /// Those of them whose blocks are on their way.
    pub loading: u32,
    /// Those of them that wait to fetch what another replica has computed.
    pub to_fetch: u32,
    /// Blocks of the cache that sequences use.
    pub used_blocks: u32,
    /// Blocks of the cache that can be found again by what they hold, used or not.
    pub known_blocks: u32,
    /// Those of them that no sequence uses.
    pub idle_blocks: u32,
    /// Blocks in the host's memory.
    pub host_blocks: u32,
    /// All blocks of the cache.
    pub blocks: u32,
}

/// What a step computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The replica.
    pub worker: u32,
    /// When it began.
    pub started: Micros,
    /// When it ends.
    pub ends: Micros,
    /// Sequences that gain a token without a part of a prompt.
    pub decodes: u32,
    /// Proposals of further tokens that are verified for them.
    pub proposed: u32,
    /// Tokens of context that these attend to, together.
    pub context: u64,
    /// Sequences of which a part of the prompt is computed.
    pub prompts: u32,
    /// Tokens of those parts.
    pub prompt_tokens: u32,
    /// How long the proposals for the next step take to make.
    pub drafting: Micros,
}

/// Keys and values go from one place to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The replica that gives them to its host, or gets them.
    pub worker: u32,
    /// From where to where.
    pub way: Way,
    /// How long it takes, waits for the link not counted.
    pub took: Micros,
    /// Tokens that they are of.
    pub tokens: u32,
}

/// From where to where keys and values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the GPUs to the host's memory.
    ToHost,
    /// From the host's memory to the GPUs.
    FromHost,
    /// From the replica that has computed a prompt to the one that answers it.
    FromReplica,
}

/// A sequence got its first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstToken {
    /// The replica.
    pub worker: u32,
    /// When.
    pub at: Micros,
    /// When the sequence arrived.
    pub arrived: Micros,
    /// When it was taken up.
    pub taken_up: Micros,
    /// Tokens of its prompt.
    pub prompt: u32,
    /// Those of them that the cache had.
    pub cached: u32,
    /// Where the replica that gave the token had the prompt's keys and values from; what is left of
    /// the prompt it has computed.
    pub origins: Origins,
}

/// Tokens of a prompt by where their keys and values came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The GPUs' own cache.
    pub device: u32,
    /// The host's memory.
    pub host: u32,
    /// Another replica.
    pub replica: u32,
}

/// A sequence has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The replica.
    pub worker: u32,
    /// When it arrived.
    pub arrived: Micros,
    /// When it came into the engine's queue, the server's share of its time being over; none where it
    /// left before.
    pub received: Option<Micros>,
    /// When it was first taken up; none where it left the queue before.
    pub taken_up: Option<Micros>,
    /// When its first token was there.
    pub first_token: Option<Micros>,
    /// When its last one was.
    pub last_token: Option<Micros>,
    /// When it left.
    pub at: Micros,
    /// Tokens of its prompt.
    pub prompt: u32,
    /// Those of them that the cache had.
    pub cached: u32,
    /// Tokens that it generated.
    pub generated: u32,
    /// How often it had to make room.
    pub preemptions: u32,
    /// Why it left.
    pub ending: Ending,
    /// Its request, where it is the first sequence of it.
    pub request: Option<RequestShape>,
    /// What its request asked for.
    pub params: RequestParams,
}

/// The sequences of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestShape {
    /// How many there are.
    pub sequences: u32,
    /// Tokens that the longest generates.
    pub longest: u32,
}

/// Why a sequence left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has all its tokens.
    Done(Finish),
    /// Nobody waits for it any more.
    Aborted,
}

/// What a request asked for, for those who count it; no engine goes by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestParams {
    /// The most tokens of a sequence, where the caller said.
    pub max_tokens: Option<u32>,
    /// Whether the answer is streamed.
    pub streamed: bool,
}
