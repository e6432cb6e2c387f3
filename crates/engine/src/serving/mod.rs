//! A simulated serving engine in virtual time: requests queue, are batched, fill a paged cache of
//! keys and values, and gain a token at the end of each step that they take part in. No clock, no
//! threads, no I/O: the same requests at the same times give the same log.

mod admission;
mod blocks;
mod cluster;
mod control;
mod digest;
mod efficiency;
mod fit;
mod gpus;
mod host_tier;
mod live;
mod log;
mod measured;
mod noise;
mod orders;
mod plan;
mod play;
mod power;
mod proposals;
mod quick_hash;
mod recent;
mod router;
mod scheduler;
mod sequence;
mod speculation;
mod step_time;
mod step_work;
mod thermal;
mod told_blocks;
mod trajectory;
mod watch;
mod worker;
mod workload;

pub use cluster::{Cluster, Layout, OnFailure, State};
pub use control::SleepLevel;
pub use digest::Digest;
pub use efficiency::{Constants, Efficiency, EngineCosts, GpuCosts, Part};
pub use fit::{Fit, Knob, knobs};
pub use gpus::{GpuMemory, GpuReading, Gpus};
pub use live::LiveEngine;
pub use log::{BlockChange, Finished, Log, Quiet, Speculated, Token};
pub use measured::{Measured, Standing, Unread, read as read_measured};
pub use noise::Noise;
pub use orders::{Order, WorkerState};
pub use plan::{Kind, Misfit, Policy, Precision, Setting, Setup};
pub use play::{Moment, Outcome, Run, play, replay, run};
pub use power::{Activity, Power};
pub use router::Router;
pub use sequence::{Request, SequenceId};
pub use speculation::{MOST_PROPOSED, Method, Speculation};
pub use step_time::{Batch, StepTime};
pub use step_work::StepWork;
pub use trajectory::{ClosedLoop, Means, Trajectory};
pub use worker::Role;
pub use workload::{Arrivals, Lengths, Shared, Workload};
