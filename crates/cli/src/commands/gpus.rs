//! `fakeai gpus`: what an engine can be simulated on.

use std::io::Write;

use fakeai_catalog::hardware::{Gpu, gpus};
use serde_json::{Value, json};

use super::Failure;
use crate::arguments::GpusArguments;

pub(super) fn list(arguments: &GpusArguments, out: &mut dyn Write) -> Result<(), Failure> {
    if arguments.json {
        let objects: Value = gpus().iter().map(object).collect();
        return Ok(writeln!(out, "{objects:#}")?);
    }
    writeln!(
        out,
        "{:24} {:>8} {:>8} {:>8} {:>7} {:>6} {:>6} {:>5}  ALSO",
        "GPU", "BF16 TF", "FP8 TF", "FP4 TF", "GB", "TB/S", "LINK", "WATT"
    )?;
    for gpu in gpus() {
        let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |r| r.to_string());
        writeln!(
            out,
            "{:24} {:>8} {:>8} {:>8} {:>7} {:>6} {:>6} {:>5}  {}",
            gpu.name,
            gpu.bf16_tflops,
            rate(gpu.fp8_tflops),
            rate(gpu.fp4_tflops),
            gpu.memory_gb,
            gpu.memory_tb_s,
            gpu.link_gb_s,
            gpu.tdp_watts,
            gpu.also.join(" ")
        )?;
    }
    Ok(())
}

fn object(gpu: &Gpu) -> Value {
    json!({
        "name": gpu.name,
        "also": gpu.also,
        "bf16_tflops": gpu.bf16_tflops,
        "fp8_tflops": gpu.fp8_tflops,
        "fp4_tflops": gpu.fp4_tflops,
        "memory_gb": gpu.memory_gb,
        "memory_tb_s": gpu.memory_tb_s,
        "link_gb_s": gpu.link_gb_s,
        "tdp_watts": gpu.tdp_watts,
        "source": gpu.source,
    })
}
