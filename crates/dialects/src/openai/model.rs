//! What a dialect asks about a model: what it can be called for, and the name that its answers
//! carry.

use std::borrow::Cow;

use fakeai_canon::Alphabet;
use fakeai_canon::Seed;
use fakeai_catalog::{Catalog, Model};

/// The model that a request names: the listed one, or one inferred from its name.
pub(super) fn look_up<'a>(catalog: &'a Catalog, id: &str) -> Cow<'a, Model> {
    match catalog.get(id) {
        Some(model) => Cow::Borrowed(model),
        None => Cow::Owned(catalog.resolve(id)),
    }
}

/// The name that answers carry: the snapshot of the latest date that the catalogue lists for an
/// alias, any other name as it was given. Only whole dates count: of snapshots that are named by
/// month and day the name does not tell which is newer.
pub(super) fn answering(catalog: &Catalog, id: &str) -> String {
    let is_snapshot = |model: &&Model| {
        model.family == id
            && model
                .id
                .strip_prefix(id)
                .is_some_and(|rest| rest.starts_with("-2"))
    };
    match catalog.get(id) {
        Some(model) if model.family == id => catalog
            .models()
            .filter(is_snapshot)
            .max_by(|one, other| one.id.cmp(&other.id))
            .map_or_else(|| id.to_owned(), |snapshot| snapshot.id.clone()),
        _ => id.to_owned(),
    }
}

/// The `system_fingerprint` of a model: the configuration here never changes, so neither does it.
pub(super) fn fingerprint(model: &str) -> String {
    Seed(0).fork(model).id("fp_", Alphabet::Hex, 10)
}
