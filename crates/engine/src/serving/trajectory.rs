//! The steps of a closed loop, kept so that they can be timed again. Where requests follow each
//! other and not a clock, which of them share a step depends on no step's time: a run is scheduled
//! once, and then timed with as many sets of constants as a fit likes to try. What the server's share
//! of a request moves between steps is left out: its time is added.

use fakeai_canon::{Micros, Rng};

use super::cluster::{Cluster, Layout};
use super::log::{Finished, Log};
use super::plan::{Misfit, Setup};
use super::sequence::Request;
use super::step_time::{Batch, StepTime};
use super::workload::Lengths;

/// Requests that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosedLoop {
    /// Requests under way at any time; at least one.
    pub concurrency: u32,
    /// Requests in all.
    pub requests: u32,
    /// Different prompts, which come again and again in the same order; none where all differ.
    pub prompts: Option<u32>,
    /// Tokens of their prompts.
    pub prompt: Lengths,
    /// Tokens of their answers.
    pub output: Lengths,
}

/// Steps in a row that do the same but for the context that grows, by the one in their middle.
#[derive(Clone, Debug)]
struct Stretch {
    middle: Batch,
    steps: u32,
}

/// A request by the stretches that it arrives, starts and ends with.
#[derive(Clone, Copy, Debug)]
struct Passage {
    arrives: usize,
    starts: usize,
    ends: usize,
    prompt: u32,
    output: u32,
    others: u32,
}

/// The steps of a closed loop.
#[derive(Clone, Debug)]
pub struct Trajectory {
    stretches: Vec<Stretch>,
    passages: Vec<Passage>,
}

/// The mean times of a run, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// To the first token.
    pub ttft_ms: f64,
    /// A token after the first.
    pub tpot_ms: f64,
}

impl Trajectory {
    /// Schedules a closed loop.
    ///
    /// # Errors
    /// A set-up that can't run.
    pub fn of(setup: &Setup, workload: &ClosedLoop, rng: &mut Rng) -> Result<Self, Misfit> {
        let setup = Setup {
            efficiency: setup.efficiency.without_server(),
            ..setup.clone()
        };
        let mut cluster = Cluster::new(&setup, Layout::of(1), None)?;
        let keeper = drive(&mut cluster, workload, rng);
        // Where a stretch ends, by the time that it ended.
        let place = |at: Micros| keeper.ends.partition_point(|end| *end < at);
        let passages = keeper.finished.iter().map(|finished| Passage {
            arrives: match finished.arrived {
                Micros::ZERO => 0,
                at => place(at) + 1,
            },
            starts: place(finished.first_token) + 1,
            ends: place(finished.ended) + 1,
            prompt: finished.prompt,
            output: finished.output,
            others: finished.others,
        });
        Ok(Self {
            passages: passages.collect(),
            stretches: keeper.stretches,
        })
    }

    /// The means of the run with these times of steps.
    pub fn means(&self, times: &StepTime) -> Means {
        let mut clock = Vec::with_capacity(self.stretches.len() + 1);
        let mut steps = Vec::with_capacity(self.stretches.len() + 1);
        let mut now = 0.0;
        clock.push(now);
        for stretch in &self.stretches {
            let step = times.seconds(&stretch.middle);
            steps.push(step);
            now += f64::from(stretch.steps) * step;
            clock.push(now);
        }
        let (mut ttft, mut tpot, mut several) = (0.0, 0.0, 0.0);
        for passage in &self.passages {
            let share = times.request_seconds(passage.prompt, passage.others);
            // It waits for the end of the step under way, which the schedule has it do; once the server
            // has taken it in later, for that of a later one: as long as the shorter of those around
            // its arrival, since others' prompts may make one long.
            let before = passage.arrives.checked_sub(1).map(|place| steps[place]);
            let step = before.and_then(|before| Some(before.min(*steps.get(passage.arrives)?)));
            let beside = match step {
                Some(step) if step > 0.0 => ((share / step).ceil() - 1.0).max(0.0) * step,
                Some(_) | None => share,
            };
            ttft += clock[passage.starts] - clock[passage.arrives] + beside;
            if passage.output > 1 {
                let decode = clock[passage.ends] - clock[passage.starts];
                tpot += decode / f64::from(passage.output - 1);
                several += 1.0;
            }
        }
        Means {
            ttft_ms: ttft / (self.passages.len() as f64).max(1.0) * 1e3,
            tpot_ms: tpot / f64::max(several, 1.0) * 1e3,
        }
    }
}

/// Keeps the loop's concurrency under way until all requests are sent, and lets them end.
fn drive(cluster: &mut Cluster, workload: &ClosedLoop, rng: &mut Rng) -> Keeper {
    let mut keeper = Keeper::default();
    let size = cluster.setup().setting.block_tokens;
    let mut prompts: Vec<u32> = Vec::new();
    let mut sent = 0_u32;
    let mut request = |at: Micros, rng: &mut Rng| {
        let number = sent
            .checked_rem(workload.prompts.unwrap_or(0))
            .unwrap_or(sent);
        sent += 1;
        if number as usize == prompts.len() {
            prompts.push(workload.prompt.draw(rng));
        }
        let prompt = prompts[number as usize];
        let full = workload.prompts.map_or(0, |_| prompt / size);
        Request {
            arrived: at,
            prompt,
            hashes: (0..full)
                .map(|block| (u64::from(number) << 32) + u64::from(block))
                .collect(),
            output: workload.output.draw(rng),
            ..Request::default()
        }
    };
    let mut left = workload.requests;
    for _ in 0..workload.concurrency.min(workload.requests) {
        cluster.submit(request(Micros::ZERO, rng));
        left -= 1;
    }
    let mut seen = 0;
    while let Some(until) = cluster.next() {
        cluster.advance(until, &mut keeper);
        let ended = keeper.finished.len();
        for place in seen..ended.min(seen + left as usize) {
            cluster.submit(request(keeper.finished[place].ended, rng));
            left -= 1;
        }
        seen = ended;
    }
    keeper
}

/// The most steps that are timed by one of them.
const LONGEST: u32 = 256;

#[derive(Default)]
struct Keeper {
    stretches: Vec<Stretch>,
    ends: Vec<Micros>,
    /// Of the last step, and of the first of its stretch.
    context: u64,
    first_context: u64,
    finished: Vec<Finished>,
}

impl Log for Keeper {
    fn step(&mut self, _: Micros, end: Micros, batch: &Batch) {
        // Proposals that hold make a context grow by more.
        let grown = u64::from(batch.decodes);
        let most = grown + u64::from(batch.proposed);
        if let (Some(last), Some(last_end)) = (self.stretches.last_mut(), self.ends.last_mut()) {
            let is_same = batch.chunks.is_empty()
                && last.middle.chunks.is_empty()
                && batch.decodes == last.middle.decodes
                && batch.proposed == last.middle.proposed
                && (self.context + grown..=self.context + most).contains(&batch.context);
            if is_same && last.steps < LONGEST {
                self.context = batch.context;
                last.middle.context = u64::midpoint(self.first_context, batch.context);
                last.steps += 1;
                *last_end = end;
                return;
            }
        }
        self.first_context = batch.context;
        self.context = batch.context;
        self.stretches.push(Stretch {
            middle: batch.clone(),
            steps: 1,
        });
        self.ends.push(end);
    }

    fn finished(&mut self, finished: &Finished) {
        self.finished.push(finished.clone());
    }
}
