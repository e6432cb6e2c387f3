//! The command line: commands and their arguments. The flags of settings come from the settings.

use std::ffi::OsString;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::config::Flags;

/// A server that speaks the APIs of language models and runs no model.
#[derive(Debug, Parser)]
#[command(name = "fakeai", version, arg_required_else_help = true)]
pub(crate) struct Program {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// vLLM's short names of two letters, and what they are short for. A parser of command lines takes
/// each for two names of one letter.
const SHORT: [(&str, &str); 4] = [
    ("-tp", "--tensor-parallel-size"),
    ("-pp", "--pipeline-parallel-size"),
    ("-dp", "--data-parallel-size"),
    ("-ep", "--enable-expert-parallel"),
];

impl Program {
    /// Reads a command line.
    pub(crate) fn read(words: impl Iterator<Item = OsString>) -> Self {
        Self::parse_from(words.map(|word| long(&word).unwrap_or(word)))
    }
}

/// What a short name, alone or with a value behind `=`, is short for.
fn long(word: &OsString) -> Option<OsString> {
    let word = word.to_str()?;
    let (name, value) = word.split_at(word.find('=').unwrap_or(word.len()));
    let (_, long) = SHORT.iter().find(|(short, _)| *short == name)?;
    Some(format!("{long}{value}").into())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Server(Box<Flags>),
    /// Show the effective configuration, each value with where it came from
    Config(Box<ConfigArguments>),
    /// List the models that the server knows
    Models(ModelsArguments),
    /// List the GPUs that an engine can be simulated on
    Gpus(GpusArguments),
    /// Run a workload on a simulated engine in virtual time and print what comes of it
    Simulate(Box<SimulateArguments>),
    /// Search the cheapest cluster that serves a workload within a goal
    Plan(Box<PlanArguments>),
    /// Fit a simulated engine to measurements of one's own and write a calibration file
    Calibrate(Box<CalibrateArguments>),
    /// Ask a running server whether it is well; the exit code tells
    Status(StatusArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How to show the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigArguments {
    #[command(flatten)]
    pub(crate) flags: Flags,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    pub(crate) format: Shown,
    /// Print the reference page of all settings
    #[arg(long, hide = true)]
    pub(crate) markdown: bool,
}

/// A form of the configuration.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Shown {
    /// Columns for people
    Table,
    /// An object for each setting
    Json,
    /// A file that would set the same
    Toml,
}

/// Which models to list.
#[derive(Debug, clap::Args)]
pub(crate) struct ModelsArguments {
    /// Only models whose id, owner or abilities contain this; an id that is not listed is shown
    /// as the server would make it up
    pub(crate) filter: Option<String>,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
    /// Only the models whose shape is known, with it: those that an engine can be simulated with
    #[arg(long)]
    pub(crate) shapes: bool,
}

/// How to list GPUs.
#[derive(Debug, clap::Args)]
pub(crate) struct GpusArguments {
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

/// What to run on the engine that the settings of `serving` describe.
#[derive(Debug, clap::Args)]
pub(crate) struct SimulateArguments {
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(flatten)]
    pub(crate) load: LoadArguments,
    /// A replica fails: its number and the second, as in `0@30`; repeatable
    #[arg(long, value_name = "N@S")]
    pub(crate) fail: Vec<String>,
    /// A replica takes no more requests from then on, as in `1@60`; repeatable
    #[arg(long, value_name = "N@S")]
    pub(crate) drain: Vec<String>,
    /// A replica comes back, as in `0@90`; repeatable
    #[arg(long, value_name = "N@S")]
    pub(crate) restore: Vec<String>,
    /// The engine goes to sleep at that second, and requests wait; repeatable
    #[arg(long, value_name = "S")]
    pub(crate) sleep: Vec<f64>,
    /// How deep it sleeps: from 1 its weights come back from the host's memory, from 2 from the disk
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2), value_name = "LEVEL")]
    pub(crate) sleep_level: u8,
    /// The engine is woken at that second; repeatable
    #[arg(long, value_name = "S")]
    pub(crate) wake: Vec<f64>,
    /// One more replica joins at that second; repeatable
    #[arg(long, value_name = "S")]
    pub(crate) add: Vec<f64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page with plots to that file, too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<std::path::PathBuf>,
}

/// Where to look for the cheapest cluster that meets a goal.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub(crate) flags: Flags,
    #[command(flatten)]
    pub(crate) load: LoadArguments,
    /// GPUs to look at, with commas between them; all whose price is known if left out
    #[arg(long, value_delimiter = ',', value_name = "GPU")]
    pub(crate) among: Vec<String>,
    /// GPUs that a cluster may have at most
    #[arg(long, default_value_t = 64)]
    pub(crate) max_gpus: u32,
    /// The share of requests that has to meet the goals
    #[arg(long, default_value_t = 0.95)]
    pub(crate) attain: f64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Requests, what counts as good, and what a GPU costs.
#[derive(Debug, clap::Args)]
pub(crate) struct LoadArguments {
    /// Requests in all
    #[arg(long, default_value_t = 1_000)]
    pub(crate) requests: u32,
    /// Requests a second, at random; left out, `--concurrency` are always under way
    #[arg(long, conflicts_with = "concurrency")]
    pub(crate) rate: Option<f64>,
    /// The coefficient of variation of the times between requests; 1 is a Poisson process
    #[arg(long, default_value_t = 1.0, requires = "rate")]
    pub(crate) variation: f64,
    /// Requests under way at once
    #[arg(long)]
    pub(crate) concurrency: Option<u32>,
    /// Tokens of a prompt: `512`, or `256-1024` for lengths between
    #[arg(long, default_value = "512")]
    pub(crate) input_len: String,
    /// Tokens of an answer, written as `--input-len` is
    #[arg(long, default_value = "128")]
    pub(crate) output_len: String,
    /// Tokens before each prompt that it shares with others
    #[arg(long, default_value_t = 0)]
    pub(crate) shared_prefix: u32,
    /// How many different ones of these there are
    #[arg(long, default_value_t = 1)]
    pub(crate) shared_groups: u32,
    /// How many adapters (LoRA) requests run with, each with one of them; the engine has
    /// `--enable-lora` and at most `--max-loras` of them in a step
    #[arg(long, default_value_t = 0)]
    pub(crate) adapters: u32,
    /// A file of requests instead: JSON lines with `arrival_time` in seconds (or `timestamp` in
    /// milliseconds), `input_length` and `output_length`, and `hash_ids` where prompts share
    /// beginnings
    #[arg(long, conflicts_with_all = ["rate", "concurrency", "shared_prefix"])]
    pub(crate) trace: Option<std::path::PathBuf>,
    /// What counts as good: `ttft:500`, `tpot:50` or `e2e:2000` in milliseconds, repeatable
    #[arg(long)]
    pub(crate) slo: Vec<String>,
    /// US dollars for an hour of a GPU, in place of the price that is known
    #[arg(long)]
    pub(crate) gpu_price: Option<f64>,
}

/// What to fit a simulated engine to.
#[derive(Debug, clap::Args)]
pub(crate) struct CalibrateArguments {
    /// A table (CSV) with a header and a row for each measured run: model, gpu, n_gpu, tp,
    /// precision, engine, isl, osl, concurrency_or_rate (`16` or `conc=16` requests under way),
    /// ttft_ms, itl_ms (means); columns in any order, others are left alone
    pub(crate) results: std::path::PathBuf,
    /// Where to write the calibration, which `serving.calibration` names
    #[arg(long)]
    pub(crate) out: std::path::PathBuf,
    /// The model of rows that name none
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// The GPU of rows that name none, as `fakeai gpus` lists them
    #[arg(long)]
    pub(crate) gpu: Option<String>,
    /// The engine of rows that name none: vllm, sglang or trtllm
    #[arg(long)]
    pub(crate) engine: Option<String>,
    /// The precision of rows that name none
    #[arg(long)]
    pub(crate) precision: Option<String>,
    /// The GPUs that share each layer, of rows that do not say
    #[arg(long)]
    pub(crate) tp: Option<u32>,
}

/// Which server to ask.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArguments {
    /// Its host; that of the configuration if left out
    #[arg(long)]
    pub(crate) host: Option<String>,
    /// Its port; that of the configuration if left out
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Print what it answers
    #[arg(long)]
    pub(crate) json: bool,
}
