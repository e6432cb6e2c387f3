//! The power that a GPU draws: what it takes when idle, and more as its tensor pipes and its memory
//! work. The coefficients meet the measurements of serving on A100 that Splitwise published
//! (decode at 0.43 to 0.46 of the limit, long prompts at the limit).

use super::plan::Setup;
use super::step_time::Batch;
use super::step_work::{StepCosts, StepWork};

/// The share of the limit that a memory takes which is never still.
const MEMORY: f64 = 0.32;
/// The share of the limit that tensor pipes take which are as busy as large products keep them.
const TENSOR: f64 = 0.65;
/// How busy large products keep them.
const TENSOR_BUSY: f64 = 0.6;
/// Processors run at most so much slower to keep to the limit.
const SLOWEST: f64 = 0.2;

/// How busy a GPU is during a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Activity {
    /// The share of time in which kernels run; the rest of a step is the host's.
    pub kernels: f64,
    /// The share of time in which the tensor pipes multiply.
    pub tensor: f64,
    /// The share of time in which the memory is read or written.
    pub memory: f64,
    /// Bytes a second that are sent to peers; as many are received.
    pub link_bytes: f64,
    /// Bytes a second that the host sends.
    pub from_host_bytes: f64,
    /// Bytes a second that the host is sent.
    pub to_host_bytes: f64,
}

/// The power of the GPUs of a set-up.
#[derive(Clone, Debug)]
pub struct Power {
    costs: StepCosts,
    /// Bytes a second.
    bandwidth: f64,
    /// Seconds of a step that are the host's.
    host: f64,
    idle: f64,
    limit: f64,
    gpus: u32,
}

impl Power {
    /// That of a set-up.
    pub fn of(setup: &Setup) -> Self {
        Self {
            costs: StepCosts::of(setup),
            bandwidth: setup.gpu.memory_tb_s * 1e12,
            host: setup.efficiency.engine.host_us * 1e-6,
            idle: f64::from(setup.gpu.idle_watts),
            limit: f64::from(setup.gpu.tdp_watts),
            gpus: setup.gpus(),
        }
    }

    /// GPUs of a replica; all of them do the same.
    pub fn gpus(&self) -> u32 {
        self.gpus
    }

    /// Watts that each GPU draws when nothing runs.
    pub fn idle_watts(&self) -> f64 {
        self.idle
    }

    /// The most watts that each GPU draws.
    pub fn limit_watts(&self) -> f64 {
        self.limit
    }

    /// What a step does on each GPU.
    pub fn work(&self, batch: &Batch) -> StepWork {
        self.costs.of_step(batch)
    }

    /// How busy each GPU is in a step that takes so many seconds.
    pub fn activity(&self, batch: &Batch, seconds: f64) -> Activity {
        let work = self.work(batch);
        if seconds <= 0.0 {
            return Activity::default();
        }
        Activity {
            kernels: (1.0 - self.host / seconds).clamp(0.05, 1.0),
            tensor: (work.tensor_seconds / seconds).min(1.0),
            memory: (work.memory_bytes / self.bandwidth / seconds).min(1.0),
            link_bytes: work.link_bytes / seconds,
            from_host_bytes: work.from_host_bytes / seconds,
            to_host_bytes: work.to_host_bytes / seconds,
        }
    }

    /// Watts that each GPU draws while it is so busy.
    pub fn watts(&self, activity: &Activity) -> f64 {
        self.wanted(activity).min(self.limit)
    }

    /// The share of their highest clock at which processors keep to the limit. Power that is not
    /// idle goes with the clock and the square of the voltage, which goes with the clock.
    pub fn clock_share(&self, activity: &Activity) -> f64 {
        let (wanted, idle) = (self.wanted(activity) - self.idle, self.limit - self.idle);
        if wanted <= idle {
            return 1.0;
        }
        (idle / wanted).cbrt().max(SLOWEST)
    }

    fn wanted(&self, activity: &Activity) -> f64 {
        let busy = MEMORY * activity.memory + TENSOR * activity.tensor / TENSOR_BUSY;
        self.idle + self.limit * busy
    }
}
