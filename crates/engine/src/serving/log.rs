//! What happens in an engine, as those are told who watch it: in the order of time, and the same
//! for the same requests.

use fakeai_canon::{Micros, Way, WorkerLoad};

use super::sequence::SequenceId;
use super::step_time::Batch;

/// What happens in an engine, in the order in which it happens. All of it may be left out.
pub trait Log {
    /// What follows happens in this replica.
    fn replica(&mut self, _number: u32) {}
    /// A sequence is in the queue from then on, which may lie ahead: the server takes it in before.
    fn received(&mut self, _id: SequenceId, _at: Micros) {}
    /// A sequence was taken up for the first time; so many prompt tokens were in the cache, and so
    /// many of these in the host's memory alone.
    fn admitted(&mut self, _id: SequenceId, _at: Micros, _cached: u32, _host: u32) {}
    /// Keys and values of so many tokens are on their way; of a sequence, where it waits for them.
    fn moved(&mut self, _id: Option<SequenceId>, _way: Way, _took: Micros, _tokens: u32) {}
    /// Blocks that held so many tokens gave way to others.
    fn evicted(&mut self, _tokens: u32) {}
    /// How full the replica is: told before a step is said to have begun or ended.
    fn load(&mut self, _load: WorkerLoad) {}
    /// Its queue has changed between the steps: somebody came, or left.
    fn queued(&mut self, _at: Micros, _load: WorkerLoad) {}
    /// A step began; it computes `batch` until `end`.
    fn step(&mut self, _start: Micros, _end: Micros, _batch: &Batch) {}
    /// The tokens of the step that began have left the server then: so many, one after another.
    fn delivered(&mut self, _at: Micros, _tokens: u32) {}
    /// So much of the step that is about to begin passes while proposals for the next are made.
    fn drafts(&mut self, _took: Micros) {}
    /// The step that began verifies proposals for a sequence.
    fn speculated(&mut self, _speculated: &Speculated) {}
    /// A sequence gains a token at the end of the step that began.
    fn token(&mut self, _token: &Token) {}
    /// A sequence lost its blocks to others and waits to be computed again.
    fn preempted(&mut self, _id: SequenceId, _at: Micros) {}
    /// Blocks can be found again by what they hold, or can't any more.
    fn blocks(&mut self, _changes: &[BlockChange]) {}
    /// A sequence has all its tokens.
    fn finished(&mut self, _finished: &Finished) {}
    /// The step that began has ended.
    fn step_ended(&mut self) {}
    /// The replica has failed: the step that began does not end.
    fn halted(&mut self) {}
    /// A sequence was not taken in, since too many wait.
    fn refused(&mut self, _id: SequenceId, _at: Micros) {}
    /// The replica of a sequence has failed: tokens that were announced for later do not come. It
    /// goes on elsewhere, unless `failed` follows.
    fn displaced(&mut self, _id: SequenceId, _at: Micros) {}
    /// A sequence ends without all its tokens.
    fn failed(&mut self, _id: SequenceId, _at: Micros) {}
}

/// A log that keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Log for Quiet {}

/// What becomes of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockChange {
    /// A block of a sequence's prompt can be found again.
    Stored {
        /// Whose it is.
        id: SequenceId,
        /// Its place in the prompt.
        place: u32,
    },
    /// The block of this hash can't any more.
    Forgotten(u64),
    /// None can.
    Cleared,
}

/// Proposals for a sequence that a step verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speculated {
    /// The sequence.
    pub id: SequenceId,
    /// How many there are; at least one.
    pub proposed: u32,
    /// How many hold, those among them that go beyond the end of the answer.
    pub holding: u32,
}

/// A token that comes at the end of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub id: SequenceId,
    /// Its place in the answer; 0 is the first.
    pub index: u32,
    /// When it comes.
    pub at: Micros,
    /// The time since the one before it; none for the first.
    pub gap: Option<Micros>,
}

/// A sequence that has all its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The sequence.
    pub id: SequenceId,
    /// When it arrived.
    pub arrived: Micros,
    /// When it came into a queue, the server's share of its time being over.
    pub received: Micros,
    /// When it was first taken up.
    pub admitted: Micros,
    /// When its first token was there.
    pub first_token: Micros,
    /// When its last one was.
    pub ended: Micros,
    /// Tokens of its prompt.
    pub prompt: u32,
    /// Those of them that the cache had.
    pub cached: u32,
    /// Tokens that it generated.
    pub output: u32,
    /// How often it had to make room.
    pub preemptions: u32,
    /// Others that its replica had under way when it arrived.
    pub others: u32,
}
