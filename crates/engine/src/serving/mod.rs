//! A simulated serving engine in virtual time: requests queue, are batched, fill a paged cache of
//! keys and values, and gain a token at the end of each step that they take part in. No clock, no
//! threads, no I/O: the same requests at the same times give the same log.

mod blocks;
mod efficiency;
mod live;
mod noise;
mod plan;
mod scheduler;
mod sequence;
mod step_time;
mod watch;
mod worker;
mod workload;

pub use efficiency::{Efficiency, EngineCosts, GpuCosts};
pub use live::LiveEngine;
pub use noise::Noise;
pub use plan::{Kind, Misfit, Precision, Setting, Setup};
pub use sequence::{Request, SequenceId};
pub use step_time::{Batch, StepTime};
pub use worker::{Finished, Log, Quiet, Worker};
pub use workload::{Arrivals, Lengths, Outcome, Run, Workload, replay, run};
