//! A page as text, as the engine's own client library writes it.
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write;

use super::family::{Family, families};
use super::measure::Value;
use super::meter::ServingMeter;
use super::moment::Moment;
use super::page::{Client, Kind, PageKind};
use super::tally::Tally;
use crate::exposition::escaped;

/// A page in Prometheus's text format.
pub fn page_text(kind: PageKind, meter: &ServingMeter, moment: &Moment) -> String {
    let writer = Writer {
        client: kind.page().client,
        open: false,
    };
    writer.page(&families(kind, meter, moment))
}

/// A page in the OpenMetrics format.
pub fn page_open_metrics(kind: PageKind, meter: &ServingMeter, moment: &Moment) -> String {
    let writer = Writer {
        client: kind.page().client,
        open: true,
    };
    let mut text = writer.page(&families(kind, meter, moment));
    text.push_str("# EOF\n");
    text
}

struct Writer {
    client: Client,
    /// Whether it is OpenMetrics that is written.
    open: bool,
}

impl Writer {
    fn page(&self, families: &[Family]) -> String {
        let mut text = String::new();
        for family in families {
            if self.client == Client::Plain && family.samples.is_empty() {
                continue;
            }
            let metric = family.metric;
            let is_counter = metric.kind == Kind::Counter;
            let base = metric.name.strip_suffix("_total").unwrap_or(&metric.name);
            let name = if self.open && is_counter {
                base
            } else {
                &metric.name
            };
            let _ = writeln!(text, "# HELP {name} {}", escaped(&metric.help));
            let _ = writeln!(text, "# TYPE {name} {}", metric.kind.name());
            let total = if self.open && is_counter {
                "_total"
            } else {
                ""
            };
            for (labels, value) in &family.samples {
                self.sample(&mut text, (name, total), family, (labels, value));
            }
        }
        text
    }

    fn sample(
        &self,
        text: &mut String,
        (name, suffix): (&str, &str),
        family: &Family,
        (labels, value): (&[(&str, String)], &Value),
    ) {
        let scale = family.metric.scale;
        match value {
            Value::Number(number) => {
                let number = self.number(number * scale);
                let labels = self.labels(labels, None);
                let _ = writeln!(text, "{name}{suffix}{labels} {number}");
            }
            Value::Ratio(above, below) => {
                let share = if *below > 0.0 { above / below } else { 0.0 };
                let number = self.number(share * scale);
                let labels = self.labels(labels, None);
                let _ = writeln!(text, "{name}{suffix}{labels} {number}");
            }
            Value::Spread(spread) => self.spread(text, name, family, (labels, spread)),
        }
    }

    fn spread(
        &self,
        text: &mut String,
        name: &str,
        family: &Family,
        (labels, spread): (&[(&str, String)], &Tally),
    ) {
        let scale = family.metric.scale;
        for bound in family.bounds.iter().copied() {
            let labels = self.labels(labels, Some(bound));
            let count = self.number(spread.up_to(bound / scale) as f64);
            let _ = writeln!(text, "{name}_bucket{labels} {count}");
        }
        let count = self.number(spread.count() as f64);
        let infinite = self.labels(labels, Some(f64::INFINITY));
        let _ = writeln!(text, "{name}_bucket{infinite} {count}");
        let labels = self.labels(labels, None);
        let _ = writeln!(text, "{name}_count{labels} {count}");
        let sum = self.number(spread.sum() * scale);
        let _ = writeln!(text, "{name}_sum{labels} {sum}");
    }

    /// The labels in braces, if there are any.
    fn labels(&self, labels: &[(&str, String)], bound: Option<f64>) -> String {
        let bound = bound.map(|bound| ("le", self.number(bound)));
        let pairs = labels.iter().map(|(name, text)| (*name, text.as_str()));
        let bound = bound.as_ref().map(|(name, text)| (*name, text.as_str()));
        let mut pairs: Vec<_> = pairs.chain(bound).collect();
        if self.client == Client::Python {
            pairs.sort_unstable();
        }
        if pairs.is_empty() {
            return String::new();
        }
        let mut text = String::from("{");
        for (place, (name, value)) in pairs.into_iter().enumerate() {
            let separator = if place == 0 { "" } else { "," };
            let _ = write!(text, "{separator}{name}=\"{}\"", escaped(value));
        }
        text.push('}');
        text
    }

    fn number(&self, number: f64) -> String {
        if number == f64::INFINITY {
            return "+Inf".to_owned();
        }
        match self.client {
            Client::Plain => number.to_string(),
            Client::Python => python_number(number),
        }
    }
}

/// A number as Python's client writes it: with a fraction, and with an exponent from a million on
/// and below a ten-thousandth.
fn python_number(number: f64) -> String {
    let text = format!("{number:?}");
    if let Some((digits, exponent)) = text.split_once('e') {
        return match exponent.strip_prefix('-') {
            Some(small) => format!("{digits}e-{small:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        };
    }
    let dot = text.find('.').unwrap_or(text.len());
    if number > 0.0 && dot > 6 {
        let all = format!("{}.{}{}", &text[..1], &text[1..dot], &text[dot + 1..]);
        let digits = all.trim_end_matches(['0', '.']);
        return format!("{digits}e+{:0>2}", dot - 1);
    }
    // Python goes over to exponents earlier than Rust does.
    if number > 0.0 && number < 1e-4 {
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once("e-").unwrap_or((&text, "0"));
        return format!("{digits}e-{exponent:0>2}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_python_writes_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (12.0, "12.0"),
            (0.001, "0.001"),
            (0.00001, "1e-05"),
            (999_999.0, "999999.0"),
            (1_000_000.0, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0026244000000000003, "0.0026244000000000003"),
        ] {
            assert_eq!(python_number(number), text);
        }
    }
}
