//! The project's own commands: `cargo xtask <command>`.

mod import_contract;

use std::path::PathBuf;

use clap::Parser;

/// The project's own commands.
#[derive(Parser)]
enum Command {
    /// Make data/contracts/openai.json from the provider's OpenAPI document.
    ImportContract {
        /// The provider's document (JSON).
        #[arg(long)]
        from: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::ImportContract { from } => {
            let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
            import_contract::run(&from, &root.join("data/contracts/openai.json"))
        }
    }
}
