//! A value before its type is known: as a file, the environment or a flag gives it.

use std::fmt;

/// A value that has no type yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// Nothing: the setting is left open.
    Nothing,
    /// True or false.
    Switch(bool),
    /// A whole number.
    Whole(i128),
    /// Any other number.
    Number(f64),
    /// Text; flags and the environment give nothing else.
    Text(String),
    /// Several values.
    List(Vec<Raw>),
}

impl Raw {
    /// The value as one line of text; `None` where it is nothing or several.
    pub fn line(&self) -> Option<String> {
        match self {
            Self::Nothing | Self::List(_) => None,
            Self::Switch(value) => Some(value.to_string()),
            Self::Whole(value) => Some(value.to_string()),
            Self::Number(value) => Some(value.to_string()),
            Self::Text(value) => Some(value.clone()),
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("unset"),
            Self::Switch(value) => write!(f, "{value}"),
            Self::Whole(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::List(values) => {
                f.write_str("[")?;
                for (place, value) in values.iter().enumerate() {
                    f.write_str(if place > 0 { ", " } else { "" })?;
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}
