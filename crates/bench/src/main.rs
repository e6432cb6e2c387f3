//! `fakeai-bench`: measures a `fakeai` binary against a floor, a bare hyper server that answers a
//! fixed body of the same size, in one run and by turns. Started by `cargo xtask bench`.

#![allow(clippy::print_stdout, reason = "this is a command-line tool")]

mod floor;
mod load;
mod process;
mod report;
mod retrieval;
mod rounds;
mod stores;
mod timed;

use std::path::PathBuf;

use clap::Parser;

/// Passages of the index that is searched.
const PASSAGES: usize = 100_000;
/// Numbers of a passage's vector.
const DIMENSIONS: usize = 256;

/// What to measure.
#[derive(Parser)]
enum Task {
    /// Measures, and writes the report.
    Run {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
        /// Where the report goes.
        #[arg(long)]
        report: PathBuf,
        /// Timed streams held open at once.
        #[arg(long, default_value_t = 10_000)]
        streams: usize,
    },
    /// Measures stored objects, and writes their section of the report.
    Stores {
        /// The binary to measure.
        #[arg(long)]
        binary: PathBuf,
        /// The report.
        #[arg(long)]
        report: PathBuf,
        /// A folder for a database and files; what is left in it can be removed.
        #[arg(long)]
        folder: PathBuf,
    },
    /// Search in an index of passages, on one thread.
    Retrieval {
        /// Passages in the index.
        #[arg(long, default_value_t = PASSAGES)]
        passages: usize,
        /// Numbers of a vector.
        #[arg(long, default_value_t = DIMENSIONS)]
        dimensions: usize,
    },
    /// Measures only the processor time a request and a streamed token, of several builds by turns.
    Compare {
        /// The binaries.
        #[arg(required = true)]
        binaries: Vec<PathBuf>,
        /// How often each has its turn.
        #[arg(long, default_value_t = 10)]
        turns: usize,
    },
    /// Measures only the timed streams that are held open.
    Held {
        /// The binary to measure.
        binary: PathBuf,
        /// Timed streams held open at once.
        #[arg(long, default_value_t = 9_900)]
        streams: usize,
    },
    /// Measures only streams in step on one worker of a simulated engine.
    InStep {
        /// The binary to measure.
        binary: PathBuf,
        /// Streams held open at once.
        #[arg(long, default_value_t = rounds::IN_STEP)]
        streams: usize,
    },
    /// The floor: a bare hyper server.
    Floor {
        /// Bytes of its unstreamed body.
        #[arg(long)]
        bytes: usize,
    },
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match Task::parse() {
        Task::Run {
            binary,
            report,
            streams,
        } => {
            let figures = runtime.block_on(rounds::measure(&binary, streams))?;
            let text = report::write(&figures);
            println!("{text}");
            std::fs::write(report, text)?;
            Ok(())
        }
        Task::Stores {
            binary,
            report,
            folder,
        } => {
            std::fs::create_dir_all(&folder)?;
            let figures = runtime.block_on(stores::measure(&binary, &folder))?;
            let searched = retrieval::measure(PASSAGES, DIMENSIONS)?;
            let section = stores::section(&figures, &searched);
            println!("{section}");
            let old = std::fs::read_to_string(&report).unwrap_or_default();
            std::fs::write(report, stores::placed(&old, &section))?;
            Ok(())
        }
        Task::Retrieval {
            passages,
            dimensions,
        } => {
            for searched in retrieval::measure(passages, dimensions)? {
                println!("{}: {:.1} ms", searched.kind, searched.milliseconds);
            }
            Ok(())
        }
        Task::Compare { binaries, turns } => {
            for line in runtime.block_on(rounds::compare(&binaries, turns))? {
                println!("{line}");
            }
            Ok(())
        }
        Task::Held { binary, streams } => {
            let held = runtime.block_on(rounds::held(&binary, streams))?;
            println!("{held:?}");
            Ok(())
        }
        Task::InStep { binary, streams } => {
            let in_step = runtime.block_on(rounds::in_step(&binary, streams))?;
            println!("{in_step:?}");
            Ok(())
        }
        Task::Floor { bytes } => runtime.block_on(floor::serve(bytes)),
    }
}
