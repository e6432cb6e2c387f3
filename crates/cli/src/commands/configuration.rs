//! `fakeai config`: the effective configuration.

use std::io::Write;

use super::{Failure, effective};
use crate::arguments::{ConfigArguments, Shown};
use crate::config;

pub(super) fn show(arguments: &ConfigArguments, out: &mut dyn Write) -> Result<(), Failure> {
    if arguments.markdown {
        return Ok(write!(out, "{}", config::reference_page())?);
    }
    let resolved = effective(&arguments.flags)?;
    match arguments.format {
        Shown::Table => write!(out, "{}", config::table(&resolved))?,
        Shown::Json => writeln!(out, "{:#}", config::json(&resolved))?,
        Shown::Toml => write!(out, "{}", config::toml(&resolved))?,
    }
    Ok(())
}
