//! The page of a simulated run: one file with its figures and plots, and nothing from elsewhere.

use std::fmt::Write;

use fakeai_engine::serving::{Digest, Moment, Outcome, Run};
use serde_json::Value;

/// The size of a plot, and the room for its labels: the last one across stands over the edge by half.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 34.0;

/// Colours follow what the reader's system is set to.
const STYLE: &str = ":root{color-scheme:light dark;--text:#222;--soft:#555;--grid:#ddd;--line:#2563a8;--page:#fff}\
@media(prefers-color-scheme:dark){:root{--text:#e6e6e6;--soft:#aaa;--grid:#3a3a3a;--line:#7db7f0;--page:#161616}}\
body{font:15px system-ui,sans-serif;max-width:1360px;margin:2em auto;padding:0 1em;color:var(--text);background:var(--page)}\
table{border-collapse:collapse;margin-bottom:1.5em}td{padding:2px 16px 2px 0;vertical-align:top}\
td+td{font-variant-numeric:tabular-nums}\
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:1em 2em}\
figure{margin:0}figcaption{font-weight:600}svg{width:100%;height:auto}\
text{font-size:12px;fill:var(--soft)}.grid{stroke:var(--grid)}\
.line{fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round}";

/// The page.
pub(super) fn page(summary: &Value, run: &Run) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>fakeai simulate</title>\
         <style>{STYLE}</style><h1>{}</h1><table>",
        escaped(summary["model"].as_str().unwrap_or_default())
    );
    for (name, value) in summary.as_object().into_iter().flatten() {
        let shown = match value {
            Value::Object(spread) => {
                let parts = spread.iter().map(|(name, value)| format!("{name} {value}"));
                parts.collect::<Vec<_>>().join(" · ")
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let _ = write!(
            page,
            "<tr><td>{}<td>{}",
            escaped(&name.replace('_', " ")),
            escaped(&shown)
        );
    }
    page.push_str("</table><main>");
    for chart in plots(run) {
        chart.draw(&mut page);
    }
    page.push_str("</main></html>\n");
    page
}

/// A line through points.
struct Plot {
    title: &'static str,
    /// The unit across.
    unit: &'static str,
    up: Up,
    points: Vec<(f64, f64)>,
}

/// What the axis upwards counts.
#[derive(Clone, Copy, PartialEq)]
enum Up {
    /// A share of one, shown in percent; the whole is always in view.
    Whole,
    /// A share of which only the part that occurs is shown.
    Share,
    /// Requests.
    Count,
}

fn plots(run: &Run) -> [Plot; 7] {
    let spread = |title, of: fn(&Outcome) -> Option<f64>| {
        let mut digest = Digest::default();
        let seconds = run.outcomes.iter().filter_map(of);
        seconds.for_each(|seconds| digest.add(seconds));
        curve(title, &digest)
    };
    let over_time = |title, up, of: fn(&Moment) -> f64| Plot {
        title,
        unit: "s",
        up,
        points: run.moments.iter().map(|m| (m.at, of(m))).collect(),
    };
    [
        spread("Time to first token: share of requests within it", |o| {
            Some(o.ttft)
        }),
        curve("Time between tokens: share of tokens within it", &run.gaps),
        spread("Time to last token: share of requests within it", |o| {
            Some(o.latency)
        }),
        spread("Time in the queue: share of requests within it", |o| {
            Some(o.queued)
        }),
        over_time("Running requests", Up::Count, |m| m.running as f64),
        over_time("Waiting requests", Up::Count, |m| m.waiting as f64),
        over_time("Share of the cache in use", Up::Share, |m| m.cache),
    ]
}

/// What share of values lies below each.
fn curve(title: &'static str, digest: &Digest) -> Plot {
    let points = digest.curve().into_iter();
    Plot {
        title,
        unit: "ms",
        up: Up::Whole,
        points: points.map(|(s, share)| (s * 1e3, share)).collect(),
    }
}

impl Plot {
    /// Both axes go from zero to a round number that nothing passes.
    fn draw(&self, page: &mut String) {
        let largest =
            |of: fn(&(f64, f64)) -> f64| self.points.iter().map(of).fold(0.0_f64, f64::max);
        let across = ticks(largest(|p| p.0), 0.0);
        let up = match self.up {
            Up::Whole => ticks(1.0, 0.0),
            Up::Share => ticks(largest(|p| p.1), 0.0),
            // There is no half of a request.
            Up::Count => ticks(largest(|p| p.1), 1.0),
        };
        let end = |ticks: &[f64]| ticks.last().copied().unwrap_or(1.0);
        let (far, high) = (end(&across), end(&up));
        let x = |value: f64| LEFT + value / far * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value / high * (HEIGHT - BOTTOM - TOP);
        // Writing to a string does not fail.
        let _ = write!(
            page,
            "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{title}\">",
            title = escaped(self.title)
        );
        for value in &up {
            let shown = match self.up {
                Up::Count => short(*value, high),
                Up::Whole | Up::Share => format!("{} %", short(value * 100.0, high * 100.0)),
            };
            let level = y(*value);
            let _ = write!(
                page,
                "<path class=\"grid\" d=\"M{LEFT} {level:.1}H{}\"/>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{shown}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                level + 4.0,
            );
        }
        for value in &across {
            let _ = write!(
                page,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{} {}</text>",
                x(*value),
                HEIGHT - 10.0,
                short(*value, far),
                self.unit,
            );
        }
        let mut line = String::new();
        for (place, (across, up)) in self.points.iter().enumerate() {
            let verb = if place == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{verb}{:.1} {:.1}", x(*across), y(*up));
        }
        let _ = write!(page, "<path class=\"line\" d=\"{line}\"/></svg></figure>");
    }
}

/// From zero in round steps, of which there are four to seven where none has to be larger, to the first
/// that the largest does not pass.
fn ticks(largest: f64, least: f64) -> Vec<f64> {
    let largest = if largest > 0.0 { largest } else { 1.0 };
    let rough = largest / 5.0;
    let power = 10.0_f64.powf(rough.log10().floor());
    let round = [1.0, 2.0, 2.5, 5.0, 10.0].map(|part| part * power);
    let step = round.into_iter().find(|step| *step >= rough * 0.999);
    let mut step = step.unwrap_or(rough).max(least);
    if least > 0.0 {
        step = step.ceil();
    }
    let count = (largest / step - 1e-9).ceil().max(1.0) as u32;
    (0..=count).map(|number| f64::from(number) * step).collect()
}

/// A number as exact as the axis that it stands at needs.
fn short(value: f64, most: f64) -> String {
    let digits = match most {
        most if most >= 20.0 => 0,
        most if most >= 2.0 => 1,
        most if most >= 0.2 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('"', "&quot;")
}
