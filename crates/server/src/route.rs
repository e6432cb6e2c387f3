//! Which row a call reaches: an operation of the contract, or a page of our own.

use fakeai_canon::{ApiError, ErrorKind, Head};
use fakeai_contract::{Contract, Match, Method, Operation, PathParams};

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
    },
    /// A page of our own.
    Own(&'static OwnView),
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
        Match::Found { operation, params } => Ok(Route::Operation { operation, params }),
        Match::MethodNotAllowed { allow } => Err(not_allowed(head, &allow)),
        Match::NotFound => Err(own_or_unknown(head, path)),
    }
}

/// Finds the row of a WebSocket. Those that nothing serves yet are refused by their name.
pub(crate) fn socket(
    contract: &'static Contract,
    head: &Head,
    path: &str,
) -> Result<Route, ApiError> {
    match contract.find_upgrade(below_version(path)) {
        Match::Found { operation, params } if &*operation.id == "connectResponses" => {
            Ok(Route::Operation { operation, params })
        }
        Match::Found { operation, .. } => Err(fakeai_resources::not_served(operation)),
        Match::MethodNotAllowed { .. } | Match::NotFound => Err(unknown_path(head, path)),
    }
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
