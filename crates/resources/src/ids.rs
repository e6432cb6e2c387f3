//! Ids in the shapes that the contract gives to objects.

use fakeai_canon::{Alphabet, Seed};
use fakeai_contract::{Alphabet as Letters, id_shape};

/// The id that a seed stands for; none where the contract knows no shape for the object.
pub(crate) fn of(object: &str, seed: Seed) -> Option<String> {
    let shape = id_shape(object)?;
    let alphabet = match shape.alphabet {
        Letters::Hex => Alphabet::Hex,
        Letters::Alphanumeric => Alphabet::Alphanumeric,
    };
    Some(seed.id(&shape.prefix, alphabet, shape.length))
}

/// The id of an item of a conversation; `prefix` is for types that the contract has no shape for.
pub(crate) fn of_item(kind: &str, prefix: Option<&str>, seed: Seed) -> String {
    of(&format!("{kind}_item"), seed)
        .unwrap_or_else(|| seed.id(prefix.unwrap_or("item_"), Alphabet::Hex, 48))
}
