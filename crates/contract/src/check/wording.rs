//! The provider's sentences and codes, from `data/errors/openai.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::shape::Shape;
use super::violation::{Violation, ViolationKind};

#[derive(Deserialize)]
struct Texts {
    wording: BTreeMap<String, Wording>,
    shapes: BTreeMap<String, [String; 3]>,
    got: BTreeMap<String, String>,
    unrecognized: Unrecognized,
    moved: Moved,
}

#[derive(Deserialize)]
struct Unrecognized {
    message: String,
}

#[derive(Deserialize)]
struct Moved {
    code: String,
    message: String,
    places: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Wording {
    code: String,
    message: String,
}

static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../../data/errors/openai.toml"))
        .expect("the embedded wordings are read by a test")
});

/// What older endpoints say to an unknown field at the top of a body.
pub fn unrecognized(name: &str) -> String {
    TEXTS.unrecognized.message.replace("{param}", name)
}

/// What responses say to a field of chat completions, and its code; none to other fields.
pub fn moved(name: &str) -> Option<(String, &'static str)> {
    let moved = &TEXTS.moved;
    let place = moved.places.get(name)?;
    let message = moved.message.replace("{param}", name);
    Some((message.replace("{place}", place), &moved.code))
}

pub(super) fn code(violation: &Violation) -> Option<&'static str> {
    let texts: &'static Texts = &TEXTS;
    texts
        .wording
        .get(row(&violation.kind))
        .map(|wording| wording.code.as_str())
}

pub(super) fn message(violation: &Violation) -> String {
    let Some(wording) = TEXTS.wording.get(row(&violation.kind)) else {
        return String::new();
    };
    let parts = parts(&violation.kind);
    let mut out = wording.message.replace("{param}", &violation.param);
    for (name, text) in parts {
        out = out.replace(name, &text);
    }
    out
}

/// The row of the table for a kind.
fn row(kind: &ViolationKind) -> &'static str {
    match kind {
        ViolationKind::Missing => "missing",
        ViolationKind::Unknown => "unknown",
        ViolationKind::WrongType { .. } => "wrong_type",
        ViolationKind::NotInEnum { allowed, .. } if allowed.len() == 1 => "not_the_constant",
        ViolationKind::NotInEnum { .. } => "not_in_enum",
        ViolationKind::BelowMinimum { integer: true, .. } => "integer_below",
        ViolationKind::BelowMinimum { .. } => "decimal_below",
        ViolationKind::AboveMaximum { integer: true, .. } => "integer_above",
        ViolationKind::AboveMaximum { .. } => "decimal_above",
        ViolationKind::NotMultiple { .. } => "not_multiple",
        ViolationKind::TextTooShort { got: 0, .. } => "text_empty",
        ViolationKind::TextTooShort { .. } => "text_short",
        ViolationKind::TextTooLong { .. } => "text_long",
        ViolationKind::PatternMismatch { .. } => "pattern",
        ViolationKind::FormatMismatch { .. } => "format",
        ViolationKind::ArrayTooShort { got: 0, .. } => "array_empty",
        ViolationKind::ArrayTooShort { .. } => "array_short",
        ViolationKind::ArrayTooLong { .. } => "array_long",
        ViolationKind::RepeatedItem => "repeated",
        ViolationKind::WrongContents => "contents",
        ViolationKind::ObjectTooSmall { .. } => "object_small",
        ViolationKind::ObjectTooLarge { .. } => "object_large",
        ViolationKind::Ambiguous => "ambiguous",
        ViolationKind::Forbidden => "forbidden",
        ViolationKind::TooComplex => "complex",
    }
}

/// What stands for the names in braces.
fn parts(kind: &ViolationKind) -> Vec<(&'static str, String)> {
    match kind {
        ViolationKind::WrongType {
            expected: shapes,
            got: shape,
        } => {
            vec![("{expected}", expected(shapes)), ("{got}", got(shape))]
        }
        ViolationKind::NotInEnum { got, allowed } => {
            vec![("{got}", quoted(got)), ("{allowed}", listed(allowed))]
        }
        ViolationKind::BelowMinimum {
            minimum,
            exclusive,
            got,
            ..
        } => {
            vec![
                ("{bound}", bound('>', *exclusive, *minimum)),
                ("{got}", number(*got)),
            ]
        }
        ViolationKind::AboveMaximum {
            maximum,
            exclusive,
            got,
            ..
        } => {
            vec![
                ("{bound}", bound('<', *exclusive, *maximum)),
                ("{got}", number(*got)),
            ]
        }
        ViolationKind::NotMultiple { step, got } => {
            vec![("{bound}", number(*step)), ("{got}", number(*got))]
        }
        ViolationKind::TextTooShort {
            minimum: bound,
            got,
        }
        | ViolationKind::ArrayTooShort {
            minimum: bound,
            got,
        }
        | ViolationKind::ObjectTooSmall {
            minimum: bound,
            got,
        }
        | ViolationKind::TextTooLong {
            maximum: bound,
            got,
        }
        | ViolationKind::ArrayTooLong {
            maximum: bound,
            got,
        }
        | ViolationKind::ObjectTooLarge {
            maximum: bound,
            got,
        } => {
            vec![("{bound}", bound.to_string()), ("{got}", got.to_string())]
        }
        ViolationKind::PatternMismatch { pattern: text }
        | ViolationKind::FormatMismatch { format: text } => vec![("{bound}", text.clone())],
        ViolationKind::Missing
        | ViolationKind::Unknown
        | ViolationKind::RepeatedItem
        | ViolationKind::WrongContents
        | ViolationKind::Ambiguous
        | ViolationKind::Forbidden
        | ViolationKind::TooComplex => Vec::new(),
    }
}

fn bound(sign: char, exclusive: bool, bound: f64) -> String {
    format!(
        "{sign}{} {}",
        if exclusive { "" } else { "=" },
        number(bound)
    )
}

/// Whole numbers without a point.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else {
        value.to_string()
    }
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

/// `'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`.
fn listed(values: &[Value]) -> String {
    joined(&values.iter().map(quoted).collect::<Vec<_>>(), "and")
}

fn joined(parts: &[String], word: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} {word} {two}"),
        [rest @ .., last] => format!("{}, {word} {last}", rest.join(", ")),
    }
}

/// `a string`, or `one of a string or array of objects`.
fn expected(shapes: &[Shape]) -> String {
    match shapes {
        [] => "nothing".into(),
        [one] => named(one, 0),
        [first, rest @ ..] => {
            let mut parts = vec![named(first, 0)];
            parts.extend(rest.iter().map(|shape| named(shape, 1)));
            format!("one of {}", joined(&parts, "or"))
        }
    }
}

fn got(shape: &Shape) -> String {
    match TEXTS.got.get(key(shape)) {
        Some(text) => text.clone(),
        None => named(shape, 0),
    }
}

/// The name of a shape in one of its three forms.
fn named(shape: &Shape, form: usize) -> String {
    let name = TEXTS
        .shapes
        .get(key(shape))
        .map_or("", |forms| forms[form].as_str());
    match shape {
        Shape::Array(Some(items)) => format!("{name} of {}", named(items, 2)),
        _ => name.to_owned(),
    }
}

fn key(shape: &Shape) -> &'static str {
    match shape {
        Shape::Null => "null",
        Shape::Boolean => "boolean",
        Shape::Integer => "integer",
        Shape::Decimal => "decimal",
        Shape::Text => "text",
        Shape::Array(_) => "array",
        Shape::Object => "object",
    }
}
