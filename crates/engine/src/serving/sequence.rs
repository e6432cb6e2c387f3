//! One sequence on its way through the engine.

use std::ops::Range;

use fakeai_canon::Micros;

use super::blocks::BlockId;

/// The number of a sequence in its engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(pub u64);

/// What an engine is asked to generate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// When it arrives.
    pub arrived: Micros,
    /// Tokens of the prompt; at least one.
    pub prompt: u32,
    /// Hashes of the prompt's full blocks, each over all before it; empty where nothing is shared.
    pub hashes: Vec<u64>,
    /// Tokens to generate; at least one.
    pub output: u32,
    /// The most tokens that its caller allows, which is what an engine can know; none where the
    /// answer has as many.
    pub limit: Option<u32>,
    /// How urgent it is, where the policy asks: lower first.
    pub priority: i32,
    /// The adapter (LoRA) that it runs with.
    pub adapter: Option<u32>,
    /// What a router keeps together.
    pub session: Option<u64>,
    /// The tokens of its answer that the caller has predicted, in order.
    pub foretold: Vec<Range<u32>>,
}

/// Where a sequence stands.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    pub(crate) id: SequenceId,
    pub(crate) request: Request,
    /// Tokens of which the keys and values are in the cache.
    pub(crate) computed: u32,
    /// Tokens generated.
    pub(crate) generated: u32,
    /// Tokens of this step.
    pub(crate) scheduled: u32,
    /// Those of them that are proposals.
    pub(crate) proposed: u32,
    /// How many of these hold.
    pub(crate) holding: u32,
    pub(crate) blocks: Vec<BlockId>,
    /// Blocks of the prompt that are known to the cache by their hash.
    pub(crate) published: usize,
    /// Prompt tokens that the cache had when the sequence was first taken up.
    pub(crate) cached: Option<u32>,
    /// Those of them that only the host's memory had.
    pub(crate) host: u32,
    /// When it first came into a queue, or will.
    pub(crate) received: Option<Micros>,
    pub(crate) admitted: Option<Micros>,
    pub(crate) first_token: Option<Micros>,
    pub(crate) last_token: Option<Micros>,
    pub(crate) preemptions: u32,
    /// Others that its replica had under way when it arrived.
    pub(crate) others: Option<u32>,
    /// Whether another worker has computed it and its blocks have to be fetched from there.
    pub(crate) is_remote: bool,
    /// Whether the step that ends is its last one here.
    pub(crate) is_leaving: bool,
}

impl Sequence {
    pub(crate) fn new(id: SequenceId, request: Request) -> Self {
        Self {
            id,
            request,
            computed: 0,
            generated: 0,
            scheduled: 0,
            proposed: 0,
            holding: 0,
            blocks: Vec::new(),
            published: 0,
            cached: None,
            host: 0,
            received: None,
            admitted: None,
            first_token: None,
            last_token: None,
            preemptions: 0,
            others: None,
            is_remote: false,
            is_leaving: false,
        }
    }

    /// Its place among those whose priorities count: the lowest is served first and makes room last.
    pub(crate) fn rank(&self) -> (i32, Micros, SequenceId) {
        (self.request.priority, self.request.arrived, self.id)
    }

    /// Tokens that are known: the prompt and what was generated.
    pub(crate) fn known(&self) -> u32 {
        self.request.prompt + self.generated
    }

    /// Whether all that is known of it is computed but the token that it said last.
    pub(crate) fn is_generating(&self) -> bool {
        self.generated > 0 && self.known() - self.computed == 1
    }

    /// Whether the step that it is scheduled in ends with a token of it.
    pub(crate) fn gains(&self) -> bool {
        self.computed + self.scheduled >= self.known()
    }

    /// The tokens that it ends with: one, and as many as hold of those proposed. What goes beyond
    /// its end is thrown away.
    pub(crate) fn gain(&self) -> u32 {
        if !self.gains() {
            return 0;
        }
        (1 + self.holding).min(self.request.output - self.generated)
    }

    /// The tokens of the step are computed; those of proposals that do not hold are not kept.
    pub(crate) fn settle(&mut self) {
        self.computed += self.scheduled - (self.proposed - self.holding);
        (self.scheduled, self.proposed, self.holding) = (0, 0, 0);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.generated >= self.request.output
    }

    /// Forgets what was computed, and keeps what was generated.
    pub(crate) fn begin_anew(&mut self) {
        debug_assert!(self.blocks.is_empty(), "its blocks were given back");
        self.computed = 0;
        (self.scheduled, self.proposed, self.holding) = (0, 0, 0);
        self.published = 0;
        self.is_remote = false;
    }
}
