//! `fakeai calibrate`: fits what kernels reach and what an engine costs to one's own measurements.

use std::io::{self, IsTerminal, Write};

use fakeai_engine::serving::{Constants, Fit, Measured, Progress, knobs, read_measured};

use super::Failure;
use crate::arguments::CalibrateArguments;

/// Rounds that a fit takes at most.
const ROUNDS: u32 = 40;

pub(super) fn run(arguments: &CalibrateArguments, out: &mut dyn Write) -> Result<(), Failure> {
    let path = arguments.results.display();
    let unreadable = |error: std::io::Error| Failure::Words(format!("{path}: {error}"));
    let text = std::fs::read_to_string(&arguments.results).map_err(unreadable)?;
    let tensor = arguments.tp.map(|tp| tp.to_string());
    let defaults = [
        ("model", &arguments.model),
        ("gpu", &arguments.gpu),
        ("engine", &arguments.engine),
        ("precision", &arguments.precision),
        ("tp", &tensor),
    ];
    let defaults: Vec<(&str, &str)> = defaults
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
        .collect();
    let (rows, unread) = read_measured(&text, &defaults);
    for row in &unread {
        writeln!(out, "left out: {path}:{}: {}", row.line, row.why)?;
    }
    if rows.is_empty() {
        return Err(Failure::Words(format!(
            "{path} has no row to fit to; a row needs model, gpu, engine, isl, osl, concurrency_or_rate, ttft_ms and itl_ms"
        )));
    }
    let shipped = Constants::shipped();
    let weighted = || rows.iter().map(|row| (row.clone(), 1.0));
    let knobs = knobs(&rows, false);
    let fitted = Fit::of(weighted(), shipped).search(shipped, &knobs, ROUNDS, progress());
    writeln!(
        out,
        "{} measured runs. How far simulated means are from theirs:\n{:30}    TPOT      TTFT",
        rows.len(),
        ""
    )?;
    for (name, constants) in [
        ("with the shipped constants", shipped),
        ("with the fitted ones", &fitted),
    ] {
        // Each as a simulation has it, which schedules with the constants that it is given.
        let (tpot, ttft) = errors(&Fit::of(weighted(), constants), constants);
        writeln!(out, "  {name:28} {tpot:7.1} % {ttft:7.1} %")?;
    }
    changes(out, &shipped.beyond(&fitted), &fitted.beyond(shipped))?;
    let file = format!(
        "# Fitted by `fakeai calibrate` to {} measured runs. `serving.calibration` names this file.\n\n{}",
        rows.len(),
        fitted.beyond(shipped),
    );
    let target = arguments.out.display();
    let unwritable = |error: std::io::Error| Failure::Words(format!("{target}: {error}"));
    std::fs::write(&arguments.out, file).map_err(unwritable)?;
    writeln!(
        out,
        "\nwritten to {target}; the server and `fakeai simulate` go by it with `--calibration {target}`"
    )?;
    Ok(())
}

/// Tells people who watch how far a fit is; nobody where errors go into a file.
fn progress() -> impl FnMut(Progress) {
    let is_watched = io::stderr().is_terminal();
    move |far: Progress| {
        if is_watched {
            let Progress { pass, round, error } = far;
            // Where this can't be written, the fit goes on all the same.
            let _ = write!(
                io::stderr(),
                "\rschedule {}, round {}: mean error {:.2} %  ",
                pass + 1,
                round + 1,
                error * 100.0
            );
        }
    }
}

/// Tells each constant that the fit has changed: what it was, and what it is.
fn changes(out: &mut dyn Write, shipped: &str, fitted: &str) -> Result<(), Failure> {
    let read = |text: &str| text.parse::<toml::Table>().unwrap_or_default();
    let (shipped, fitted) = (read(shipped), read(fitted));
    writeln!(
        out,
        "\nWhat the fit has changed (data/hardware tells what each is):"
    )?;
    for (part, rows) in &fitted {
        for (row, numbers) in rows.as_table().into_iter().flatten() {
            for (name, value) in numbers.as_table().into_iter().flatten() {
                let before = shipped.get(part).and_then(|rows| rows.get(row)?.get(name));
                let number =
                    |value: &toml::Value| value.as_float().map(|number| format!("{number:.4}"));
                // A row may have had the number of all others of its kind.
                let before = before.and_then(number);
                let before = before.unwrap_or_else(|| "the default".to_owned());
                let after = number(value).unwrap_or_default();
                let name = format!("{part} {row} {name}");
                writeln!(out, "  {name:34} {before:>12} -> {after}")?;
            }
        }
    }
    Ok(())
}

/// Mean errors in percent, of the time a token and of the time to the first.
fn errors(fit: &Fit, constants: &Constants) -> (f64, f64) {
    let (mut tpot, mut ttft, mut rows) = (0.0, 0.0, 0.0);
    for (row, means) in fit.means(constants) {
        let row: &Measured = row;
        tpot += (means.tpot_ms / row.tpot_ms - 1.0).abs();
        ttft += (means.ttft_ms / row.ttft_ms - 1.0).abs();
        rows += 1.0;
    }
    (tpot / rows * 100.0, ttft / rows * 100.0)
}
