//! The steps of a closed loop, kept so that they can be timed again. Where requests follow each
//! other and not a clock, which of them share a step depends on no step's time but for the server's
//! share of each, which passes beside the steps. A run is scheduled once, timed with as many sets of
//! constants as a fit likes to try, and scheduled anew with what came of it: with the constants that
//! it was scheduled with, times are those of a simulation.

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
    /// Requests that are measured.
    pub requests: u32,
    /// Requests that come before these, and have all ended when the first of these comes.
    pub warm_up: u32,
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
    /// Tokens that leave the server, of all its steps.
    tokens: u32,
    /// Who came to an idle engine, and what they waited for: the first step is theirs.
    after: Option<usize>,
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
    is_measured: bool,
    /// The end of the step that was under way when the engine got it.
    joins: Place,
}

/// The end of a step: the stretch, and how many of its steps have passed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    stretch: usize,
    steps: f64,
}

/// The steps of a closed loop.
#[derive(Clone, Debug)]
pub struct Trajectory {
    stretches: Vec<Stretch>,
    passages: Vec<Passage>,
}

/// When stretches begin and end with one set of constants, in seconds.
struct Timing {
    begins: Vec<f64>,
    /// The end of each, after the beginning of all.
    ends: Vec<f64>,
    /// Of one of its steps.
    step: Vec<f64>,
    /// When what was gained until the end of each has left the server.
    sent: Vec<f64>,
}

impl Timing {
    /// The end of the step that is under way at a time; where none is, the time itself.
    fn place(&self, at: f64) -> (Place, f64) {
        let stretch = self.ends[1..].partition_point(|end| *end < at - NEAR);
        let Some(begins) = self.begins.get(stretch) else {
            return (
                Place {
                    stretch,
                    steps: 0.0,
                },
                at,
            );
        };
        if at <= *begins {
            return (
                Place {
                    stretch,
                    steps: 0.0,
                },
                at,
            );
        }
        let steps = ((at - begins - NEAR) / self.step[stretch]).ceil();
        let place = Place { stretch, steps };
        (place, self.at(place))
    }

    fn at(&self, place: Place) -> f64 {
        match self.begins.get(place.stretch) {
            Some(begins) => begins + place.steps * self.step[place.stretch],
            None => self.ends.last().copied().unwrap_or_default(),
        }
    }
}

/// Times that differ by less are one, in seconds: a simulation counts in millionths.
const NEAR: f64 = 2e-6;

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
        let mut setup = setup.clone();
        // Without any share of the server's it would not be seen who came to an idle engine.
        let share = &mut setup.efficiency.engine.request_us;
        *share = share.max(5.0);
        let mut cluster = Cluster::new(&setup, Layout::of(1), None)?;
        let mut keeper = drive(&mut cluster, workload, rng);
        for (stretch, at) in std::mem::take(&mut keeper.idle_until) {
            let woke = |finished: &Finished| finished.received == at;
            keeper.stretches[stretch].after = keeper.finished.iter().position(woke);
        }
        // The stretch by the time at which its tokens had left the server.
        let place = |at: Micros| keeper.sent.partition_point(|sent| *sent < at);
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
            is_measured: finished.id.0 >= u64::from(workload.warm_up),
            joins: Place::default(),
        });
        let mut trajectory = Self {
            passages: passages.collect(),
            stretches: keeper.stretches,
        };
        let times = StepTime::new(&setup);
        let timing = trajectory.timing(&times);
        for passage in &mut trajectory.passages {
            let ready = timing.sent[passage.arrives] + passage.share(&times);
            passage.joins = timing.place(ready).0;
        }
        Ok(trajectory)
    }

    fn timing(&self, times: &StepTime) -> Timing {
        let room = self.stretches.len();
        let mut timing = Timing {
            begins: Vec::with_capacity(room),
            ends: Vec::with_capacity(room + 1),
            step: Vec::with_capacity(room),
            sent: Vec::with_capacity(room + 1),
        };
        let (mut now, mut sent) = (0.0_f64, 0.0_f64);
        timing.ends.push(now);
        timing.sent.push(sent);
        for stretch in &self.stretches {
            if let Some(passage) = stretch.after.map(|passage| &self.passages[passage]) {
                now = now.max(timing.sent[passage.arrives] + passage.share(times));
            }
            let step = times.seconds(&stretch.middle);
            timing.begins.push(now);
            timing.step.push(step);
            let steps = f64::from(stretch.steps);
            // The server begins when the first step has ended, or is behind until the last one has.
            let all = times.output_seconds(f64::from(stretch.tokens));
            sent = (sent.max(now + step) + all).max(now + steps * step + all / steps);
            now += steps * step;
            timing.ends.push(now);
            timing.sent.push(sent);
        }
        timing
    }

    /// The means of the run with these times of steps.
    pub fn means(&self, times: &StepTime) -> Means {
        let timing = self.timing(times);
        let (mut ttft, mut tpot, mut several, mut all) = (0.0, 0.0, 0.0, 0.0);
        for passage in self.passages.iter().filter(|passage| passage.is_measured) {
            all += 1.0;
            let arrived = timing.sent[passage.arrives];
            // The schedule has it join at the end of a step; with another share of the server's it
            // would be that of an earlier or later one.
            let joins = timing.place(arrived + passage.share(times)).1;
            let moved = joins - timing.at(passage.joins);
            ttft += (timing.sent[passage.starts] - arrived + moved).max(0.0);
            if passage.output > 1 {
                let decode = timing.sent[passage.ends] - timing.sent[passage.starts];
                tpot += decode / f64::from(passage.output - 1);
                several += 1.0;
            }
        }
        Means {
            ttft_ms: ttft / f64::max(all, 1.0) * 1e3,
            tpot_ms: tpot / f64::max(several, 1.0) * 1e3,
        }
    }
}

impl Passage {
    /// The server's share of it, in seconds.
    fn share(&self, times: &StepTime) -> f64 {
        times.request_seconds(self.prompt, self.others)
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
    let mut seen = 0;
    for requests in [workload.warm_up, workload.requests] {
        // All of the warm-up have ended when the first that is measured comes.
        let begins = keeper
            .finished
            .last()
            .map_or(Micros::ZERO, |last| last.ended);
        let mut left = requests;
        for _ in 0..workload.concurrency.min(requests) {
            cluster.submit(request(begins, rng));
            left -= 1;
        }
        while let Some(until) = cluster.next() {
            cluster.advance(until, &mut keeper);
            let ended = keeper.finished.len();
            for place in seen..ended.min(seen + left as usize) {
                cluster.submit(request(keeper.finished[place].ended, rng));
                left -= 1;
            }
            seen = ended;
        }
    }
    keeper
}

/// The most steps that are timed by one of them.
const LONGEST: u32 = 256;

#[derive(Default)]
struct Keeper {
    stretches: Vec<Stretch>,
    ends: Vec<Micros>,
    sent: Vec<Micros>,
    /// Stretches that an idle engine began with, and when.
    idle_until: Vec<(usize, Micros)>,
    /// Of the last step, and of the first of its stretch.
    context: u64,
    first_context: u64,
    finished: Vec<Finished>,
}

impl Log for Keeper {
    fn step(&mut self, start: Micros, end: Micros, batch: &Batch) {
        let was_idle = self.ends.last().copied().unwrap_or_default() < start;
        // Proposals that hold make a context grow by more.
        let grown = u64::from(batch.decodes);
        let most = grown + u64::from(batch.proposed);
        if let (Some(last), Some(last_end)) = (self.stretches.last_mut(), self.ends.last_mut()) {
            let is_same = !was_idle
                && batch.chunks.is_empty()
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
        if was_idle {
            self.idle_until.push((self.stretches.len(), start));
        }
        self.first_context = batch.context;
        self.context = batch.context;
        self.stretches.push(Stretch {
            middle: batch.clone(),
            steps: 1,
            tokens: 0,
            after: None,
        });
        self.ends.push(end);
        self.sent.push(end);
    }

    fn delivered(&mut self, at: Micros, tokens: u32) {
        if let (Some(stretch), Some(sent)) = (self.stretches.last_mut(), self.sent.last_mut()) {
            stretch.tokens += tokens;
            *sent = at;
        }
    }

    fn finished(&mut self, finished: &Finished) {
        self.finished.push(finished.clone());
    }
}
