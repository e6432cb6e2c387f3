//! The exporter's page: a line for each metric and GPU, in its own order and with its own labels;
//! and the same as JSON.
//! <https://github.com/NVIDIA/dcgm-exporter>

use std::fmt::Write;

use serde_json::{Map, json};

use super::rows::{MIB, Row, Value, gpu_name, rows};
use super::{DcgmCounters, GpuSample};

/// The page as text.
pub fn dcgm_text(gpus: &[GpuSample], counters: DcgmCounters) -> String {
    let labels: Vec<String> = gpus.iter().map(labels).collect();
    let mut text = String::new();
    for row in shown(counters) {
        let _ = writeln!(text, "# HELP {} {}", row.name, row.help);
        let _ = writeln!(text, "# TYPE {} {}", row.name, row.kind.name());
        for (gpu, labels) in gpus.iter().zip(&labels) {
            let value = value(row.value, gpu);
            let _ = match row.float {
                true => writeln!(text, "{}{{{labels}}} {value:.6}", row.name),
                false => writeln!(text, "{}{{{labels}}} {}", row.name, value.round() as u64),
            };
        }
    }
    text
}

/// The same as a document: GPUs with their labels and their metrics by name.
pub fn dcgm_json(gpus: &[GpuSample], counters: DcgmCounters) -> serde_json::Value {
    let of = |gpu: &GpuSample| {
        let metrics: Map<_, _> = shown(counters)
            .map(|row| {
                let value = value(row.value, gpu);
                let value = match row.float {
                    true => json!((value * 1e6).round() / 1e6),
                    false => json!(value.round() as u64),
                };
                (row.name.clone(), value)
            })
            .collect();
        let name = gpu_name(&gpu.gpu, gpu.memory_gb);
        json!({
            "gpu": gpu.number,
            "UUID": gpu.uuid,
            "pci_bus_id": bus(gpu),
            "device": format!("nvidia{}", gpu.number),
            "modelName": name.name,
            "hostname": rows().hostname,
            "DCGM_FI_DRIVER_VERSION": rows().driver_version,
            "metrics": metrics,
        })
    };
    let gpus: Vec<_> = gpus.iter().map(of).collect();
    json!({"object": "list", "data": gpus})
}

fn shown(counters: DcgmCounters) -> impl Iterator<Item = &'static Row> {
    let all = counters == DcgmCounters::All;
    rows().metric.iter().filter(move |row| all || !row.extra)
}

fn labels(gpu: &GpuSample) -> String {
    let rows = rows();
    format!(
        "gpu=\"{number}\",UUID=\"{}\",pci_bus_id=\"{}\",device=\"nvidia{number}\",modelName=\"{}\",\
         hostname=\"{}\",DCGM_FI_DRIVER_VERSION=\"{}\"",
        gpu.uuid,
        bus(gpu),
        gpu_name(&gpu.gpu, gpu.memory_gb).name,
        rows.hostname,
        rows.driver_version,
        number = gpu.number,
    )
}

/// Where a GPU is plugged in; a second machine's are in another domain.
fn bus(gpu: &GpuSample) -> String {
    let buses = &rows().buses;
    let (domain, place) = (gpu.number / buses.len(), gpu.number % buses.len());
    format!("{domain:08X}:{}:00.0", buses[place])
}

fn value(value: Value, gpu: &GpuSample) -> f64 {
    let faults = &gpu.faults;
    match value {
        Value::ProcessorClock => gpu.processor_mhz,
        Value::MemoryClock => gpu.memory_mhz,
        Value::Temperature => gpu.processor_c,
        Value::MemoryTemperature => gpu.memory_c,
        Value::Power => gpu.watts,
        Value::Energy => gpu.joules * 1e3,
        Value::PcieReplays => faults.pcie_replays as f64,
        Value::Utilization => gpu.busy * 100.0,
        Value::MemoryUtilization => gpu.memory * 100.0,
        Value::Xid => f64::from(faults.xid),
        Value::SlowedByHeat => gpu.slowed_seconds * 1e6,
        Value::MemoryFree => Memory::of(gpu).free,
        Value::MemoryUsed => Memory::of(gpu).used,
        Value::MemoryReserved => Memory::of(gpu).reserved,
        Value::EccCorrected => faults.corrected as f64,
        Value::EccUncorrected => faults.uncorrected as f64,
        Value::NvlinkBytes => gpu.nvlink_bytes,
        Value::RowsRemappedUncorrectable => faults.remapped_uncorrectable as f64,
        Value::RowsRemappedCorrectable => faults.remapped_correctable as f64,
        Value::RowRemapFailure => f64::from(u8::from(faults.remap_failed)),
        Value::EngineActive => gpu.kernels,
        Value::TensorActive => gpu.tensor,
        Value::MemoryActive => gpu.memory,
        Value::PcieSent => gpu.pcie_sent,
        Value::PcieReceived => gpu.pcie_received,
        Value::Nothing => 0.0,
    }
}

impl GpuSample {
    /// All of its memory as the driver counts it, in bytes.
    pub(crate) fn memory_bytes(&self) -> f64 {
        gpu_name(&self.gpu, self.memory_gb).memory_mib as f64 * MIB
    }
}

/// The memory of a GPU in whole MiB; the three add up to all of it.
struct Memory {
    used: f64,
    free: f64,
    reserved: f64,
}

impl Memory {
    fn of(gpu: &GpuSample) -> Self {
        let total = gpu_name(&gpu.gpu, gpu.memory_gb).memory_mib as f64;
        let reserved = (rows().reserved_mib as f64).min(total);
        let used = (gpu.used_bytes / MIB).round().min(total - reserved);
        Self {
            used,
            free: total - reserved - used,
            reserved,
        }
    }
}
