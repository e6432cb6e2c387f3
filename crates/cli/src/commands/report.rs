//! The page of a simulated run: one file with its figures and plots, and nothing from elsewhere.

use std::fmt::Write;

use fakeai_engine::serving::{Digest, Moment, Outcome, Run};
use serde_json::Value;

/// The size of a plot, and the room for its labels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 30.0;

const STYLE: &str = "body{font:15px system-ui,sans-serif;max-width:1360px;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse}td{padding:2px 16px 2px 0}td+td{font-variant-numeric:tabular-nums}\
svg{margin:8px 16px 8px 0}figure{display:inline-block;margin:0}figcaption{font-weight:600}\
text{font-size:11px;fill:#555}";

/// The page.
pub(super) fn page(summary: &Value, run: &Run) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>fakeai simulate</title>\
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
    page.push_str("</table>");
    for (title, unit, points) in plots(run) {
        plot(&mut page, title, unit, &points);
    }
    page.push_str("</html>\n");
    page
}

/// A title, the unit of the axis across, and points.
type Plot = (&'static str, &'static str, Vec<(f64, f64)>);

fn plots(run: &Run) -> [Plot; 7] {
    let digest = |of: fn(&Outcome) -> Option<f64>| {
        let mut digest = Digest::default();
        run.outcomes
            .iter()
            .filter_map(of)
            .for_each(|s| digest.add(s));
        digest
    };
    let share = |digest: &Digest| {
        let points = digest.curve().into_iter();
        points
            .map(|(s, share)| (s * 1e3, share))
            .collect::<Vec<_>>()
    };
    let over_time = |of: fn(&Moment) -> f64| {
        let moments = run.moments.iter();
        moments.map(|m| (m.at, of(m))).collect::<Vec<_>>()
    };
    [
        (
            "Time to first token, share of requests",
            "ms",
            share(&digest(|o| Some(o.ttft))),
        ),
        (
            "Time between tokens, share of tokens",
            "ms",
            share(&run.gaps),
        ),
        (
            "Time to last token, share of requests",
            "ms",
            share(&digest(|o| Some(o.latency))),
        ),
        (
            "Time in the queue, share of requests",
            "ms",
            share(&digest(|o| Some(o.queued))),
        ),
        ("Running requests", "s", over_time(|m| m.running as f64)),
        ("Waiting requests", "s", over_time(|m| m.waiting as f64)),
        ("Share of the cache in use", "s", over_time(|m| m.cache)),
    ]
}

/// One line through points, with both axes from zero to the largest.
fn plot(page: &mut String, title: &str, unit: &str, points: &[(f64, f64)]) {
    let largest = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(0.0, f64::max);
    let (far, high) = (largest(|p| p.0).max(1e-9), largest(|p| p.1).max(1e-9));
    let x = |value: f64| LEFT + value / far * (WIDTH - LEFT - 10.0);
    let y = |value: f64| HEIGHT - BOTTOM - value / high * (HEIGHT - BOTTOM - 10.0);
    let _ = write!(
        page,
        "<figure><figcaption>{}</figcaption><svg width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">",
        escaped(title)
    );
    for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (at, level) = (x(far * part), y(high * part));
        let _ = write!(
            page,
            "<path d=\"M{LEFT} {level:.1}H{}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <text x=\"{at:.1}\" y=\"{}\" text-anchor=\"middle\">{} {unit}</text>",
            WIDTH - 10.0,
            LEFT - 6.0,
            level + 4.0,
            short(high * part),
            HEIGHT - 8.0,
            short(far * part),
        );
    }
    let mut line = String::new();
    for (place, (across, up)) in points.iter().enumerate() {
        let verb = if place == 0 { 'M' } else { 'L' };
        let _ = write!(line, "{verb}{:.1} {:.1}", x(*across), y(*up));
    }
    let _ = write!(
        page,
        "<path d=\"{line}\" fill=\"none\" stroke=\"#2563a8\" stroke-width=\"1.5\"/></svg></figure>"
    );
}

fn short(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
