//! Filters on attributes: comparisons, joined by `and` and `or`. Not here: which files they are asked
//! about.

mod error;

use serde_json::{Map, Value};

pub use error::FilterError;

/// Attributes of a file: values are strings, numbers and booleans.
pub type Attributes = Map<String, Value>;

/// How deep `and` and `or` may stand in each other.
const DEEPEST: usize = 16;

/// Comparisons in one filter at most.
const MOST: usize = 1_000;

/// Whether a file's attributes are wanted. Read once, asked often.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Node);

#[derive(Clone, Debug, PartialEq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Comparison {
        key: String,
        operator: Operator,
        value: Value,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    NotIn,
}

const OPERATORS: [(&str, Operator); 8] = [
    ("eq", Operator::Equal),
    ("ne", Operator::Unequal),
    ("gt", Operator::Greater),
    ("gte", Operator::GreaterOrEqual),
    ("lt", Operator::Less),
    ("lte", Operator::LessOrEqual),
    ("in", Operator::In),
    ("nin", Operator::NotIn),
];

impl Filter {
    /// Reads a request's `filters`.
    ///
    /// # Errors
    /// Names the place that is not a comparison or a compound, is too deep, or compares what can't be
    /// compared.
    pub fn from_json(filter: &Value) -> Result<Self, FilterError> {
        let mut reader = Reader { comparisons: 0 };
        reader.node(filter, "filters", 0).map(Self)
    }

    /// Whether these attributes are wanted. An attribute that is missing is unequal to everything and
    /// in no list, and has no order; neither have values of two types.
    pub fn matches(&self, attributes: &Attributes) -> bool {
        self.0.matches(attributes)
    }
}

impl Node {
    fn matches(&self, attributes: &Attributes) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.matches(attributes)),
            Self::Any(nodes) => nodes.iter().any(|node| node.matches(attributes)),
            Self::Comparison {
                key,
                operator,
                value,
            } => operator.holds(attributes.get(key), value),
        }
    }
}

impl Operator {
    fn holds(self, found: Option<&Value>, wanted: &Value) -> bool {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = found.and_then(|found| order(found, wanted));
        match self {
            Self::Equal => found.is_some_and(|found| same(found, wanted)),
            Self::Unequal => !found.is_some_and(|found| same(found, wanted)),
            Self::Greater => order == Some(Greater),
            Self::GreaterOrEqual => matches!(order, Some(Greater | Equal)),
            Self::Less => order == Some(Less),
            Self::LessOrEqual => matches!(order, Some(Less | Equal)),
            Self::In => found.is_some_and(|found| listed(found, wanted)),
            Self::NotIn => !found.is_some_and(|found| listed(found, wanted)),
        }
    }
}

fn listed(found: &Value, list: &Value) -> bool {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().any(|wanted| same(found, wanted))
}

/// Equal values of one type; 1 and 1.0 are the same number.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => one == other,
    }
}

fn order(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        _ => None,
    }
}

struct Reader {
    comparisons: usize,
}

impl Reader {
    fn node(&mut self, filter: &Value, at: &str, depth: usize) -> Result<Node, FilterError> {
        let Some(object) = filter.as_object() else {
            return Err(FilterError::wrong_type(at, "an object", filter));
        };
        if depth > DEEPEST {
            let message = format!("Invalid '{at}': filters may be nested at most {DEEPEST} deep.");
            return Err(FilterError::invalid(at, message));
        }
        let kind_at = format!("{at}.type");
        let Some(kind) = object.get("type") else {
            return Err(FilterError::missing(&kind_at));
        };
        let compound: Option<fn(Vec<Node>) -> Node> = match kind.as_str() {
            Some("and") => Some(Node::All),
            Some("or") => Some(Node::Any),
            Some(_) | None => None,
        };
        if let Some(join) = compound {
            only(object, at, &["type", "filters"])?;
            return self.nodes(object, at, depth).map(join);
        }
        only(object, at, &["type", "key", "value"])?;
        self.comparison(object, kind, at)
    }

    fn nodes(
        &mut self,
        object: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<Vec<Node>, FilterError> {
        let at = format!("{at}.filters");
        let Some(filters) = object.get("filters") else {
            return Err(FilterError::missing(&at));
        };
        let Some(filters) = filters.as_array() else {
            return Err(FilterError::wrong_type(&at, "an array of objects", filters));
        };
        let mut nodes = Vec::new();
        for (number, filter) in filters.iter().enumerate() {
            nodes.push(self.node(filter, &format!("{at}[{number}]"), depth + 1)?);
        }
        Ok(nodes)
    }

    fn comparison(
        &mut self,
        object: &Map<String, Value>,
        kind: &Value,
        at: &str,
    ) -> Result<Node, FilterError> {
        self.comparisons += 1;
        if self.comparisons > MOST {
            let message = format!("Invalid 'filters': at most {MOST} comparisons are allowed.");
            return Err(FilterError::invalid("filters", message));
        }
        let operator = OPERATORS.iter().find(|(name, _)| kind == name);
        let Some((name, operator)) = operator else {
            let names = OPERATORS.iter().map(|(name, _)| *name);
            let names: Vec<&str> = names.chain(["and", "or"]).collect();
            return Err(FilterError::not_allowed(
                &format!("{at}.type"),
                kind,
                &names,
            ));
        };
        let key_at = format!("{at}.key");
        let key = match object.get("key") {
            Some(Value::String(key)) => key.clone(),
            Some(other) => return Err(FilterError::wrong_type(&key_at, "a string", other)),
            None => return Err(FilterError::missing(&key_at)),
        };
        let value_at = format!("{at}.value");
        let Some(value) = object.get("value") else {
            return Err(FilterError::missing(&value_at));
        };
        comparable(name, *operator, value, &value_at)?;
        Ok(Node::Comparison {
            key,
            operator: *operator,
            value: value.clone(),
        })
    }
}

/// A list for `in` and `nin`; a value that has an order for the four that ask for one.
fn comparable(name: &str, operator: Operator, value: &Value, at: &str) -> Result<(), FilterError> {
    let (fits, expected) = match operator {
        Operator::Equal | Operator::Unequal => (
            value.is_string() || value.is_number() || value.is_boolean(),
            "one of a string, number, or boolean",
        ),
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => (
            value.is_string() || value.is_number(),
            "one of a string or number",
        ),
        Operator::In | Operator::NotIn => {
            let scalar = |item: &Value| item.is_string() || item.is_number();
            let items = value.as_array();
            (
                items.is_some_and(|items| items.iter().all(scalar)),
                "an array of strings or numbers",
            )
        }
    };
    if fits {
        return Ok(());
    }
    let expected = format!("{expected} for the operator '{name}'");
    Err(FilterError::wrong_type(at, &expected, value))
}

fn only(object: &Map<String, Value>, at: &str, known: &[&str]) -> Result<(), FilterError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(FilterError::unknown(&format!("{at}.{key}"))),
        None => Ok(()),
    }
}
