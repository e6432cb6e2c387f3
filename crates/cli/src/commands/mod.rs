//! The commands. Each writes to what it is given and says how the program ends.

mod calibrate;
mod configuration;
mod gpus;
mod load;
mod models;
mod plan;
mod report;
mod serve;
mod simulate;
mod status;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::{Command, Program};
use crate::config::{ConfigError, Flags, Resolved, Surroundings, resolve};

/// How a command went wrong.
pub(crate) enum Failure {
    /// The configuration is none.
    Config(ConfigError),
    /// Anything else, in words.
    Words(String),
    /// What was asked for is not so, and that has been said already.
    Silent,
    /// Nobody reads any more.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// The program: reads the command line and does what it says. The exit code is 2 where the command
/// line or the configuration is wrong, 1 where anything else is.
pub fn main() -> ExitCode {
    let program = Program::read(std::env::args_os());
    let mut out = io::stdout().lock();
    let done = command(program.command, &mut out).and_then(|()| Ok(out.flush()?));
    let (code, words) = match done {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Silent) => return ExitCode::FAILURE,
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            return ExitCode::SUCCESS;
        }
        Err(Failure::Output(error)) => (1, error.to_string()),
        Err(Failure::Words(words)) => (1, words),
        Err(Failure::Config(error)) => (2, error.to_string()),
    };
    for line in words.lines() {
        // Where even this can't be written, the exit code has to do.
        let _ = writeln!(io::stderr(), "fakeai: {line}");
    }
    ExitCode::from(code)
}

fn command(command: Command, out: &mut dyn Write) -> Result<(), Failure> {
    match command {
        Command::Server(flags) => serve::serve(effective(&flags)?.config, out),
        Command::Config(arguments) => configuration::show(&arguments, out),
        Command::Models(arguments) => models::list(&arguments, out),
        Command::Gpus(arguments) => gpus::list(&arguments, out),
        Command::Calibrate(arguments) => calibrate::run(&arguments, out),
        Command::Simulate(arguments) => simulate::run(&arguments, out),
        Command::Plan(arguments) => plan::run(&arguments, out),
        Command::Status(arguments) => {
            status::ask(&arguments, &effective(&Flags::default())?.config, out)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Program::command(), "fakeai", &mut script);
            // Whoever reads no further has what it wanted.
            let _ = out.write_all(&script);
            Ok(())
        }
    }
}

/// The configuration that these flags and this process's surroundings make.
fn effective(flags: &Flags) -> Result<Resolved, ConfigError> {
    resolve(flags, &Surroundings::real())
}
