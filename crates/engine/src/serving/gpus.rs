//! The GPUs of one replica: how busy they are, what they draw, how warm they get, what their memory
//! holds. They say how long a step takes, since a hot GPU's clocks go down.

use fakeai_canon::Micros;

use super::plan::Setup;
use super::power::{Activity, Power};
use super::recent::{Recent, Span};
use super::step_time::{Batch, StepTime};
use super::thermal::{Heat, Thermal};

/// The GPUs of a replica: they work in step, but some may be hotter than others.
#[derive(Clone, Debug)]
pub struct Gpus {
    power: Power,
    thermal: Thermal,
    memory: GpuMemory,
    clock_mhz: (u32, u32),
    /// Up to when everything is counted.
    at: Micros,
    step: Option<Step>,
    /// Means over the last span of time, where somebody reads them.
    recent: Option<Recent>,
    joules: f64,
    link_bytes: f64,
    gpus: Vec<Heat>,
    /// Seconds in which heat kept the clocks down.
    slowed: f64,
    /// The share of their clock that steps ran at which heat slowed last, and their times.
    slow: Option<(f64, Box<StepTime>)>,
}

/// The step under way.
#[derive(Clone, Copy, Debug)]
struct Step {
    ends: Micros,
    activity: Activity,
    watts: f64,
    /// The share of the highest clock that it runs at, and whether heat keeps it there.
    clock_share: f64,
    is_slowed: bool,
}

/// What the memory of each GPU holds, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GpuMemory {
    /// Weights.
    pub weights: f64,
    /// Blocks of the cache, whether they hold anything or not.
    pub cache: f64,
    /// Activations, graphs and the runtime.
    pub beside: f64,
}

/// What the telemetry of one GPU shows. Shares are means over the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GpuReading {
    /// The share of time in which a step was under way.
    pub busy: f64,
    /// How busy it was.
    pub activity: Activity,
    /// Watts.
    pub watts: f64,
    /// All joules since the start.
    pub joules: f64,
    /// Bytes sent to peers since the start; as many were received.
    pub link_bytes: f64,
    /// Degrees Celsius of the processor.
    pub processor_c: f64,
    /// Of the memory.
    pub memory_c: f64,
    /// The clock of the processors at this moment, in MHz.
    pub processor_mhz: f64,
    /// That of the memory.
    pub memory_mhz: f64,
    /// Seconds in which heat has kept the clock down.
    pub slowed_seconds: f64,
    /// Bytes of its memory that the engine has taken.
    pub used_bytes: f64,
}

/// The clock of processors that have nothing to do, in MHz: <https://docs.nvidia.com/dcgm>, and what
/// `nvidia-smi` shows of idle GPUs of a server.
const IDLE_MHZ: f64 = 345.0;
/// An idle GPU's clocks go down after so many seconds.
const RESTS_AFTER: f64 = 1.0;

/// Clocks go in steps of so many MHz: `nvidia-smi -q -d SUPPORTED_CLOCKS`.
const CLOCK_STEP_MHZ: u32 = 15;

impl Gpus {
    /// Those of a replica, idle since long.
    pub fn new(setup: &Setup, now: Micros) -> Self {
        let power = Power::of(setup);
        let thermal = Thermal::builtin();
        let share = power.idle_watts() / power.limit_watts();
        let heat = Heat::steady(&thermal, setup.ambient_celsius, share);
        let blocks = f64::from(setup.blocks().unwrap_or(0));
        let block = setup.cache_bytes_a_token() * f64::from(setup.setting.block_tokens);
        Self {
            at: now,
            step: None,
            recent: None,
            joules: 0.0,
            link_bytes: 0.0,
            gpus: vec![heat; power.gpus() as usize],
            slowed: 0.0,
            slow: None,
            memory: GpuMemory {
                weights: setup.weight_bytes(),
                cache: blocks * block / f64::from(setup.data_parallel),
                beside: setup.beside_bytes(),
            },
            clock_mhz: (setup.gpu.sm_mhz, setup.gpu.memory_mhz),
            power,
            thermal,
        }
    }

    /// Keeps means over the last span of that length, and counts everything anew: from now on, which
    /// may be long after what it has counted.
    pub fn watch(&mut self, window: Micros, now: Micros) {
        self.at = now;
        self.joules = 0.0;
        self.link_bytes = 0.0;
        self.slowed = 0.0;
        self.recent = Some(Recent::new(window, now));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.gpus.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.gpus.is_empty()
    }

    /// What the memory of each holds while the engine is awake.
    pub fn memory(&self) -> GpuMemory {
        self.memory
    }

    /// All joules of all of them since the start.
    pub fn joules(&self) -> f64 {
        self.joules * self.gpus.len() as f64
    }

    /// A step begins that would take as long as `times` say, times `factor`. It ends then: later,
    /// where heat keeps the clocks down.
    pub fn step(&mut self, start: Micros, batch: &Batch, times: &StepTime, factor: f64) -> Micros {
        self.pass(start);
        let mut seconds = times.seconds(batch) * factor;
        let mut activity = self.power.activity(batch, seconds);
        let mut watts = self.power.watts(&activity);
        let mut clock_share = self.power.clock_share(&activity);
        let allowed = self.allowed_mhz();
        let highest = f64::from(self.clock_mhz.0);
        // Who keeps to the power limit runs no faster than that anyway, and has been measured so.
        let slower = (f64::from(allowed) / highest / clock_share).min(1.0);
        let is_slowed = slower < 1.0;
        if is_slowed {
            seconds = self.slow_seconds(times, slower, batch) * factor;
            activity = self.power.activity(batch, seconds);
            // They multiply as much, at a lower clock.
            activity.tensor = (activity.tensor / slower).min(1.0);
            let idle = self.power.idle_watts();
            // What is not idle power goes with the third power of the clock.
            watts = idle + (self.power.watts(&activity) - idle) * slower.powi(3);
            clock_share *= slower;
        }
        let ends = start + Micros::from_seconds(seconds).max(Micros(1));
        self.step = Some(Step {
            ends,
            activity,
            watts,
            clock_share,
            is_slowed,
        });
        ends
    }

    /// The step under way does not end: the replica has failed.
    pub fn halt(&mut self, now: Micros) {
        self.pass(now);
        self.step = None;
    }

    /// Sets the temperature of the air that a GPU gets. False where there is no such GPU.
    pub fn set_ambient(&mut self, gpu: usize, celsius: f64, now: Micros) -> bool {
        self.pass(now);
        let found = self.gpus.get_mut(gpu);
        found.map(|gpu| gpu.ambient = celsius).is_some()
    }

    /// What the telemetry of each shows now.
    pub fn readings(&mut self, now: Micros) -> Vec<GpuReading> {
        self.pass(now);
        let recent = self.recent.as_ref();
        let mean = recent.map(Recent::mean).unwrap_or_default();
        let (processor, memory) = (f64::from(self.clock_mhz.0), f64::from(self.clock_mhz.1));
        let processor_mhz = match &self.step {
            Some(step) => processor * step.clock_share,
            None if recent.is_some_and(|recent| recent.idle_seconds() < RESTS_AFTER) => {
                f64::from(self.allowed_mhz())
            }
            None => IDLE_MHZ.min(processor),
        };
        let reading = |gpu: &Heat| GpuReading {
            busy: mean.busy,
            activity: mean.activity,
            watts: mean.watts.max(self.power.idle_watts()),
            joules: self.joules,
            link_bytes: self.link_bytes,
            processor_c: gpu.processor,
            memory_c: gpu.memory,
            processor_mhz,
            memory_mhz: memory,
            slowed_seconds: self.slowed,
            used_bytes: self.memory.weights + self.memory.cache + self.memory.beside,
        };
        self.gpus.iter().map(reading).collect()
    }

    /// Counts everything up to then.
    pub fn pass(&mut self, until: Micros) {
        if let Some(step) = self.step {
            self.spend(until.min(step.ends), Some(&step));
            if step.ends <= until {
                self.step = None;
            }
        }
        self.spend(until, None);
    }

    /// Counts the time up to then, in which nothing changed.
    fn spend(&mut self, until: Micros, step: Option<&Step>) {
        if until <= self.at {
            return;
        }
        let seconds = until.since(self.at).seconds();
        let activity = step.map(|step| step.activity).unwrap_or_default();
        let watts = step.map_or(self.power.idle_watts(), |step| step.watts);
        let share = watts / self.power.limit_watts();
        let left = self.thermal.left(seconds);
        for gpu in &mut self.gpus {
            gpu.pass(&self.thermal, left, share, activity.memory);
        }
        if step.is_some_and(|step| step.is_slowed) {
            self.slowed += seconds;
        }
        self.joules += watts * seconds;
        self.link_bytes += activity.link_bytes * seconds;
        if let Some(recent) = &mut self.recent {
            let span = Span {
                busy: f64::from(u8::from(step.is_some())),
                activity,
                watts,
            };
            recent.add(self.at, until, &span);
        }
        self.at = until;
    }

    /// The highest clock that the hottest of them allows, in MHz; the others wait for it.
    fn allowed_mhz(&self) -> u32 {
        let shares = self.gpus.iter().map(|gpu| gpu.clock_share(&self.thermal));
        let share = shares.fold(1.0, f64::min);
        let highest = self.clock_mhz.0;
        if share >= 1.0 {
            return highest;
        }
        let allowed = (f64::from(highest) * share) as u32;
        (allowed / CLOCK_STEP_MHZ * CLOCK_STEP_MHZ).max(1)
    }

    /// Seconds of a step at such a share of the clock that it would run at.
    fn slow_seconds(&mut self, times: &StepTime, share: f64, batch: &Batch) -> f64 {
        let is_it = |(known, _): &(f64, Box<StepTime>)| *known == share;
        if !self.slow.as_ref().is_some_and(is_it) {
            let slow = StepTime::new(&times.setup().at_clock(share));
            self.slow = Some((share, Box::new(slow)));
        }
        let slow = self.slow.as_ref();
        slow.map_or(0.0, |(_, slow)| slow.seconds(batch))
    }
}

impl Setup {
    /// The same where processors run at a share of their clock. What they compute takes longer; what
    /// memory and links carry does not.
    fn at_clock(&self, share: f64) -> Self {
        let mut slow = self.clone();
        slow.gpu.bf16_tflops *= share;
        slow.gpu.fp8_tflops = slow.gpu.fp8_tflops.map(|rate| rate * share);
        slow.gpu.fp4_tflops = slow.gpu.fp4_tflops.map(|rate| rate * share);
        let draft = slow.speculation.as_mut().and_then(|how| how.draft.as_mut());
        if let Some(draft) = draft {
            **draft = draft.at_clock(share);
        }
        slow
    }
}
