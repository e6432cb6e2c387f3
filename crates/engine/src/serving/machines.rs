//! The GPUs of all replicas, numbered through: what their telemetry shows, and the air that they get.

use fakeai_canon::Micros;

use super::cluster::{Cluster, State};
use super::control::Sleep;
use super::gpus::GpuReading;
use super::worker::Worker;

impl Cluster {
    /// Counts what GPUs do from now on, and keeps means over the last span of that length; also of
    /// those that join later.
    pub fn watch_gpus(&mut self, window: Micros, now: Micros) {
        self.window = Some(window);
        for member in &mut self.members {
            member.worker.gpus.watch(window, now);
        }
    }

    /// What the telemetry of each GPU shows now.
    pub fn gpu_readings(&mut self, now: Micros) -> Vec<GpuReading> {
        let mut all = Vec::new();
        for member in &mut self.members {
            let worker = &mut member.worker;
            let memory = worker.gpus.memory();
            let used = match (member.state, holds_weights(worker)) {
                // Nothing runs there.
                (State::Down, _) => 0.0,
                (State::Up | State::Draining, true) => {
                    memory.weights + memory.cache + memory.beside
                }
                (State::Up | State::Draining, false) => memory.beside,
            };
            let readings = worker.gpus.readings(now).into_iter();
            all.extend(readings.map(|reading| GpuReading {
                used_bytes: used,
                ..reading
            }));
        }
        all
    }

    /// How many GPUs there are.
    pub fn gpu_count(&self) -> usize {
        let members = self.members.iter();
        members.map(|member| member.worker.gpus.len()).sum()
    }

    /// The replica that a GPU belongs to.
    pub fn replica_of_gpu(&self, gpu: usize) -> Option<u32> {
        let each = self.setup().gpus() as usize;
        (gpu < self.gpu_count()).then(|| (gpu / each) as u32)
    }

    /// Sets the temperature of the air that a GPU gets. False where there is no such GPU.
    pub fn set_ambient(&mut self, gpu: usize, celsius: f64, now: Micros) -> bool {
        let each = self.setup().gpus() as usize;
        match self.members.get_mut(gpu / each) {
            Some(member) => member.worker.gpus.set_ambient(gpu % each, celsius, now),
            None => false,
        }
    }

    /// All joules that GPUs have taken until then, those that had nothing to do among them.
    pub fn joules(&mut self, until: Micros) -> f64 {
        let members = self.members.iter_mut();
        let of = |worker: &mut Worker| {
            worker.gpus.pass(until);
            worker.gpus.joules()
        };
        members.map(|member| of(&mut member.worker)).sum()
    }
}

/// An engine that sleeps has given back its weights and its cache.
fn holds_weights(worker: &Worker) -> bool {
    match worker.sleep {
        Sleep::Awake | Sleep::Pending(_) | Sleep::Waking(_) => true,
        Sleep::Asleep(_) => false,
    }
}
