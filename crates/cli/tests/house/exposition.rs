//! A reader of Prometheus's text format that takes nothing amiss: every sample belongs to the
//! family before it, no series comes twice, and the buckets of a histogram add up.

use std::collections::{BTreeMap, BTreeSet};

/// The families of a page, by name.
pub(crate) type Page = BTreeMap<String, Family>;

#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Without `le`.
    pub(crate) labels: BTreeMap<String, String>,
    /// Of a histogram, its count.
    pub(crate) value: f64,
    /// Of a histogram, its sum.
    pub(crate) sum: f64,
    /// Of a histogram, bounds with counts.
    pub(crate) buckets: Vec<(f64, f64)>,
}

impl Family {
    /// The values of the samples that have these labels, added up.
    pub(crate) fn sum(&self, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &&Sample| {
            let mut labels = labels.iter();
            labels.all(|(name, text)| sample.labels.get(*name).is_some_and(|found| found == text))
        };
        self.samples
            .iter()
            .filter(has)
            .map(|sample| sample.value)
            .sum()
    }
}

/// Reads a page.
pub(crate) fn parse(text: &str) -> Page {
    let mut page = Page::new();
    let mut current = String::new();
    let mut series = BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a type");
            let fresh = Family {
                kind: kind.to_owned(),
                ..Family::default()
            };
            name.clone_into(&mut current);
            assert!(
                page.insert(current.clone(), fresh).is_none(),
                "{name} comes twice"
            );
        } else if !line.starts_with("# HELP ") {
            assert!(series.insert(series_of(line).to_owned()), "twice: {line}");
            let family = page.get_mut(&current).expect("a type comes first");
            take(family, &current, line);
        }
    }
    page.iter().for_each(|(name, family)| check(name, family));
    page
}

/// A line without its value.
fn series_of(line: &str) -> &str {
    line.rsplit_once(' ').expect("a series and a value").0
}

fn take(family: &mut Family, name: &str, line: &str) {
    let (series, value) = line.rsplit_once(' ').expect("a series and a value");
    let value: f64 = value
        .parse()
        .unwrap_or_else(|_| panic!("no number: {line}"));
    let (found, labels) = series.split_once('{').unwrap_or((series, "}"));
    let mut labels = labels_of(labels.strip_suffix('}').expect("braces"));
    let bound = labels.remove("le");
    let suffix = found.strip_prefix(name);
    let suffix = suffix.unwrap_or_else(|| panic!("{line} in {name}"));
    let known = family
        .samples
        .iter()
        .position(|sample| sample.labels == labels);
    let place = known.unwrap_or_else(|| {
        family.samples.push(Sample {
            labels,
            ..Sample::default()
        });
        family.samples.len() - 1
    });
    let sample = &mut family.samples[place];
    match (family.kind.as_str(), suffix, bound) {
        ("histogram", "_bucket", Some(bound)) => {
            let bound = bound.replace("+Inf", "inf").parse().expect("a bound");
            sample.buckets.push((bound, value));
        }
        ("histogram", "_sum", None) => sample.sum = value,
        ("histogram", "_count", None) | ("counter" | "gauge", "", None) => sample.value = value,
        _ => panic!("{line} in the {} {name}", family.kind),
    }
}

fn labels_of(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("a label");
        let (value, after) = after.split_once('"').expect("a closed label");
        assert!(!value.contains('\\'), "nothing to escape was sent: {text}");
        assert!(
            labels.insert(name.to_owned(), value.to_owned()).is_none(),
            "{text}"
        );
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    labels
}

fn check(name: &str, family: &Family) {
    for sample in &family.samples {
        assert!(sample.value.is_finite() && sample.value >= 0.0, "{name}");
        if family.kind == "histogram" {
            let rises = sample
                .buckets
                .is_sorted_by(|one, other| one.0 < other.0 && one.1 <= other.1);
            assert!(rises, "{name}: {:?}", sample.buckets);
            let last = sample.buckets.last().expect("a bucket");
            assert_eq!(*last, (f64::INFINITY, sample.value), "{name}");
        }
    }
}
