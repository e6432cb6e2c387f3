//! The GPUs of a world's engine as their telemetry names them: what the engine says of each, with the
//! faults that were asked for.

use fakeai_canon::{Alphabet, Seed};
use fakeai_catalog::hardware::Link;
use fakeai_engine::serving::{GpuReading, Setup};
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
    seed: Seed,
    /// Of those that anything has gone wrong with, and of all before them.
    faults: Mutex<Vec<GpuFaults>>,
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
    /// Those of replicas like this.
    pub(crate) fn new(setup: &Setup, seed: Seed) -> Self {
        Self {
            name: setup.gpu.name.clone(),
            memory_gb: setup.gpu.memory_gb,
            by_nvlink: setup.gpu.link == Link::Nvlink,
            by_pcie: setup.gpu.link == Link::Pcie,
            seed,
            faults: Mutex::default(),
        }
    }

    /// What the telemetry of each shows.
    pub(crate) fn samples(&self, readings: &[GpuReading]) -> Vec<GpuSample> {
        let faults = self.faults.lock();
        let of = |number: usize| faults.get(number).copied().unwrap_or_default();
        let rows = readings.iter().enumerate();
        rows.map(|(number, reading)| self.sample(number, reading, of(number)))
            .collect()
    }

    /// Notes what happens to a GPU that is there.
    pub(crate) fn strike(&self, number: usize, strike: &GpuStrike) {
        let mut all = self.faults.lock();
        if all.len() <= number {
            all.resize(number + 1, GpuFaults::default());
        }
        let faults = &mut all[number];
        faults.xid = strike.xid.unwrap_or(faults.xid);
        faults.corrected += strike.corrected;
        faults.uncorrected += strike.uncorrected;
        faults.pcie_replays += strike.pcie_replays;
        // Each of these takes a row out of use.
        let rows = faults.remapped_uncorrectable + strike.uncorrected;
        faults.remapped_uncorrectable = rows.min(SPARE_ROWS);
        faults.remap_failed |= rows > SPARE_ROWS;
    }

    fn sample(&self, number: usize, reading: &GpuReading, faults: GpuFaults) -> GpuSample {
        let activity = &reading.activity;
        let beside = if self.by_pcie {
            activity.link_bytes
        } else {
            0.0
        };
        GpuSample {
            number,
            uuid: uuid(self.seed.nth(number as u64)),
            gpu: self.name.clone(),
            memory_gb: self.memory_gb,
            used_bytes: reading.used_bytes,
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

fn uuid(seed: Seed) -> String {
    let id = seed.id("", Alphabet::Hex, 32);
    let parts = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]];
    format!("GPU-{}", parts.join("-"))
}
