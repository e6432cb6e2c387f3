//! Log lines, on standard error.

use std::io::IsTerminal;

use fakeai_server::config::{LogFormat, LogLevel, Server};
use tracing_subscriber::filter::LevelFilter;

/// Starts logging as the settings say. Only the first call in a process counts.
pub(crate) fn start(settings: &Server) {
    let level = match settings.log_level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let level = if settings.debug {
        level.max(LevelFilter::DEBUG)
    } else {
        level
    };
    let lines = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second call fails because of the first, which is as it should be.
    let _ = match settings.log_format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}
