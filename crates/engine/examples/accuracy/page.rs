//! What is told of the errors: as text for a terminal, and as a page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use fakeai_engine::serving::{Constants, Fit, Means, Measured, Standing};

use super::errors::Errors;
use super::folds::{Cut, group};
use super::speedups::Speedup;
use super::traces::{Each, Replayed};

/// Rows that are told of beside the headline.
pub(crate) const BESIDE: &[(Standing, &str)] = &[
    (
        Standing::UnstatedPrecision,
        "precision not stated, taken for 16 bits",
    ),
    (Standing::AllAtOnce, "all prompts at once"),
    (Standing::StaticBatch, "static batch of 2023"),
    (
        Standing::OtherLoad,
        "a load that its publisher does not run",
    ),
    (
        Standing::Uncertain,
        "marked uncertain, or with a command that is cut off",
    ),
];

type Result<'a> = (&'a Measured, Means);
type Key = (&'static str, fn(&Measured) -> String);

/// A page in parts: each a title and lines of a table.
#[derive(Default)]
pub(crate) struct Page {
    parts: Vec<(String, Vec<Vec<String>>)>,
}

const COLUMNS: [&str; 8] = [
    "rows of",
    "rows",
    "TPOT median",
    "mean",
    "bias",
    "TTFT median",
    "mean",
    "bias",
];

const FARTHEST: [&str; 8] = [
    "rows of",
    "line",
    "served by",
    "GPUs",
    "tokens in / out",
    "under way",
    "TPOT",
    "TTFT",
];

const SPEEDUPS: [&str; 6] = [
    "served",
    "proposals",
    "tokens in / out",
    "under way",
    "tokens a step taken for it",
    "as fast, measured → simulated",
];

/// A row of a table of single runs.
fn single((row, means): &Result<'_>) -> Vec<String> {
    let setup = &row.setup;
    vec![
        group(row),
        row.line.to_string(),
        format!("{} {:?}", setup.setting.kind.name(), setup.precision),
        format!("{}×{}", setup.tensor_parallel, setup.data_parallel),
        format!(
            "{} / {}",
            row.workload.prompt.high, row.workload.output.high
        ),
        row.workload.concurrency.to_string(),
        format!("{:.1} → {:.1} ms", row.tpot_ms, means.tpot_ms),
        format!("{:.0} → {:.0} ms", row.ttft_ms, means.ttft_ms),
    ]
}

fn line(name: &str, errors: &Errors) -> Vec<String> {
    let size = |share: f64| format!("{:.1} %", share * 100.0);
    let sign = |share: f64| format!("{:+.1} %", share * 100.0);
    vec![
        name.to_owned(),
        errors.rows.to_string(),
        size(errors.tpot.median),
        size(errors.tpot.mean),
        sign(errors.tpot.bias),
        size(errors.ttft.median),
        size(errors.ttft.mean),
        sign(errors.ttft.bias),
    ]
}

fn grouped(results: &[Result<'_>], key: fn(&Measured) -> String) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<String, Vec<Result<'_>>> = BTreeMap::new();
    for result in results {
        groups.entry(key(result.0)).or_default().push(*result);
    }
    let lines = groups
        .iter()
        .map(|(name, results)| line(name, &Errors::of(results)));
    lines.collect()
}

fn header() -> Vec<String> {
    COLUMNS.iter().map(|name| (*name).to_owned()).collect()
}

impl Page {
    fn part(&mut self, title: &str, lines: Vec<Vec<String>>) {
        self.parts.push((title.to_owned(), lines));
    }

    /// The rows that count, in all and by what they have in common.
    pub(crate) fn headline(&mut self, fit: &Fit, other_load: &Fit, constants: &Constants) {
        let results: Vec<Result<'_>> = fit.means(constants).collect();
        let all = line("all", &Errors::of(&results));
        let with: Vec<Result<'_>> = fit
            .means(constants)
            .chain(other_load.means(constants))
            .collect();
        let with = line(
            "and those of a load that their publisher does not run",
            &Errors::of(&with),
        );
        self.part("All rows that count", vec![header(), all, with]);
        let keys: [Key; 6] = [
            ("By GPU", |row| row.setup.gpu.name.clone()),
            ("By engine", |row| row.setup.setting.kind.name().to_owned()),
            ("By model", |row| row.setup.shape.model.clone()),
            ("By model and GPU", group),
            ("By precision", |row| format!("{:?}", row.setup.precision)),
            ("By requests under way", |row| {
                match row.workload.concurrency {
                    0..=8 => "1 to 8",
                    9..=32 => "9 to 32",
                    33..=128 => "33 to 128",
                    _ => "more than 128",
                }
                .to_owned()
            }),
        ];
        for (title, key) in keys {
            let mut lines = vec![header()];
            lines.extend(grouped(&results, key));
            self.part(title, lines);
        }
    }

    /// The rows that count and are farthest from what was measured in the time a token.
    pub(crate) fn farthest(&mut self, fit: &Fit, constants: &Constants, count: usize) {
        let mut results: Vec<Result<'_>> = fit.means(constants).collect();
        let far = |(row, means): &Result<'_>| (means.tpot_ms / row.tpot_ms).ln().abs();
        results.sort_by(|a, b| far(b).total_cmp(&far(a)));
        let mut lines = vec![FARTHEST.map(str::to_owned).to_vec()];
        lines.extend(results.iter().take(count).map(single));
        self.part("Farthest off in the time a token", lines);
    }

    /// Published runs that no constant is fitted to, one by one.
    pub(crate) fn unseen(&mut self, fit: &Fit, constants: &Constants) {
        let results: Vec<Result<'_>> = fit.means(constants).collect();
        let mut lines = vec![header(), line("all", &Errors::of(&results))];
        lines.extend(grouped(&results, group));
        self.part("Never used for a fit: runs of other pages", lines);
        let mut lines = vec![FARTHEST.map(str::to_owned).to_vec()];
        lines.extend(results.iter().map(single));
        self.part("Each of them", lines);
    }

    /// What proposals bring.
    pub(crate) fn speedups(&mut self, runs: &[Speedup]) {
        let mut lines = vec![SPEEDUPS.map(str::to_owned).to_vec()];
        lines.extend(runs.iter().map(|run| {
            let error = (run.simulated / run.measured - 1.0) * 100.0;
            vec![
                run.served.clone(),
                run.proposals.clone(),
                run.lengths.clone(),
                run.under_way.to_string(),
                format!("{:.2}", run.made),
                format!("{:.2} → {:.2} ({error:+.0} %)", run.measured, run.simulated),
            ]
        }));
        self.part("Speculative decoding: how many times as fast", lines);
    }

    /// Rows of each fold, with constants of the others.
    pub(crate) fn held_out(&mut self, cut: Cut, results: &[(Measured, Means)]) {
        let results: Vec<Result<'_>> = results.iter().map(|(row, means)| (row, *means)).collect();
        let mut lines = vec![header(), line("all", &Errors::of(&results))];
        let title = match cut {
            Cut::Rows => "Held out by rows: each half with constants fitted on the other",
            Cut::Groups => {
                "Held out by model and GPU: each fold with constants fitted on the others"
            }
        };
        lines.extend(grouped(&results, group));
        self.part(title, lines);
    }

    /// Rows that do not count.
    pub(crate) fn beside(&mut self, title: &str, fit: &Fit, constants: &Constants) {
        let results: Vec<Result<'_>> = fit.means(constants).collect();
        let mut lines = vec![header(), line("all", &Errors::of(&results))];
        lines.extend(grouped(&results, group));
        self.part(&format!("Beside: {title}"), lines);
    }

    /// Rows that could not be run, by why.
    pub(crate) fn unread(&mut self, reasons: &[(String, usize)]) {
        let mut lines = vec![vec!["why".to_owned(), "rows".to_owned()]];
        lines.extend(
            reasons
                .iter()
                .map(|(why, rows)| vec![why.clone(), rows.to_string()]),
        );
        self.part("Rows that could not be run", lines);
    }

    /// Replayed traces.
    pub(crate) fn traces(&mut self, title: &str, traces: &[Replayed]) {
        let mut lines = vec![
            [
                "trace",
                "requests",
                "preemptions",
                "mean TTFT",
                "mean TPOT",
                "mean latency",
                "TTFT of each, median",
                "TPOT of each, median",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        let pair = |(real, ours): (f64, f64), scale: f64, unit: &str| {
            let error = (ours / real - 1.0) * 100.0;
            format!(
                "{:.2} → {:.2} {unit} ({error:+.1} %)",
                real * scale,
                ours * scale
            )
        };
        let each = |each: &Option<Each>, median: fn(&Each) -> f64| match each {
            Some(each) => format!("{:.1} %", median(each) * 100.0),
            None => "–".to_owned(),
        };
        lines.extend(traces.iter().map(|trace| {
            vec![
                trace.name.clone(),
                trace.requests.to_string(),
                trace.preemptions.to_string(),
                pair(trace.ttft, 1.0, "s"),
                pair(trace.tpot, 1e3, "ms"),
                pair(trace.latency, 1.0, "s"),
                each(&trace.each, |each| each.ttft.median),
                each(&trace.each, |each| each.tpot.median),
            ]
        }));
        self.part(title, lines);
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (title, lines) in &self.parts {
            // Writing to a string does not fail.
            let _ = writeln!(text, "\n{title}");
            for cells in lines {
                let _ = write!(text, "  {:52}", cells[0]);
                for cell in &cells[1..] {
                    let _ = write!(text, " {cell:>12}");
                }
                text.push('\n');
            }
        }
        text
    }

    /// The page, below what stands in `before.md`.
    pub(crate) fn markdown(&self) -> String {
        let mut text = include_str!("before.md").to_owned();
        for (title, lines) in &self.parts {
            let _ = writeln!(text, "\n## {title}\n");
            for (place, cells) in lines.iter().enumerate() {
                let _ = writeln!(text, "| {} |", cells.join(" | "));
                if place == 0 {
                    let _ = writeln!(text, "|---{}", "|---:".repeat(cells.len() - 1) + "|");
                }
            }
        }
        text
    }
}

/// Each row as a line: where it stands, what was served, and what was measured and simulated.
pub(crate) fn rows(fit: &Fit, constants: &Constants) -> String {
    let mut text = String::from(
        "line,model,gpu,engine,precision,tensor,data,in,out,under_way,tpot_ms,simulated_tpot_ms,ttft_ms,simulated_ttft_ms\n",
    );
    for (row, means) in fit.means(constants) {
        let (setup, load) = (&row.setup, &row.workload);
        let _ = writeln!(
            text,
            "{},{},{},{},{:?},{},{},{},{},{},{},{:.3},{},{:.1}",
            row.line,
            setup.shape.model,
            setup.gpu.name,
            setup.setting.kind.name(),
            setup.precision,
            setup.tensor_parallel,
            setup.data_parallel,
            load.prompt.high,
            load.output.high,
            load.concurrency,
            row.tpot_ms,
            means.tpot_ms,
            row.ttft_ms,
            means.ttft_ms,
        );
    }
    text
}
