//! Mounts: where operations stand besides in the wire of another maker, such as Azure's deployments.

use std::borrow::Cow;

use serde::Deserialize;

use crate::api::Api;
use crate::operation::Operation;
use crate::route::decoded;

/// A place where operations are served in another wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Whose wire it is.
    #[serde(skip)]
    pub api: Api,
    /// What its paths begin with.
    pub prefix: String,
    /// What the segment after that is, where it is one of its own.
    pub parameter: Option<String>,
    /// Whether a call has to name a dated version of the API.
    #[serde(default)]
    pub dated: bool,
    /// The operations that stand here; all where none is named.
    #[serde(default)]
    pub operations: Vec<String>,
}

/// A path below a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below<'p> {
    /// The path of the operation.
    pub path: &'p str,
    /// The value of the mount's parameter.
    pub parameter: Option<Cow<'p, str>>,
}

impl Mount {
    /// What stands below it, where the path does.
    pub fn below<'p>(&self, path: &'p str) -> Option<Below<'p>> {
        let rest = path.strip_prefix(self.prefix.as_str())?;
        if self.parameter.is_none() {
            return rest.starts_with('/').then_some(Below {
                path: rest,
                parameter: None,
            });
        }
        let (value, inner) = rest.strip_prefix('/')?.split_once('/')?;
        (!value.is_empty()).then(|| Below {
            path: &path[path.len() - inner.len() - 1..],
            parameter: Some(Cow::Owned(decoded(value))),
        })
    }

    /// Whether an operation stands here.
    pub fn has(&self, operation: &Operation) -> bool {
        let listed = || self.operations.iter().any(|id| **id == *operation.id);
        operation.api == Api::OpenAi && (self.operations.is_empty() || listed())
    }

    /// The path template of an operation here.
    pub fn path_of(&self, path: &str) -> String {
        match &self.parameter {
            Some(name) => format!("{}/{{{name}}}{path}", self.prefix),
            None => format!("{}{path}", self.prefix),
        }
    }
}
