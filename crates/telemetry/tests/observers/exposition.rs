//! A strict reader of the text formats.

use std::collections::BTreeMap;

/// A metric's family as read back.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

impl Family {
    /// The sum of all samples that have these labels.
    pub(crate) fn sum(&self, wanted: &[(&str, &str)]) -> f64 {
        let fits = |labels: &BTreeMap<String, String>| {
            wanted
                .iter()
                .all(|(name, value)| labels.get(*name).is_some_and(|found| found == value))
        };
        let samples = self.samples.iter();
        samples
            .filter(|(_, labels, _)| fits(labels))
            .map(|(_, _, value)| value)
            .sum()
    }
}

/// Reads an exposition, and panics at the first thing that its format does not allow.
pub(crate) fn read(text: &str, open_metrics: bool) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let mut current = String::new();
    let mut ended = false;
    assert!(text.ends_with('\n'), "the last line is not ended");
    for line in text.lines() {
        assert!(!ended, "a line after the end: {line}");
        if line == "# EOF" {
            assert!(open_metrics);
            ended = true;
        } else if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(is_name(name) && !help.trim().is_empty());
            assert!(!families.contains_key(name), "{name} comes twice");
            current = name.to_owned();
            families.insert(current.clone(), Family::default());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, current);
            assert!(["counter", "gauge", "histogram"].contains(&kind));
            families.get_mut(&current).unwrap().kind = kind.to_owned();
        } else if let Some(unit) = line.strip_prefix("# UNIT ") {
            let (name, unit) = unit.split_once(' ').unwrap();
            assert!(open_metrics && name == current && name.ends_with(&format!("_{unit}")));
        } else {
            let sample = sample(line);
            let family = families.get_mut(&current).unwrap();
            let suffix = sample.0.strip_prefix(&current).unwrap();
            let allowed: &[&str] = match (family.kind.as_str(), open_metrics) {
                ("counter", true) => &["_total"],
                ("counter", false) => {
                    assert!(current.ends_with("_total"));
                    &[""]
                }
                ("histogram", _) => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(allowed.contains(&suffix), "{line}");
            family.samples.push(sample);
        }
    }
    assert_eq!(ended, open_metrics);
    families.values().for_each(check_histogram);
    families
}

fn is_name(name: &str) -> bool {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    first
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (name, rest) = line.split_once('{').unwrap();
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    while !rest.starts_with('}') {
        let (label, after) = rest.split_once("=\"").unwrap();
        assert!(is_name(label) && !label.contains(':'), "{line}");
        let (value, after) = quoted(after);
        assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    let value = rest.strip_prefix("} ").unwrap();
    (name.to_owned(), labels, value.parse().unwrap())
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    loop {
        match characters.next().unwrap() {
            (place, '"') => return (value, &text[place + 1..]),
            (_, '\\') => match characters.next().unwrap().1 {
                'n' => value.push('\n'),
                escaped @ ('\\' | '"') => value.push(escaped),
                other => panic!("\\{other} is no escape"),
            },
            (_, character) => value.push(character),
        }
    }
}

/// Buckets rise to `+Inf`, which equals the count; there is one sum.
fn check_histogram(family: &Family) {
    if family.kind != "histogram" {
        return;
    }
    let mut groups =
        BTreeMap::<BTreeMap<String, String>, (Vec<(f64, f64)>, Vec<f64>, usize)>::new();
    for (name, labels, value) in &family.samples {
        let mut labels = labels.clone();
        let le = labels.remove("le");
        let group = groups.entry(labels).or_default();
        match le {
            Some(le) => group.0.push((le.parse().unwrap(), *value)),
            None if name.ends_with("_count") => group.1.push(*value),
            None => group.2 += 1,
        }
    }
    for (buckets, counts, sums) in groups.values() {
        assert!(buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
        let (bound, last) = buckets.last().unwrap();
        assert_eq!(*bound, f64::INFINITY);
        assert_eq!(counts, &[*last]);
        assert_eq!(*sums, 1);
    }
}
