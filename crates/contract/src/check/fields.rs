//! Which objects refuse fields that their schema does not name.

use super::path::Path;
use crate::schema::ObjectFacts;

/// The rule for undocumented fields.
#[derive(Clone, Copy)]
pub(crate) enum Fields<'e> {
    /// JSON Schema's own: allowed unless forbidden.
    Open,
    /// Requests in realistic mode: the body itself and the objects that the overlay closes.
    /// The names in the list are taken anywhere.
    Request(&'e [&'e str]),
    /// The same of operations that close every object. The list as for requests.
    Whole(&'e [&'e str]),
    /// Responses: every object, except free maps. The list as for requests.
    Named(&'e [&'e str]),
}

impl Fields<'_> {
    /// Whether fields that only answers must have may be missing.
    pub(super) fn are_a_request(&self) -> bool {
        !matches!(self, Self::Named(_))
    }

    /// Whether `name` is out of place in the object at `path`.
    pub(super) fn refuse(&self, facts: &ObjectFacts, path: &Path<'_>, name: &str) -> bool {
        match self {
            Self::Open => false,
            Self::Request(extras) | Self::Whole(extras) => {
                let closed = facts.closed.as_ref();
                let listed = closed.is_some_and(|names| names.iter().any(|one| **one == *name));
                let whole = matches!(self, Self::Whole(_));
                (whole || path.is_root() || closed.is_some())
                    && !facts.is_map()
                    && !listed
                    && !allowed(extras, path, name)
            }
            Self::Named(extras) => !facts.is_map() && !allowed(extras, path, name),
        }
    }
}

/// An extra is a bare name or a whole path without indices.
fn allowed(extras: &[&str], path: &Path<'_>, name: &str) -> bool {
    extras.iter().any(|extra| {
        *extra == name || (extra.contains('.') && *extra == Path::Field(path, name).general())
    })
}
