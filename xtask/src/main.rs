//! The project's own commands: `cargo xtask <command>`.

mod accuracy;
mod bench;
mod check;
mod clients;
mod command;
mod embeddings;
mod fuzz;
mod import_contract;
mod junit;
mod load_generator;
mod python;
mod realistic;
mod schemathesis;
mod serve;
mod suites;
mod tidy;

use std::path::PathBuf;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// The whole verdict: format, lints, tidy, tests, and the official SDKs against a server.
    Check {
        /// Also what takes long.
        #[arg(long)]
        full: bool,
        /// Only these steps, by name.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// The house rules that no compiler knows.
    Tidy,
    /// The official Python SDK's own resource tests against a server in mock mode.
    Conformance {
        /// Groups of tests, such as `chat`; all of them where none is named.
        groups: Vec<String>,
        /// A server that runs already, with its `/v1`.
        #[arg(long)]
        base_url: Option<String>,
    },
    /// Measure speed and memory, and write docs/PERFORMANCE.md.
    Bench {
        /// Timed streams held open at once.
        #[arg(long, default_value_t = 10_000)]
        streams: usize,
    },
    /// Hold the simulated engine against published measurements, and write docs/ACCURACY.md.
    Accuracy {
        /// The folder of the measurements: `serving_results.csv` and `traces/`.
        #[arg(long)]
        from: Option<PathBuf>,
        /// Fit the constants again instead, and write them into this folder.
        #[arg(long)]
        fit: Option<PathBuf>,
    },
    /// Feed the request decoders and the schemas with broken input, and tell what breaks.
    Fuzz {
        /// Targets, such as `requests`; all of them where none is named.
        targets: Vec<String>,
        /// How long each runs.
        #[arg(long, default_value_t = 300)]
        seconds: u32,
    },
    /// Make data/contracts/openai.json from the provider's OpenAPI document.
    ImportContract {
        /// The provider's document (JSON).
        #[arg(long)]
        from: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Check { full, only } => check::run(full, &only),
        Task::Tidy => tidy::run(),
        Task::Conformance { groups, base_url } => suites::conformance(&groups, base_url.as_deref()),
        Task::Bench { streams } => bench::measure(streams),
        Task::Accuracy { from, fit } => accuracy::measure(from.as_deref(), fit.as_deref()),
        Task::Fuzz { targets, seconds } => fuzz::all(&targets, seconds).map(drop),
        Task::ImportContract { from } => {
            import_contract::run(&from, &command::root().join("data/contracts/openai.json"))
        }
    }
}
