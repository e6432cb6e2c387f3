//! The page of GPUs is the one that dashboards know: names, types and labels.

use fakeai_telemetry::{DcgmCounters, GpuFaults, GpuSample, dcgm_json, dcgm_text, gpu_name};
use serde::Deserialize;

#[derive(Deserialize)]
struct Rows {
    metric: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    help: String,
    #[serde(default)]
    extra: bool,
    #[serde(default)]
    float: bool,
}

fn rows() -> Vec<Row> {
    let rows: Rows = toml::from_str(include_str!("../../../../data/metrics/dcgm.toml")).unwrap();
    rows.metric
}

fn gpus() -> Vec<GpuSample> {
    let gpu = |number| GpuSample {
        number,
        uuid: format!("GPU-{number}"),
        gpu: "L40S".to_owned(),
        memory_gb: 48.0,
        used_bytes: 41e9,
        busy: 0.97,
        tensor: 0.04,
        memory: 0.61,
        watts: 213.456,
        joules: 12.5,
        processor_c: 61.4,
        faults: GpuFaults {
            xid: 79,
            ..GpuFaults::default()
        },
        ..GpuSample::default()
    };
    vec![gpu(0), gpu(9)]
}

const LABELS: [&str; 7] = [
    "gpu",
    "UUID",
    "pci_bus_id",
    "device",
    "modelName",
    "hostname",
    "DCGM_FI_DRIVER_VERSION",
];

#[test]
fn every_counter_has_its_name_type_and_labels() {
    for (counters, all) in [(DcgmCounters::Default, false), (DcgmCounters::All, true)] {
        let text = dcgm_text(&gpus(), counters);
        let mut lines = text.lines();
        let mut shown = 0;
        for row in rows().iter().filter(|row| all || !row.extra) {
            shown += 1;
            let help = format!("# HELP {} {}", row.name, row.help);
            assert_eq!(lines.next(), Some(&*help));
            let kind = format!("# TYPE {} {}", row.name, row.kind);
            assert_eq!(lines.next(), Some(&*kind));
            for _ in gpus() {
                let line = lines.next().unwrap();
                let labels = line.strip_prefix(&format!("{}{{", row.name)).unwrap();
                let (labels, value) = labels.split_once("} ").unwrap();
                let names: Vec<_> = labels
                    .split("\",")
                    .map(|label| label.split_once("=\"").unwrap().0)
                    .collect();
                assert_eq!(names, LABELS);
                let decimals = value.split_once('.').map(|(_, decimals)| decimals.len());
                assert_eq!(decimals, row.float.then_some(6), "{line}");
                value.parse::<f64>().unwrap();
            }
        }
        assert_eq!(lines.next(), None);
        assert!(all || shown == 25, "{shown} counters by default");
    }
}

#[test]
fn figures_are_in_the_exporters_units() {
    let json = dcgm_json(&gpus(), DcgmCounters::Default);
    let first = &json["data"][0];
    assert_eq!(first["pci_bus_id"], "00000000:1B:00.0");
    assert_eq!(json["data"][1]["pci_bus_id"], "00000001:43:00.0");
    let of = |name: &str| {
        first["metrics"][format!("DCGM_FI_{name}")]
            .as_f64()
            .unwrap()
    };
    assert_eq!(of("DEV_TOTAL_ENERGY_CONSUMPTION"), 12_500.0);
    assert_eq!(of("DEV_POWER_USAGE"), 213.456);
    assert_eq!(of("DEV_GPU_UTIL"), 97.0);
    assert_eq!(of("PROF_DRAM_ACTIVE"), 0.61);
    assert_eq!(of("DEV_GPU_TEMP"), 61.0);
    assert_eq!(of("DEV_XID_ERRORS"), 79.0);
    let memory = of("DEV_FB_USED") + of("DEV_FB_FREE") + of("DEV_FB_RESERVED");
    assert_eq!(memory, gpu_name("L40S", 48.0).memory_mib as f64);
    assert_eq!(gpu_name("X1", 10.0).name, "NVIDIA X1");
}
