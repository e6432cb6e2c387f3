//! A prompt that shows how it goes on: examples with their labels, and one without. Not here: labels
//! that are listed (`label`).

use super::{label, sentiment};

/// The label of the last text, by those before it.
pub(super) fn of(asked: &str) -> Option<String> {
    let mark = asked.trim_end().strip_suffix(':')?;
    let mark = mark[mark.rfind('\n')? + 1..].trim_start();
    let is_name = |mark: &str| (1..=24).contains(&mark.len()) && mark.split(' ').count() <= 3;
    if !is_name(mark) {
        return None;
    }
    let lines: Vec<&str> = asked.lines().collect();
    let labelled: Vec<(usize, &str)> = lines
        .iter()
        .enumerate()
        .filter_map(|(number, line)| Some((number, value(line, mark)?)))
        .collect();
    let (end, _) = labelled.last()?;
    let matter = lines[end + 1..lines.len() - 1].join("\n");
    if matter.trim().is_empty() {
        return None;
    }
    let mut labels: Vec<&str> = Vec::new();
    for (_, label) in &labelled {
        if !labels.contains(label) {
            labels.push(label);
        }
    }
    if let [only] = labels.as_slice() {
        return sentiment::of(matter.as_str(), only);
    }
    // Answers that differ each time are no labels.
    if labelled.len() == labels.len() && !labels.iter().any(label::is_known) {
        return None;
    }
    label::choose(&labels, &matter).map(str::to_owned)
}

/// The label that a line has behind its mark.
fn value<'t>(line: &'t str, mark: &str) -> Option<&'t str> {
    const WORDS: usize = 4;
    let rest = line.trim().strip_prefix(mark)?.strip_prefix(':')?.trim();
    (!rest.is_empty() && rest.split_whitespace().count() <= WORDS).then_some(rest)
}
