//! The `fakeai` program as a library: its configuration, its commands, and a server to embed in
//! tests. What is served lives in the rooms below.
//!
//! ```no_run
//! # async fn example() -> Result<(), fakeai::StartError> {
//! let server = fakeai::Server::builder().seed(7).start().await?;
//! println!("{}", server.base_url());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod arguments;
mod commands;
pub mod config;
mod embed;
mod logs;

pub use commands::main;
pub use embed::{Builder, Server};
pub use fakeai_server::StartError;
