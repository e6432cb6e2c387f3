//! GPUs as NVIDIA's dcgm-exporter shows them. What they do is measured elsewhere; here is how it is
//! called and written.

mod page;
mod rows;

pub use page::{dcgm_json, dcgm_text};
pub use rows::{GpuName, gpu_name};

/// Which counters are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DcgmCounters {
    /// Those that the exporter shows by default.
    #[default]
    Default,
    /// Those that it has commented out as well: ECC errors and throttling.
    All,
}

/// One GPU at the moment of the export. Shares are of the time since the last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuSample {
    /// Its number.
    pub number: usize,
    /// Its id, as in `GPU-604ac76c-d9cf-fef3-62e9-d92044ab6e52`.
    pub uuid: String,
    /// Its name in the table of hardware.
    pub gpu: String,
    /// All of its memory, in 10^9 bytes, where the driver's own figure is not known.
    pub memory_gb: f64,
    /// What is taken of it, in bytes.
    pub used_bytes: f64,
    /// The share of time in which something ran.
    pub busy: f64,
    /// The share of time in which kernels ran.
    pub kernels: f64,
    /// The share of time in which the tensor pipes worked.
    pub tensor: f64,
    /// The share of time in which the memory worked.
    pub memory: f64,
    /// Watts.
    pub watts: f64,
    /// Joules since the start.
    pub joules: f64,
    /// Bytes exchanged with peers by NVLink since the start.
    pub nvlink_bytes: f64,
    /// Bytes a second that it sends over PCIe.
    pub pcie_sent: f64,
    /// Bytes a second that it receives over PCIe.
    pub pcie_received: f64,
    /// Degrees Celsius.
    pub processor_c: f64,
    /// Of its memory.
    pub memory_c: f64,
    /// MHz.
    pub processor_mhz: f64,
    /// Of its memory.
    pub memory_mhz: f64,
    /// Seconds in which heat kept its clock down.
    pub slowed_seconds: f64,
    /// What has gone wrong with it.
    pub faults: GpuFaults,
}

/// What has gone wrong with a GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GpuFaults {
    /// The last XID; 0 where there was none.
    pub xid: u32,
    /// Single-bit errors that ECC has corrected.
    pub corrected: u64,
    /// Double-bit errors that it could not.
    pub uncorrected: u64,
    /// Rows replaced after errors that could not be corrected.
    pub remapped_uncorrectable: u64,
    /// Rows replaced after errors that were corrected.
    pub remapped_correctable: u64,
    /// Whether no row is left to replace one by.
    pub remap_failed: bool,
    /// Transfers that PCIe had to repeat.
    pub pcie_replays: u64,
}
