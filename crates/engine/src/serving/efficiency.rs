//! How much of the peak kernels reach and what a step costs beside them: the few numbers that a
//! calibration moves.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use fakeai_catalog::hardware::gpus;
use serde::Deserialize;

use super::measured::Client;
use super::plan::Kind;

/// The numbers of one GPU and one engine.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Efficiency {
    /// Of the GPU.
    pub gpu: GpuCosts,
    /// Of the engine.
    pub engine: EngineCosts,
}

macro_rules! costs {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: f64,)* }

        impl $name {
            const FIELDS: &[&str] = &[$(stringify!($field)),*];

            fn of(value: impl Fn(&str) -> f64) -> Self {
                Self { $($field: value(stringify!($field)),)* }
            }
        }
    };
}

costs! {
    /// What kernels reach on a GPU.
    GpuCosts {
        /// Start of a matrix product of 16-bit numbers, in µs.
        launch_us,
        /// Start of one of 8-bit and 4-bit numbers, which are quantised first, in µs.
        fp8_launch_us,
        /// Share of the peak rate that large products reach, in 16, 8 and 4 bits.
        compute_bf16,
        /// In 8 bits.
        compute_fp8,
        /// In 8 bits with a scale for each block.
        compute_fp8_block,
        /// In 4 bits.
        compute_fp4,
        /// Share of the memory's bandwidth that small products reach, in 16 bits.
        memory_bf16,
        /// In 8 bits.
        memory_fp8,
        /// In 8 bits with a scale for each block.
        memory_fp8_block,
        /// In 4 bits.
        memory_fp4,
        /// The same share for reading the cache in decode.
        decode_attention,
        /// The same where the cache keeps 8 bits.
        decode_attention_fp8,
        /// Start of an all-reduce of two GPUs, in µs; more take longer by the root of their number.
        reduce_us,
        /// Bandwidth of an all-reduce, in 10^9 bytes a second.
        reduce_gb_s,
    }
}

costs! {
    /// What an engine spends beside the kernels.
    EngineCosts {
        /// The host's work for a step, in µs.
        host_us,
        /// The host's work for each sequence of a step, in µs.
        row_us,
        /// The host's work for each part of a prompt in a step, in µs.
        chunk_us,
        /// The host's work for a step that nothing hides where steps are not prepared ahead, on top,
        /// in µs.
        serial_us,
        /// The same for each sequence of the step.
        serial_row_us,
        /// The host's work for a pass of who proposes, beside its kernels, in µs.
        pass_us,
        /// Small kernels of a layer, in µs.
        layer_us,
        /// Start of attention in decode, a layer, in µs.
        attention_us,
        /// The host's work to launch a layer that no graph holds, in µs: the least that a layer of
        /// a step with a part of a prompt takes.
        eager_us,
        /// The same for a layer of experts, on top.
        eager_expert_us,
        /// The same for a layer whose attention keeps compressed keys and values, on top: it takes
        /// about twice the kernels.
        eager_mla_us,
        /// Routing and dispatch of a layer of experts, in µs.
        expert_us,
        /// Share of the memory's bandwidth that experts reach.
        expert_memory,
        /// The same with 8-bit numbers, which have kernels of their own.
        expert_memory_fp8,
        /// Share of the experts that kernels of 8-bit numbers read at least, however few tokens
        /// there are.
        expert_least_fp8,
        /// Share of the peak rate that experts reach.
        expert_compute,
        /// The same with 8-bit numbers.
        expert_compute_fp8,
        /// The width of a part of an expert at which half of these shares is lost.
        expert_narrow,
        /// Share of the peak rate that attention over a long prompt reaches.
        prefill_attention,
        /// The server's and the client's share of a request's time to first token, in µs. It passes
        /// before the engine gets the request.
        request_us,
        /// The same for each token of the prompt, in µs.
        prompt_token_us,
        /// The same for each other request that the replica has under way when one arrives, in µs.
        concurrency_us,
        /// The server's work for each token that leaves, in µs: one process does it for all sequences,
        /// one after another, while the engine goes on.
        output_us,
    }
}

/// Rows of numbers by the GPU or the engine that they are of. What a row lacks, `default` has.
type Rows = BTreeMap<String, BTreeMap<String, f64>>;

/// All numbers: those of this program, or those with a calibration over them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constants {
    #[serde(default)]
    gpu: Rows,
    #[serde(default)]
    engine: Rows,
    /// Of programs that measure: what they add to the time to the first token.
    #[serde(default)]
    client: Rows,
    /// The least and the most that a fit may make of a number.
    #[serde(default)]
    bounds: BTreeMap<String, (f64, f64)>,
}

/// What a measuring program adds to the time to the first token, in µs.
pub(super) const CLIENT: &str = "request_us";

/// The row that stands in for others.
pub(super) const DEFAULT: &str = "default";

impl Constants {
    /// The numbers of this program.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Constants> = LazyLock::new(|| {
            let text = include_str!("../../../../data/hardware/efficiency.toml");
            Constants::whole(text).expect("the table of efficiency is part of this program")
        });
        &SHIPPED
    }

    /// The numbers of a table that needs no other.
    ///
    /// # Errors
    /// A text that is no such table, and why.
    pub fn whole(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// These numbers with those of a calibration over them.
    ///
    /// # Errors
    /// A text that is no calibration, and why.
    pub fn with(&self, calibration: &str) -> Result<Self, String> {
        let calibration = Self::whole(calibration)?;
        let mut all = self.clone();
        let parts = [
            (calibration.gpu, &mut all.gpu, GpuCosts::FIELDS, "gpu"),
            (
                calibration.engine,
                &mut all.engine,
                EngineCosts::FIELDS,
                "engine",
            ),
            (calibration.client, &mut all.client, &[CLIENT], "client"),
        ];
        for (rows, known, fields, part) in parts {
            for (row, numbers) in rows {
                if !is_row(part, &row) {
                    return Err(format!("{part}.{row} is of nothing that is known"));
                }
                for (name, value) in numbers {
                    if !fields.contains(&name.as_str()) {
                        return Err(format!(
                            "{part}.{row}.{name} is none of {}",
                            fields.join(", ")
                        ));
                    }
                    if let Some(why) = wrong(&name, value) {
                        return Err(format!("{part}.{row}.{name} is {value}, which is {why}"));
                    }
                    known.entry(row.clone()).or_default().insert(name, value);
                }
            }
        }
        Ok(all)
    }

    /// The numbers for a GPU (its longest row whose name begins the GPU's) and an engine.
    pub fn of(&self, gpu: &str, engine: &str) -> Efficiency {
        let name = gpu_row(&self.gpu, gpu);
        Efficiency {
            gpu: GpuCosts::of(|field| number(&self.gpu, name, field)),
            engine: EngineCosts::of(|field| number(&self.engine, engine, field)),
        }
    }

    /// The row that a GPU's numbers are of.
    pub fn gpu_row(&self, gpu: &str) -> &str {
        gpu_row(&self.gpu, gpu)
    }

    /// A number of a row of `gpu` or `engine`.
    pub fn get(&self, part: Part, row: &str, field: &str) -> f64 {
        match part {
            Part::Gpu => number(&self.gpu, row, field),
            Part::Engine => number(&self.engine, row, field),
            Part::Client => number(&self.client, row, field),
        }
    }

    /// Sets a number of a row.
    pub fn set(&mut self, part: Part, row: &str, field: &str, value: f64) {
        let rows = match part {
            Part::Gpu => &mut self.gpu,
            Part::Engine => &mut self.engine,
            Part::Client => &mut self.client,
        };
        let row = rows.entry(row.to_owned()).or_default();
        row.insert(field.to_owned(), value);
    }

    /// The least and the most that a fit may make of a number.
    pub fn bounds(&self, field: &str) -> (f64, f64) {
        self.bounds.get(field).copied().unwrap_or((0.0, f64::MAX))
    }

    /// What differs from other numbers, as a calibration file has it.
    pub fn beyond(&self, base: &Self) -> String {
        let mut text = String::new();
        for (part, rows, others) in [
            ("gpu", &self.gpu, &base.gpu),
            ("engine", &self.engine, &base.engine),
            ("client", &self.client, &base.client),
        ] {
            for (row, numbers) in rows {
                let is_new = |name: &str, value: f64| {
                    others.get(row).and_then(|other| other.get(name)) != Some(&value)
                };
                let new: Vec<_> = numbers.iter().filter(|(n, v)| is_new(n, **v)).collect();
                if new.is_empty() {
                    continue;
                }
                // Writing to a string does not fail.
                let _ = writeln!(text, "\n[{part}.{row}]");
                for (name, value) in new {
                    let _ = writeln!(text, "{name} = {value:?}");
                }
            }
        }
        text.trim_start().to_owned()
    }
}

/// Whose numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A GPU's.
    Gpu,
    /// An engine's.
    Engine,
    /// A measuring program's.
    Client,
}

/// Whether anything goes by such a row of a calibration.
fn is_row(part: &str, row: &str) -> bool {
    let is_whose = match part {
        "gpu" => gpus().iter().any(|gpu| gpu.name.starts_with(row)),
        "engine" => [Kind::Vllm, Kind::Sglang, Kind::TensorRt]
            .map(Kind::name)
            .contains(&row),
        _ => [Client::InferenceX, Client::Aiperf]
            .map(Client::name)
            .contains(&row),
    };
    is_whose || row == DEFAULT
}

/// Why a number can't be one of a calibration, if it can't. Times may be nothing; shares of what
/// a GPU does and rates may not.
fn wrong(name: &str, value: f64) -> Option<&'static str> {
    let may_be_nothing =
        name.ends_with("_us") || ["expert_least_fp8", "expert_narrow"].contains(&name);
    match value {
        value if value.is_nan() || value < 0.0 => Some("below 0"),
        0.0 if !may_be_nothing => Some("nothing"),
        value if value > LARGEST => Some("above 10^9"),
        _ => None,
    }
}

/// The largest number of a calibration.
const LARGEST: f64 = 1e9;

fn gpu_row<'a>(rows: &'a Rows, gpu: &str) -> &'a str {
    let begins = rows.keys().filter(|name| gpu.starts_with(name.as_str()));
    begins
        .max_by_key(|name| name.len())
        .map_or(DEFAULT, String::as_str)
}

fn number(rows: &Rows, row: &str, field: &str) -> f64 {
    let of = |row: &str| {
        rows.get(row)
            .and_then(|numbers| numbers.get(field))
            .copied()
    };
    of(row).or_else(|| of(DEFAULT)).unwrap_or_default()
}

impl Efficiency {
    /// These numbers of an engine that gets every request at once: nothing is the server's and the
    /// client's.
    pub fn without_server(self) -> Self {
        let engine = EngineCosts {
            request_us: 0.0,
            prompt_token_us: 0.0,
            concurrency_us: 0.0,
            output_us: 0.0,
            ..self.engine
        };
        Self { engine, ..self }
    }

    /// The numbers of this program for a GPU and an engine.
    pub fn of(gpu: &str, engine: &str) -> Self {
        Constants::shipped().of(gpu, engine)
    }
}
