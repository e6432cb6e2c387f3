//! Objects that a request for an answer names: they have to be there, and of use.

use fakeai_canon::ApiError;

use crate::family::families;
use crate::objects::Objects;

/// Refuses an object that is not there, or that has expired.
///
/// # Errors
/// The sentence of its family: 404 for what is not there.
pub fn check_named(store: Objects<'_>, family: &str, id: &str) -> Result<(), ApiError> {
    let Some(row) = families().get(family) else {
        return Ok(());
    };
    let object = store.object(family, id).ok_or_else(|| row.missing(id))?;
    if object["status"] == "expired" {
        return Err(ApiError::invalid(row.wording("expired")));
    }
    Ok(())
}
