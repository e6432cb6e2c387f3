//! Holds the simulated engine against published measurements: `accuracy FOLDER [--fit OUT]
//! [--with OUT] [--report FILE] [--rows FILE]`, where the folder has `serving_results.csv` and
//! `traces/`. Prints the errors; `--report` writes them as a page, `--rows` each row as a line of a
//! table. `--fit` fits the constants again and writes them, `--with` measures with what it wrote in
//! place of what ships.

#![allow(clippy::print_stdout, reason = "a command-line tool")]

mod errors;
mod folds;
mod page;
mod speedups;
mod traces;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fakeai_engine::serving::{Fit, Measured, Progress, Standing, Unread, read_measured};

/// What was asked for.
struct Wanted {
    folder: PathBuf,
    fit: Option<PathBuf>,
    with: Option<PathBuf>,
    rows: Option<PathBuf>,
    report: Option<PathBuf>,
}

fn wanted() -> Option<Wanted> {
    let mut arguments = std::env::args().skip(1);
    let mut wanted = Wanted {
        folder: PathBuf::from(arguments.next()?),
        fit: None,
        with: None,
        rows: None,
        report: None,
    };
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--fit" => wanted.fit = Some(PathBuf::from(arguments.next()?)),
            "--with" => wanted.with = Some(PathBuf::from(arguments.next()?)),
            "--rows" => wanted.rows = Some(PathBuf::from(arguments.next()?)),
            "--report" => wanted.report = Some(PathBuf::from(arguments.next()?)),
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        println!("usage: accuracy FOLDER [--fit OUT] [--with OUT] [--report FILE] [--rows FILE]");
        return ExitCode::from(2);
    };
    match measure(&wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(wanted: &Wanted) -> Result<(), Box<dyn Error>> {
    let table = wanted.folder.join("serving_results.csv");
    let text = fs::read_to_string(&table).map_err(|e| format!("{}: {e}", table.display()))?;
    let (rows, unread) = read_measured(&text, &[]);
    if let Some(out) = &wanted.fit {
        return fit(&steady(&rows), out);
    }
    let fitted = folds::Fitted::of(wanted.with.as_deref())?;
    let shipped = &fitted.all;
    let mut told = page::Page::default();
    let of = |standing: Standing| {
        let rows = rows.iter().filter(move |row| row.standing == standing);
        Fit::of(rows.map(|row| (row.clone(), 1.0)), shipped)
    };
    let counting = of(Standing::Steady);
    told.headline(&counting, &of(Standing::OtherLoad), shipped);
    told.farthest(&counting, shipped, FARTHEST);
    let steady_rows = steady(&rows);
    for cut in [folds::Cut::Rows, folds::Cut::Groups] {
        told.held_out(cut, &folds::held_out(&steady_rows, cut, &fitted));
    }
    for (standing, title) in page::BESIDE {
        told.beside(title, &of(*standing), shipped);
    }
    let (unseen, _) = read_measured(UNSEEN, &[]);
    let unseen = unseen.into_iter().map(|row| (row, 1.0));
    told.unseen(&Fit::of(unseen, shipped), shipped);
    told.speedups(&speedups::all(shipped)?);
    told.unread(&count(&unread));
    let folder = wanted.folder.join("traces");
    let traces = traces::replay_all(&folder, shipped)?;
    told.traces("Traces: measured → simulated", &traces);
    let means = traces::replay_means(&folder, shipped)?;
    told.traces(
        "Runs of which means are known: measured → simulated",
        &means,
    );
    print!("{}", told.text());
    if let Some(path) = &wanted.rows {
        fs::write(path, page::rows(&counting, shipped))?;
    }
    if let Some(path) = &wanted.report {
        fs::write(path, told.markdown())?;
    }
    Ok(())
}

/// Published runs that no table of the folder has, and no constant is fitted to.
const UNSEEN: &str = include_str!("../../../../data/hardware/unseen.csv");
/// Rows that are told one by one.
const FARTHEST: usize = 40;

fn steady(rows: &[Measured]) -> Vec<Measured> {
    let is_steady = |row: &&Measured| row.standing == Standing::Steady;
    rows.iter().filter(is_steady).cloned().collect()
}

/// Rows with the weight that each has in a fit: a group of many counts for more than one of few,
/// but not by as much.
fn weighted(rows: &[Measured]) -> Vec<(Measured, f64)> {
    let weight = |row: &Measured| {
        let group = folds::group(row);
        let size = rows.iter().filter(|row| folds::group(row) == group).count();
        1.0 / (size as f64).sqrt()
    };
    rows.iter().map(|row| (row.clone(), weight(row))).collect()
}

/// Fits all rows, and all but those of each fold, and writes these sets of constants.
fn fit(rows: &[Measured], out: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(out)?;
    let without = folds::FOLDS.iter().map(|fold| {
        let (_, others) = folds::split(rows, fold);
        (fold.name.to_owned(), others)
    });
    let all = std::iter::once(("all".to_owned(), rows.to_vec())).chain(without);
    let all: Vec<(String, Vec<Measured>)> = all.collect();
    // Each on a thread of its own: none needs another.
    std::thread::scope(|scope| {
        let fits: Vec<_> = all
            .iter()
            .map(|(name, chosen)| scope.spawn(move || fit_one(name, chosen, out)))
            .collect();
        for fit in fits {
            fit.join().map_err(|_| "a fit has failed")??;
        }
        Ok(())
    })
}

/// Fits these rows and writes the constants.
fn fit_one(name: &str, chosen: &[Measured], out: &Path) -> Result<(), String> {
    println!("{name}: {} rows", chosen.len());
    let constants = folds::fitted(chosen, |far| {
        let Progress { pass, round, error } = far;
        println!("{name}: pass {pass}, round {round}, error {error:.4}");
    })?;
    let path = out.join(format!("{name}.toml"));
    let unwritten = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::write(&path, constants.beyond(&folds::start()?)).map_err(unwritten)?;
    println!("{name}: written to {}", path.display());
    Ok(())
}

/// How many rows could not be run, by why.
fn count(unread: &[Unread]) -> Vec<(String, usize)> {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for row in unread {
        let why = row.why.split(" does not fit on").next().unwrap_or(&row.why);
        let why = match why.len() < row.why.len() {
            true => format!("{why} does not fit as listed"),
            false => why.to_owned(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count += 1,
            None => reasons.push((why, 1)),
        }
    }
    reasons.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    reasons
}
