//! Published measurements of serving engines: a table with a row for each run, read into what was
//! served and what came of it. The columns are those of `docs/ACCURACY.md`.

use std::collections::HashMap;
use std::fmt;

use fakeai_catalog::hardware::{gpu, shape};

use super::plan::{Kind, Precision, Setup};
use super::published::{Series, Told, series};
use super::trajectory::ClosedLoop;
use super::workload::Lengths;

/// How often a closed loop sends its concurrency.
const WAVES: u32 = 10;

/// The shortest length that a closed loop draws, as a share of what its run is named after, which
/// is the longest.
const SHORTEST: f64 = 0.8;

/// Requests under way at most.
const MOST: u32 = 65_536;

/// How often aiperf sends the concurrency before it measures.
const WARM_UP: u32 = 2;

/// Prompts that aiperf makes unless told otherwise.
const AIPERF_PROMPTS: u32 = 100;

/// One measured run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The line of the table, the header being the first.
    pub line: usize,
    /// What was served, on what, and how.
    pub setup: Setup,
    /// What was asked of it.
    pub workload: ClosedLoop,
    /// Mean milliseconds to the first token.
    pub ttft_ms: f64,
    /// Mean milliseconds a token after the first.
    pub tpot_ms: f64,
    /// What measured it.
    pub client: Client,
    /// How well its circumstances are known.
    pub standing: Standing,
}

/// What measured a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// InferenceX's own, with random prompts that all differ.
    InferenceX,
    /// aiperf and its forerunner, which go through a set of prompts again and again.
    Aiperf,
    /// Something else.
    Unknown,
}

impl Client {
    /// Its name in the table of constants.
    pub fn name(self) -> &'static str {
        match self {
            Client::InferenceX => "inferencex",
            Client::Aiperf => "aiperf",
            Client::Unknown => "default",
        }
    }

    /// Rows of InferenceX are known by the day that their file is named after, those of aiperf by
    /// what theirs is.
    fn of(notes: &str) -> Self {
        let file = notes.split_once("origin ").map(|(_, file)| file);
        let has_day = file.is_none_or(|file| file.starts_with("20"));
        if has_day && notes.contains("measured 20") {
            Client::InferenceX
        } else if notes.contains("nominal") || notes.contains("aiperf") {
            Client::Aiperf
        } else {
            Client::Unknown
        }
    }
}

/// How well the circumstances of a run are known, and whether its load was steady.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A steady load under known circumstances.
    Steady,
    /// The precision is not stated; it is taken for 16 bits.
    UnstatedPrecision,
    /// All prompts came at once.
    AllAtOnce,
    /// A batch of an engine that does not add to a batch that runs.
    StaticBatch,
    /// Its publisher or collector doubts it, or the command that it tells is cut off.
    Uncertain,
    /// Its publisher's scripts run no such load: the row says another than was sent.
    OtherLoad,
}

/// A row that can't be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its line.
    pub line: usize,
    /// Why.
    pub why: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// Reads a table with a header. What a row leaves empty is taken from `defaults`, by the name of
/// the column. A row that can't be run is told with its line.
pub fn read(text: &str, defaults: &[(&str, &str)]) -> (Vec<Measured>, Vec<Unread>) {
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    let header = lines
        .next()
        .map(|(_, line)| cells(line))
        .unwrap_or_default();
    let (mut rows, mut unread) = (Vec::new(), Vec::new());
    for (place, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = place + 1;
        let named = header.iter().map(String::as_str).zip(cells(line));
        let mut named: HashMap<&str, String> = named.collect();
        for (name, value) in defaults {
            let cell = named.entry(name).or_default();
            if cell.is_empty() {
                (*value).clone_into(cell);
            }
        }
        match row(line_number, &Cells(named)) {
            Ok(row) => rows.push(row),
            Err(why) => unread.push(Unread {
                line: line_number,
                why,
            }),
        }
    }
    (rows, unread)
}

fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell).trim().to_owned()),
            letter => cell.push(letter),
        }
    }
    cells.push(cell.trim().to_owned());
    cells
}

struct Cells<'a>(HashMap<&'a str, String>);

impl Cells<'_> {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A number above zero; none where the cell is empty.
    fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        match text.parse::<f64>() {
            Ok(number) if number > 0.0 && number.is_finite() => Ok(Some(number)),
            _ => Err(format!("{name} is '{text}', which is no number above 0")),
        }
    }

    fn required(&self, name: &str) -> Result<f64, String> {
        self.number(name)?
            .ok_or_else(|| format!("{name} is not there"))
    }

    /// The number after `name=` in the notes.
    fn noted(&self, name: &str) -> Option<u32> {
        let (_, after) = self.text("notes").split_once(&format!("{name}="))?;
        let digits = after.find(|letter: char| !letter.is_ascii_digit());
        after[..digits.unwrap_or(after.len())].parse().ok()
    }
}

fn row(line: usize, cells: &Cells<'_>) -> Result<Measured, String> {
    let ttft_ms = cells.required("ttft_ms")?;
    let tpot_ms = cells.required("itl_ms")?;
    let (concurrency, requests, load) = load(cells.text("concurrency_or_rate"))?;
    let (mut setup, stated) = setup(cells)?;
    let client = Client::of(cells.text("notes"));
    let told = Told {
        client: client.name(),
        engine: cells.text("engine"),
        source: cells.text("source"),
        notes: cells.text("notes"),
        // A line of a command that goes on ends with a backslash.
        is_cut_off: cells.text("notes").contains("\\;"),
        under_way: concurrency,
        prompt: cells.required("isl")? as u32,
        output: cells.required("osl")? as u32,
    };
    let series = series(&setup, &told);
    if let Some(series) = series {
        series.apply(&mut setup, &told);
    }
    let is_whole = !told.is_cut_off || series.is_some_and(Series::completes);
    let is_uncertain = |cell: &String| cell.to_ascii_lowercase().contains("uncertain");
    let doubted = !is_whole || cells.0.values().any(is_uncertain);
    let is_run = series.is_none_or(|series| series.runs(concurrency));
    let standing = match load {
        Standing::StaticBatch => load,
        _ if doubted => Standing::Uncertain,
        Standing::Steady if !stated => Standing::UnstatedPrecision,
        Standing::Steady if !is_run => Standing::OtherLoad,
        load => load,
    };
    let spread = match standing {
        _ if client == Client::Aiperf => 1.0,
        Standing::Steady | Standing::UnstatedPrecision | Standing::OtherLoad => SHORTEST,
        Standing::AllAtOnce | Standing::StaticBatch | Standing::Uncertain => 1.0,
    };
    let lengths = |name: &str| -> Result<Lengths, String> {
        let high = cells.required(name)?;
        Ok(Lengths {
            low: (high * spread).max(1.0) as u32,
            high: high.max(1.0) as u32,
        })
    };
    let warm_up = match (client, load) {
        (Client::Aiperf, Standing::Steady) => concurrency.saturating_mul(WARM_UP),
        _ => 0,
    };
    let workload = ClosedLoop {
        concurrency,
        requests,
        warm_up,
        prompts: (client == Client::Aiperf && setup.setting.kind == Kind::Vllm)
            .then_some(AIPERF_PROMPTS),
        prompt: lengths("isl")?,
        output: lengths("osl")?,
    };
    if standing != Standing::StaticBatch {
        setup.blocks().map_err(|misfit| misfit.to_string())?;
    }
    Ok(Measured {
        line,
        setup,
        workload,
        ttft_ms,
        tpot_ms,
        client,
        standing,
    })
}

/// How requests came: `16` or `conc=16` under way, `inf (1000 prompts at once)`, or
/// `static_batch=4`. Tells how many are under way, and how many there are.
fn load(text: &str) -> Result<(u32, u32, Standing), String> {
    let count = |rest: &str| -> Option<u32> {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits
            .parse()
            .ok()
            .filter(|count| (1..=MOST).contains(count))
    };
    let read = if let Some(rest) = text.strip_prefix("inf (") {
        count(rest).map(|all| (all, all, Standing::AllAtOnce))
    } else if let Some(rest) = text.strip_prefix("static_batch=") {
        count(rest).map(|batch| (batch, batch, Standing::StaticBatch))
    } else {
        let rest = text.strip_prefix("conc=").unwrap_or(text);
        let whole = count(rest).filter(|count| rest == count.to_string());
        whole.map(|count| (count, count.saturating_mul(WAVES), Standing::Steady))
    };
    read.ok_or_else(|| {
        format!(
            "concurrency_or_rate is '{text}', which is not `conc=16` or such a number, up to {MOST}"
        )
    })
}

/// The set-up, and whether its precision is stated.
fn setup(cells: &Cells<'_>) -> Result<(Setup, bool), String> {
    let name = cells.text("gpu");
    let short = name.split(['-', ' ']).next().unwrap_or_default();
    let gpu = gpu(name)
        .or_else(|| gpu(short))
        .ok_or_else(|| format!("gpu '{name}' is none that `fakeai gpus` lists"))?;
    let model = cells.text("model");
    let shape = shape(model).ok_or_else(|| format!("the shape of model '{model}' is not known"))?;
    let engine = cells.text("engine");
    let kind = Kind::parse(engine)
        .ok_or_else(|| format!("engine '{engine}' begins like none of vllm, sglang, trtllm"))?;
    let written = cells.text("precision");
    let plain = written.split(' ').next().unwrap_or_default();
    let stated = Precision::parse(plain);
    if stated.is_none() && !plain.is_empty() {
        let why = "which is none of bf16, fp8, fp4, mxfp4, int4";
        return Err(format!("precision is '{written}', {why}"));
    }
    let precision = Precision::released(shape).or(stated).unwrap_or_default();
    let precision = match precision {
        Precision::Fp8 if cells.text("notes").contains("fp8_block") => Precision::Fp8Block,
        other => other,
    };
    let tensor = cells.number("tp")?.or(cells.number("n_gpu")?);
    let tensor = tensor.unwrap_or(1.0) as u32;
    let mut setup = Setup::new(shape, gpu, tensor, kind, precision);
    if keeps_8_bits(&setup) {
        setup.cache_bytes = 1.0;
    }
    let parts = cells.noted("moe_tp").zip(cells.noted("moe_ep"));
    if let Some((cut, spread)) = parts.filter(|_| shape.experts > 0) {
        setup.expert_parallel = spread > 1;
        let across = cut.saturating_mul(spread);
        if spread > 1 && across == tensor && cut == spread {
            // Such a run is named `tp8_ep8`, which was multiplied though both mean the same GPUs.
            setup.tensor_parallel = cut;
        } else if across > tensor && across.is_multiple_of(tensor) {
            setup.data_parallel = across / tensor;
        }
    }
    Ok((setup, stated.is_some()))
}

/// Whether such runs keep keys and values in 8 bits: TensorRT-LLM's quantised checkpoints say so,
/// and those who publish runs of GPUs with units for 4 bits ask for it.
fn keeps_8_bits(setup: &Setup) -> bool {
    let is_quantised = setup.precision != Precision::Bf16;
    is_quantised && (setup.setting.kind == Kind::TensorRt || setup.gpu.fp4_tflops.is_some())
}
