//! Holds the simulated engine against published measurements: `accuracy FOLDER`, where the folder
//! has `serving_results.csv` and `traces/`. Prints the errors by model, GPU, engine and load.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a command-line tool"
)]

use std::collections::BTreeMap;
use std::path::Path;

use fakeai_canon::{Micros, Seed};
use fakeai_catalog::hardware::{gpu, shape};
use fakeai_engine::serving::{
    Arrivals, Cluster, Kind, Layout, Lengths, Precision, Request, Setup, Workload, replay, run,
};

/// How many times its concurrency a closed loop sends.
const WAVES: u32 = 4;

/// A published measurement.
#[derive(Clone, Debug)]
struct Row {
    setup: Setup,
    model: String,
    workload: Workload,
    ttft: f64,
    tpot: f64,
}

fn main() {
    let folder = std::env::args()
        .nth(1)
        .expect("the folder of the measurements");
    let folder = Path::new(&folder);
    let (rows, left_out) =
        rows(&std::fs::read_to_string(folder.join("serving_results.csv")).unwrap());
    let results: Vec<_> = rows.iter().map(|row| (row, simulate(row))).collect();
    report("all", &results);
    for (name, key) in [
        (
            "model",
            (|row: &Row| row.model.clone()) as fn(&Row) -> String,
        ),
        ("gpu", |row| row.setup.gpu.name.clone()),
        ("engine", |row| row.setup.setting.kind.name().to_owned()),
        ("precision", |row| format!("{:?}", row.setup.precision)),
        ("concurrency", |row| match row.workload.arrivals {
            Arrivals::Closed { concurrency } => format!("{concurrency:4}"),
            _ => String::new(),
        }),
    ] {
        println!("-- by {name}");
        let mut groups: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for result in &results {
            groups.entry(key(result.0)).or_default().push(*result);
        }
        for (group, results) in groups {
            report(&group, &results);
        }
    }
    println!("left out:");
    for (why, count) in left_out {
        println!("{count:5} {why}");
    }
    trace(folder);
}

type Result<'a> = (&'a Row, (f64, f64));

fn report(name: &str, results: &[Result<'_>]) {
    let errors = |of: fn(&Result<'_>) -> f64| {
        let mut signed: Vec<f64> = results.iter().map(of).collect();
        let mean = signed.iter().map(|e| e.abs()).sum::<f64>() / signed.len() as f64;
        let bias = signed.iter().sum::<f64>() / signed.len() as f64;
        signed.iter_mut().for_each(|e| *e = e.abs());
        signed.sort_by(f64::total_cmp);
        (signed[signed.len() / 2] * 100.0, mean * 100.0, bias * 100.0)
    };
    let tpot = errors(|(row, (_, tpot))| tpot / row.tpot - 1.0);
    let ttft = errors(|(row, (ttft, _))| ttft / row.ttft - 1.0);
    println!(
        "{name:44} {:4} rows  TPOT median {:5.1} mean {:5.1} bias {:+6.1}   TTFT median {:5.1} mean {:5.1} bias {:+6.1}",
        results.len(),
        tpot.0,
        tpot.1,
        tpot.2,
        ttft.0,
        ttft.1,
        ttft.2
    );
}

fn simulate(row: &Row) -> (f64, f64) {
    let mut worker = Cluster::new(&row.setup, Layout::of(1), None).unwrap();
    let done = run(&mut worker, &row.workload, &mut Seed(1).rng());
    let ttft = done.mean(|outcome| Some(outcome.ttft)) * 1e3;
    let tpot = done.mean(|outcome| outcome.tpot) * 1e3;
    (ttft, tpot)
}

fn rows(text: &str) -> (Vec<Row>, BTreeMap<String, usize>) {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let mut left_out = BTreeMap::new();
    let mut rows = Vec::new();
    for line in lines {
        let cells: BTreeMap<&str, String> = header.iter().copied().zip(cells(line)).collect();
        match row(&cells) {
            Ok(row) => rows.push(row),
            Err(why) => *left_out.entry(why).or_insert(0) += 1,
        }
    }
    (rows, left_out)
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells.push(cell);
    cells
}

fn row(cells: &BTreeMap<&str, String>) -> std::result::Result<Row, String> {
    let cell = |name: &str| cells.get(name).map_or("", String::as_str);
    let number = |name: &str| cell(name).parse::<f64>().ok();
    if cells
        .values()
        .any(|value| value.to_ascii_lowercase().contains("uncertain"))
    {
        return Err("uncertain".to_owned());
    }
    let concurrency = cell("concurrency_or_rate");
    let Some(concurrency) = concurrency
        .strip_prefix("conc=")
        .and_then(|n| n.parse::<u32>().ok())
    else {
        let kind: String = concurrency
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .collect();
        return Err(format!("no steady load: {kind}"));
    };
    let (Some(ttft), Some(tpot)) = (number("ttft_ms"), number("itl_ms")) else {
        return Err("no two figures".to_owned());
    };
    let precision = Precision::parse(cell("precision")).ok_or("no precision")?;
    let gpu_name = cell("gpu");
    let short = gpu_name.split('-').next().unwrap_or_default();
    let gpu = gpu(short).ok_or_else(|| format!("unknown GPU {gpu_name}"))?;
    let shape = shape(cell("model")).ok_or_else(|| format!("unknown model {}", cell("model")))?;
    let engine = cell("engine");
    let kind = if engine.starts_with("sglang") {
        Kind::Sglang
    } else if engine.starts_with("vllm") {
        Kind::Vllm
    } else if engine.starts_with("trt")
        || engine.starts_with("tensorrt")
        || engine.starts_with("NIM")
    {
        Kind::TensorRt
    } else {
        return Err(format!("unknown engine {engine}"));
    };
    let tensor = number("tp").or(number("n_gpu")).unwrap_or(1.0) as u32;
    let setup = Setup::new(shape, gpu, tensor, kind, precision);
    setup
        .blocks()
        .map_err(|_| format!("does not fit: {} on {tensor} {}", shape.model, gpu.name))?;
    let nominal = cell("notes").contains("nominal");
    let length = |name: &str| {
        let tokens = number(name).unwrap_or(1.0);
        let low = if nominal { tokens * 0.8 } else { tokens };
        Lengths {
            low: low as u32,
            high: tokens as u32,
        }
    };
    Ok(Row {
        model: shape.model.clone(),
        workload: Workload {
            arrivals: Arrivals::Closed { concurrency },
            requests: concurrency * WAVES,
            prompt: length("isl"),
            output: length("osl"),
            shared: None,
        },
        setup,
        ttft,
        tpot,
    })
}

fn trace(folder: &Path) {
    let Ok(text) = std::fs::read_to_string(folder.join("traces/rtxpro6000-llama3.1-8b.jsonl"))
    else {
        return;
    };
    let field = |line: &str, name: &str| -> f64 {
        let start = line.find(&format!("\"{name}\":")).unwrap() + name.len() + 3;
        let rest = &line[start..];
        let end = rest.find([',', '}']).unwrap();
        rest[..end].trim().parse().unwrap()
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let first = field(lines[0], "queued_ts");
    let requests: Vec<Request> = lines
        .iter()
        .map(|line| Request {
            arrived: Micros::from_seconds(field(line, "queued_ts") - first),
            prompt: field(line, "input_toks") as u32,
            hashes: Vec::new(),
            output: field(line, "output_toks") as u32,
            ..Request::default()
        })
        .collect();
    let mean = |of: &dyn Fn(&str) -> f64| {
        lines.iter().map(|line| of(line)).sum::<f64>() / lines.len() as f64
    };
    let real_ttft = mean(&|line| field(line, "first_token_ts") - field(line, "queued_ts"));
    let real_tpot = mean(&|line| {
        (field(line, "last_token_ts") - field(line, "first_token_ts"))
            / (field(line, "output_toks") - 1.0).max(1.0)
    });
    let mut setup = Setup::new(
        shape("meta-llama/Llama-3.1-8B").unwrap(),
        gpu("rtx-pro-6000").unwrap(),
        1,
        Kind::Vllm,
        Precision::Bf16,
    );
    setup.setting.max_batched_tokens = 2_048;
    setup.setting.max_sequences = 128;
    setup.efficiency.engine.request_us = 0.0;
    setup.efficiency.engine.prompt_token_us = 0.0;
    setup.efficiency.engine.concurrency_us = 0.0;
    let mut worker = Cluster::new(&setup, Layout::of(1), None).unwrap();
    let done = replay(&mut worker, requests);
    let ttft = done.mean(|outcome| Some(outcome.ttft));
    let tpot = done.mean(|outcome| outcome.tpot);
    println!(
        "trace rtxpro6000-llama3.1-8b: TTFT {real_ttft:.2} s measured, {ttft:.2} simulated ({:+.1} %); TPOT {:.2} ms measured, {:.2} simulated ({:+.1} %)",
        (ttft / real_ttft - 1.0) * 100.0,
        real_tpot * 1e3,
        tpot * 1e3,
        (tpot / real_tpot - 1.0) * 100.0
    );
}
