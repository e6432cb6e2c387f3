//! The seam to the engine: jobs go in, due times come out. An engine sees token ids and lengths,
//! never text or JSON.

use std::ops::Range;
use std::task::Waker;

use crate::{ApiError, Finish, Micros, Prompt, RequestParams, Seed};

/// What an engine is asked to run.
pub struct Job<'a> {
    /// The seed of all chance in its timing.
    pub seed: Seed,
    /// The model.
    pub model: &'a str,
    /// The prompts.
    pub prompts: &'a [Prompt],
    /// Tokens that each sequence generates: all of the first prompt, then all of the second …
    /// Sequences run side by side.
    pub lengths: &'a [u32],
    /// Of each of them the tokens that the caller has predicted, in order; what is not told has
    /// none.
    pub foretold: &'a [Vec<Range<u32>>],
    /// Why each of them ends; what is not told has said all.
    pub finishes: &'a [Finish],
    /// What the request asked for.
    pub params: RequestParams,
    /// How urgent it is, where the engine asks: lower first.
    pub priority: i32,
    /// What keeps its part of the cache apart from others'.
    pub salt: Option<&'a str>,
    /// What it belongs to: requests of one session are better served in one place.
    pub session: Option<&'a str>,
    /// When it arrived.
    pub arrived: Micros,
}

/// An engine.
pub trait Engine: Send + Sync {
    /// Takes a job.
    ///
    /// # Errors
    /// Too many wait already.
    fn submit(&self, job: &Job<'_>) -> Result<Box<dyn Ticks>, ApiError>;

    /// Lets all happen that has happened by now, so that observers know of it. An engine that
    /// nobody drives does so when somebody asks.
    fn catch_up(&self) {}
}

/// What an engine found when it took a job up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Prompt tokens that it had in its cache.
    pub cached: u64,
}

/// The due times of one job's steps. In each step every sequence that still runs gets a token.
pub trait Ticks: Send {
    /// What was found at admission. Asked for when the first step is due.
    fn admission(&mut self) -> Admission;

    /// When step `index` is due; 0 is the first token. Steps are asked for in order, and one may
    /// be asked for again after `Pending`.
    fn due(&mut self, index: u32, waker: &Waker) -> Tick;

    /// So many tokens that were due then have left now: an engine that tells how well its steps keep
    /// time takes note.
    fn left(&mut self, _due: Micros, _now: Micros, _tokens: u32) {}
}

/// A step's due time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// Known.
    At(Micros),
    /// Not known before that time: ask again then.
    AskAt(Micros),
    /// The engine has not come to it; the waker tells.
    Pending,
    /// It never comes: the engine has lost the job.
    Lost,
}
