//! The GPUs of an engine as their telemetry sees them: how busy they are, what they draw, how warm
//! they get, what their memory holds. Fed by the steps of the engine; nothing here changes those.

use fakeai_canon::Micros;

use super::plan::Setup;
use super::power::{Activity, Power};
use super::recent::{Recent, Span};
use super::step_time::Batch;
use super::thermal::{Heat, Thermal};

/// The GPUs of all replicas of an engine.
#[derive(Clone, Debug)]
pub struct Gpus {
    power: Power,
    thermal: Thermal,
    replicas: Vec<Replica>,
    memory: GpuMemory,
    clock_mhz: (u32, u32),
}

/// The GPUs of one replica: they work in step, but some may be hotter than others.
#[derive(Clone, Debug)]
struct Replica {
    /// Up to when everything is counted.
    at: Micros,
    step: Option<Step>,
    recent: Recent,
    joules: f64,
    link_bytes: f64,
    gpus: Vec<Heat>,
    /// Seconds in which heat kept the clocks down.
    slowed: f64,
}

/// The step under way.
#[derive(Clone, Copy, Debug)]
struct Step {
    ends: Micros,
    activity: Activity,
    watts: f64,
    clock_share: f64,
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
}

/// The clock of processors that have nothing to do, in MHz: <https://docs.nvidia.com/dcgm>, and what
/// `nvidia-smi` shows of idle GPUs of a server.
const IDLE_MHZ: f64 = 345.0;
/// An idle GPU's clocks go down after so many seconds.
const RESTS_AFTER: f64 = 1.0;

impl Gpus {
    /// Those of so many replicas, idle since long; means are taken over a window.
    pub fn new(setup: &Setup, replicas: u32, window: Micros, now: Micros) -> Self {
        let power = Power::of(setup);
        let thermal = Thermal::builtin();
        let share = power.idle_watts() / power.limit_watts();
        let replica = |_| Replica {
            at: now,
            step: None,
            recent: Recent::new(window, now),
            joules: 0.0,
            link_bytes: 0.0,
            gpus: vec![Heat::steady(&thermal, share); power.gpus() as usize],
            slowed: 0.0,
        };
        let blocks = f64::from(setup.blocks().unwrap_or(0));
        let block = setup.cache_bytes_a_token() * f64::from(setup.setting.block_tokens);
        Self {
            replicas: (0..replicas).map(replica).collect(),
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

    /// How many there are.
    pub fn len(&self) -> usize {
        self.replicas.len() * self.power.gpus() as usize
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the memory of each holds while the engine is awake.
    pub fn memory(&self) -> GpuMemory {
        self.memory
    }

    /// A replica's step began; it ends then.
    pub fn step(&mut self, replica: u32, start: Micros, end: Micros, batch: &Batch) {
        let Some(found) = self.replicas.get_mut(replica as usize) else {
            return;
        };
        found.pass(start, &self.power, &self.thermal);
        let activity = self.power.activity(batch, end.since(start).seconds());
        found.step = Some(Step {
            ends: end,
            activity,
            watts: self.power.watts(&activity),
            clock_share: self.power.clock_share(&activity),
        });
    }

    /// Sets the temperature of the air that a GPU gets. False where there is no such GPU.
    pub fn set_ambient(&mut self, gpu: usize, celsius: f64, now: Micros) -> bool {
        let a_replica = self.power.gpus() as usize;
        let Some(found) = self.replicas.get_mut(gpu / a_replica.max(1)) else {
            return false;
        };
        found.pass(now, &self.power, &self.thermal);
        found.gpus[gpu % a_replica].ambient = celsius;
        true
    }

    /// What the telemetry of each shows now.
    pub fn readings(&mut self, now: Micros) -> Vec<GpuReading> {
        let (power, thermal) = (&self.power, &self.thermal);
        let clocks = self.clock_mhz;
        let of = |replica: &mut Replica| -> Vec<GpuReading> {
            replica.pass(now, power, thermal);
            replica.readings(power, thermal, clocks)
        };
        self.replicas.iter_mut().flat_map(of).collect()
    }
}

impl Replica {
    /// Counts everything up to then.
    fn pass(&mut self, until: Micros, power: &Power, thermal: &Thermal) {
        if let Some(step) = self.step {
            self.spend(until.min(step.ends), Some(&step), power, thermal);
            if step.ends <= until {
                self.step = None;
            }
        }
        self.spend(until, None, power, thermal);
    }

    /// Counts the time up to then, in which nothing changed.
    fn spend(&mut self, until: Micros, step: Option<&Step>, power: &Power, thermal: &Thermal) {
        if until <= self.at {
            return;
        }
        let seconds = until.since(self.at).seconds();
        let heat = self.clock_share(thermal);
        let idle = power.idle_watts();
        let activity = step.map(|step| step.activity).unwrap_or_default();
        // What is not idle power goes with the third power of the clock.
        let watts = step.map_or(idle, |step| idle + (step.watts - idle) * heat.powi(3));
        let share = watts / power.limit_watts();
        for gpu in &mut self.gpus {
            gpu.pass(thermal, seconds, share, activity.memory);
        }
        if heat < 1.0 && step.is_some() {
            self.slowed += seconds;
        }
        self.joules += watts * seconds;
        self.link_bytes += activity.link_bytes * seconds;
        self.recent.add(
            self.at,
            until,
            &Span {
                busy: f64::from(u8::from(step.is_some())),
                activity,
                watts,
            },
        );
        self.at = until;
    }

    /// The share of the highest clock that the hottest of them allows; the others wait for it.
    fn clock_share(&self, thermal: &Thermal) -> f64 {
        let shares = self.gpus.iter().map(|gpu| gpu.clock_share(thermal));
        shares.fold(1.0, f64::min)
    }

    fn readings(&self, power: &Power, thermal: &Thermal, clocks: (u32, u32)) -> Vec<GpuReading> {
        let mean = self.recent.mean();
        let (processor, memory) = (f64::from(clocks.0), f64::from(clocks.1));
        let processor_mhz = match &self.step {
            Some(step) => processor * step.clock_share * self.clock_share(thermal),
            None if self.recent.idle_seconds() < RESTS_AFTER => processor,
            None => IDLE_MHZ.min(processor),
        };
        let reading = |gpu: &Heat| GpuReading {
            busy: mean.busy,
            activity: mean.activity,
            watts: mean.watts.max(power.idle_watts()),
            joules: self.joules,
            link_bytes: self.link_bytes,
            processor_c: gpu.processor,
            memory_c: gpu.memory,
            processor_mhz,
            memory_mhz: memory,
            slowed_seconds: self.slowed,
        };
        self.gpus.iter().map(reading).collect()
    }
}
