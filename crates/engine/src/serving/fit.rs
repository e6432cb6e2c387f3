//! Fits constants to measured runs: one after another is moved up and down, and stays where the
//! error is least. Runs are then scheduled with what came of it, and fitted once more. Constants are of
//! a GPU, of an engine or of all, never of a row or a model.

use fakeai_canon::Seed;

use super::efficiency::{CLIENT, Constants, DEFAULT, Part};
use super::measured::{Client, Measured};
use super::step_time::StepTime;
use super::trajectory::{Means, Trajectory};

/// A number that a fit may move.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Knob {
    /// Whose number.
    pub part: Part,
    /// The row of the table.
    pub row: String,
    /// The number's name.
    pub field: &'static str,
}

/// Runs that constants are fitted to.
pub struct Fit {
    cases: Vec<Case>,
}

struct Case {
    measured: Measured,
    trajectory: Trajectory,
    weight: f64,
    loss: f64,
}

/// The weight of the error in the time to first token beside that in the time a token.
const FIRST_TOKEN: f64 = 0.5;
/// Errors above this, as logarithms, count less: such a row has circumstances that nobody stated.
const FAR: f64 = 0.35;

/// How much a number's way from where it started counts, beside the mean error of all runs.
const PULL: f64 = 0.004;
/// Where a number is tried before the first round, between the least and the most that it may be.
const LEAPS: [f64; 4] = [0.1, 0.35, 0.6, 0.9];
/// Rounds that a number is left alone for which moving did not help.
const REST: u32 = 2;

/// Fits that follow each other at most, each on a schedule that was made with what the last found.
const PASSES: u32 = 4;
/// A schedule that moves no run by more than this share is one with which it was fitted.
const SETTLED: f64 = 0.005;
/// The first and the last step of a number, as shares of it: bold at first, small once it is near.
const BOLD: (f64, f64) = (0.35, 0.02);
const FINE: (f64, f64) = (0.09, 0.005);

/// How far a fit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The schedule that it goes by, the first being 0.
    pub pass: u32,
    /// The round on that schedule.
    pub round: u32,
    /// The mean error of all runs.
    pub error: f64,
}

impl Fit {
    /// Schedules the runs with these constants; each counts by its weight. Those that can't run are
    /// left out.
    pub fn of(rows: impl IntoIterator<Item = (Measured, f64)>, constants: &Constants) -> Self {
        let cases = rows
            .into_iter()
            .filter_map(|(measured, weight)| Case::of(measured, weight, constants));
        Self {
            cases: cases.collect(),
        }
    }

    /// The runs, with what these constants make of them.
    pub fn means<'a>(
        &'a self,
        constants: &'a Constants,
    ) -> impl Iterator<Item = (&'a Measured, Means)> {
        let means = |case: &'a Case| (&case.measured, case.means(constants));
        self.cases.iter().map(means)
    }

    /// The constants that come nearest, from these on. Runs are scheduled with what was found and
    /// the search goes on from there, until the schedule stays as it is. Every round tells how far it
    /// is.
    pub fn search(
        &mut self,
        from: &Constants,
        knobs: &[Knob],
        rounds: u32,
        mut tell: impl FnMut(Progress),
    ) -> Constants {
        let mut found = from.clone();
        let mut nearest: Option<(f64, Constants)> = None;
        for pass in 0..PASSES {
            let strides = if pass == 0 { BOLD } else { FINE };
            let tell = |round, error| tell(Progress { pass, round, error });
            found = self.settle(from, found, knobs, (strides, rounds >> pass), tell);
            let moved = self.schedule(&found);
            // What counts is what a simulation makes of the constants.
            let error = self.error();
            if nearest.as_ref().is_none_or(|(least, _)| error < *least) {
                nearest = Some((error, found.clone()));
            }
            // Small steps follow bold ones in any case.
            if moved < SETTLED && pass > 0 {
                break;
            }
        }
        nearest.map_or(found, |(_, constants)| constants)
    }

    /// Schedules the runs anew; tells how far that moves any of their means.
    fn schedule(&mut self, constants: &Constants) -> f64 {
        let mut most = 0.0_f64;
        for case in &mut self.cases {
            let before = case.means(constants);
            if let Some(anew) = Case::of(case.measured.clone(), case.weight, constants) {
                *case = anew;
            }
            let after = case.means(constants);
            let ttft = (after.ttft_ms / before.ttft_ms).ln().abs();
            let tpot = (after.tpot_ms / before.tpot_ms).ln().abs();
            most = most.max(ttft).max(tpot);
            case.loss = case.loss(constants);
        }
        most
    }

    /// The constants that come nearest on this schedule, from those that were found before.
    fn settle(
        &mut self,
        from: &Constants,
        found: Constants,
        knobs: &[Knob],
        ((first, least), rounds): ((f64, f64), u32),
        mut tell: impl FnMut(u32, f64),
    ) -> Constants {
        let mut best = found;
        for case in &mut self.cases {
            case.loss = case.loss(&best);
        }
        let mut stride = first;
        if first >= BOLD.0 {
            for knob in knobs {
                self.leap(knob, from, &mut best);
            }
        }
        // Bold steps first, small ones at the end. A number that no step helped is left alone for
        // some rounds.
        let mut rests = vec![0; knobs.len()];
        for round in 0..rounds {
            let mut has_moved = false;
            for (knob, rest) in knobs.iter().zip(&mut rests) {
                if *rest > 0 {
                    *rest -= 1;
                } else if self.turn(knob, stride, from, &mut best) {
                    has_moved = true;
                } else {
                    *rest = REST;
                }
            }
            tell(round, self.error());
            if !has_moved {
                stride /= 2.0;
                rests.fill(0);
            }
            if stride < least {
                break;
            }
        }
        best
    }

    /// The mean error of all runs.
    fn error(&self) -> f64 {
        let weights: f64 = self.cases.iter().map(|case| case.weight).sum();
        let losses: f64 = self.cases.iter().map(|case| case.weight * case.loss).sum();
        losses / weights.max(f64::MIN_POSITIVE)
    }

    /// Moves one number far, where that helps: small steps do not cross a stretch in which it does
    /// not matter.
    fn leap(&mut self, knob: &Knob, from: &Constants, best: &mut Constants) {
        let (least, most) = best.bounds(knob.field);
        for share in LEAPS {
            self.try_value(knob, least + share * (most - least), from, best);
        }
    }

    /// Moves one number where that helps.
    fn turn(&mut self, knob: &Knob, stride: f64, from: &Constants, best: &mut Constants) -> bool {
        let now = best.get(knob.part, &knob.row, knob.field);
        let (least, most) = best.bounds(knob.field);
        // A number at nothing is lifted by a part of the most that it may be.
        let up = (now * (1.0 + stride)).max(most.min(1e6) * 0.02 * stride);
        let down = now / (1.0 + stride);
        let down = if down < most.min(1e6) * 0.004 {
            least
        } else {
            down
        };
        [up, down]
            .into_iter()
            .any(|value| self.try_value(knob, value.clamp(least, most), from, best))
    }

    /// Gives a number this value, where that helps.
    fn try_value(
        &mut self,
        knob: &Knob,
        value: f64,
        from: &Constants,
        best: &mut Constants,
    ) -> bool {
        let now = best.get(knob.part, &knob.row, knob.field);
        if value == now {
            return false;
        }
        let mut other = best.clone();
        other.set(knob.part, &knob.row, knob.field, value);
        // Without need nothing moves far from what was known of it before.
        let start = from.get(knob.part, &knob.row, knob.field);
        let small = best.bounds(knob.field).1.min(1e6) * 0.01;
        let weights: f64 = self.cases.iter().map(|case| case.weight).sum();
        let far = |value: f64| ((value + small) / (start + small)).ln().powi(2);
        let pull = PULL * weights * (far(now) - far(value));
        let helps = self.accept(best, &other, pull);
        if helps {
            *best = other;
        }
        helps
    }

    /// Takes the losses of other constants where they are less in all, what pulls a number back to
    /// where it started included.
    fn accept(&mut self, now: &Constants, other: &Constants, pull: f64) -> bool {
        let mut gain = pull;
        let mut losses = Vec::new();
        for (place, case) in self.cases.iter().enumerate() {
            let is_same = case.efficiency(now) == case.efficiency(other)
                && case.client_us(now) == case.client_us(other);
            if is_same {
                continue;
            }
            let loss = case.loss(other);
            gain += case.weight * (case.loss - loss);
            losses.push((place, loss));
        }
        if gain <= 1e-9 {
            return false;
        }
        for (place, loss) in losses {
            self.cases[place].loss = loss;
        }
        true
    }
}

impl Case {
    /// Schedules a run with these constants; none where it can't run.
    fn of(measured: Measured, weight: f64, constants: &Constants) -> Option<Self> {
        let mut setup = measured.setup.clone();
        setup.efficiency = constants.of(&setup.gpu.name, setup.setting.kind.name());
        let rng = &mut Seed(1).rng();
        let trajectory = Trajectory::of(&setup, &measured.workload, rng).ok()?;
        Some(Self {
            measured,
            trajectory,
            weight,
            loss: 0.0,
        })
    }

    fn efficiency(&self, constants: &Constants) -> super::Efficiency {
        let setup = &self.measured.setup;
        constants.of(&setup.gpu.name, setup.setting.kind.name())
    }

    fn client_us(&self, constants: &Constants) -> f64 {
        constants.get(Part::Client, self.measured.client.name(), CLIENT)
    }

    fn means(&self, constants: &Constants) -> Means {
        let mut setup = self.measured.setup.clone();
        setup.efficiency = self.efficiency(constants);
        let client = self.client_us(constants);
        let means = self.trajectory.means(&StepTime::new(&setup));
        Means {
            ttft_ms: means.ttft_ms + client * 1e-3,
            ..means
        }
    }

    fn loss(&self, constants: &Constants) -> f64 {
        let means = self.means(constants);
        let error = |simulated: f64, measured: f64| {
            let error = (simulated / measured).ln().abs();
            error.min(FAR + (error - FAR) * 0.2)
        };
        error(means.tpot_ms, self.measured.tpot_ms)
            + FIRST_TOKEN * error(means.ttft_ms, self.measured.ttft_ms)
    }
}

/// The numbers that runs of these GPUs and engines tell something of.
pub fn knobs<'a>(rows: impl IntoIterator<Item = &'a Measured>, of_all: bool) -> Vec<Knob> {
    const GPU: [&str; 13] = [
        "compute_fp8",
        "memory_fp8",
        "compute_fp8_block",
        "memory_fp8_block",
        "fp8_launch_us",
        "compute_fp4",
        "memory_fp4",
        "compute_bf16",
        "memory_bf16",
        "decode_attention",
        "decode_attention_fp8",
        "reduce_us",
        "reduce_gb_s",
    ];
    const ENGINE: [&str; 19] = [
        "host_us",
        "row_us",
        "chunk_us",
        "serial_us",
        "serial_row_us",
        "pass_us",
        "request_us",
        "prompt_token_us",
        "concurrency_us",
        "output_us",
        "eager_us",
        "eager_expert_us",
        "eager_mla_us",
        "expert_us",
        "expert_memory",
        "expert_memory_fp8",
        "expert_compute",
        "expert_compute_fp8",
        "expert_least_fp8",
    ];
    const ALL: [&str; 4] = [
        "expert_narrow",
        "layer_us",
        "attention_us",
        "prefill_attention",
    ];
    let mut knobs = Vec::new();
    let shipped = Constants::shipped();
    let knob = |part, row: &str, field| Knob {
        part,
        row: row.to_owned(),
        field,
    };
    for row in rows {
        // A GPU without numbers of its own gets some.
        let gpu = match shipped.gpu_row(&row.setup.gpu.name) {
            DEFAULT => &row.setup.gpu.name,
            gpu => gpu,
        };
        knobs.extend(GPU.map(|field| knob(Part::Gpu, gpu, field)));
        if row.client != Client::Unknown {
            knobs.push(knob(Part::Client, row.client.name(), CLIENT));
        }
        let engine = row.setup.setting.kind.name();
        knobs.extend(ENGINE.map(|field| knob(Part::Engine, engine, field)));
    }
    if of_all {
        knobs.extend(ALL.map(|field| knob(Part::Engine, "default", field)));
    }
    knobs.sort();
    knobs.dedup();
    knobs
}
