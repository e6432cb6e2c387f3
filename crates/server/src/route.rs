//! Which row a call reaches: an operation of the contract, or a page of our own.

use std::borrow::Cow;

use fakeai_canon::{ApiError, ErrorKind, Head};
use fakeai_contract::{Api, Below, Contract, Match, Method, Mount, Operation, PathParams};

use crate::gateway::unknown_path;
use crate::views::{self, OwnView};

/// A row.
pub(crate) enum Route {
    /// An operation of the contract.
    Operation {
        /// The operation.
        operation: &'static Operation,
        /// What stands in its path.
        params: PathParams,
        /// Where it stands, where that is not its own place.
        mounted: Option<Mounted>,
    },
    /// A page of our own.
    Own(&'static OwnView),
}

/// The place at which an operation was found.
pub(crate) struct Mounted {
    pub(crate) mount: &'static Mount,
    /// The value of the mount's parameter.
    pub(crate) name: Option<String>,
}

impl Route {
    /// Whose wire it is.
    pub(crate) fn api(&self) -> Api {
        match self {
            Route::Operation {
                mounted: Some(mounted),
                ..
            } => mounted.mount.api,
            Route::Operation { operation, .. } => operation.api,
            Route::Own(_) => Api::OpenAi,
        }
    }

    /// Whether it is the socket of a realtime session.
    pub(crate) fn is_realtime(&self) -> bool {
        matches!(self, Route::Operation { operation, .. } if &*operation.id == REALTIME)
    }
}

/// The operation whose socket carries realtime sessions.
pub(crate) const REALTIME: &str = "connectRealtime";

/// Whose wire a call is of, whether or not anything stands at its path.
pub(crate) fn api(contract: &'static Contract, head: &Head, path: &str) -> Api {
    match find(contract, head, path) {
        Ok(route) => route.api(),
        Err(_) => below_mount(contract, path).map_or(Api::OpenAi, |(mount, _)| mount.api),
    }
}

/// Finds the row for a path without its world. The contract's paths stand below `/v1` and, for
/// clients that are given the bare origin, at the root.
pub(crate) fn find(
    contract: &'static Contract,
    head: &Head,
    path: &str,
) -> Result<Route, ApiError> {
    if let Some(view) = views::own(&head.method, path) {
        return Ok(Route::Own(view));
    }
    let inner = below_version(path);
    let Some(method) = method(head) else {
        return Err(other_method(contract, head, path));
    };
    match contract.find(method, inner, asks_beta(&head.query)) {
        Match::Found { operation, params } => Ok(Route::Operation {
            operation,
            params,
            mounted: None,
        }),
        Match::MethodNotAllowed { allow } => Err(not_allowed(head, &allow)),
        Match::NotFound => match mounted(contract, head, method, path)? {
            Some(route) => Ok(route),
            None => Err(own_or_unknown(head, path)),
        },
    }
}

/// Finds the row for a path below a mount.
fn mounted(
    contract: &'static Contract,
    head: &Head,
    method: Method,
    path: &str,
) -> Result<Option<Route>, ApiError> {
    let Some((mount, below)) = below_mount(contract, path) else {
        return Ok(None);
    };
    match contract.find(method, below.path, asks_beta(&head.query)) {
        Match::Found { operation, params } if mount.has(operation) => Ok(Some(Route::Operation {
            operation,
            params,
            mounted: Some(Mounted {
                mount,
                name: below.parameter.map(Cow::into_owned),
            }),
        })),
        Match::MethodNotAllowed { allow } => Err(not_allowed(head, &allow)),
        Match::Found { .. } | Match::NotFound => Ok(None),
    }
}

/// Finds the row of a WebSocket.
pub(crate) fn socket(
    contract: &'static Contract,
    head: &Head,
    path: &str,
) -> Result<Route, ApiError> {
    let found = |path: &str| match contract.find_upgrade(path) {
        Match::Found { operation, params } => Some((operation, params)),
        Match::MethodNotAllowed { .. } | Match::NotFound => None,
    };
    if let Some((operation, params)) = found(below_version(path)) {
        return Ok(Route::Operation {
            operation,
            params,
            mounted: None,
        });
    }
    let mounted = below_mount(contract, path).and_then(|(mount, below)| {
        let (operation, params) = found(below.path)?;
        mount.has(operation).then(|| Route::Operation {
            operation,
            params,
            mounted: Some(Mounted {
                mount,
                name: below.parameter.map(Cow::into_owned),
            }),
        })
    });
    mounted.ok_or_else(|| unknown_path(head, path))
}

/// The mount that a path stands below, and what is left of the path.
fn below_mount<'p>(
    contract: &'static Contract,
    path: &'p str,
) -> Option<(&'static Mount, Below<'p>)> {
    let mut mounts = contract.mounts().iter();
    mounts.find_map(|mount| Some((mount, mount.below(path)?)))
}

fn below_version(path: &str) -> &str {
    match path.strip_prefix("/v1") {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// The contract's method; a `HEAD` is answered as a `GET`, and the transport leaves out the body.
fn method(head: &Head) -> Option<Method> {
    match head.method {
        http::Method::HEAD => Some(Method::Get),
        ref other => Method::parse(other.as_str()),
    }
}

/// The refusal of a method that no operation has, such as `OPTIONS`.
fn other_method(contract: &'static Contract, head: &Head, path: &str) -> ApiError {
    let inner = below_version(path);
    let found =
        |method: &Method| matches!(contract.find(*method, inner, false), Match::Found { .. });
    let allow: Vec<Method> = Method::ALL.into_iter().filter(found).collect();
    if allow.is_empty() {
        own_or_unknown(head, path)
    } else {
        not_allowed(head, &allow)
    }
}

/// The refusal of a path that is none of the contract's.
fn own_or_unknown(head: &Head, path: &str) -> ApiError {
    match views::methods_of(path) {
        Some(allow) => ApiError::new(
            ErrorKind::MethodNotAllowed(allow),
            format!("Not allowed to {} on {path}.", head.method),
        ),
        None => unknown_path(head, path),
    }
}

fn asks_beta(query: &str) -> bool {
    query.split('&').any(|pair| pair == "beta=true")
}

fn not_allowed(head: &Head, allow: &[Method]) -> ApiError {
    let names: Vec<&str> = allow.iter().map(|method| method.as_str()).collect();
    ApiError::new(
        ErrorKind::MethodNotAllowed(names.join(", ")),
        format!(
            "Not allowed to {} on {}. (HINT: Perhaps you meant to use a different HTTP method?)",
            head.method, head.path
        ),
    )
    .code("method_not_supported")
}
