//! Templates: texts with `{{item.…}}` and `{{sample.…}}` in them.

use serde_json::Value;

use super::grade::Fault;
use super::subject::Subject;

/// Where a template may look.
const ROOTS: [&str; 2] = ["item", "sample"];

/// A stretch of a template.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The stretches of a template; an opening without an end is text.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, tail)) = after.split_once("}}") else {
            break;
        };
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Variable(name.trim()));
        rest = tail;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The first variable of a template that does not begin with `item` or `sample`.
pub(super) fn unknown_variable(template: &str) -> Option<&str> {
    pieces(template).into_iter().find_map(|piece| match piece {
        Piece::Variable(name) if !ROOTS.contains(&steps(name).next().unwrap_or_default()) => {
            Some(name)
        }
        Piece::Variable(_) | Piece::Text(_) => None,
    })
}

/// The template with its variables filled in: texts as they are, everything else as JSON.
///
/// # Errors
/// A variable that names nothing.
pub(crate) fn fill(template: &str, subject: &Subject) -> Result<String, Fault> {
    let mut filled = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => filled.push_str(text),
            Piece::Variable(name) => match value(name, subject)? {
                Value::String(text) => filled.push_str(text),
                other => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(filled)
}

/// What a variable names.
///
/// # Errors
/// It names nothing; for JSON that the answer does not have, the answer is at fault.
pub(crate) fn value<'a>(name: &str, subject: &'a Subject) -> Result<&'a Value, Fault> {
    let mut path = steps(name);
    let root = match path.next() {
        Some("item") => &subject.item,
        Some("sample") => &subject.sample,
        _ => return Err(Fault::InvalidVariable),
    };
    let found = path.try_fold(root, |value, step| match value {
        Value::Array(elements) => elements.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    });
    found.ok_or_else(|| {
        let json = name.starts_with("sample.output_json");
        if json && subject.sample.get("output_json").is_none() {
            Fault::SampleParse
        } else {
            Fault::InvalidVariable
        }
    })
}

/// The steps of `item.rows[0].name`.
fn steps(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '[', ']'])
        .map(|step| step.trim_matches(['"', '\'', ' ']))
        .filter(|step| !step.is_empty())
}
