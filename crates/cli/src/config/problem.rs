//! What stops a start: the words for it, with the key, its source, what is accepted and the
//! nearest name.

use std::fmt;

use super::origin::Origin;

/// Why a configuration is none: everything that is wrong with it, in the order of the layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong; at least one thing.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A key, a section or a variable that means nothing.
    Unknown {
        /// Where it stands.
        origin: Origin,
        /// The name as it was written.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// What could stand there.
        accepted: String,
    },
    /// A value that the setting does not accept.
    BadValue {
        /// Where it stands.
        origin: Origin,
        /// The full name of the setting.
        setting: String,
        /// The value as it was written; none where it is a secret.
        value: Option<String>,
        /// What it accepts.
        accepted: String,
    },
    /// Two variables for one setting that say different things.
    Disagreement {
        /// The full name of the setting.
        setting: String,
        /// The two variables.
        variables: (String, String),
    },
    /// A file that can't be found, read or understood.
    File {
        /// The file.
        origin: Origin,
        /// What is wrong with it.
        problem: String,
    },
    /// Settings that can't hold together.
    Conflict {
        /// Where the setting to look at came from.
        origin: Origin,
        /// The two settings and what is wrong.
        problem: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                origin,
                name,
                nearest,
                accepted,
            } => {
                write!(f, "{origin}: there is no setting `{name}`.")?;
                if let Some(nearest) = nearest {
                    write!(f, " Did you mean `{nearest}`?")?;
                }
                write!(f, " {accepted}")
            }
            Self::BadValue {
                origin,
                setting,
                value: Some(value),
                accepted,
            } => {
                write!(
                    f,
                    "{origin}: `{setting}` can't be {value}; expected {accepted}."
                )
            }
            Self::BadValue {
                origin,
                setting,
                value: None,
                accepted,
            } => {
                write!(
                    f,
                    "{origin}: `{setting}` can't be this; expected {accepted}."
                )
            }
            Self::Disagreement {
                setting,
                variables: (first, second),
            } => {
                write!(
                    f,
                    "environment: {first} and {second} give `{setting}` different values."
                )
            }
            Self::File { origin, problem } | Self::Conflict { origin, problem } => {
                write!(f, "{origin}: {problem}.")
            }
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            f.write_str(if place > 0 { "\n" } else { "" })?;
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
