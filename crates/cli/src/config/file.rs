//! Reads a configuration file in any of its three formats into keys, values and lines. What the
//! keys mean is not asked here.

use std::fmt;
use std::path::Path;

use fakeai_server::config::Raw;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// One value of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// The section; none for a key at the top.
    pub(super) section: Option<String>,
    /// The key within it.
    pub(super) key: String,
    /// The value; none where there is a table, which no setting takes.
    pub(super) value: Option<Raw>,
    /// The line of the key, from 1.
    pub(super) line: Option<u64>,
}

/// Why a text is no configuration file.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) line: Option<u64>,
    pub(super) problem: String,
}

/// A format, by what its files end with.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Toml,
    Yaml,
    Json,
}

/// A value or a table, with the line where its key stands.
struct Located {
    line: Option<u64>,
    node: Node,
}

enum Node {
    Value(Raw),
    Table(Vec<(String, Located)>),
    /// A list with something in it that is no plain value.
    Tangle,
}

impl Format {
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// All values of a file, in its order.
    pub(super) fn parse(self, text: &str) -> Result<Vec<Entry>, Unreadable> {
        let top = match self {
            Self::Toml => toml_tables(text)?,
            Self::Yaml => yaml_tables(text)?,
            Self::Json => json_tables(text)?,
        };
        let mut entries = Vec::new();
        for (key, located) in top {
            match located.node {
                Node::Table(table) => entries.extend(
                    table
                        .into_iter()
                        .map(|(inner, value)| entry(Some(key.clone()), inner, value)),
                ),
                Node::Value(_) | Node::Tangle => entries.push(entry(None, key, located)),
            }
        }
        Ok(entries)
    }
}

fn entry(section: Option<String>, key: String, located: Located) -> Entry {
    let value = match located.node {
        Node::Value(value) => Some(value),
        Node::Table(_) | Node::Tangle => None,
    };
    Entry {
        section,
        key,
        value,
        line: located.line,
    }
}

fn toml_tables(text: &str) -> Result<Vec<(String, Located)>, Unreadable> {
    let line = |offset: usize| {
        let before = &text.as_bytes()[..offset.min(text.len())];
        Some(before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1)
    };
    let table = toml::de::DeTable::parse(text).map_err(|error| Unreadable {
        line: error.span().and_then(|span| line(span.start)),
        problem: error.message().to_owned(),
    })?;
    Ok(toml_table(table.into_inner(), &line))
}

fn toml_table(
    table: toml::de::DeTable<'_>,
    line: &dyn Fn(usize) -> Option<u64>,
) -> Vec<(String, Located)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
        .into_iter()
        .map(|(key, value)| {
            let node = match value.into_inner() {
                toml::de::DeValue::Table(table) => Node::Table(toml_table(table, line)),
                value => toml_value(value).map_or(Node::Tangle, Node::Value),
            };
            (
                key.get_ref().to_string(),
                Located {
                    line: line(key.span().start),
                    node,
                },
            )
        })
        .collect()
}

fn toml_value(value: toml::de::DeValue<'_>) -> Option<Raw> {
    use toml::de::DeValue;
    Some(match value {
        DeValue::String(text) => Raw::Text(text.into_owned()),
        DeValue::Integer(number) => {
            Raw::Whole(i128::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => Raw::Number(number.as_str().parse().ok()?),
        DeValue::Boolean(value) => Raw::Switch(value),
        DeValue::Datetime(moment) => Raw::Text(moment.to_string()),
        DeValue::Array(values) => {
            let values = values
                .into_iter()
                .map(|value| toml_value(value.into_inner()));
            Raw::List(values.collect::<Option<_>>()?)
        }
        DeValue::Table(_) => return None,
    })
}

fn yaml_tables(text: &str) -> Result<Vec<(String, Located)>, Unreadable> {
    let empty = text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---"
    });
    if empty {
        return Ok(Vec::new());
    }
    match serde_saphyr::from_str::<Node>(text) {
        Ok(Node::Table(table)) => Ok(table),
        Ok(Node::Value(_) | Node::Tangle) => Err(Unreadable {
            line: None,
            problem: "expected keys with values".to_owned(),
        }),
        Err(error) => Err(Unreadable {
            line: error.location().map(|location| location.line()),
            problem: error.without_snippet().to_string(),
        }),
    }
}

/// JSON is read twice: once by its own rules, for its errors, and once as the YAML that it is
/// too, for the lines.
fn json_tables(text: &str) -> Result<Vec<(String, Located)>, Unreadable> {
    serde_json::from_str::<de::IgnoredAny>(text).map_err(|error| Unreadable {
        line: Some(error.line() as u64),
        problem: error.to_string(),
    })?;
    yaml_tables(text)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(AnyNode)
    }
}

/// Takes whatever a YAML document holds.
struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or keys with values")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Value(Raw::Switch(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Value(Raw::Whole(i128::from(value))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Value(Raw::Whole(i128::from(value))))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Value(Raw::Whole(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Value(Raw::Number(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Value(Raw::Text(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Value(Raw::Nothing))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Value(Raw::Nothing))
    }

    fn visit_some<D: Deserializer<'de>>(self, source: D) -> Result<Node, D::Error> {
        source.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Node, A::Error> {
        let (mut values, mut plain) = (Vec::new(), true);
        while let Some(node) = source.next_element::<Node>()? {
            match node {
                Node::Value(value) => values.push(value),
                Node::Table(_) | Node::Tangle => plain = false,
            }
        }
        Ok(if plain {
            Node::Value(Raw::List(values))
        } else {
            Node::Tangle
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Node, A::Error> {
        let mut table = Vec::new();
        while let Some(key) = source.next_key::<serde_saphyr::Spanned<String>>()? {
            let line = Some(key.referenced.line()).filter(|line| *line > 0);
            table.push((
                key.value,
                Located {
                    line,
                    node: source.next_value()?,
                },
            ));
        }
        Ok(Node::Table(table))
    }
}
