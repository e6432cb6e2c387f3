//! Calls that a prompt spells out: `magic_function(3)`, `add(a=1, b=2)`. Not here: calls that it
//! describes.

use serde_json::Value;

use crate::slots::Given;

/// One argument: its name where it is told, and its values.
pub(super) type Argument = (Option<String>, Vec<Given>);

/// The arguments of every spelt-out call of a tool, in order.
pub(super) fn calls(text: &str, name: &str) -> Vec<Vec<Argument>> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = text
        .match_indices(name)
        .filter(|(at, _)| !text[..*at].ends_with(is_part));
    let inner = starts.filter_map(|(at, _)| inside(&text[at + name.len()..]));
    inner
        .filter(|inner| !inner.trim().is_empty())
        .map(arguments)
        .collect()
}

/// The text between the brackets that a text opens with.
fn inside(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?;
    let mut depth = 1;
    let mut quote = None;
    for (at, c) in inner.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, _) => {}
        }
        if depth == 0 {
            return Some(&inner[..at]);
        }
    }
    None
}

fn arguments(inner: &str) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let mut from = 0;
    let mut depth = 0;
    let mut quote = None;
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                arguments.push(argument(inner[from..at].trim()));
                from = at + 1;
            }
            (None, _) => {}
        }
    }
    arguments
}

fn argument(text: &str) -> Argument {
    let named = text.split_once(['=', ':']).filter(|(name, _)| {
        !name.is_empty() && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_')
    });
    match named {
        Some((name, value)) => (Some(name.trim().to_owned()), values(value.trim())),
        None => (None, values(text)),
    }
}

fn values(text: &str) -> Vec<Given> {
    match serde_json::from_str(text) {
        Ok(Value::Array(items)) => items.iter().map(given).collect(),
        Ok(value) => vec![given(&value)],
        Err(_) => {
            let bare = text.trim_matches(['\'', '"']);
            vec![Given {
                text: bare.to_owned(),
                number: bare.parse().ok(),
            }]
        }
    }
}

/// A JSON value as one that a prompt gives.
pub(super) fn given(value: &Value) -> Given {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    Given {
        text,
        number: value.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_by_place_and_by_name() {
        let found = calls("What is add(1, b=2) and add('x, y', [3, 4])?", "add");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0][0].1[0].number, Some(1.0));
        assert_eq!(found[0][1].0.as_deref(), Some("b"));
        assert_eq!(found[1][0].1[0].text, "x, y");
        assert_eq!(found[1][1].1.len(), 2);
        assert!(calls("readd(1)", "add").is_empty());
    }
}
