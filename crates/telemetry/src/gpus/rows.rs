//! The rows of the exporter's metrics, read once from `data/metrics`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::catalogue::MetricKind;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rows {
    pub(super) hostname: String,
    pub(super) driver_version: String,
    pub(super) reserved_mib: u64,
    pub(super) buses: Vec<String>,
    pub(super) metric: Vec<Row>,
    model: Vec<Model>,
}

/// One metric.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: MetricKind,
    pub(super) value: Value,
    /// Whether it is written with decimals.
    #[serde(default)]
    pub(super) float: bool,
    /// Whether the exporter leaves it out by default.
    #[serde(default)]
    pub(super) extra: bool,
    pub(super) help: String,
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Value {
    ProcessorClock,
    MemoryClock,
    Temperature,
    MemoryTemperature,
    Power,
    Energy,
    PcieReplays,
    Utilization,
    MemoryUtilization,
    Xid,
    SlowedByHeat,
    MemoryFree,
    MemoryUsed,
    MemoryReserved,
    EccCorrected,
    EccUncorrected,
    NvlinkBytes,
    RowsRemappedUncorrectable,
    RowsRemappedCorrectable,
    RowRemapFailure,
    EngineActive,
    TensorActive,
    MemoryActive,
    PcieSent,
    PcieReceived,
    /// What a served model never does: encode films, wait for licences.
    Nothing,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    gpu: String,
    name: String,
    memory_mib: u64,
}

pub(super) fn rows() -> &'static Rows {
    static ROWS: LazyLock<Rows> = LazyLock::new(|| {
        toml::from_str(include_str!("../../../../data/metrics/dcgm.toml"))
            .expect("the exporter's rows are part of this program")
    });
    &ROWS
}

/// How the driver calls a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpuName {
    /// Its name.
    pub name: String,
    /// All of its memory.
    pub memory_mib: u64,
}

/// How the driver calls a GPU of the table of hardware, which has so much memory.
pub fn gpu_name(gpu: &str, memory_gb: f64) -> GpuName {
    let known = rows().model.iter().find(|model| model.gpu == gpu);
    match known {
        Some(model) => GpuName {
            name: model.name.clone(),
            memory_mib: model.memory_mib,
        },
        None => GpuName {
            name: format!("NVIDIA {gpu}"),
            memory_mib: (memory_gb * 1e9 / MIB) as u64,
        },
    }
}

/// Bytes of a mebibyte.
pub(super) const MIB: f64 = 1_048_576.0;
