//! Sentences of the rows, with what they speak of filled in.

use fakeai_canon::ApiError;

use crate::family::{Family, families};

/// The row of a family that is known to be there.
pub(crate) fn family(name: &str) -> &'static Family {
    families()
        .get(name)
        .expect("the families of this program have rows")
}

/// A family's sentence, with `{name}` replaced by its value.
pub(crate) fn sentence(family: &Family, name: &str, values: &[(&str, String)]) -> String {
    let plain = family.wording(name).to_owned();
    values.iter().fold(plain, |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

/// The error (400) with a family's sentence.
pub(crate) fn refused(family: &Family, name: &str, values: &[(&str, String)]) -> ApiError {
    ApiError::invalid(sentence(family, name, values))
}
