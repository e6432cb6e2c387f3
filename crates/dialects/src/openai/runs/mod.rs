//! Runs of assistants: an assistant answers a thread, asks for the outputs of its functions, and
//! goes on when they come. What is done with stored runs (list, retrieve, cancel, expire) is no
//! part of it.
//! <https://platform.openai.com/docs/api-reference/runs>
//!
//! `create` and `submit` read requests; `shelf` finds what they speak of, `run` makes the run,
//! `transcript` what the model sees, `work` what is asked of it. `answer` writes, with `step`,
//! `spent` and `events` below it. A run always goes on in the background, streamed or not: a
//! client that hangs up does not end it.

mod answer;
mod create;
mod events;
mod run;
mod shelf;
mod spent;
mod step;
mod submit;
mod transcript;
mod work;

use crate::Endpoint;

/// The endpoints that begin a run or go on with one.
pub(super) const CREATE: Endpoint = Endpoint::new("createRun", create::in_thread);
pub(super) const CREATE_WITH_THREAD: Endpoint =
    Endpoint::new("createThreadAndRun", create::with_thread);
pub(super) const SUBMIT: Endpoint = Endpoint::new("submitToolOuputsToRun", submit::open);
