//! From a method and a path to an operation: a tree of path segments made from the rows.
//!
//! Literal segments win over parameters, so `/videos/characters` is never a video. A greedy
//! parameter takes segments up to a literal tail, so that ids with slashes work.

use std::borrow::Cow;
use std::sync::Arc;

use crate::operation::{Method, Operation};

/// What a path leads to.
#[derive(Clone, Debug)]
pub enum Match<'c> {
    /// An operation, and the values of its path parameters.
    Found {
        /// The row.
        operation: &'c Operation,
        /// Values by name, percent-decoded.
        params: PathParams,
    },
    /// The path is known with other methods.
    MethodNotAllowed {
        /// Those methods.
        allow: Vec<Method>,
    },
    /// Nothing has this path.
    NotFound,
}

/// Values of path parameters, in the order of the template.
#[derive(Clone, Default, Debug)]
pub struct PathParams(Vec<(Arc<str>, String)>);

impl PathParams {
    /// The value of one parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(own, _)| **own == *name)
            .map(|(_, value)| value.as_str())
    }

    /// Names and values, in the order of the template.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, value.as_str()))
    }
}

/// One segment of the tree.
#[derive(Default)]
struct Branch {
    /// Sorted by literal.
    literals: Vec<(Box<str>, Branch)>,
    /// Below a parameter; its name is in the rows, since two templates may name it differently.
    parameter: Option<Box<Branch>>,
    /// Below a parameter that may hold slashes.
    greedy: Option<Box<Branch>>,
    /// Operations that end here.
    rows: Vec<Row>,
}

struct Row {
    method: Method,
    beta: bool,
    upgrade: bool,
    operation: u16,
    names: Box<[Arc<str>]>,
}

/// The tree over all operations.
pub(crate) struct Routes(Branch);

impl Routes {
    pub(crate) fn new(operations: &[Operation], greedy: &[String]) -> Self {
        let mut root = Branch::default();
        for operation in operations {
            let mut branch = &mut root;
            let mut names = Vec::new();
            for segment in segments(&operation.path) {
                branch = match segment
                    .strip_prefix('{')
                    .and_then(|name| name.strip_suffix('}'))
                {
                    Some(name) => {
                        names.push(name.into());
                        let slot = match greedy.iter().any(|own| own == name) {
                            true => &mut branch.greedy,
                            false => &mut branch.parameter,
                        };
                        slot.get_or_insert_default()
                    }
                    None => branch.literal(segment),
                };
            }
            branch.rows.push(Row {
                method: operation.method,
                beta: operation.beta,
                upgrade: operation.upgrade,
                operation: operation.index,
                names: names.into(),
            });
        }
        Self(root)
    }

    pub(crate) fn find<'c>(
        &self,
        operations: &'c [Operation],
        wanted: Wanted,
        path: &str,
    ) -> Match<'c> {
        let parts: Vec<&str> = segments(path).collect();
        let mut values = Vec::new();
        let Some(rows) = descend(&self.0, &parts, &mut values) else {
            return Match::NotFound;
        };
        let with_method = || rows.iter().filter(|row| wanted.method(row));
        let exact = with_method().find(|row| row.beta == wanted.beta);
        // `?beta=true` where there is no beta operation is an ordinary call.
        let Some(row) = exact.or_else(|| with_method().find(|row| !row.beta)) else {
            return other_methods(rows);
        };
        let params = row
            .names
            .iter()
            .cloned()
            .zip(values.iter().map(|value| decoded(value)));
        Match::Found {
            operation: &operations[row.operation as usize],
            params: PathParams(params.collect()),
        }
    }
}

/// What is looked for besides the path.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) method: Method,
    pub(crate) beta: bool,
    pub(crate) upgrade: bool,
}

impl Wanted {
    fn method(&self, row: &Row) -> bool {
        row.method == self.method && row.upgrade == self.upgrade
    }
}

impl Branch {
    fn literal(&mut self, segment: &str) -> &mut Self {
        let place = match self
            .literals
            .binary_search_by(|(own, _)| (**own).cmp(segment))
        {
            Ok(place) => place,
            Err(place) => {
                self.literals
                    .insert(place, (segment.into(), Self::default()));
                place
            }
        };
        &mut self.literals[place].1
    }
}

fn other_methods(rows: &[Row]) -> Match<'static> {
    let has = |method: &Method| rows.iter().any(|row| row.method == *method && !row.upgrade);
    let allow: Vec<Method> = Method::ALL.into_iter().filter(has).collect();
    if allow.is_empty() {
        Match::NotFound
    } else {
        Match::MethodNotAllowed { allow }
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // One slash at the end is forgiven.
    path.strip_suffix('/').unwrap_or(path).split('/')
}

fn descend<'b, 'p>(
    branch: &'b Branch,
    parts: &[&'p str],
    values: &mut Vec<Cow<'p, str>>,
) -> Option<&'b [Row]> {
    let Some((first, rest)) = parts.split_first() else {
        return (!branch.rows.is_empty()).then_some(&branch.rows);
    };
    if let Ok(place) = branch
        .literals
        .binary_search_by(|(own, _)| (**own).cmp(first))
        && let Some(found) = descend(&branch.literals[place].1, rest, values)
    {
        return Some(found);
    }
    if let Some(below) = &branch.parameter
        && !first.is_empty()
    {
        values.push(Cow::Borrowed(first));
        if let Some(found) = descend(below, rest, values) {
            return Some(found);
        }
        values.pop();
    }
    greedy(branch.greedy.as_deref()?, parts, values)
}

/// Tries the shortest tail first: a greedy parameter leaves a literal tail to the template.
fn greedy<'b, 'p>(
    below: &'b Branch,
    parts: &[&'p str],
    values: &mut Vec<Cow<'p, str>>,
) -> Option<&'b [Row]> {
    for taken in 1..=parts.len() {
        let (own, rest) = parts.split_at(taken);
        if own.iter().any(|part| part.is_empty()) {
            return None;
        }
        values.push(match own {
            [one] => Cow::Borrowed(*one),
            many => Cow::Owned(many.join("/")),
        });
        if let Some(found) = descend(below, rest, values) {
            return Some(found);
        }
        values.pop();
    }
    None
}

/// Percent-decoded, keeping what is no valid escape or not UTF-8.
pub(crate) fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let escape = bytes
            .get(index + 1..index + 3)
            .filter(|_| bytes[index] == b'%');
        let byte = escape
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(bytes[index]));
        index += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
