//! The GPUs of a world's engine: they see its steps, and their telemetry is read here, with the
//! faults that were asked for.

use fakeai_canon::{Alphabet, EngineEvent, Event, Micros, Observer, Seed, Step};
use fakeai_catalog::hardware::Link;
use fakeai_engine::serving::{Batch, GpuReading, Gpus, Setup};
use fakeai_telemetry::{GpuFaults, GpuSample};
use parking_lot::Mutex;

/// Rows that a GPU can replace: <https://docs.nvidia.com/deploy/a100-gpu-mem-error-mgmt/>
const SPARE_ROWS: u64 = 512;

/// The GPUs of an engine.
pub(crate) struct GpuRoom {
    name: String,
    memory_gb: f64,
    by_nvlink: bool,
    by_pcie: bool,
    uuids: Vec<String>,
    state: Mutex<State>,
}

struct State {
    gpus: Gpus,
    faults: Vec<GpuFaults>,
}

/// What happens to a GPU on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct GpuStrike {
    /// The code of an error; 0 forgets the last one.
    pub(crate) xid: Option<u32>,
    /// Errors of its memory that are corrected.
    pub(crate) corrected: u64,
    /// Errors that can't be.
    pub(crate) uncorrected: u64,
    /// Transfers that PCIe repeats.
    pub(crate) pcie_replays: u64,
    /// The temperature of the air that it gets from now on, in degrees Celsius.
    pub(crate) ambient: Option<f64>,
}

impl GpuRoom {
    /// Those of so many replicas; means are taken over a window.
    pub(crate) fn new(
        setup: &Setup,
        replicas: u32,
        window: Micros,
        seed: Seed,
        now: Micros,
    ) -> Self {
        let gpus = Gpus::new(setup, replicas, window, now);
        Self {
            name: setup.gpu.name.clone(),
            memory_gb: setup.gpu.memory_gb,
            by_nvlink: setup.gpu.link == Link::Nvlink,
            by_pcie: setup.gpu.link == Link::Pcie,
            uuids: (0..gpus.len() as u64)
                .map(|number| uuid(seed.nth(number)))
                .collect(),
            state: Mutex::new(State {
                faults: vec![GpuFaults::default(); gpus.len()],
                gpus,
            }),
        }
    }

    /// What the telemetry of each shows now; `asleep` says whether the engine sleeps.
    pub(crate) fn samples(&self, now: Micros, asleep: bool) -> Vec<GpuSample> {
        let mut state = self.state.lock();
        let memory = state.gpus.memory();
        // An engine that sleeps has given back its weights and its cache.
        let held = if asleep {
            0.0
        } else {
            memory.weights + memory.cache
        };
        let used = held + memory.beside;
        let readings = state.gpus.readings(now);
        let rows = readings.iter().zip(&state.faults).enumerate();
        rows.map(|(number, (reading, faults))| self.sample(number, reading, used, *faults))
            .collect()
    }

    /// Does something to a GPU. False where there is no such one.
    pub(crate) fn strike(&self, number: usize, strike: &GpuStrike, now: Micros) -> bool {
        let mut state = self.state.lock();
        let State { gpus, faults } = &mut *state;
        let Some(faults) = faults.get_mut(number) else {
            return false;
        };
        faults.xid = strike.xid.unwrap_or(faults.xid);
        faults.corrected += strike.corrected;
        faults.uncorrected += strike.uncorrected;
        faults.pcie_replays += strike.pcie_replays;
        // Each of these takes a row out of use.
        let rows = faults.remapped_uncorrectable + strike.uncorrected;
        faults.remapped_uncorrectable = rows.min(SPARE_ROWS);
        faults.remap_failed |= rows > SPARE_ROWS;
        if let Some(celsius) = strike.ambient {
            gpus.set_ambient(number, celsius, now);
        }
        true
    }

    fn sample(
        &self,
        number: usize,
        reading: &GpuReading,
        used_bytes: f64,
        faults: GpuFaults,
    ) -> GpuSample {
        let activity = &reading.activity;
        let beside = if self.by_pcie {
            activity.link_bytes
        } else {
            0.0
        };
        GpuSample {
            number,
            uuid: self.uuids[number].clone(),
            gpu: self.name.clone(),
            memory_gb: self.memory_gb,
            used_bytes,
            busy: reading.busy,
            kernels: activity.kernels,
            tensor: activity.tensor,
            memory: activity.memory,
            watts: reading.watts,
            joules: reading.joules,
            // Sent and received.
            nvlink_bytes: if self.by_nvlink {
                2.0 * reading.link_bytes
            } else {
                0.0
            },
            pcie_sent: activity.to_host_bytes + beside,
            pcie_received: activity.from_host_bytes + beside,
            processor_c: reading.processor_c,
            memory_c: reading.memory_c,
            processor_mhz: reading.processor_mhz,
            memory_mhz: reading.memory_mhz,
            slowed_seconds: reading.slowed_seconds,
            faults,
        }
    }
}

impl Observer for GpuRoom {
    fn observe(&self, event: &Event) {
        if let Event::Engine(EngineEvent::StepBegan { step, .. }) = event {
            let mut state = self.state.lock();
            let (start, end) = (step.started, step.ends);
            state.gpus.step(step.worker, start, end, &batch(step));
        }
    }
}

/// The batch of a step, its prompts all alike.
fn batch(step: &Step) -> Batch {
    let each = |number: u32| {
        let (count, rest) = (
            step.prompt_tokens / step.prompts,
            step.prompt_tokens % step.prompts,
        );
        (count + u32::from(number < rest), 0)
    };
    Batch {
        decodes: step.decodes,
        proposed: step.proposed,
        context: step.context,
        chunks: (0..step.prompts).map(each).collect(),
        rows: step.decodes + step.prompts,
    }
}

fn uuid(seed: Seed) -> String {
    let id = seed.id("", Alphabet::Hex, 32);
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    format!("GPU-{}", parts.join("-"))
}
