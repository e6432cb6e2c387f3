//! The command line: commands and their arguments. The flags of settings come from the settings.

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

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Server(Box<Flags>),
    /// Show the effective configuration, each value with where it came from
    Config(Box<ConfigArguments>),
    /// List the models that the server knows
    Models(ModelsArguments),
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
