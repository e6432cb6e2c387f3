//! The size of a body. A transport stops reading at the cap; this catches calls that came without
//! a socket, and words the refusal.

use fakeai_canon::{ApiError, ErrorKind};

use super::Arrival;
use crate::route::Route;
use crate::visit::Visit;

/// Refuses a body beyond the cap of its operation.
pub(super) fn check(arrival: &mut Arrival<'_>, _: &mut Visit) -> Result<(), ApiError> {
    let most = arrival.world.rules.max_body_bytes;
    let limit = match &arrival.route {
        Route::Operation { operation, .. } => operation.body_limit.unwrap_or(most).min(most),
        Route::Own(_) => most,
    };
    if arrival.call.body.len() as u64 > limit {
        Err(too_large(limit))
    } else {
        Ok(())
    }
}

/// The refusal of a body over `limit` bytes.
pub(crate) fn too_large(limit: u64) -> ApiError {
    ApiError::new(
        ErrorKind::PayloadTooLarge,
        format!("Maximum content size limit ({limit}) exceeded. Please reduce the size of your request body."),
    )
    .code("request_too_large")
}
