//! What a dialect asks about a model: what it can be called for, and the name that its answers
//! carry.

use std::borrow::Cow;

use fakeai_canon::Alphabet;
use fakeai_canon::Seed;
use fakeai_catalog::{Catalog, Model};

/// The model that a request names: the listed one, or one inferred from its name.
pub(crate) fn look_up<'a>(catalog: &'a Catalog, id: &str) -> Cow<'a, Model> {
    match catalog.get(id) {
        Some(model) => Cow::Borrowed(model),
        None => Cow::Owned(catalog.resolve(id)),
    }
}

/// The name that answers carry: the snapshot that the catalogue has for an alias, any other name
/// as it was given.
pub(crate) fn answering(catalog: &Catalog, id: &str) -> String {
    catalog
        .get(id)
        .map_or_else(|| id.to_owned(), |model| model.snapshot.clone())
}

/// The `system_fingerprint` of a model: the configuration here never changes, so neither does it.
pub(crate) fn fingerprint(model: &str) -> String {
    Seed(0).fork(model).id("fp_", Alphabet::Hex, 10)
}
